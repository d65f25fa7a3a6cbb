"""marks.csv, totals.csv and the summary, each from a few marks: what they add up and what they keep out."""

import csv
import io
import re
import unicodedata
from dataclasses import fields, replace

import pytest

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.keeping.texts import csv_of, plain_text, safe
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.outgoing.pages.student import file_name
from vae_course.teach.grading.outgoing.summary import summary
from vae_course.teach.grading.outgoing.table import COLUMNS, DECIDED, table, totals

OPTIONAL = next(name for name, exercise in EXERCISES.items() if exercise.optional)
FORMULAS = ("=", "+", "-", "@")
TEXTS = ("student", "lesson", "exercise", "status", "misconception", "message")


def mark(
    exercise: str = "sample_gaussian", student: str = "ada", status: str = "wrong", points: float = 0, **more
) -> Mark:
    """A mark for an exercise of the course, with its lesson and its points unless they are given."""
    known = EXERCISES.get(exercise)
    lesson = known.lesson if known else "01_reparameterization"
    columns = {"lesson": lesson, "max_points": known.points if known else 1, "misconception": "", "message": ""} | more
    return Standing(as_found=points, student=student, exercise=exercise, status=status, points=points, **columns)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------- marks.csv


def test_every_column_of_a_row_is_that_of_the_mark():
    one = mark("kl_normal", "ada", "wrong", 2.5, misconception="a-name", message="a sentence")
    expected = ["ada", "02_kl_divergence", "kl_normal", "wrong", "2.5", "6", "a-name", "a sentence", "2.5", *[""] * 5]
    assert of(table([one])) == [dict(zip((*COLUMNS, *DECIDED), expected, strict=True))]
    assert list(of(table([one]))[0])[: len(COLUMNS)] == [field.name for field in fields(Mark)][: len(COLUMNS)]


def test_rows_stand_in_the_order_of_the_marks_and_hashes_stay_in_the_folder():
    marks = [mark(student=name, answer="a hash", checks="another hash") for name in ("cy", "ada", "bob", "ada")]
    text = table(marks)
    assert [row["student"] for row in of(text)] == ["cy", "ada", "bob", "ada"] and "hash" not in text


def test_a_class_without_marks_has_the_heads_of_the_columns():
    assert table([]) == ",".join((*COLUMNS, *DECIDED)) + "\n"
    assert totals([]) == "student,points,max_points,needs_a_person\n"


@pytest.mark.parametrize("sign", FORMULAS)
@pytest.mark.parametrize("column", TEXTS)
def test_no_text_of_a_mark_is_a_formula_in_whatever_column(column: str, sign: str):
    cell = of(table([mark(**{column: f"{sign}HYPERLINK(1)"})]))[0][column]
    assert cell == f"'{sign}HYPERLINK(1)"


@pytest.mark.parametrize("sign", FORMULAS)
def test_no_name_of_a_student_or_a_lesson_is_a_formula_in_the_totals(sign: str):
    [head, row] = rows(totals([mark(student=f"{sign}1", lesson=f"{sign}2")]))
    assert row[0] == f"'{sign}1" and head[3] == f"'{sign}2"


@pytest.mark.parametrize("sign", ["＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁼", "₊"])  # noqa: RUF001
def test_a_sign_that_a_spreadsheet_takes_for_another_makes_no_formula_either(sign: str):
    assert unicodedata.normalize("NFKC", sign) in FORMULAS
    assert of(table([mark(message=f"{sign}1")]))[0]["message"] == f"'{sign}1"


@pytest.mark.parametrize("before", [" ", "\t", "\n", "\r", "\r\n", "\n \n", "\u2028", "\x0b"])
def test_what_stands_before_a_sign_hides_no_formula(before: str):
    for one in (mark(message=f"{before}=1"), safe(mark(message=f"{before}=1"))):
        assert of(table([one]))[0]["message"] == "'=1"


