"""`read_hand_in`: one file becomes definitions with their places, a lesson, and notes. Nothing is run."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vae_course.runner.notebooks.cells import (
    FileCell,
    code_in_prose,
    definitions_of,
    named_lesson,
    notebook_cells,
    python_cells,
)
from vae_course.runner.notebooks.files import DAMAGED, Unreadable, read_document
from vae_course.runner.notebooks.lessons import lessons_in
from vae_course.runner.notebooks.names import bound, members
from vae_course.runner.notebooks.own_modules import with_modules
from vae_course.runner.notebooks.selection import Selection
from vae_course.runner.notebooks.snippets import Snippet
from vae_course.runner.notebooks.syntax import Parsed, parse_cell


@dataclass(frozen=True)
class HandIn:
    """What a file holds.

    Args:
        path: the file.
        lesson: "04_nelbo", or empty if it cannot be told.
        cells: the definitions, one snippet for each cell that has any, from top to bottom.
        notes: what was repaired, left out or guessed, as sentences for the student's report.
        lost: answers (or methods, "VAE.loss") that are in the file and could not be had, each with its reason as a sentence.
        also: further lessons of which it holds answers.
        answers: by lesson, the exercises for which it has more than a stub; of a lesson that nobody has touched there are none.
        modules: names of modules of the student's own that were read along.
    """

    path: Path
    lesson: str
    cells: tuple[Snippet, ...]
    notes: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    answers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    modules: tuple[str, ...] = ()

    @property
    def damage(self) -> str:
        """The note that says that cells may be missing, or an empty string."""
        return next((note for note in self.notes if note.startswith(DAMAGED)), "")


def read_hand_in(
    path: str | Path, names: Mapping[str, str] | None = None, beside: Mapping[str, Path] | None = None
) -> HandIn:
    """Read a notebook of any version, or a Python file, in whatever state it is. Nothing of it is executed.

    Args:
        path: the file; what it holds counts, not its ending.
        names: every answer and its lesson, as {"VAE.loss": "04_nelbo"}. By them the lesson is found where the file does not
            say it, and answers in cells that are no code cells.
        beside: modules of the student's own, by name, from which the file may import.

    Raises:
        Unreadable: the file is no hand-in; one sentence says what it is and what to do.
        OSError: there is no such file, or it cannot be opened.
    """
    path = Path(path)
    names = names or {}
    document, notes = read_document(path)
    if isinstance(document, str):
        said, cells = "", python_cells(document)
    else:
        said, cells = named_lesson(document), notebook_cells(document, notes)
    if not any(cell.source.strip() for cell in cells):
        raise Unreadable(
            f"{path.name} has no cell with text in it; a lesson was expected: hand in the notebook you worked in."
        )
    cells, modules = with_modules(cells, beside or {}, notes)
    parsed = _parsed(cells, names, notes)
    for _, found in parsed:
        notes += found.notes
    selection = Selection(parsed, names)
    notes += selection.notes
    # Sentences begin with a place, which is written small inside a sentence.
    told = lessons_in([node for _, found in parsed for node in found.tree.body], selection.lost, said, path.stem, names)
    sentences = tuple(note[:1].upper() + note[1:] for note in [*notes, *told.notes])
    return HandIn(
        path, told.lesson, tuple(selection.snippets), sentences, selection.lost, told.also, told.answers, modules
    )


def _qualified(tree: ast.Module) -> set[str]:
    """ "f", "VAE" and "VAE.loss" for what a cell defines; a method counts for "VAE" too, whatever its class is called."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{cls}.{member}" for member in members(node) for cls in (node.name, "VAE")}
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign):
            found |= bound(node)
    return found


def _parsed(cells: list[FileCell], names: Iterable[str], notes: list[str]) -> list[tuple[str, Parsed]]:
    """The code cells with their places. A cell that was turned into text by accident is code again, if it has an answer that
    no code cell has."""
    code = {cell: parse_cell(cell.source, cell.place) for cell in cells if cell.kind == "code"}
    missing = set(names).difference(*(_qualified(found.tree) for found in code.values()))
    quick = definitions_of(missing)
    parsed: list[tuple[str, Parsed]] = []
    for cell in cells:
        if cell.kind == "code":
            parsed.append((cell.place, code[cell]))
            continue
        for text in code_in_prose(cell):
            if quick.search(text) is None:
                continue
            found = parse_cell(text, cell.place)
            answers = sorted(_qualified(found.tree) & missing)
            if answers:
                notes.append(
                    f"{cell.place} is a {cell.kind} cell that defines {', '.join(answers)}; it was read as code."
                )
                parsed.append((cell.place, found))
    return parsed
