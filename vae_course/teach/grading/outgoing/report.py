"""One report for each student: what was read, and for each exercise its status, points and the reason."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.standing import UNKNOWN, Standing
from vae_course.teach.grading.keeping.texts import plain_text

FOLDER = "reports"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)  # names that Windows keeps for devices

_OPTIONAL = frozenset(name for name, exercise in EXERCISES.items() if exercise.optional)


LONGEST = 180
"""Bytes of a name: a file system takes 255, of which some are for what stands around it."""


def file_name(student: str, taken: Iterable[str] = ()) -> str:
    """The name of a student's report: theirs, where a file may be called so on every system and nobody else is called alike.

    Args:
        taken: the other students' names.
    """
    name = re.sub(r"[^\w .,@+()'-]", "_", student).strip(" .") or "_"
    name = name.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").strip(" .")  # file systems count bytes
    alike = any(other != student and other.casefold() == student.casefold() for other in taken)
    if name != student or alike or _RESERVED.fullmatch(name):
        name = f"{name}_{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return f"{name}.md"


def report(student: str, rows: Sequence[Standing], notes: Sequence[str], stamp: str = "") -> str:
    """A student's report in Markdown.

    What the student wrote, and what their code raised, stands escaped or in code blocks: it is shown and never interpreted.
    """
    rows = [row for row in rows if row.student == student]
    lines = [f"# {_escape(student)}", ""]
    if stamp:
        lines += [f"**{stamp}**", ""]
    lines += [f"{_points(rows)} in all.", ""]
    if notes:
        lines += ["## Notes on the files", "", *(f"- {_escape(note)}" for note in notes), ""]
    for lesson, of_lesson in groupby(rows, key=lambda row: row.lesson):
        group = list(of_lesson)
        lines += [f"## {lesson}: {_points(group)}", ""]
        for row in group:
            optional = " (optional)" if row.exercise in _OPTIONAL else ""
            worth = f", {_of(row.points, row.max_points)}" if row.max_points else optional
            lines += [f"**{_escape(row.exercise)}**: {row.status}{worth}", ""]
            lines += [f"{_escape(how)}\n" for how in how_it_came(row)]
            message = plain_text(row.message).split("\n")
            lines += [*(f"    {line}" for line in message), ""] if row.message.strip() else []
    return "\n".join(lines)


def how_it_came(row: Standing) -> list[str]:
    """Sentences on what the points are besides what the grader found."""
    said = []
    if row.decided:
        said.append(
            f"{row.decided.capitalize()} by a person; the grader had found {_of(row.as_found, row.max_points or row.as_found)}."
        )
    elif row.days_late == UNKNOWN:
        said.append("There is a deadline, and nobody says when this was handed in.")
    elif row.days_late:
        days = f"{row.days_late} day{'' if row.days_late == '1' else 's'}"
        said.append(f"{days} late: {row.points:g} of the {row.as_found:g} points that the answer has.")
    if row.attempt:
        said.append(f"Attempt {row.attempt}.")
    return [*said, row.comment] if row.comment else said


def _points(rows: Sequence[Standing]) -> str:
    return _of(sum(row.points for row in rows), sum(row.max_points for row in rows))


def _of(points: float, most: float) -> str:
    return f"{points:g} of {most:g} point{'' if most == 1 else 's'}"


def _escape(text: str) -> str:
    """A text on one line in which neither Markdown nor HTML means anything."""
    line = " ".join(plain_text(text).split())
    return re.sub(r"([\\`*_{}\[\]()#+.!|~>-])", r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;")
