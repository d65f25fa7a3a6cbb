"""One mark, and marks.csv: texts that come from students harm neither a terminal nor a spreadsheet."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, replace

COLUMNS = ("student", "lesson", "exercise", "status", "points", "max_points", "misconception", "message")

_LONGEST = 2000
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]", re.S)


@dataclass(frozen=True)
class Mark:
    """One student's mark for one exercise: the columns of marks.csv, and hashes of what was marked and by what."""

    student: str
    lesson: str
    exercise: str
    status: str
    points: float
    max_points: float
    misconception: str
    message: str
    answer: str = ""
    checks: str = ""


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


def table(marks: list[Mark]) -> str:
    """marks.csv: one row a mark, one line a row, and no cell that a spreadsheet would compute."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for mark in marks:
        cells = (getattr(mark, column) for column in COLUMNS)
        writer.writerow([f"{cell:g}" if isinstance(cell, float | int) else _inert(cell) for cell in cells])
    return out.getvalue()


def _inert(cell: str) -> str:
    cell = " | ".join(filter(None, (line.strip() for line in cell.splitlines())))
    return f"'{cell}" if unicodedata.normalize("NFKC", cell)[:1] in tuple("=+-@") else cell
