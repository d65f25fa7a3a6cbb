"""Read one lesson source: its cells with line numbers, its solution regions, its exercise directives."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext

from vae_course.teach.authoring.exercise_facts import Exercises, card_head
from vae_course.teach.authoring.markdown import headings
from vae_course.teach.authoring.problems import LessonRefused, Problem
from vae_course.teach.authoring.regions import Region, find_regions

PUZZLES = "Puzzles"
_MARKER = re.compile(r"^# ?%%")
_DIRECTIVE = re.compile(r"^\{\{\s*exercise\s+(.+?)\s*\}\}$")
# A `{{` that is no LaTeX group: alone on its line, or followed by a space.
_ANY_DIRECTIVE = re.compile(r"^\s*\{\{.*$|\{\{\s.*?(?:\}\}|$)", re.MULTILINE)
_KEPT_METADATA = {"tags"}
_JUPYTEXT_METADATA = {"lines_to_next_cell", "cell_marker", "lines_to_end_of_cell_marker"}


@dataclass
class Cell:
    kind: str  # "markdown" or "code"
    source: str
    line: int  # of the first line of its text, in the source file
    tags: list[str]
    exercises: tuple[str, ...] = ()  # named by a directive on the first line
    card: tuple[str, ...] = ()  # the exercises whose card this cell belongs to
    puzzles: bool = False  # it stands in the section of puzzles
    regions: list[Region] = field(default_factory=list)

    def line_of(self, offset: int) -> int:
        """The source file's line for a line of the cell; a directive is one line there and three here."""
        return self.line + (max(0, offset - 2) if self.exercises else offset)


@dataclass
class Lesson:
    path: Path
    cells: list[Cell]

    @property
    def name(self) -> str:
        return self.path.stem


def read_lesson(path: Path, exercises: Exercises, shown: Path | None = None) -> tuple[Lesson, list[Problem]]:
    """The lesson, its directives expanded, and everything wrong with its outer form. `shown` names it in messages."""
    shown = shown or path
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    marker_lines = [number for number, line in enumerate(text.splitlines(), 1) if _MARKER.match(line)]
    if len(marker_lines) != len(notebook.cells):
        raise LessonRefused(
            Problem(
                shown,
                1,
                "every cell to begin with a line `# %%`",
                f"{len(notebook.cells)} cells and {len(marker_lines)} such lines",
                "move text that stands before the first cell into a cell, and keep `# %%` out of strings",
            )
        )
    problems: list[Problem] = []
    cells = []
    for raw, marker in zip(notebook.cells, marker_lines, strict=True):
        line = marker + (2 if raw.metadata.get("cell_marker") else 1)
        cells.append(Cell(raw.cell_type, raw.source, line, list(raw.metadata.get("tags", []))))
        unknown = sorted(set(raw.metadata) - _KEPT_METADATA - _JUPYTEXT_METADATA)
        if unknown or raw.cell_type not in ("markdown", "code"):
            problems.append(
                Problem(
                    shown,
                    marker,
                    "a code or markdown cell with no metadata but tags",
                    f"a {raw.cell_type} cell with {', '.join(unknown) or 'none'}",
                    'write `# %%`, `# %% [markdown]`, or `# %% tags=["..."]`',
                )
            )
    lesson = Lesson(shown, cells)
    for cell in cells:
        if cell.kind == "markdown":
            problems += _expand_directives(lesson, cell, exercises)
        else:
            cell.regions, found = find_regions(shown, cell.source, cell.line)
            problems += found
    _assign_cards(lesson)
    return lesson, problems


def _expand_directives(lesson: Lesson, cell: Cell, exercises: Exercises) -> list[Problem]:
    lines = cell.source.split("\n")
    problems = []
    match = _DIRECTIVE.match(lines[0].strip())
    if match:
        names = tuple(match[1].split())
        unknown = [name for name in names if name not in exercises or exercises[name].lesson != lesson.name]
        for name in unknown:
            here = sorted(e.name for e in exercises.values() if e.lesson == lesson.name)
            problems.append(
                Problem(
                    lesson.path,
                    cell.line,
                    f"an exercise of {lesson.name} ({', '.join(here) or 'it has none'})",
                    f"`{name}`, an exercise of {exercises[name].lesson}" if name in exercises else "an unknown name",
                    "correct the name in `{{ exercise ... }}`, or define the exercise in vae_course/checks/lessons/",
                    name,
                )
            )
        if not unknown:
            cell.exercises = names
        known = [exercises[name] for name in names if name in exercises]
        lines[0] = card_head(known) if known else "### Exercise"
        cell.source = "\n".join(lines)
    for left in _ANY_DIRECTIVE.finditer(cell.source):
        problems.append(
            Problem(
                lesson.path,
                cell.line_of(cell.source[: left.start()].count("\n")),
                "`{{ exercise NAME }}` as the first line of a markdown cell, and no other directive",
                f"`{left[0].strip()}`",
                "correct the directive, or split the cell so that it comes first (in formulas write `{ {` for `{{ `)",
            )
        )
    return problems


def _assign_cards(lesson: Lesson) -> None:
    """A card reaches from its head to the next heading of level 1 to 3, the section of puzzles to one of level 1 or 2."""
    card: tuple[str, ...] = ()
    puzzles = False
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for level, title, _ in headings(cell.source):
                puzzles = title == PUZZLES if level <= 2 else puzzles
        if cell.exercises:
            card = cell.exercises
        elif cell.kind == "markdown" and any(level <= 3 for level, _, _ in headings(cell.source)):
            card = ()
        cell.card, cell.puzzles = card, puzzles
