"""What an exercise is marked by: its own sources and the machinery, and no other exercise's."""

from pathlib import Path

import pytest

from vae_course.checks.lessons import EXERCISES, MODULE_OF
from vae_course.teach.grading.marking import fingerprints
from vae_course.teach.grading.marking.fingerprints import checks_hash, reached

LESSONS = "vae_course.checks.lessons."


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Exercises whose hash is another once a module has one more line."""
    true_file = fingerprints._file

    def of(module: str) -> set[str]:
        copy = tmp_path / "changed.py"
        copy.write_bytes(true_file(module).read_bytes() + b"# another line\n")
        before = {name: checks_hash(name) for name in EXERCISES}
        with monkeypatch.context() as patch:
            patch.setattr(fingerprints, "_file", lambda name: copy if name == module else true_file(name))
            after = {name: checks_hash.__wrapped__(name) for name in EXERCISES}
        return {name for name in EXERCISES if before[name] != after[name]}

    return of


@pytest.mark.parametrize("part", ["checks.engine.examine", "checks.engine.trial", "runner.answers.local", "given"])
def test_a_change_in_the_machinery_is_a_change_for_every_exercise(part: str, changed):
    assert changed(f"vae_course.{part}") == set(EXERCISES)


def test_a_change_in_one_exercise_is_none_for_the_others_but_for_the_class_that_has_it_as_a_method(changed):
    assert changed(MODULE_OF["kl_normal"]) == {"kl_normal"}
    assert changed(MODULE_OF["VAE.loss"]) == {"VAE.loss", "VAE"}


def test_what_exercises_share_counts_for_those_that_use_it(changed):
    assert (
        {"log_normal", "kl_normal", "kl_test"}
        <= changed(f"{LESSONS}kl_divergence.gaussians")
        <= {
            *(name for name, module in MODULE_OF.items() if ".kl_divergence." in module),
            "VAE",
        }
    )
    bounds = changed("vae_course.checks.worlds.elbo")
    assert "VAE.negative_elbo_bound" in bounds and "sample_gaussian" not in bounds


def test_no_exercise_is_marked_by_what_only_authors_or_learners_see():
    for name in EXERCISES:
        assert not {
            part for part in reached(name) if part.startswith(("vae_course.teach", "vae_course.checks.learning"))
        }
