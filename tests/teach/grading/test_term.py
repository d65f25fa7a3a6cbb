"""A term, played through: three weeks, three platforms, late and excused and grouped and doubled hand-ins, corrections, a changed check.

Every total is computed by hand, in the comments beside it.
"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.teach.grading.test_collect import tree, zipped
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.teach.authoring.release.lessons import chosen, for_students
from vae_course.teach.authoring.repository import Repository
from vae_course.teach.grading import grade
from vae_course.teach.grading.marking import marking

ROOT = Path(__file__).resolve().parents[3]
SECOND = "02_kl_divergence"
CHOSEN = "choose_estimator = {'square': 'pathwise', 'step': 'score function', 'moving edge': 'neither'}"  # 1 point
LOG_NORMAL = "import torch\ndef log_normal(x, m, v):\n    return torch.distributions.Normal(m, v.sqrt()).log_prob(x).sum(-1)"  # 5
RULES = """
timezone = "UTC"
attempts = "best"
groups = true
[deadlines]
"01" = 2026-03-02T12:00:00
"02" = 2026-03-09T12:00:00
[late]
per_day = 0.1
at_most = 0.5
"""
PEOPLE = {
    "Ada Byron": ("7", "abyron", "red"),
    "Bob Hill": ("8", "bhill", "blue"),
    "Cy Lee": ("9", "clee", "blue"),
    "Dan Roth": ("10", "droth", ""),
    "Eve Sato": ("11", "esato", ""),
    "Fay Wong": ("12", "fwong", ""),
    "Gus Kral": ("13", "gkral", ""),
}


def written(*answers: str) -> str:
    """Lesson 01 as students get it, with answers below its stubs."""
    handed_out = (ROOT / "notebooks" / "01_reparameterization.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(for_students(handed_out, chosen("01-02"), Repository("", "main")))
    below = json.loads(hand_in(*answers))["cells"]
    return json.dumps(notebook | {"cells": [*notebook["cells"], *below]})


class Term:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.marks, self._capsys = folder, folder / "marks", capsys
        self.marks.mkdir()
        (self.marks / "class.toml").write_text(RULES)

    def roster(self, times: dict[str, str]) -> Path:
        path = self.folder / "roster.csv"
        rows = [f"{name},{','.join(about)},{times.get(name, '')}" for name, about in PEOPLE.items()]
        path.write_text("\n".join(["name,id,username,group,handed in", *rows]) + "\n")
        return path

    def grade(self, path: Path, times: dict[str, str], *options: str) -> str:
        roster = ["--roster", str(self.roster(times)), "--no-sandbox"]
        assert cli.main(["grade", str(path), "--out", str(self.marks), *roster, *options]) == 0
        return self._capsys.readouterr().out

    def correct(self, *lines: str) -> None:
        (self.marks / "corrections.csv").write_text("\n".join(["student,exercise,points,comment", *lines]) + "\n")

    def report(self) -> str:
        assert cli.main(["report", str(self.marks)]) == 0
        return self._capsys.readouterr().out

    def totals(self) -> dict[str, tuple[str, str]]:
        with (self.marks / "totals.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: (row["points"], row["max_points"]) for row in csv.DictReader(file)}


@pytest.fixture
def term(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Term:
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    return Term(tmp_path, capsys)


def test_a_term(term: Term, monkeypatch: pytest.MonkeyPatch):
    # The first week, lesson 01 (9 points), as Moodle hands it out.
    on_time, two_days = "2026-03-02 11:00", "2026-03-04 11:00"
    handed = {
        "Ada Byron_101": written(RIGHT, CHOSEN),
        "Bob Hill_102": written(WRONG, CHOSEN),
        "Dan Roth_104": written(RIGHT),
        "Eve Sato_105": written(WRONG, CHOSEN),
        "Fay Wong_106": written(WRONG),
    }
    files = {f"{who}_assignsubmission_file_/x.ipynb": text for who, text in handed.items()}
    times = dict.fromkeys(("Ada Byron", "Bob Hill", "Eve Sato", "Fay Wong"), on_time) | {"Dan Roth": two_days}
    said = term.grade(zipped(term.folder / "week1.zip", files), times)
    assert "5 of 5 students looked at" in said and "nothing was handed in: Cy Lee, Gus Kral" in said
    assert term.totals() == {
        "Ada Byron": ("8", "9"),  # 7 + 1
        "Bob Hill": ("4", "9"),  # 3 + 1
        "Cy Lee": ("4", "9"),  # Bob's group
        "Dan Roth": ("5.6", "9"),  # 7 less 2 days
        "Eve Sato": ("4", "9"),
        "Fay Wong": ("3", "9"),
        "Gus Kral": ("", ""),  # nothing, which is no zero
    }
    # Eve was ill, and Bob explained what he had meant.
    term.correct("Eve Sato,sample_gaussian,excused,ill", "Bob Hill,sample_gaussian,6,explained it")
    said = term.report()
    assert "2 marks moved:" in said and "Bob Hill  sample_gaussian: wrong 3 -> wrong 6 (corrected by a person)" in said
    assert term.totals()["Eve Sato"] == ("1", "2") and term.totals()["Bob Hill"] == ("7", "9")
    assert term.totals()["Cy Lee"] == ("4", "9"), "what was decided of Bob was decided of Bob"

    # The second week, lesson 02 (16 points), as Canvas hands it out. One name of the roster says who is meant.
    files = {
        "byronada_201_1_x.ipynb": hand_in(LOG_NORMAL, lesson=SECOND),
        "leecy_203_2_x.ipynb": hand_in(LOG_NORMAL, lesson=SECOND),
        "wongfay_LATE_206_3_x.ipynb": hand_in(LOG_NORMAL, lesson=SECOND),
    }
    said = term.grade(
        tree(term.folder / "week2", files), {"Ada Byron": "2026-03-09 11:59", "Cy Lee": "2026-03-10 12:01"}
    )
    assert "No hand-in here now, so the earlier marks stay, of 3 students: Bob Hill, Dan Roth, Eve Sato." in said
    assert "0 marks moved." in said and "nobody says when they handed in: Fay Wong." in said
    assert term.totals() == {
        "Ada Byron": ("13", "25"),  # 8 + 5
        "Bob Hill": ("11", "25"),  # 7 + Cy's 4
        "Cy Lee": ("8", "25"),  # 4 + 5 less 2 days
        "Dan Roth": ("5.6", "9"),
        "Eve Sato": ("1", "2"),
        "Fay Wong": ("8", "25"),  # 3 + 5: late, and nobody says by how much
        "Gus Kral": ("", ""),
    }
    # The third week, lesson 01 once more, as Blackboard hands it out: everybody may try again.
    attempt = "HW_{}_attempt_2026-03-{}_x.ipynb"
    files = {
        attempt.format("fwong", "02-11-00-00"): hand_in(WRONG),  # what Moodle had already
        attempt.format("fwong", "03-13-00-00"): hand_in(RIGHT),
        attempt.format("bhill", "20-12-00-00"): hand_in(RIGHT),
        attempt.format("gkral", "20-12-00-00"): hand_in(RIGHT, CHOSEN),
    }
    week3 = tree(term.folder / "week3", files)
    said = term.grade(week3, {})
    assert "Fay Wong  sample_gaussian: wrong 3 -> correct 5.6" in said
    assert "found otherwise under its correction" not in said, "Bob's best attempt is still the first"
    assert term.totals() == {
        "Ada Byron": ("13", "25"),
        "Bob Hill": ("11", "25"),  # the second attempt has 7 less the most that days cost: 3.5, and the first 3 + 1
        "Cy Lee": ("8", "25"),
        "Dan Roth": ("5.6", "9"),
        "Eve Sato": ("1", "2"),
        "Fay Wong": ("10.6", "25"),  # 7 less 2 days, + 5
        "Gus Kral": ("4", "9"),  # 8 less half
    }
    # A check turns out to have been too strict: what was wrong is right, and the class is marked again.
    whole, hashed = marking.examine, marking.checks_hash

    def milder(exercise, answer, seed):
        found = whole(exercise, answer, seed)
        right = exercise.name == "sample_gaussian" and found.status == "wrong"
        return replace(found, status="correct", points=7, findings=(), misconception="") if right else found

    monkeypatch.setattr(marking, "examine", milder)
    monkeypatch.setattr(marking, "checks_hash", lambda name: "milder" if name == "sample_gaussian" else hashed(name))
    said = term.grade(term.folder / "week1.zip", times, "--changed")
    assert "Bob Hill  sample_gaussian: found otherwise under its correction, which stays: wrong 3 -> correct 7" in said
    assert "Fay Wong  sample_gaussian: correct 5.6 -> correct 7" in said
    assert term.totals() == {
        "Ada Byron": ("13", "25"),
        "Bob Hill": ("11", "25"),  # 6 by hand + 1 + 4
        "Cy Lee": ("12", "25"),  # 7 + 1 + 4
        "Dan Roth": ("5.6", "9"),
        "Eve Sato": ("1", "2"),
        "Fay Wong": ("12", "25"),  # 7 in time + 5
        "Gus Kral": ("4", "9"),
    }
    # Everything can be made again, and says the same.
    before = {path.name: path.read_bytes() for path in self_made(term.marks)}
    for path in self_made(term.marks):
        path.unlink()
    assert "0 marks moved." in term.report()
    assert {path.name: path.read_bytes() for path in self_made(term.marks)} == before and len(before) == 11


def self_made(marks: Path) -> list[Path]:
    return [
        *marks.glob("*.html"),
        *(marks / "reports").iterdir(),
        *(p for p in marks.glob("*.csv") if p.name != "corrections.csv"),
    ]
