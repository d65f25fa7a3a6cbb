"""A page for each student: what was read, and for each exercise what they wrote, what was found, and what it counts."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.standing import EXCUSED, LATE, UNKNOWN, Standing
from vae_course.teach.grading.keeping.texts import plain_text
from vae_course.teach.grading.outgoing.pages.rendering import points, rendered

FOLDER = "reports"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)  # names that Windows keeps for devices

NOT_BEGUN = ("not started", "not handed in")
MOST_NEXT = 3
LONGEST = 180
"""Bytes of a name: a file system takes 255, of which some are for what stands around it."""


def file_name(student: str, taken: Iterable[str] = ()) -> str:
    """The name of a student's page: theirs, where a file may be called so on every system and nobody else is called alike.

    Args:
        taken: the other students' names.
    """
    name = re.sub(r"[^\w .,@+()'-]", "_", student).strip(" .") or "_"
    name = name.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").strip(" .")  # file systems count bytes
    alike = any(other != student and other.casefold() == student.casefold() for other in taken)
    if name != student or alike or _RESERVED.fullmatch(name):
        name = f"{name}_{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return f"{name}.html"


@dataclass(frozen=True)
class Part:
    """A lesson on a page: its rows, what they add up to, and the attempt that they are of ("2 of 3"); empty if of several, or of the only one."""

    name: str
    rows: list[Standing]
    points: float
    max_points: float
    attempt: str


def student_page(student: str, rows: Sequence[Standing], notes: Sequence[str], stamp: str = "") -> str:
    """A student's page. What they wrote, and what their code raised, is shown and never interpreted.

    Args:
        rows: theirs, in the course's order.
        notes: sentences on their files.
        stamp: what has to be said of all marks of the folder.
    """
    parts = []
    for lesson, of_lesson in groupby(rows, key=lambda row: row.lesson):
        group = list(of_lesson)
        of_attempts = {row.attempt for row in group}
        parts.append(
            Part(lesson_title(lesson), group, *_sum(group), of_attempts.pop() if len(of_attempts) == 1 else "")
        )
    total, most = _sum(rows)
    return rendered(
        "student.html",
        student=plain_text(student),
        parts=parts,
        total=total,
        most=most,
        notes=[plain_text(note) for note in notes],
        stamp=stamp,
        next=what_next(rows),
        exercises=EXERCISES,
        details=details,
        how=how_it_came,
    )


def lesson_title(lesson: str) -> str:
    """ "Lesson 04b: collapse" for "04b_collapse"."""
    number, _, name = lesson.partition("_")
    return f"Lesson {number}: {name.replace('_', ' ')}"


def details(row: Standing) -> dict[str, Any]:
    """See `details_of`. A mark of the first edition has only its message."""
    if row.details:
        return dict(json.loads(row.details))
    lines = [line for line in row.message.splitlines() if line.strip()]
    finding = {"certain": lines, "likely": "", "numbers": [], "rows": []}
    return {"findings": [finding] if lines else [], "checks": [], "code": [], "line": ""}


def what_next(rows: Sequence[Standing]) -> list[str]:
    """At most three sentences: first what is begun and costs most, then what is not begun, in the course's order."""
    open_ = [
        row for row in rows if row.status != "correct" and not row.decided and row.max_points and not row.needs_a_person
    ]
    begun = sorted((row for row in open_ if row.status not in NOT_BEGUN), key=lambda row: row.as_found - row.max_points)
    new = [row for row in open_ if row.status in NOT_BEGUN]
    said = []
    for row in [*begun, *new][:MOST_NEXT]:
        exercise = EXERCISES[row.exercise]
        worth = f"{row.max_points - row.as_found:g} more point{'' if row.max_points - row.as_found == 1 else 's'}"
        where = f"Exercise {exercise.number}, {exercise.title}"
        if row in new:
            said.append(f"{where}: about {exercise.minutes} minutes, {worth}.")
        else:
            said.append(f'{where}: {worth}. In the notebook, hint("{row.exercise}") goes one step at a time.')
    return said


def how_it_came(row: Standing) -> list[str]:
    """Sentences on what the points are besides what the grader found."""
    said = []
    if row.decided == EXCUSED:
        said.append("Excused: this exercise counts neither for nor against you.")
    elif row.decided:
        said.append(
            f"Corrected by a person: {points(row.points, row.max_points)}. The grader had found {row.as_found:g}."
        )
    elif row.days_late == LATE:
        said.append("The platform calls this late, and does not say by how much.")
    elif row.days_late == UNKNOWN:
        said.append("There is a deadline, and nobody says when this was handed in.")
    elif row.days_late:
        days = f"{row.days_late} day{'' if row.days_late == '1' else 's'}"
        said.append(f"{days} late: {row.points:g} of the {row.as_found:g} points that the answer has.")
    return said


def _sum(rows: Sequence[Standing]) -> tuple[float, float]:
    return round(sum(row.points for row in rows), 6), round(sum(row.max_points for row in rows), 6)
