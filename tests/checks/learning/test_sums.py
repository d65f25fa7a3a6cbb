"""What `vae-course check` adds up: optional exercises are shown and never counted, and complete means all the others."""

from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import cell_defining, notebook_of, solved, write
from vae_course import cli
from vae_course.checks.learning.terminal import check_file

TORCH = "import torch\n"
REQUIRED = (
    TORCH + "def sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)",
    "predict_noise = {'slope': 0.5, 'mean': 0.5, 'variance': 1 / 12}",
    "choose_estimator = {'square': 'pathwise', 'step': 'score function', 'moving edge': 'neither'}",
)
OPTIONAL = "def score_function_gradient(f, m, v, n):\n    return m"
WRONG = "predict_noise = {'slope': 2, 'mean': 0.5, 'variance': 1 / 12}"


def report(folder: Path, *cells: str):
    return check_file(write(folder, notebook_of(*cells)), seed=3)


@pytest.mark.parametrize("optional", ["", OPTIONAL, "def score_function_gradient(f, m, v, n):\n    return 1 / 0"])
def test_all_that_is_required_is_complete_whatever_the_optional_exercise_is(optional: str, tmp_path: Path):
    found = report(tmp_path, *REQUIRED, optional)
    assert [v.status == "correct" for v in found.verdicts] == [True, True, True, False]
    assert found.complete and str(found).splitlines()[-1] == "3 of 3 solved, 9 of 9 points"


def test_one_required_exercise_that_is_wrong_is_not_complete_and_its_points_count(tmp_path: Path):
    found = report(tmp_path, REQUIRED[0], REQUIRED[2], WRONG)
    assert not found.complete and str(found).splitlines()[-1] == "2 of 3 solved, 8.5 of 9 points"


def test_a_solved_optional_exercise_makes_up_for_nothing(tmp_path: Path):
    optional = "".join(cell_defining(solved(), "def score_function_gradient")["source"])
    found = report(tmp_path, TORCH, optional)
    assert [v.status for v in found.verdicts] == ["not started"] * 3 + ["correct"]
    assert not found.complete and str(found).splitlines()[-1] == "0 of 3 solved, 0 of 9 points"


def test_an_exercise_without_points_is_required_unless_it_is_optional(tmp_path: Path):
    two_boxes = "two_boxes = {}"
    found = check_file(write(tmp_path, notebook_of(two_boxes), "00_start_here.ipynb"), seed=3)
    assert str(found).splitlines()[-1].startswith("0 of 2 solved, 0 of 3 points") and not found.complete


def test_the_exit_code_is_that_of_the_worst_file(tmp_path: Path, capsys):
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder in (good, bad):
        folder.mkdir()
    right = str(write(good, notebook_of(*REQUIRED)))
    wrong = str(write(bad, notebook_of(REQUIRED[0], WRONG)))
    absent = str(tmp_path / "absent.ipynb")
    cases = [
        ([right], 0),
        ([wrong], 1),
        ([right, wrong], 1),
        ([wrong, right], 1),
        ([absent, right], 2),
        ([right, absent, wrong], 2),
    ]
    assert [cli.main(["check", *paths]) for paths, _ in cases] == [code for _, code in cases]
    assert capsys.readouterr().out.count("of 3 solved") == 9
