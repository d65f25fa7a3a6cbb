"""Solution regions: the lines of an answer cell that a learner writes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vae_course.teach.authoring.problems import Problem

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MARKS = re.compile(rf"^ *(?:{BEGIN}|{END})(?:\n|$)", re.MULTILINE)
BUILD_ONLY = re.compile(r"^ *### BEGIN BUILD ONLY\n.*?^ *### END BUILD ONLY(?:\n|$)", re.MULTILINE | re.DOTALL)
"""Lines that the build runs and no learner gets: what must hold of our solution, and need not of another right answer."""


@dataclass(frozen=True)
class Region:
    """The lines between BEGIN and END in a cell; `line` is that of BEGIN in the source file."""

    line: int
    indented: bool
    in_function: bool
    above: str
    text: str


def find_regions(path: Path, source: str, first_line: int) -> tuple[list[Region], list[Problem]]:
    """The solution regions of a code cell; a region inside a function is told from one outside by the syntax tree."""
    regions: list[Region] = []
    lines = source.split("\n")
    functions = list(_functions(source))
    start: int | None = None
    for index, line in enumerate(lines):
        if line.strip() == BEGIN and start is None:
            start = index
        elif line.strip() == END and start is not None:
            indent = len(lines[start]) - len(lines[start].lstrip())
            body = lines[start + 1 : index]
            inside = any(first <= start + 1 <= last for first, last in functions)
            above = "\n".join(lines[:start])
            regions.append(Region(first_line + start, indent > 0, inside, above, "\n".join(body)))
            start = None
        elif BEGIN.lstrip("# ") in line or END.lstrip("# ") in line:
            return [], [_region_problem(path, first_line + index, f"`{line.strip()}` out of turn or misspelt")]
    if start is not None:
        return [], [_region_problem(path, first_line + start, "a region that is never closed")]
    return regions, []


def _region_problem(path: Path, line: int, got: str) -> Problem:
    return Problem(
        path,
        line,
        f"each `{BEGIN}` to be followed by its own `{END}`, not nested, in the same cell",
        got,
        "add, remove or move the marker",
    )


def _functions(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of every function. END is a comment, so a function's region may reach past its last line."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magics, or an error that the execution will show
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.end_lineno or node.lineno
