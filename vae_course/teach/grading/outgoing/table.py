"""marks.csv and totals.csv: texts that come from students harm neither a terminal nor a spreadsheet."""

import csv
import io
import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from vae_course.teach.grading.marks import NEEDS_A_PERSON, Mark

COLUMNS = ("student", "lesson", "exercise", "status", "points", "max_points", "misconception", "message")
NOT_HANDED_IN = "not handed in"
ABOUT = ("id", "email", "group", "section")
"""What totals.csv has from the roster."""

_LONGEST = 2000
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]", re.S)

_STARTS = re.compile(r'(?:^|[;\t][\s"]*)(?=(\S))')
"""Where a cell begins, and where one would if semicolons or tabs parted them."""


def safe(mark: Mark) -> Mark:
    """A mark whose texts harm neither a terminal nor a table."""
    return replace(
        mark,
        student=plain_text(mark.student),
        misconception=plain_text(mark.misconception),
        message=plain_text(mark.message),
    )


def plain_text(text: str) -> str:
    """A text without control characters, escape sequences and what turns the direction of writing; lines stay lines."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    text = "".join(c for c in text if c == "\n" or not unicodedata.category(c).startswith("C"))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def table(marks: Sequence[Mark], absent: Sequence[str] = ()) -> str:
    """marks.csv: one row a mark, one line a row, and no cell that a spreadsheet would compute.

    Args:
        absent: who handed in nothing; they have a row, and no points in it.
    """
    rows = [[getattr(mark, column) for column in COLUMNS] for mark in marks]
    return csv_of([COLUMNS, *rows, *([name, "", "", NOT_HANDED_IN, "", "", "", ""] for name in absent)])


def totals(
    marks: Sequence[Mark], watched: Container[str] = (), about: Mapping[str, Sequence[str]] | None = None
) -> str:
    """totals.csv, for a gradebook: one row a student, with the points in all and of each lesson that they handed in.

    Args:
        marks: by student and in the course's order; only lessons that they name have a column.
        watched: students of whom a file needs a person.
        about: what the roster says of everybody on it (`ABOUT`), who handed in nothing included.
    """
    lessons = sorted({mark.lesson for mark in marks})
    head = ["student", "points", "max_points", *lessons, "needs_a_person", *(ABOUT if about is not None else ())]
    about = about or {}
    blank = [""] * (len(head) - len(lessons) - 4)
    rows: list[Sequence[str | float]] = []
    for student, of_student in groupby(marks, key=lambda mark: mark.student):
        mine = list(of_student)
        of_lesson = {lesson: [mark.points for mark in mine if mark.lesson == lesson] for lesson in lessons}
        every = [sum(points) if points else "" for points in of_lesson.values()]
        person = "yes" if student in watched or any(mark.status in NEEDS_A_PERSON for mark in mine) else ""
        points = (sum(mark.points for mark in mine), sum(mark.max_points for mark in mine))
        rows.append([student, *points, *every, person, *about.get(student, blank)])
    absent = sorted(about.keys() - {mark.student for mark in marks})
    return csv_of([head, *rows, *([name, "", "", *([""] * len(lessons)), "", *about[name]] for name in absent)])


def csv_of(rows: Sequence[Sequence[str | float]]) -> str:
    """Rows as they go into a file of UTF-8, without the byte-order mark by which Excel would know it for that on a double click.

    With the mark, the first column is called "\\ufeffstudent" for every program that reads plain UTF-8, Python's csv for
    one, which then finds no student; without it, only names with accents look wrong, and only where a table is opened by a
    click. There the mark is half a help: where the decimal sign is a comma, Excel wants semicolons too, and shows each row in
    one cell. Its command Data > From Text/CSV asks for both, encoding and separator: the README says so.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([_inert(cell) if isinstance(cell, str) else f"{cell:g}" for cell in row])
    return out.getvalue()


def _inert(cell: str) -> str:
    """One line that no spreadsheet computes, whole or in parts: opened with another separator than ours, a cell falls apart at it."""
    lines = filter(None, (line.strip() for line in cell.splitlines()))
    return " | ".join(_STARTS.sub(_marked, line) for line in lines)


def _marked(start: re.Match[str]) -> str:
    return start[0] + ("'" if unicodedata.normalize("NFKC", start[1])[:1] in tuple("=+-@") else "")
