"""One run after another on the same marks: nothing is lost, nothing doubled, and what stays is what was said to stay."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.teach.grading import marks_folder, pages
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from vae_course import cli
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading import grade
from vae_course.teach.grading.marking import marking, pool

FIRST, SECOND = "01_reparameterization", "02_kl_divergence"
PREDICTED = "predict_noise = {'slope': 0.5, 'mean': 0.5, 'variance': 1 / 12}"
CHOSEN = "choose_estimator = {'square': 'pathwise', 'step': 'score function', 'moving edge': 'neither'}"
SHARE = "predict_negative_share = {}"
Marks = dict[tuple[str, str], dict[str, str]]


def of_lesson(*lessons: str) -> set[str]:
    return {name for name, exercise in EXERCISES.items() if exercise.lesson in lessons}


class Course:
    """A class's hand-ins and their marks. Only for code that does no harm: it runs in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.out, self._capsys = folder / "class", folder / "marks", capsys
        self.folder.mkdir()
        self.said = ""

    def hand_in(self, student: str, *cells: str, lesson: str = FIRST) -> None:
        tree(self.folder, {f"{student}/{lesson}.ipynb": hand_in(*cells, lesson=lesson)})

    def run(self, *options: str, code: int = 0) -> str:
        assert cli.main(["grade", str(self.folder), "--out", str(self.out), "--no-sandbox", *options]) == code
        self.said = self._capsys.readouterr().out
        return self.said

    @property
    def marks(self) -> Marks:
        """marks.csv by student and exercise; each pair stands in it once, and was found."""
        rows = self.rows("marks.csv")
        found = {(row["student"], row["exercise"]): row for row in rows}
        assert len(found) == len(rows)
        for row in rows:
            del row["attempt"]
        assert found.keys() == {(row["student"], row["exercise"]) for row in marks_folder.rows(self.out, "mark")}
        return found

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def points(self, student: str) -> tuple[str, str]:
        """A student's sum in totals.csv, and of how many; the report says the same."""
        [row] = [row for row in self.rows("totals.csv") if row["student"] == student]
        assert f"{row['points']} of {row['max_points']} point" in self.report(student).split(" in all.")[0]
        return row["points"], row["max_points"]

    def exercises(self, student: str) -> set[str]:
        return {exercise for who, exercise in self.marks if who == student}

    def report(self, student: str) -> str:
        return pages.page(self.out, student)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Course:
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    return Course(tmp_path, capsys)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The exercises that were examined since the last question."""
    seen: list[str] = []
    whole = marking.examine

    def counted(exercise: Any, answer: Any, seed: int) -> Any:
        seen.append(exercise.name)
        return whole(exercise, answer, seed)

    def since() -> list[str]:
        found = list(seen)
        seen.clear()
        return found

    monkeypatch.setattr(marking, "examine", counted)
    return since


@pytest.fixture
def two_lessons(course: Course) -> Course:
    """Ada hands in two lessons, and Bob one."""
    course.hand_in("ada", RIGHT, PREDICTED)
    course.hand_in("ada", SHARE, lesson=SECOND)
    course.hand_in("bob", WRONG, CHOSEN)
    return course


# ---------------------------------------------------------------- one lesson, then all


def test_one_lesson_and_then_all_are_the_marks_of_all_at_once(two_lessons: Course, tmp_path: Path):
    two_lessons.run("--lesson", "2", "--seed", "5")
    assert two_lessons.exercises("ada") == of_lesson(SECOND) and two_lessons.exercises("bob") == set()
    two_lessons.run()
    assert two_lessons.exercises("ada") == of_lesson(FIRST, SECOND) and two_lessons.exercises("bob") == of_lesson(FIRST)
    in_parts = {name: two_lessons.rows(name) for name in ("marks.csv", "totals.csv")}
    reports = [two_lessons.report(name) for name in ("ada", "bob")]
    two_lessons.out.rename(tmp_path / "in parts")
    two_lessons.run("--seed", "5")
    assert {name: two_lessons.rows(name) for name in in_parts} == in_parts
    assert [two_lessons.report(name) for name in ("ada", "bob")] == reports


def test_all_and_then_one_lesson_loses_no_mark_of_the_others_and_marks_nothing_twice(
    two_lessons: Course, examined: Callable[[], list[str]]
):
    two_lessons.run()
    before = two_lessons.marks
    assert set(examined()) <= set(EXERCISES)
    assert "0 of 2 students looked at" in two_lessons.run("--lesson", "1")
    assert examined() == [] and two_lessons.marks == before
    two_lessons.hand_in("ada", RIGHT, PREDICTED, CHOSEN)
    two_lessons.run("--lesson", "2")
    assert two_lessons.marks == before and two_lessons.exercises("ada") == of_lesson(FIRST, SECOND)


def test_lesson_after_lesson_each_is_added_to_the_sum(two_lessons: Course):
    two_lessons.run("--lesson", "2")
    assert two_lessons.points("ada") == ("0", "16")
    two_lessons.run("--lesson", "1")
    assert two_lessons.points("ada") == ("8", "25") and two_lessons.points("bob") == ("4", "9")
    assert [line for line in two_lessons.report("ada").splitlines() if line.startswith("Lesson") and "·" in line] == [
        "Lesson 01: reparameterization · 8 of 9 points",
        "Lesson 02: kl divergence · 0 of 16 points",
    ]


def test_a_lesson_that_nobody_handed_in_changes_nothing(two_lessons: Course):
    two_lessons.run()
    before = two_lessons.marks
    two_lessons.run("--lesson", "5")
    assert two_lessons.marks == before


# ---------------------------------------------------------------- one student, then all


def test_one_student_and_then_all_are_the_marks_of_all_at_once(two_lessons: Course, tmp_path: Path):
    said = two_lessons.run("--only", "ada", "--seed", "5")
    assert {who for who, _ in two_lessons.marks} == {"ada"} and "1 of 2 students looked at" in said
    assert "1 of 2 students looked at" in two_lessons.run()
    in_parts = two_lessons.rows("marks.csv")
    two_lessons.out.rename(tmp_path / "in parts")
    two_lessons.run("--seed", "5")
    assert two_lessons.rows("marks.csv") == in_parts


def test_one_exercise_and_then_all_are_the_marks_of_all(two_lessons: Course, examined: Callable[[], list[str]]):
    two_lessons.run("--only", "ada/sample_gaussian")
    assert examined() == ["sample_gaussian"] and two_lessons.exercises("ada") == {"sample_gaussian"}
    assert two_lessons.points("ada") == ("7", "7")
    two_lessons.run()
    assert two_lessons.exercises("ada") == of_lesson(FIRST, SECOND)
    assert two_lessons.points("ada") == ("8", "25") and two_lessons.points("bob") == ("4", "9")


def test_only_changes_no_mark_of_anybody_else(two_lessons: Course):
    two_lessons.run()
    before = two_lessons.marks
    two_lessons.hand_in("bob", RIGHT, CHOSEN)
    two_lessons.hand_in("ada", WRONG)
    said = two_lessons.run("--only", "bob")
    assert "1 mark moved:\n  bob  sample_gaussian: wrong 3 -> correct 7\n" in said
    moved = {key for key, row in two_lessons.marks.items() if row != before[key]}
    assert moved == {("bob", "sample_gaussian")} and two_lessons.points("bob") == ("8", "9")


def test_only_one_exercise_leaves_the_others_of_that_student_as_they_were(two_lessons: Course):
    two_lessons.run()
    before = two_lessons.marks
    two_lessons.hand_in("bob", RIGHT, "choose_estimator = 'x'")
    two_lessons.run("--only", "bob/sample_gaussian")
    moved = {key for key, row in two_lessons.marks.items() if row != before[key]}
    assert moved == {("bob", "sample_gaussian")}
    assert "choose_estimator\n✓ correct · 1 of 1 point" in two_lessons.report("bob")
    assert "sample_gaussian\n✓ correct · 7 of 7 points" in two_lessons.report("bob")


def test_only_marks_again_what_nobody_has_changed(two_lessons: Course, examined: Callable[[], list[str]]):
    two_lessons.run()
    examined()
    said = two_lessons.run("--only", "bob")
    assert set(examined()) <= of_lesson(FIRST) and "0 marks moved" in said and "1 of 2 students looked at" in said


# ---------------------------------------------------------------- what was changed


def test_another_answer_moves_the_points_down_too_and_that_is_said(two_lessons: Course):
    two_lessons.run()
    two_lessons.hand_in("ada", WRONG, PREDICTED)
    said = two_lessons.run()
    assert "1 mark moved:\n  ada  sample_gaussian: correct 7 -> wrong 3\n" in said and "1 answer marked now" in said
    assert two_lessons.points("ada") == ("4", "25") and two_lessons.points("bob") == ("4", "9")
    assert "0 marks moved" in two_lessons.run()


def test_an_answer_that_comes_back_has_the_mark_that_it_had(two_lessons: Course, examined: Callable[[], list[str]]):
    two_lessons.run()
    before = two_lessons.marks
    two_lessons.hand_in("ada", WRONG, PREDICTED)
    two_lessons.run()
    examined()
    two_lessons.hand_in("ada", RIGHT, PREDICTED)
    assert "ada  sample_gaussian: wrong 3 -> correct 7" in two_lessons.run()
    assert two_lessons.marks == before and examined() == []


def test_another_answer_in_one_lesson_leaves_the_others_alone(two_lessons: Course):
    two_lessons.run()
    before = two_lessons.marks
    two_lessons.hand_in("ada", WRONG, PREDICTED)
    assert "0 marks moved" in two_lessons.run("--lesson", "2") and two_lessons.marks == before
    assert "1 mark moved" in two_lessons.run("--lesson", "1")


def test_a_first_run_with_changed_marks_everybody(two_lessons: Course):
    said = two_lessons.run("--changed")
    assert two_lessons.exercises("ada") == of_lesson(FIRST, SECOND) and two_lessons.exercises("bob") == of_lesson(FIRST)
    assert "0 marks moved" in said and f"{len(two_lessons.marks)} answers marked now" in said


def test_an_answer_that_was_taken_out_is_not_started_and_that_is_said(two_lessons: Course):
    two_lessons.run()
    two_lessons.hand_in("ada", PREDICTED)
    assert "ada  sample_gaussian: correct 7 -> not started 0" in two_lessons.run()
    row = two_lessons.marks["ada", "sample_gaussian"]
    assert (row["status"], row["points"], row["max_points"]) == ("not started", "0", "7")
    assert two_lessons.points("ada") == ("1", "25")


def test_a_lesson_that_was_taken_away_keeps_its_marks(two_lessons: Course):
    two_lessons.run()
    before = two_lessons.marks
    (two_lessons.folder / "ada" / f"{SECOND}.ipynb").unlink()
    for options in ((), ("--changed",), ("--only", "ada")):
        two_lessons.run(*options)
        assert two_lessons.marks == before and two_lessons.points("ada") == ("8", "25"), options


# ---------------------------------------------------------------- points, optional exercises and exit codes


def test_an_optional_exercise_has_a_mark_and_no_points_in_any_file(course: Course):
    course.hand_in("ada", RIGHT, PREDICTED, CHOSEN)
    course.hand_in("bob", RIGHT, PREDICTED, CHOSEN, "def score_function_gradient(f, m, v, n):\n    return m")
    course.run()
    for name in ("ada", "bob"):
        row = course.marks[name, "score_function_gradient"]
        assert (row["points"], row["max_points"]) == ("0", "0") and course.points(name) == ("9", "9")
        assert "· optional" in course.report(name).split("score_function_gradient")[1].splitlines()[1]
        assert "9 of 9 points in all." in course.report(name)


def test_a_student_who_started_nothing_has_nothing_of_all_that_could_be_had(course: Course):
    course.hand_in("ada", "x = 1")
    course.run()
    assert course.points("ada") == ("0", "9")
    assert {row["status"] for row in course.marks.values()} == {"not started"}
    assert [row["max_points"] for row in course.marks.values()] == ["7", "1", "1", "0"]


def test_the_exit_code_says_whether_a_person_is_needed_and_not_whether_answers_are_right(course: Course):
    course.hand_in("ada", WRONG)
    course.run(code=0)
    tree(course.folder, {"bob/01_reparameterization.ipynb": ""})
    course.run(code=1)
    course.run(code=1)  # and goes on saying so
    course.hand_in("bob", RIGHT)
    course.run(code=0)
    course.run("--only", "nobody", code=2)
    course.run("--lesson", "nothing", code=2)


def test_a_run_that_is_stopped_by_hand_ends_with_130_and_goes_on_where_it_was(
    two_lessons: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    whole = pool.read_here

    def stopped(student: Any, into: Path, only: str) -> Any:
        if student.name == "bob":
            raise KeyboardInterrupt
        return whole(student, into, only)

    monkeypatch.setattr(pool, "read_here", stopped)
    command = ["grade", str(two_lessons.folder), "--out", str(two_lessons.out), "--no-sandbox"]
    assert cli.main(command) == 130
    assert "stopped; the same command goes on where it was" in capsys.readouterr().err
    assert two_lessons.exercises("ada") == of_lesson(FIRST, SECOND) and two_lessons.exercises("bob") == set()
    monkeypatch.setattr(pool, "read_here", whole)
    assert "1 of 2 students looked at" in two_lessons.run()
    assert two_lessons.points("ada") == ("8", "25") and two_lessons.points("bob") == ("4", "9")


def test_a_student_who_needed_a_person_is_looked_at_again_with_the_next_run(
    two_lessons: Course, monkeypatch: pytest.MonkeyPatch
):
    whole = marking.examine

    def broken(exercise: Any, answer: Any, seed: int) -> Any:
        return 1 / 0 if exercise.name == "sample_gaussian" else whole(exercise, answer, seed)

    monkeypatch.setattr(marking, "examine", broken)
    two_lessons.run(code=1)
    [ada, bob] = two_lessons.rows("totals.csv")
    assert ada["needs_a_person"] == bob["needs_a_person"] == "yes" and two_lessons.points("ada") == ("1", "25")
    monkeypatch.setattr(marking, "examine", whole)
    two_lessons.run("--changed")
    assert [row["needs_a_person"] for row in two_lessons.rows("totals.csv")] == ["", ""]
    assert two_lessons.points("ada") == ("8", "25")


def test_a_report_is_of_its_student_alone(two_lessons: Course):
    two_lessons.run()
    assert "sample_gaussian\n✓ correct · 7 of 7" in two_lessons.report("ada")
    assert "sample_gaussian\n✗ wrong · 3 of 7" in two_lessons.report("bob")
    assert "bob" not in two_lessons.report("ada") and "Lesson 02" not in two_lessons.report("bob")
    assert sorted(path.name for path in (two_lessons.out / "reports").iterdir()) == ["ada.html", "bob.html"]


def test_reports_that_were_deleted_are_made_again_by_the_next_run_and_nothing_is_marked_for_it(
    two_lessons: Course, examined: Callable[[], list[str]]
):
    tree(two_lessons.folder, {"ada/notes of an older day/01_reparameterization.ipynb": hand_in(WRONG)}, age={})
    two_lessons.run()
    reports = {name: two_lessons.report(name) for name in ("ada", "bob")}
    assert "was handed in 2 times" in reports["ada"] and examined()
    before = two_lessons.marks
    (two_lessons.out / "reports" / "ada.html").unlink()
    two_lessons.run()
    assert {name: two_lessons.report(name) for name in reports} == reports
    shutil.rmtree(two_lessons.out / "reports")
    shutil.rmtree(two_lessons.folder / "ada")
    two_lessons.run()
    assert {name: two_lessons.report(name) for name in reports} == reports
    assert examined() == [] and two_lessons.marks == before


def test_no_byte_order_mark_hides_the_name_of_a_tables_first_column(course: Course):
    course.hand_in("Zoë Łuć", RIGHT)
    course.run()
    for name in ("marks.csv", "totals.csv"):
        assert (course.out / name).read_bytes().startswith(b"student,")
        with (course.out / name).open(encoding="utf-8", newline="") as file:
            assert {row["student"] for row in csv.DictReader(file)} == {"Zoë Łuć"}
