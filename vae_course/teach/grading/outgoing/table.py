"""marks.csv and totals.csv."""

from collections.abc import Container, Mapping, Sequence
from itertools import groupby

from vae_course.emphasis import without_signs
from vae_course.teach.grading.deciding.standing import EXCUSED, Standing
from vae_course.teach.grading.keeping.texts import csv_of
from vae_course.teach.grading.marks import NOT_HANDED_IN

COLUMNS = ("student", "lesson", "exercise", "status", "points", "max_points", "misconception", "message")
DECIDED = ("as_found", "handed_in", "days_late", "attempt", "decided", "comment")
"""Further columns of marks.csv, to the right: how the points came about."""
ABOUT = ("id", "email", "group", "section")
"""What totals.csv has from the roster."""


def table(rows: Sequence[Standing], absent: Sequence[str] = ()) -> str:
    """marks.csv: one row a mark, one line a row, and no cell that a spreadsheet would compute.

    Args:
        absent: who handed in nothing; they have a row, and no points in it.
    """
    cells = [[getattr(row, column) for column in (*COLUMNS, *DECIDED)] for row in rows]
    for row, mine in zip(rows, cells, strict=True):
        mine[COLUMNS.index("message")] = without_signs(row.message)
        if row.decided == EXCUSED:
            mine[COLUMNS.index("points")] = ""
    blank = [""] * len(DECIDED)
    return csv_of(
        [[*COLUMNS, *DECIDED], *cells, *([name, "", "", NOT_HANDED_IN, "", "", "", "", *blank] for name in absent)]
    )


def totals(
    marks: Sequence[Standing], watched: Container[str] = (), about: Mapping[str, Sequence[str]] | None = None
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
        person = "yes" if student in watched or any(mark.needs_a_person for mark in mine) else ""
        points = (sum(mark.points for mark in mine), sum(mark.max_points for mark in mine))
        rows.append([student, *points, *every, person, *about.get(student, blank)])
    absent = sorted(about.keys() - {mark.student for mark in marks})
    return csv_of([head, *rows, *([name, "", "", *([""] * len(lessons)), "", *about[name]] for name in absent)])
