"""Texts from students that harm neither a terminal nor a spreadsheet nor a page."""

import csv

import pytest

from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.keeping.texts import plain_text, safe
from vae_course.teach.grading.outgoing.pages.student import file_name
from vae_course.teach.grading.outgoing.table import COLUMNS, table, totals


def mark(**columns) -> Standing:
    return Standing(
        **(
            {"student": "ada", "lesson": "l", "exercise": "e", "status": "wrong", "points": 0.5, "max_points": 1}
            | columns
        ),
        **{name: "" for name in ("misconception", "message") if name not in columns},
    )


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def test_the_columns_are_those_that_were_promised():
    [heads, row] = rows(table([mark()]))
    assert heads[:8] == list(COLUMNS) and row[:8] == ["ada", "l", "e", "wrong", "0.5", "1", "", ""]
    assert COLUMNS == ("student", "lesson", "exercise", "status", "points", "max_points", "misconception", "message")


def test_totals_have_one_row_a_student_and_say_where_a_person_is_needed():
    marks = [
        mark(lesson="01_a", points=0.3),
        mark(lesson="01_a", exercise="f", points=0.1, max_points=2),
        mark(lesson="02_b", points=2, max_points=2),
        mark(student="=bob", lesson="02_b", status="unreadable", points=0, max_points=2),
    ]
    assert rows(totals(marks)) == [
        ["student", "points", "max_points", "01_a", "02_b", "needs_a_person"],
        ["ada", "2.4", "5", "0.4", "2", ""],
        ["'=bob", "0", "2", "", "0", "yes"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\x00=", "\x1b[0m=", "＝", "﹦"])
def test_no_cell_is_a_formula(start: str):
    for cell in rows(table([safe(mark(student=f"{start}1+1", message=f"{start}cmd|' /C calc'!A0"))]))[1]:
        assert cell[:1] not in tuple("=+-@\t\r＝﹦"), cell


def test_a_mark_is_one_line_whatever_the_message_holds():
    text = table([safe(mark(message='one\ntwo, "three"\r\nfour\u2028five'))])
    assert len(text.splitlines()) == 2
    assert rows(text)[1][7].startswith('one | two, "three" | four')


@pytest.mark.parametrize(
    "evil",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\link",
        "\x9b2J",
        "a\x08\x08b",
        "\u202etxt",
        "\x1bPq\x1b\\",
    ],
)
def test_no_control_character_is_left(evil: str):
    left = plain_text(f"before {evil} after")
    assert left.isprintable() and left.startswith("before ") and left.endswith(" after") and "title" not in left


def test_a_long_message_is_cut():
    assert len(plain_text("x" * 10**6)) < 2100


def test_every_student_has_a_report_of_their_own_whatever_they_are_called():
    names = ["ada", "Ada", "ADA", "..", ".hidden", "a/b", "a_b", "a:b", "con", "x" * 100, "Ünal Ö", "ada ", "日本"]
    files = [file_name(name, names) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    assert all("/" not in file and not file.startswith(".") and file.endswith(".html") for file in files)
    assert file_name("Ünal Ö") == "Ünal Ö.html"
