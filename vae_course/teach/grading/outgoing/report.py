"""One report for each student: what was read, and for each exercise its status, points and the reason."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.outgoing.table import plain_text

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


def report(student: str, marks: Sequence[Mark], notes: Sequence[str], stamp: str = "") -> str:
    """A student's report in Markdown.

    What the student wrote, and what their code raised, stands escaped or in code blocks: it is shown and never interpreted.
    """
    marks = [mark for mark in marks if mark.student == student]
    lines = [f"# {_escape(student)}", ""]
    if stamp:
        lines += [f"**{stamp}**", ""]
    lines += [f"{_points(marks)} in all.", ""]
    if notes:
        lines += ["## Notes on the files", "", *(f"- {_escape(note)}" for note in notes), ""]
    for lesson, of_lesson in groupby(marks, key=lambda mark: mark.lesson):
        group = list(of_lesson)
        lines += [f"## {lesson}: {_points(group)}", ""]
        for mark in group:
            optional = " (optional)" if mark.exercise in _OPTIONAL else ""
            worth = f", {_of(mark.points, mark.max_points)}" if mark.max_points else optional
            lines += [f"**{_escape(mark.exercise)}**: {mark.status}{worth}", ""]
            message = plain_text(mark.message).split("\n")
            lines += [*(f"    {line}" for line in message), ""] if mark.message.strip() else []
    return "\n".join(lines)


def _points(marks: Sequence[Mark]) -> str:
    return _of(sum(mark.points for mark in marks), sum(mark.max_points for mark in marks))


def _of(points: float, most: float) -> str:
    return f"{points:g} of {most:g} point{'' if most == 1 else 's'}"


def _escape(text: str) -> str:
    """A text on one line in which neither Markdown nor HTML means anything."""
    line = " ".join(plain_text(text).split())
    return re.sub(r"([\\`*_{}\[\]()#+.!|~>-])", r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;")