@pytest.mark.parametrize("between", [";", "\t", "; ", ';"', ";;", "\n", "\r", "\u2028", "\x0b", "\x85"])
def test_what_a_spreadsheet_would_take_for_a_cell_of_its_own_is_no_formula_either(between: str):
    for sign in FORMULAS:
        evil = f'a{between}{sign}HYPERLINK("http:")'
        everywhere = table([mark(student=evil, message=evil)]) + totals([mark(student=evil)]) + csv_of([[evil]])
        cells = re.split(r"[;\t\n]| \| ", everywhere)
        assert sum("HYPERLINK" in cell for cell in cells) == 4
        assert not [cell for cell in cells if cell.lstrip(' "').startswith(FORMULAS)]


def test_the_mark_stands_where_the_formula_would_begin_and_nothing_else_of_the_text_is_touched():
    told = {'x;=HYPERLINK("http:")': 'x;\'=HYPERLINK("http:")', "a\t=1+1": "a\t'=1+1", "a13 ;=1+1;": "a13 ;'=1+1;"}
    told |= {"a;b=1; -2 \u2028@c": "a;b=1; '-2 | '@c", "a; b - c, -d": "a; b - c, -d"}
    assert {text: rows(csv_of([[text]]))[0][0] for text in told} == told


def test_a_sign_inside_a_text_stays_as_it_is_and_so_do_numbers():
    one = mark(points=-1, message="1 - 1 = 0 @ x + y")
    assert of(table([one]))[0]["message"] == one.message and of(table([one]))[0]["points"] == "-1"


def test_a_text_that_begins_with_any_other_sign_or_letter_stays_as_it_is():
    texts = [f"{chr(c)}1" for c in range(33, 127) if chr(c) not in FORMULAS]
    assert [row["message"] for row in of(table([mark(message=text) for text in texts]))] == texts


def test_quotes_commas_and_lines_stay_inside_their_cell():
    one = mark(student='a "b", c', message="one,\n two\r\n\n three;")
    text = table([one])
    assert len(text.splitlines()) == 2 and len(rows(text)[1]) == len((*COLUMNS, *DECIDED))
    assert of(text)[0]["student"] == 'a "b", c' and of(text)[0]["message"] == "one, | two | three;"
    assert "\r" not in text and text.endswith("\n")


# ---------------------------------------------------------------- texts of students


def test_the_texts_of_a_mark_are_made_plain_and_nothing_else_of_it_is_touched():
    evil = "\x1b[31mred\x07"
    one = mark(student=evil, misconception=evil, message=evil, points=0.5, answer="a", checks="c")
    assert safe(one) == replace(one, student="red", misconception="red", message="red")


@pytest.mark.parametrize("category", ["Cc", "Cf", "Cs", "Co", "Cn"])
def test_no_character_without_a_shape_is_left(category: str):
    some = [chr(c) for c in range(0x11_0000) if unicodedata.category(chr(c)) == category and chr(c) not in "\n\x1b\x9b"]
    assert len(some) > 10 and plain_text("".join(some[:1000])) == ""


def test_a_whole_escape_sequence_goes_and_the_text_around_it_stays():
    sequences = [
        "\x1b[1;31m",
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1bPdata\x1b\\",
        "\x1bM",
        "\x9b1m",
    ]
    for sequence in sequences:
        assert plain_text(f"a{sequence}b\nc") == "ab\nc", sequence
    assert plain_text("a\x1b]0;never ended") == "a" and plain_text("a\x1b") == "a"


def test_lines_stay_lines_and_letters_of_every_script_stay():
    assert plain_text("a\r\nb\nc\rd") == "a\nb\ncd"
    assert plain_text("Ünal 日本 Ωμέγα עברית ✓") == "Ünal 日本 Ωμέγα עברית ✓"


def test_a_text_is_cut_behind_2000_characters_and_says_so():
    assert plain_text("x" * 2000) == "x" * 2000 and plain_text("x" * 2001) == "x" * 2000 + " ..."


# ---------------------------------------------------------------- totals.csv


def test_what_was_not_started_or_cannot_be_read_counts_in_what_could_be_had():
    marks = [
        mark("sample_gaussian", status="correct", points=7),
        mark("predict_noise", status="not started"),
        mark("choose_estimator", status="unreadable"),
        mark("kl_normal", status="raised"),
    ]
    [row] = of(totals(marks))
    assert (row["points"], row["max_points"]) == ("7", "15")


