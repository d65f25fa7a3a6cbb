"""For everything else: a wide table, and all that is known as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.standing import EXCUSED, Standing
from vae_course.teach.grading.exporting.adding import sums
from vae_course.teach.grading.keeping.found import Found
from vae_course.teach.grading.keeping.texts import csv_of
from vae_course.teach.grading.outgoing.everybody import Everybody
from vae_course.teach.grading.outgoing.table import ABOUT


def wide(rows: Sequence[Standing], everybody: Everybody, lessons: Sequence[str]) -> str:
    """One row a student: who they are, their points in all, in each lesson, in each exercise. Excused is "EX"; what was not handed in is empty."""
    names = [name for name in EXERCISES if any(row.exercise == name for row in rows)]
    of_lessons = {lesson: found for lesson in lessons if (found := sums(rows, [lesson]))}
    total = sums(rows, lessons)
    mine = {(row.student, row.exercise): row for row in rows}
    table: list[list[str | float]] = [["student", *ABOUT, "points", "max_points", *of_lessons, *names]]
    for student in sorted({*total, *(everybody.about or {})}):
        about = (everybody.about or {}).get(student, ("",) * len(ABOUT))
        one = total.get(student)
        cells: list[str | float] = [student, *about, *((one.points or 0.0, one.max_points) if one else ("", ""))]
        for found in of_lessons.values():
            part = found.get(student)
            cells.append("" if part is None else "EX" if part.excused or part.points is None else part.points)
        for name in names:
            row = mine.get((student, name))
            cells.append("" if row is None else "EX" if row.decided == EXCUSED else row.points)
        table.append(cells)
    return csv_of(table)


def as_json(found: Found, rows: Sequence[Standing], everybody: Everybody) -> str:
    """Everybody with what counts of theirs, and every attempt."""
    mine: dict[str, list[Standing]] = {name: [] for name in everybody.names}
    for row in rows:
        mine.setdefault(row.student, []).append(row)
    lines = []  # a student a line: all of a large class as one tree of Python's is half a gigabyte
    for name in sorted(mine):
        about = (everybody.about or {}).get(name, ("",) * len(ABOUT))
        counts = [{field: getattr(row, field) for field in _FIELDS} for row in mine[name]]
        attempts: list[dict[str, Any]] = [
            {"lesson": one.lesson, "file": one.file, "handed_in": one.handed_in, "is_late": one.is_late}
            for one in found.attempts(name)
        ]
        student = {"student": name, **dict(zip(ABOUT, about, strict=True)), "exercises": counts, "attempts": attempts}
        lines.append(json.dumps(student, ensure_ascii=False))
    return f'{{"version": {json.dumps(found.run.version)}, "students": [\n' + ",\n".join(lines) + "\n]}\n"


_FIELDS = (
    *("lesson", "exercise", "status", "points", "max_points", "misconception", "message"),
    *("as_found", "handed_in", "days_late", "attempt", "decided", "comment"),
)
