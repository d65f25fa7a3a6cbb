"""`vae-course report`: tables made again of what was found and decided, and who moves by that."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.teach.grading import marks_folder, pages
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.teach.grading import grade


class Folder:
    """A class of two, marked; and the commands on its marks."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.hand_ins = tree(folder / "class", {"ada.ipynb": hand_in(RIGHT), "bob.ipynb": hand_in(WRONG)})
        self.marks, self._capsys = folder / "marks", capsys

    def grade(self, *options: str, code: int = 0) -> str:
        return self._run(code, "grade", str(self.hand_ins), "--out", str(self.marks), "--no-sandbox", *options)

    def report(self, *options: str, code: int = 0) -> str:
        return self._run(code, "report", str(self.marks), *options)

    def _run(self, code: int, *command: str) -> str:
        assert cli.main(list(command)) == code
        out, err = self._capsys.readouterr()
        assert (err == "") == (code != 2), err
        return err or out

    def corrections(self, *lines: str) -> None:
        (self.marks / "corrections.csv").write_text("\n".join(["student,exercise,points,comment", *lines]) + "\n")

    def rules(self, text: str) -> None:
        (self.marks / "class.toml").write_text(text)

    def points(self) -> dict[str, str]:
        return {row["student"]: f"{row['points']} of {row['max_points']}" for row in self.rows("totals.csv")}

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.marks / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def row(self, student: str, exercise: str = "sample_gaussian") -> dict[str, str]:
        [row] = [r for r in self.rows("marks.csv") if (r["student"], r["exercise"]) == (student, exercise)]
        return row

    def written(self) -> dict[str, Any]:
        files = (p for p in sorted(self.marks.rglob("*")) if p.is_file() and p.name not in (".lock", "found.sqlite"))
        return {str(path): path.read_bytes() for path in files} | marks_folder.whole(self.marks)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    return Folder(tmp_path, capsys)


def test_everything_can_be_made_again_without_the_hand_ins(folder: Folder):
    folder.grade()
    before = folder.written()
    assert (folder.marks / "corrections.csv").read_text() == "student,exercise,points,comment\n"
    for path in [*folder.hand_ins.iterdir(), *folder.marks.glob("*.csv"), *(folder.marks / "reports").iterdir()]:
        path.unlink()
    said = folder.report()
    assert folder.written() == before and "0 marks moved." in said and "2 students, 8 marks" in said


def test_a_correction_counts_is_shown_and_stays_when_everything_is_marked_again(folder: Folder):
    folder.grade()
    folder.corrections("bob,sample_gaussian,5,explained it", "ada,choose_estimator,excused,ill")
    said = folder.report()
    assert "2 marks moved:" in said and "bob  sample_gaussian: wrong 3 -> wrong 5 (corrected by a person)" in said
    assert folder.points() == {"ada": "7 of 8", "bob": "5 of 9"}
    row = folder.row("bob")
    assert (row["points"], row["as_found"], row["decided"], row["comment"]) == ("5", "3", "corrected", "explained it")
    assert (
        folder.row("ada", "choose_estimator")["points"] == ""
        and folder.row("ada", "choose_estimator")["max_points"] == "0"
    )
    report = pages.page(folder.marks, "bob")
    assert "Corrected by a person: 5 of 7 points. The grader had found 3." in report
    assert "From your teacher: explained it" in report
    assert "0 marks moved." in folder.grade("--only", "bob")
    assert folder.points() == {"ada": "7 of 8", "bob": "5 of 9"}
    folder.corrections()
    assert "bob  sample_gaussian: wrong 5 -> wrong 3" in folder.report()
    assert folder.points() == {"ada": "7 of 9", "bob": "3 of 9"}


def test_where_a_new_mark_moves_under_a_correction_the_run_says_so_once(folder: Folder):
    folder.grade()
    folder.corrections("bob,sample_gaussian,5,explained it")
    folder.report()
    tree(folder.hand_ins, {"bob.ipynb": hand_in(RIGHT)})
    said = folder.grade()
    assert "bob  sample_gaussian: found otherwise under its correction, which stays: wrong 3 -> correct 7" in said
    assert folder.points()["bob"] == "5 of 9"
    assert "found otherwise" not in folder.report()