@pytest.mark.parametrize("status", ["correct", "wrong", "not started", "raised"])
def test_an_optional_exercise_changes_no_total(status: str):
    without = [mark("sample_gaussian", status="wrong", points=3)]
    assert totals([*without, mark(OPTIONAL, status=status)]) == totals(without)
    assert of(totals([mark(OPTIONAL, status=status)])) == [
        {"student": "ada", "points": "0", "max_points": "0", "01_reparameterization": "0", "needs_a_person": ""}
    ]


def test_the_whole_course_has_all_its_points_whatever_was_handed_in():
    total = f"{sum(exercise.points for exercise in EXERCISES.values()):g}"
    full = [mark(name, "ada", "correct", exercise.points) for name, exercise in EXERCISES.items()]
    none = [mark(name, "bob", "not started") for name in EXERCISES]
    ada, bob = of(totals(full + none))
    lessons = {exercise.lesson for exercise in EXERCISES.values()}
    assert (ada["points"], ada["max_points"]) == (total, total) and (bob["points"], bob["max_points"]) == ("0", total)
    assert sum(float(ada[lesson]) for lesson in lessons) == float(total) and {bob[lesson] for lesson in lessons} == {
        "0"
    }


def test_points_are_the_sum_of_the_lessons_and_each_lesson_has_its_own():
    marks = [
        mark("sample_gaussian", points=3.5),
        mark("predict_noise", points=0.25),
        mark("kl_normal", points=2),
        mark("kl_normal", "bob", points=6),
    ]
    ada, bob = of(totals(marks))
    assert list(ada) == [
        "student",
        "points",
        "max_points",
        "01_reparameterization",
        "02_kl_divergence",
        "needs_a_person",
    ]
    assert list(ada.values()) == ["ada", "5.75", "14", "3.75", "2", ""] and list(bob.values()) == [
        "bob",
        "6",
        "6",
        "",
        "6",
        "",
    ]


@pytest.mark.parametrize("status", ["grader error", "unreadable"])
def test_whom_a_person_has_to_look_at_is_said_in_their_own_row(status: str):
    marks = [
        mark("kl_normal", status="correct"),
        mark("kl_normal", "bob", status),
        mark("log_normal", "bob"),
        mark("kl_normal", "cy"),
    ]
    assert [row["needs_a_person"] for row in of(totals(marks))] == ["", "yes", ""]
    assert [one.student for one in marks if one.needs_a_person] == ["bob"]


# ---------------------------------------------------------------- the name of a page


@pytest.mark.parametrize("name", ["con", "PRN", "Aux", "nul", "com1", "LPT9", "con.ipynb", "aux.tar.gz"])
def test_a_name_that_windows_keeps_for_a_device_is_changed(name: str):
    assert file_name(name) != f"{name}.html" and file_name(name).startswith(f"{name}_")


@pytest.mark.parametrize("name", ["ada", "Ünal Ö", "O'Neil, A. (2)", "a+b@c", "com", "console", "company1", "anul"])
def test_a_name_that_every_system_takes_is_kept(name: str):
    assert file_name(name) == f"{name}.html" == file_name(name, [name, "other"])


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "a:b", "a*b", "a?b", 'a"b', "a<b", "a|b", " a", "a ", ".a", "a.", "..", "", "\0"]
)
def test_a_name_that_some_system_refuses_gets_another_and_keeps_it(name: str):
    made = file_name(name)
    assert made != f"{name}.html" and not set(made) & set('/\\:*?"<>|\0') and made[0] not in ". "


def test_another_name_is_the_students_with_signs_replaced_and_eight_digits_of_their_own():
    names = {
        "a/b": r"a_b_[0-9a-f]{8}\.html",
        "..": r"__[0-9a-f]{8}\.html",
        "con": r"con_[0-9a-f]{8}\.html",
        "\udcff": r"__\w{8}\.html",
    }
    assert {name for name, pattern in names.items() if not re.fullmatch(pattern, file_name(name))} == set()
    assert file_name("a/b") != file_name("a:b"), "alike in all but their digits"


