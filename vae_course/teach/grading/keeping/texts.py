"""Texts that come from students, as they harm neither a terminal nor a spreadsheet."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from vae_course.teach.grading.marks import Mark

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


def plain_text(text: str, longest: int = _LONGEST) -> str:
    """A text without control characters, escape sequences and what turns the direction of writing; lines stay lines."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    text = "".join(c for c in text if c == "\n" or not unicodedata.category(c).startswith("C"))
    return text if len(text) <= longest else f"{text[:longest]} ..."


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
