"""`vae-course export`: marks in the forms that gradebooks document, by their own ids; and who cannot be told there is named."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from tests.teach.grading import pages
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from tests.teach.grading.test_term import LOG_NORMAL, SECOND
from vae_course import cli
from vae_course.checks.lessons import BEYOND, EXERCISES
from vae_course.teach.grading import grade

FREE_BITS = "def free_bits(kl, floor):\n    return kl.mean(0).clamp(min=floor).sum()"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (900),Homework 2 (901),Final Score\n"
    "    Points Possible,,,,,9.00,20,(read only)\n"
    '"Byron, Ada",7001,S1,abyron,A,1,,50\n'
    '"Hill, Bob",7002,S2,bhill,A,,,\n'
    '"Lee, Kim",7003,S3,klee,A,,,\n'
    '"Lee, Kim",7004,S4,kimlee2,A,3,,\n'
    '"Student, Test",7005,,x,A,,,\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Feedback comments\n"
    "Participant 11,Ada Byron,ada@x.edu,Submitted,,25.00,Yes,-,\n"
    "Participant 12,Bob Hill,bob@x.edu,Submitted,2.00,25.00,Yes,-,old\n"
    "Participant 19,Gus Kral,gus@x.edu,No submission,,25.00,Yes,-,\n"
)


def marked_in(folder: Path) -> None:
    """Ada has 7 + 5 points, Bob 3 and an excuse for the second lesson, Eve is on no list."""
    files = {
        "abyron/1.ipynb": hand_in(RIGHT),
        "abyron/2.ipynb": hand_in(LOG_NORMAL, lesson=SECOND),
        "Bob Hill/1.ipynb": hand_in(WRONG),
        "Bob Hill/2.ipynb": hand_in("x = 1", lesson=SECOND),
        "Eve Sato/1.ipynb": hand_in(RIGHT),
    }
    excused = [f"Bob Hill,{name},excused,ill" for name in EXERCISES if EXERCISES[name].lesson == SECOND]
    (folder / "marks").mkdir()
    (folder / "marks" / "corrections.csv").write_text("\n".join(["student,exercise,points,comment", *excused]) + "\n")
    roster = "name,id,username,email\nAda Byron,S1,abyron,ada@x.edu\nBob Hill,S2,bhill,bob@x.edu\n"
    (folder / "roster.csv").write_text(roster)
    command = ["grade", str(tree(folder / "class", files)), "--out", str(folder / "marks"), "--no-sandbox"]
    assert cli.main([*command, "--roster", str(folder / "roster.csv")]) == 0


class Marked:
    """A class that was marked, and the command on its marks."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.marks, self._capsys = folder, folder / "marks", capsys

    def export(self, form: str, *options: str, into: str = "", out: str = "out.csv", code: int = 0) -> str:
        if into:
            (self.folder / "into.csv").write_text(into, encoding="utf-8")
            options += ("--into", str(self.folder / "into.csv"))
        out = out if form == "nbgrader" else str(self.folder / out)
        assert cli.main(["export", form, str(self.marks), "--out", out, *options]) == code
        said = self._capsys.readouterr()
        return said.err if code else said.out

    def rows(self, name: str = "out.csv") -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((self.folder / name).read_bytes().decode())))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("marked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "_allow", lambda options, found, confirm: None)
        marked_in(folder)
    return folder


@pytest.fixture
def marked(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Marked:
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    capsys.readouterr()
    return Marked(tmp_path, capsys)


# ---------------------------------------------------------------- Canvas


def test_canvas_gets_its_own_columns_filled_and_nothing_else_of_its_table(marked: Marked):
    said = marked.export("canvas", "--column", "01=Homework 1", "--column", "02=homework 2", into=CANVAS)
    assert [list(row.values()) for row in marked.rows()] == [
        ["    Points Possible", "", "", "", "", "9.00", "20"],
        ["Byron, Ada", "7001", "S1", "abyron", "A", "7", "5"],
        ["Hill, Bob", "7002", "S2", "bhill", "A", "3", "EX"],
        ["Lee, Kim", "7003", "S3", "klee", "A", "", ""],
        ["Lee, Kim", "7004", "S4", "kimlee2", "A", "3", ""],  # of whom we know nothing: as it stands there
        ["Student, Test", "7005", "", "x", "A", "", ""],
    ]
    assert list(marked.rows()[0])[5:] == ["Homework 1 (900)", "Homework 2 (901)"], "Canvas knows a column by its number"
    assert "Homework 2 (901) has 20 points possible in Canvas, and 16 here." in said
    assert "Cannot be told in into.csv, and not written: Eve Sato." in said and "Homework 1 (900) has" not in said


def test_canvas_makes_new_assignments_of_lessons_that_it_has_not(marked: Marked):
    said = marked.export("canvas", into=CANVAS)
    heads = list(marked.rows()[0])
    assert heads == [*CANVAS.split("\n")[0].split(",")[:5], "01_reparameterization", SECOND]
    assert marked.rows()[0]["01_reparameterization"] == "9" and marked.rows()[1][SECOND] == "5"
    assert said.count("Canvas makes a new assignment") == 2


def test_a_sum_of_all_lessons_goes_into_one_column(marked: Marked):
    marked.export("canvas", "--column", "all=Homework 2", into=CANVAS)
    assert [row["Homework 2 (901)"] for row in marked.rows()[1:3]] == ["12", "3"]


def test_lessons_that_are_given_one_column_are_summed_in_it(marked: Marked):
    marked.export("canvas", "--column", "01=Homework 2", "--column", "02=Homework 2", into=CANVAS)
    assert [row["Homework 2 (901)"] for row in marked.rows()[1:3]] == ["12", "3"]


def test_two_columns_that_begin_alike_are_refused(marked: Marked):
    said = marked.export("canvas", "--column", "01=Homework", into=CANVAS, code=2)
    assert "2 columns begin with 'Homework': Homework 1 (900), Homework 2 (901)" in said


@pytest.mark.parametrize("column", ["01", "01=", "99=x", "=x"])
def test_a_column_that_says_nothing_is_refused(column: str, marked: Marked):
    assert marked.export("canvas", "--column", column, into=CANVAS, code=2)
    assert not (marked.folder / "out.csv").exists()


def test_who_is_excused_from_a_single_exercise_is_named_for_a_gradebook_that_knows_no_exercises(marked: Marked):
    whole = marked.export("canvas", "--column", "02=Homework 2", into=CANVAS)
    assert "Excused from single" not in whole, "of a lesson that is excused whole the cell says EX"
    corrections = "student,exercise,points\nBob Hill,kl_normal,excused\nabyron,score_function_gradient,excused\n"
    (marked.marks / "corrections.csv").write_text(corrections)
    (marked.folder / "out.csv").unlink()
    said = marked.export("canvas", "--column", "02=Homework 2", into=CANVAS)
    assert "Excused from single exercises, which Canvas' Homework 2 does not know: Bob Hill (0 of 10)." in said
    assert "count out of 16" in said and "abyron" not in said, "what has no points wrongs nobody"
    (marked.folder / "out.csv").unlink()
    assert "which Moodle does not know: Bob Hill (3 of 19)." in marked.export("moodle", into=MOODLE)


def test_a_lesson_that_everybody_is_excused_from_is_written_so(marked: Marked):
    first = [e.name for e in EXERCISES.values() if e.lesson == "01_reparameterization"]
    lines = [f"{who},{name},excused" for who in ("abyron", "Bob Hill", "Eve Sato") for name in first]
    (marked.marks / "corrections.csv").write_text("\n".join(["student,exercise,points", *lines]) + "\n")
    marked.export("canvas", "--column", "01=Homework 1", into=CANVAS)
    assert [row["Homework 1 (900)"] for row in marked.rows()[1:3]] == ["EX", "EX"]


def test_a_lesson_beyond_the_core_is_written_where_it_counts_and_its_lack_is_said(marked: Marked):
    tree(marked.folder / "class", {"abyron/8.ipynb": hand_in(FREE_BITS, lesson=BEYOND[0])})
    assert cli.main(["grade", str(marked.folder / "class"), "--out", str(marked.marks), "--no-sandbox"]) == 0
    said = marked.export("canvas", "--column", "08=Homework 2", into=CANVAS)
    assert f"No column Homework 2: nothing of {BEYOND[0]} counts here." in said and "beyond the core" in said
    assert "counts here; lessons = [...]" in marked.export("moodle", "--lesson", "08", into=MOODLE, out="m.csv", code=2)
    (marked.marks / "class.toml").write_text("lessons = ['08']")
    (marked.folder / "out.csv").unlink()
    marked.export("canvas", "--column", "08=Homework 2", into=CANVAS)
    assert marked.rows()[1]["Homework 2 (901)"] == "3"


# ---------------------------------------------------------------- Moodle


def test_moodle_gets_its_worksheet_and_a_page_for_everybody_in_it(marked: Marked):
    said = marked.export("moodle", into=MOODLE)
    rows = {row["Full name"]: row for row in marked.rows()}
    assert list(rows["Ada Byron"]) == MOODLE.split("\n")[0].split(",") and len(rows) == 3
    assert {name: (row["Identifier"], row["Grade"], row["Status"]) for name, row in rows.items()} == {
        "Ada Byron": ("Participant 11", "12", "Submitted"),
        "Bob Hill": ("Participant 12", "3", "Submitted"),
        "Gus Kral": ("Participant 19", "", "No submission"),
    }
    assert rows["Ada Byron"]["Feedback comments"].startswith("12 of 25 points")
    with zipfile.ZipFile(marked.folder / "out.zip") as archive:
        assert archive.namelist() == [
            "Bob Hill_12_assignsubmission_file_/feedback.html",
            "Ada Byron_11_assignsubmission_file_/feedback.html",
        ]
        page = archive.read("Ada Byron_11_assignsubmission_file_/feedback.html").decode()
    assert pages.lines_of(page)[1] == "12 of 25 points in all." and "not written: Eve Sato" in said


def test_one_lesson_alone_fits_a_worksheet_of_that_lesson(marked: Marked):
    marked.export("moodle", "--lesson", "01", into=MOODLE.replace("25.00", "9,00").replace(",9,00,", ',"9,00",'))
    assert [row["Grade"] for row in marked.rows()] == ["7", "3", ""]


def test_more_than_moodle_s_maximum_is_refused_and_nothing_is_written(marked: Marked):
    said = marked.export("moodle", into=MOODLE.replace("25.00", "10.00"), code=2)
    assert "Moodle's maximum grade is 10.00, and abyron would have more" in said
    assert not (marked.folder / "out.csv").exists() and not (marked.folder / "out.zip").exists()


def test_a_table_that_is_no_worksheet_is_refused_with_its_columns(marked: Marked):
    assert "no column 'Identifier'; its columns: Student, ID" in marked.export("moodle", into=CANVAS, code=2)


# ---------------------------------------------------------------- a table, and JSON


def test_the_table_has_a_row_for_everybody(marked: Marked):
    marked.export("csv")
    rows = {row["student"]: row for row in marked.rows()}
    ada, bob = rows["abyron"], rows["Bob Hill"]
    assert (ada["id"], ada["email"], ada["points"], ada["max_points"]) == ("S1", "ada@x.edu", "12", "25")
    assert (ada["01_reparameterization"], ada[SECOND], ada["log_normal"], ada["kl_normal"]) == ("7", "5", "5", "0")
    assert (bob[SECOND], bob["log_normal"], bob["points"], bob["max_points"]) == ("EX", "EX", "3", "9")
    assert (rows["Eve Sato"]["id"], rows["Eve Sato"]["points"], rows["Eve Sato"][SECOND]) == ("", "7", "")


def test_json_has_everything_that_counts_and_every_attempt(marked: Marked):
    marked.export("json", out="out.json")
    found: dict[str, Any] = json.loads((marked.folder / "out.json").read_text())
    students = {one["student"]: one for one in found["students"]}
    [kl] = [row for row in students["Bob Hill"]["exercises"] if row["exercise"] == "kl_normal"]
    assert (kl["decided"], kl["max_points"], kl["comment"]) == ("excused", 0, "ill")
    assert [one["lesson"] for one in students["abyron"]["attempts"]] == ["01_reparameterization", SECOND]
    assert students["abyron"]["id"] == "S1" and sum(row["points"] for row in students["abyron"]["exercises"]) == 12


# ---------------------------------------------------------------- nbgrader


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader's own ways to a database call the program alembic by its name."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


def test_it_works_where_no_program_beside_python_is_on_the_path(marked: Marked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    marked.export("nbgrader", out=f"sqlite:///{marked.folder / 'gradebook.db'}")


def test_nbgrader_gets_students_with_their_ids_cells_scores_and_comments(marked: Marked):
    address = f"sqlite:///{marked.folder / 'gradebook.db'}"
    said = marked.export("nbgrader", out=address)
    assert f"wrote    into {address}" in said and "nbgrader knows no excuse" in said and "Bob Hill/kl_normal" in said
    with Gradebook(address) as gradebook:
        assert {s.id: (s.lms_user_id, s.email, s.score) for s in gradebook.students} == {
            "abyron": ("S1", "ada@x.edu", 12.0),
            "Bob Hill": ("S2", "bob@x.edu", 3.0),
            "Eve Sato": (None, None, 7.0),
        }
        assert [(a.name, a.max_score) for a in gradebook.assignments] == [
            ("01_reparameterization", 9.0),
            (SECOND, 16.0),
        ]
        comment = gradebook.find_comment("sample_gaussian", *["01_reparameterization"] * 2, "Bob Hill")
        assert "take the square root once" in comment.auto_comment


def test_a_score_that_somebody_gave_in_formgrader_survives_and_a_new_mark_arrives(marked: Marked):
    address = f"sqlite:///{marked.folder / 'gradebook.db'}"
    marked.export("nbgrader", out=address)
    lesson = ["01_reparameterization"] * 2
    with Gradebook(address) as gradebook:
        gradebook.find_grade("sample_gaussian", *lesson, "Bob Hill").manual_score = 6.5
        gradebook.find_comment("sample_gaussian", *lesson, "Bob Hill").manual_comment = "explained it"
        gradebook.db.commit()
    tree(marked.folder / "class", {"abyron/1.ipynb": hand_in(WRONG)})
    cli.main(["grade", str(marked.folder / "class"), "--out", str(marked.marks), "--no-sandbox"])
    marked.export("nbgrader", out=address)
    with Gradebook(address) as gradebook:
        bob, ada = (gradebook.find_grade("sample_gaussian", *lesson, who) for who in ("Bob Hill", "abyron"))
        assert (bob.auto_score, bob.manual_score, bob.score) == (3.0, 6.5, 6.5) and ada.score == 3.0
        assert gradebook.find_comment("sample_gaussian", *lesson, "Bob Hill").comment == "explained it"
        assert len(gradebook.students) == 3


def test_in_a_gradebook_that_has_students_who_cannot_be_told_is_named_and_cells_are_added(programs, marked: Marked):
    address = f"sqlite:///{marked.folder / 'gradebook.db'}"
    with Gradebook(address) as gradebook:
        gradebook.add_student("ab12", first_name="Ada", last_name="Byron", lms_user_id="S1")
        gradebook.add_student("bhill")
        gradebook.add_student("zoe")
        gradebook.add_assignment(SECOND)
        gradebook.add_notebook(SECOND, SECOND)
        gradebook.add_submission(SECOND, "ab12")  # older than the cells that are added
    said = marked.export("nbgrader", out=address)
    assert "Cannot be told in the gradebook, and not written: Eve Sato." in said
    with Gradebook(address) as gradebook:
        assert {student.id: student.score for student in gradebook.students} == {"ab12": 12.0, "bhill": 3.0, "zoe": 0.0}


def test_formgrader_shows_submissions_with_their_scores_and_times(
    programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of nbgrader's own folders, as its documentation has them; what its pages ask of its API."""
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    lesson, address = "01_reparameterization", f"sqlite:///{tmp_path / 'gradebook.db'}"
    one = f"ada/{lesson}"
    files = {f"{one}/{lesson}.ipynb": hand_in(RIGHT), f"{one}/timestamp.txt": "2026-03-02 09:30:00.000000 UTC"}
    tree(tmp_path / "submitted", files | {f"bob/{lesson}/{lesson}.ipynb": hand_in(WRONG)})
    tree(tmp_path / "source", {f"{lesson}/{lesson}.ipynb": hand_in("x = 1")})
    marks = str(tmp_path / "marks")
    assert cli.main(["grade", str(tmp_path / "submitted"), "--out", marks, "--no-sandbox"]) == 0
    assert cli.main(["export", "nbgrader", marks, "--out", address]) == 0
    shutil.copytree(tmp_path / "submitted", tmp_path / "autograded")
    folder = CourseDirectory(root=str(tmp_path), db_url=address)
    found = {submission["student"]: submission for submission in NbGraderAPI(folder).get_submissions(lesson)}
    assert {who: (one["score"], one["autograded"]) for who, one in found.items()} == {
        "ada": (7.0, True),
        "bob": (3.0, True),
    }
    assert found["ada"]["timestamp"] == "2026-03-02T09:30:00" and found["bob"]["timestamp"] is None


def test_nbgrader_s_own_export_agrees_to_the_point(marked: Marked):
    address = f"sqlite:///{marked.folder / 'gradebook.db'}"
    marked.export("nbgrader", out=address)
    command = [sys.executable, "-m", "nbgrader", "export", f"--CourseDirectory.db_url={address}", "--to", "grades.csv"]
    ran = subprocess.run(command, cwd=marked.folder, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    rows = {
        (row["student_id"], row["assignment"]): (row["score"], row["max_score"]) for row in marked.rows("grades.csv")
    }
    assert rows["abyron", SECOND] == ("5.0", "16.0") and rows["Bob Hill", "01_reparameterization"] == ("3.0", "9.0")


@pytest.mark.parametrize("address", ["gradebook.db", "nothing://x", "sqlite:////nowhere/at/all/g.db"])
def test_an_address_that_leads_nowhere_is_told_in_a_sentence(address: str, marked: Marked):
    said = marked.export("nbgrader", out=address, code=2)
    assert f"{address} cannot be opened: " in said and said.count("\n") == 1


# ---------------------------------------------------------------- what is refused, and what is said


@pytest.mark.parametrize(
    ("form", "options", "into", "says"),
    [
        ("excel", (), "", "there is no format 'excel'; the formats: canvas, moodle, nbgrader, csv, json"),
        ("canvas", (), "", "canvas wants its own table: give it with --into"),
        ("canvas", (), "a,b\n1,2\n", "no column that says who is meant"),
        ("canvas", (), "Student,ID\n", "or nobody in it"),
        ("csv", ("--lesson", "99"), "", "there is no lesson '99'"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(
    form: str, options: tuple[str, ...], into: str, says: str, marked: Marked
):
    said = marked.export(form, *options, into=into, code=2)
    assert says in said and said.count("\n") == 1


def test_a_file_that_is_there_stays(marked: Marked):
    (marked.folder / "out.csv").write_text("mine")
    assert "out.csv is there already" in marked.export("csv", code=2)
    assert (marked.folder / "out.csv").read_text() == "mine"
    assert "give --out another name" in marked.export("canvas", into=CANVAS, out="into.csv", code=2)


def test_what_a_person_has_still_to_decide_is_said(marked: Marked):
    tree(marked.folder / "class", {"Eve Sato/1.ipynb": b"\x00", "Dan/1.ipynb": b"\x00"})
    cli.main(["grade", str(marked.folder / "class"), "--out", str(marked.marks), "--no-sandbox"])
    said = marked.export("csv")
    assert "A person has still to look at answers of: Dan, Eve Sato. They count as nothing so far." in said
    (marked.marks / "class.toml").write_text("[points]\nsample_gaussian = 70\n")
    assert "was not shown yet" in marked.export("csv", out="again.csv")


def test_an_export_changes_no_mark(marked: Marked):
    before = {path.name: path.read_bytes() for path in marked.marks.rglob("*") if path.is_file()}
    marked.export("json", out="out.json")
    assert {path.name: path.read_bytes() for path in marked.marks.rglob("*") if path.is_file()} == before