def test_names_that_differ_in_their_letters_case_alone_get_other_files():
    assert file_name("Ada", ["ada"]) != "Ada.html" != file_name("ADA", ["Ada"])
    assert file_name("ada", ["ada", "Ada"]) != "ada.html" and file_name("ada", ["Adam"]) == "ada.html"
    assert file_name("ada", ["Ada"]).casefold() != file_name("Ada", ["ada"]).casefold()


# ---------------------------------------------------------------- the summary


def test_a_summary_reads_so():
    marks = [
        mark("sample_gaussian", "ada", "correct", 7),
        mark("sample_gaussian", "bob", "wrong", 3, misconception="a-slip"),
        mark("sample_gaussian", "cy", "wrong", 0, misconception="a-slip"),
        mark("kl_normal", "ada", "raised", 0),
        mark("kl_normal", "bob", "wrong", 1, misconception="b-slip"),
    ]
    assert summary(marks).splitlines() == [
        "exercise         students  mean points  correct  wrong  raised",
        "sample_gaussian         3    3.33 of 7        1      2        ",
        "kl_normal               2    0.50 of 6               1       1",
        "",
        "3 students, 5 marks",
        "",
        "The commonest mistakes:",
        "     2  sample_gaussian: a-slip",
        "     1  kl_normal: b-slip",
    ]


def test_a_summary_names_an_optional_exercise_and_adds_nothing_for_it():
    text = summary([mark(OPTIONAL, status="correct")])
    assert "0.00 of 0" in text and "1 student, 1 mark" in text and "mistakes" not in text


def test_a_summary_lists_exercises_in_the_courses_order_and_statuses_in_its_own():
    every = [
        "correct",
        "wrong",
        "not started",
        "raised",
        "timed out",
        "forbidden",
        "out of memory",
        "killed",
        "grader error",
        "unreadable",
    ]
    marks = [
        mark(name, f"s{i}", status) for name in ("kl_normal", "two_boxes") for i, status in enumerate(reversed(every))
    ]
    lines = summary(marks).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["two_boxes", "kl_normal"]
    positions = [lines[0].index(status) for status in every]
    assert positions == sorted(positions)


def test_a_summary_shows_the_ten_commonest_mistakes():
    marks = [mark(student=f"s{i}-{j}", misconception=f"slip-{i:02}") for i in range(12) for j in range(i + 1)]
    shown = summary(marks).partition("The commonest mistakes:\n")[2].splitlines()
    assert [line.split()[0] for line in shown] == [str(n) for n in range(12, 2, -1)] and "slip-11" in shown[0]


def test_a_summary_says_who_needs_a_person_and_names_ten():
    marks = [mark(student=f"s{i:02}", status="unreadable") for i in range(12)] + [
        mark("kl_normal", "s00", "grader error")
    ]
    lines = summary(marks).splitlines()
    names = ", ".join(f"s{i:02}" for i in range(10))
    assert f"A person has to look at: unreadable: {names} and 2 more" in lines
    assert "A person has to look at: grader error: s00" in lines
    eleven = summary([m for m in marks if m.student < "s11"]).splitlines()
    assert f"A person has to look at: unreadable: {names} and 1 more" in eleven
    ten = summary([m for m in marks if m.student < "s10"]).splitlines()
    assert f"A person has to look at: unreadable: {names}" in ten
    assert "A person" not in summary([mark()])


def test_a_large_class_is_counted_in_thousands():
    assert "1,200 students, 1,200 marks" in summary([mark(student=f"s{i}") for i in range(1200)])


def test_a_report_has_a_name_that_a_file_system_takes_however_wide_its_letters_are():
    names = ["后" * 100, "后" * 99 + "王", "e" * 300]
    made = [file_name(name, names) for name in names]
    assert len(set(made)) == 3 and all(len(name.encode()) < 255 - len(".") - len(".tmp") for name in made)