def test_a_dry_run_says_who_would_move_and_writes_nothing(folder: Folder):
    folder.grade()
    before = folder.written()
    folder.rules("[points]\nsample_gaussian = 70\n")
    (folder.hand_ins.parent / "roster.csv").write_text("name\nada\nbob\ncy\n")
    said = folder.report("--dry-run", "--roster", str(folder.hand_ins.parent / "roster.csv"))
    assert "2 marks would move:" in said and "ada  sample_gaussian: correct 7 -> correct 70" in said
    assert "nothing was handed in: cy" in said
    (folder.marks / "class.toml").unlink()
    assert folder.written() == before
    assert "0 marks would move." in folder.report("--dry-run") and "cy" not in folder.report("--dry-run")


def test_a_mark_that_was_not_there_is_said_where_nothing_was_marked(folder: Folder):
    folder.grade()
    folder.corrections("bob,kl_normal,4,told me")
    assert (
        "bob  kl_normal: nothing -> " in folder.report("--dry-run") and "4 (corrected by a person)" in folder.report()
    )
    assert "0 marks moved." in folder.report()


def test_what_a_group_brings_is_said(folder: Folder, tmp_path: Path):
    roster = tmp_path / "roster.csv"
    roster.write_text("name,group\nada,x\nbob,\neve,x\n")
    folder.grade("--roster", str(roster))
    folder.rules("groups = true")
    assert "eve  sample_gaussian: nothing -> correct 7" in folder.report("--dry-run")


def test_rules_are_applied_by_the_run_itself_too(folder: Folder):
    folder.marks.mkdir()
    folder.rules("lessons = ['01']\n[points]\nsample_gaussian = 70\npredict_noise = 0\n")
    folder.grade()
    assert folder.points() == {"ada": "70 of 71", "bob": "30 of 71"}
    assert "predict_noise" not in {row["exercise"] for row in folder.rows("marks.csv")}


def test_a_rule_taken_away_brings_back_what_it_hid(folder: Folder):
    folder.grade()
    folder.rules("lessons = ['02']")
    assert "bob  sample_gaussian: wrong -> not counted" in folder.report() and folder.points() == {}
    folder.rules("")
    folder.report()
    assert folder.points() == {"ada": "7 of 9", "bob": "3 of 9"}


@pytest.mark.parametrize("command", ["grade", "report"])
def test_what_is_no_rule_or_no_correction_is_told_before_anything_is_done(command: str, folder: Folder):
    folder.grade()
    before = folder.written()
    folder.corrections("bib,sample_gaussian,5,", "bob,sample_gaussian,8,")
    said = folder.grade("--only", "bob", code=2) if command == "grade" else folder.report(code=2)
    assert "corrections.csv, line 2: nobody is called 'bib' (perhaps 'bob'?)" in said and "line 3: points '8'" in said
    folder.corrections()
    folder.rules("colour = 'red'")
    assert "there is no rule 'colour'" in (folder.grade(code=2) if command == "grade" else folder.report(code=2))
    (folder.marks / "class.toml").unlink()
    assert folder.written() == before


def test_groups_want_a_roster_that_has_them(folder: Folder):
    folder.grade()
    folder.rules("groups = true")
    assert "groups = true needs a roster with a column 'group'" in folder.report(code=2)
    roster = folder.hand_ins.parent / "roster.csv"
    roster.write_text("name,group\nada,1\ncy,1\nbob,2\n")
    folder.report("--roster", str(roster))
    assert folder.points() == {"ada": "7 of 9", "bob": "3 of 9", "cy": "7 of 9"}
    assert folder.points() == (folder.report(), folder.points())[1], "the roster is kept"


def test_a_decision_that_decides_nothing_is_told(folder: Folder):
    folder.grade()
    folder.rules("timezone = 'UTC'\n[points]\nkl_normal = 0\n[extensions.adda]\n'01' = 2026-03-02T12:00:00\n")
    folder.corrections("bob,kl_normal,0,")
    said = folder.report()
    assert "class.toml: an extension for 'adda', whom nobody is called." in said
    assert "corrections.csv, line 2: kl_normal does not count here (class.toml)." in said


def test_of_nothing_there_is_no_report(folder: Folder):
    said = folder.report(code=2)
    assert "has no marks (found.sqlite)" in said and not folder.marks.exists()


def test_a_folder_in_the_place_of_the_file_is_told_in_one_sentence(folder: Folder):
    (folder.marks / "found.sqlite").mkdir(parents=True)
    said = folder.report(code=2)
    assert "found.sqlite" in said and said.count("\n") == 1
