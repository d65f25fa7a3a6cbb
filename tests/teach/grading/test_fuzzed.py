"""Notebooks and archives that chance has changed, through `vae-course grade`: the run goes on, its memory stays what it was, and each file
ends with a fate and a sentence."""

import csv
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.teach.grading.fuzzed.archives import fuzzed_archive
from tests.teach.grading.fuzzed.notebooks import fuzzed_notebook
from tests.teach.grading.mangled.hand_ins import LESSONS, answers, notebook
from vae_course.teach.grading.grade import FAULTS
from vae_course.teach.grading.outgoing.pages.student import FOLDER

OF_EACH = 10  # files that one student hands in
MOST_MORE = 150_000  # kilobytes beyond those of a class of two that nobody has changed


def calm_class(folder: Path) -> Path:
    for lesson, cells in zip(LESSONS, answers(1), strict=True):
        for student in ("ada", "bob"):
            path = folder / student / f"{lesson}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(notebook(lesson, *cells))
    return folder


def fuzzed_class(folder: Path, files: int, seed: int) -> Path:
    """So many files, half of them archives; each hangs on the seed and its number alone."""
    for number in range(files):
        luck = random.Random(f"fuzzed {seed} {number}")
        name, data = (fuzzed_archive if number % 2 else fuzzed_notebook)(luck)
        path = folder / f"student {number // OF_EACH:04}" / f"{number}_{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def marked(*classes: Path) -> list[dict[str, int]]:
    """For each class the exit code, and how much memory the grader's own process has had until then."""
    paths = [str(path) for folder in classes for path in (folder, folder.with_name(f"{folder.name} marks"))]
    command = [sys.executable, "-m", "tests.teach.grading.fuzzed", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder.with_name(f"{folder.name} marks") / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_each_ends_with_a_fate_and_a_sentence(folder: Path) -> None:
    files, marks, totals = (rows(folder, name) for name in ("files.csv", "marks.csv", "totals.csv"))
    handed_in = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    told = Counter(row["path"] for row in files)
    assert {path: told[path] for path in handed_in if told[path] != 1} == {}
    assert all(row["fate"] and row["why"] and row["student"] for row in files)
    students = sorted(path.name for path in folder.iterdir())
    assert [row["student"] for row in totals] == students == sorted({row["student"] for row in marks})
    assert all(row["message"] for row in marks if row["status"] != "correct")
    assert "grader error" not in {row["status"] for row in marks}
    out = folder.with_name(f"{folder.name} marks")
    assert not (out / FAULTS).exists(), (out / FAULTS).read_text(encoding="utf-8")[-3000:]
    assert len(list((out / FOLDER).iterdir())) == len(students)


@pytest.mark.slow
def test_whatever_chance_makes_of_notebooks_and_archives_the_class_is_marked(tmp_path: Path):
    calm, fuzzed = calm_class(tmp_path / "calm"), fuzzed_class(tmp_path / "fuzzed", 150, seed=0)
    before, after = marked(calm, fuzzed)
    assert (before["code"], after["code"]) == (0, 1)
    assert after["kilobytes"] - before["kilobytes"] < MOST_MORE
    assert_each_ends_with_a_fate_and_a_sentence(fuzzed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_20_000_of_them_cost_no_run_and_no_memory(seed: int, tmp_path: Path):
    """10,000 a seed, in classes of 1,000: what the last of them needs, the first has needed."""
    classes = [fuzzed_class(tmp_path / f"fuzzed {part}", 1_000, seed * 100 + part) for part in range(10)]
    found = marked(calm_class(tmp_path / "calm"), *classes)
    assert [one["code"] for one in found] == [0] + [1] * 10
    assert found[-1]["kilobytes"] - found[0]["kilobytes"] < MOST_MORE
    for each in classes:
        assert_each_ends_with_a_fate_and_a_sentence(each)
