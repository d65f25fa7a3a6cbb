"""Of several versions of a lesson the newest counts in which something is written, and the course's own files are nobody's answer."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.runner.notebooks.hand_ins import LESSONS, ROOT, notebook_of, solved
from tests.share import one_in
from tests.teach.grading import pages
from tests.teach.grading.test_collect import read_class, tree, zipped
from vae_course import cli
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.hand_ins import Work

LESSON, OTHER = "02_kl_divergence", "01_reparameterization"
LOG_NORMAL = (
    "import torch\ndef log_normal(x, m, v):\n    return -0.5 * (torch.log(2 * torch.pi * v) + (x - m) ** 2 / v).sum(-1)"
)
KL = "def kl_normal(qm, qv, pm, pv):\n    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"
SAMPLE = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)"
UNTOUCHED = (ROOT / "notebooks" / f"{LESSON}.ipynb").read_bytes()
SOLVED = (ROOT / "solutions" / f"{LESSON}.ipynb").read_bytes()
SOURCE = (ROOT / "solutions" / f"{LESSON}.py").read_bytes()


def lesson(*cells: str, said: str = LESSON) -> str:
    notebook = notebook_of(*cells)
    notebook["metadata"] = {"vae_course": {"lesson": said}} if said else {}
    return json.dumps(notebook)


@pytest.fixture
def read(tmp_path_factory: pytest.TempPathFactory):
    return lambda path: read_class(path, tmp_path_factory)


def counted(work: Work, which: str = LESSON) -> str:
    return work.hand_ins[which].path.name


@pytest.fixture
def points(tmp_path: Path):
    """Mark a class in the sandbox; points by student and lesson, and whether somebody is needed."""

    def mark(folder: Path) -> dict[str, dict[str, str]]:
        cli.main(["grade", str(folder), "--out", str(tmp_path / "marks")])
        with (tmp_path / "marks" / "totals.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    return mark


@pytest.mark.parametrize(("first", "second"), [("04_nelbo", "04b_collapse"), ("05_iwae", "05b_limits")])
def test_a_hand_in_of_before_a_lesson_was_cut_in_two_has_all_points_of_both(
    tmp_path: Path, points, first: str, second: str
):
    cells = [cell for part in (first, second) for cell in solved(part)["cells"] if cell["cell_type"] == "code"]
    texts = ["".join(cell["source"]).replace("class IWAE(given.VAE)", "class IWAE(VAE)") for cell in cells]
    marked = points(tree(tmp_path / "class", {f"ada/{first}.ipynb": lesson(*texts, said=first)}))
    worth = {part: sum(e.points for e in EXERCISES.values() if e.lesson == part) for part in (first, second)}
    assert {part: marked["ada"][part] for part in worth} == {part: f"{total:g}" for part, total in worth.items()}


@pytest.mark.slow
def test_a_fresh_copy_beside_a_solved_lesson_takes_nothing_away(tmp_path: Path, points):
    files = {f"ada/old/{LESSON}.ipynb": lesson(LOG_NORMAL), f"ada/{LESSON}.ipynb": UNTOUCHED}
    assert points(tree(tmp_path / "class", files))["ada"][LESSON] == "5"
    report = pages.page(tmp_path / "marks", "ada")
    assert (
        f'02_kl_divergence was handed in 2 times: "ada/old/{LESSON}.ipynb", the newest in which something is written, '
        f'counts; not "ada/{LESSON}.ipynb" (nothing is written in it).' in report
    )


def test_the_newer_of_two_answers_counts_and_what_only_the_older_has_is_told(tmp_path: Path, read):
    work = read(tree(tmp_path / "class", {"ada/a.ipynb": lesson(LOG_NORMAL, KL), "ada/b.ipynb": lesson(LOG_NORMAL)}))[
        "ada"
    ]
    assert counted(work) == "b.ipynb"
    assert 'not "ada/a.ipynb" (which alone answers kl_normal).' in work.notes[0]


def test_where_all_dates_are_the_same_the_fuller_version_counts(tmp_path: Path, read):
    files = {"ada/a.ipynb": lesson(LOG_NORMAL, KL), "ada/b.ipynb": lesson(LOG_NORMAL)}
    assert counted(read(tree(tmp_path / "class", files, dict.fromkeys(files, 0)))["ada"]) == "a.ipynb"


def test_a_lesson_of_which_all_versions_are_untouched_is_not_started(tmp_path: Path, points):
    row = points(tree(tmp_path / "class", {"ada/a.ipynb": UNTOUCHED, f"ada/{LESSON}.ipynb": UNTOUCHED}))["ada"]
    assert (row[LESSON], row["needs_a_person"]) == ("0", "")


@pytest.mark.slow
def test_all_lessons_of_one_notebook_are_marked_each_once(tmp_path: Path, points):
    row = points(tree(tmp_path / "class", {"ada/all.ipynb": lesson(SAMPLE, LOG_NORMAL, KL, said="")}))["ada"]
    assert (row[OTHER], row[LESSON]) == ("7", "11")


def test_answers_pasted_into_another_lesson_do_not_displace_a_fuller_hand_in(tmp_path: Path, read):
    files = {f"ada/{LESSON}.ipynb": lesson(LOG_NORMAL, KL, "predict_negative_share = 0.3")}
    files |= {"ada/x.ipynb": lesson(SAMPLE, LOG_NORMAL, KL, said=OTHER)}
    work = read(tree(tmp_path / "class", files))["ada"]
    assert counted(work) == f"{LESSON}.ipynb" and counted(work, OTHER) == "x.ipynb"


def test_a_module_that_the_notebook_imports_is_a_part_of_it_and_no_version_of_its_own(tmp_path: Path, read):
    files = {"ada/x.ipynb": lesson("from losses import log_normal", KL), "ada/losses.py": LOG_NORMAL}
    work = read(tree(tmp_path / "class", files))["ada"]
    assert counted(work) == "x.ipynb" and not any("handed in 2 times" in note for note in work.notes)


def test_answers_that_serve_another_lesson_are_told_where_their_own_was_not_handed_in(tmp_path: Path, read):
    elbo = "class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        return kl_normal(x, x, x, x)"
    work = read(tree(tmp_path / "class", {"ada/x.ipynb": lesson(KL, elbo, said="04_nelbo")}))["ada"]
    assert list(work.hand_ins) == ["04_nelbo"]
    assert any(note.startswith(f"{LESSON} was not handed in") and "kl_normal" in note for note in work.notes)


# ---------------------------------------------------------------- the course's own files


def clone(folder: Path) -> Path:
    """What is handed in of the course as it stands, pictures and notebooks' outputs apart."""
    for part in ("solutions", "notebooks", "vae_course", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", "*.gz", "*.safetensors", "*.json", "*.png", "*.npz")
        shutil.copytree(ROOT / part, folder / part, ignore=ignore)
    for path in folder.rglob("*"):
        os.utime(path, (0, 1_700_000_000))  # as git and the zip of a site leave them
    return folder


def test_a_whole_clone_gives_nobody_a_point_and_what_is_solved_in_it_counts(tmp_path: Path, points):
    for student in ("ada", "bob", "eve"):
        clone(tmp_path / "class" / student / "vae-course-main")
    tree(
        tmp_path / "class" / "ada" / "vae-course-main",
        {f"work/{LESSON}.ipynb": lesson(LOG_NORMAL)},
        {f"work/{LESSON}.ipynb": 0},
    )
    tree(tmp_path / "class" / "eve" / "vae-course-main", {f"notebooks/{LESSON}.ipynb": lesson(LOG_NORMAL)})
    found = points(tmp_path / "class")
    assert {name: row["points"] for name, row in found.items()} == {"ada": "5", "bob": "0", "eve": "5"}
    assert all(found["bob"][one] == "0" for one in LESSONS) and not found["bob"]["needs_a_person"]
    report = pages.page(tmp_path / "marks", "bob")
    assert "nobody's answer, and were set aside" in report


def test_a_clone_of_another_version_is_known_by_its_folders(tmp_path: Path, read):
    key = lesson(LOG_NORMAL, KL)
    files = {
        f"course/solutions/{LESSON}.ipynb": key,
        f"course/notebooks/{LESSON}.ipynb": lesson("def log_normal(x, m, v):\n    raise NotImplementedError"),
        "course/vae_course/__init__.py": "",
        "course/vae_course/exercises/kl.py": KL,
        "course/tests/kl/test_kl.py": KL,
    }
    class_ = {f"ada/{name}": text for name, text in files.items()}
    for path in (
        tree(tmp_path / "class", class_ | {"bob/x.ipynb": key}),
        zipped(tmp_path / "class.zip", class_ | {"bob/x.ipynb": key}),
    ):
        work = read(path)["ada"]
        assert list(work.hand_ins) == [LESSON] and not work.hand_ins[LESSON].answers
        assert work.hand_ins[LESSON].path.parent.name == "notebooks"


@pytest.mark.parametrize(
    "name",
    one_in(
        2,
        [
            "solutions/my answers.ipynb",
            f"solutions/{LESSON}.ipynb",
            f"tests/{LESSON}.ipynb",
            f"vae_course/{LESSON}.ipynb",
        ],
    ),
)
def test_a_learner_s_own_folder_of_such_a_name_is_no_clone(tmp_path: Path, read, name: str):
    work = read(tree(tmp_path / "class", {f"ada/{name}": lesson(LOG_NORMAL), "bob/x.ipynb": lesson(KL)}))["ada"]
    assert work.hand_ins[LESSON].answers == {LESSON: {"log_normal"}} and not work.notes


@pytest.mark.parametrize(
    ("name", "key"),
    one_in(3, [(f"{LESSON}.ipynb", SOLVED), ("mine.py", SOURCE), ("x.py", SOURCE.replace(b"\n", b"\r\n"))]),
)
def test_an_unchanged_solution_is_nobody_s_answer_wherever_it_lies_and_a_person_is_told(
    tmp_path: Path, points, name: str, key: bytes
):
    row = points(tree(tmp_path / "class", {f"ada/{name}": key, "bob/x.ipynb": lesson(KL)}))["ada"]
    assert (row["points"], row["needs_a_person"]) == ("0", "yes")
    report = pages.page(tmp_path / "marks", "ada")
    assert "unchanged, and nobody's answer; it was set aside." in report


def test_an_answer_beside_an_unchanged_solution_counts(tmp_path: Path, read):
    work = read(tree(tmp_path / "class", {"ada/x.ipynb": lesson(LOG_NORMAL), f"ada/{LESSON}.py": SOURCE}))["ada"]
    assert counted(work) == "x.ipynb" and not work.unreadable
