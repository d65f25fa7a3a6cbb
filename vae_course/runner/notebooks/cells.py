"""The cells of a notebook of any version, or of a Python file, as plain text with their place."""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_CELL_LINE = re.compile(r"^# (?:%%(?P<rest>.*)|In\s?\[[ \d]*\]:.*)$")  # jupytext's py:percent; nbconvert's scripts
_FENCE = re.compile(r"^(?:```|~~~)[^\n]*\n(.*?)(?:^(?:```|~~~)\s*$|\Z)", re.M | re.S)


@dataclass(frozen=True)
class FileCell:
    """One cell: its place for people ("cell 12"), "code", "markdown" or "raw", and its text."""

    place: str
    kind: str
    source: str


def notebook_cells(notebook: dict[str, Any], notes: list[str]) -> list[FileCell]:
    """The cells of a notebook, whichever fields are missing; versions 1 to 3 call some of them by other names."""
    found = notebook.get("cells")
    if not isinstance(found, list):
        sheets = [sheet for sheet in notebook.get("worksheets", []) if isinstance(sheet, dict)]
        found = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    cells = []
    for number, cell in enumerate(found, start=1):
        place = f"cell {number}"
        source = _source(cell) if isinstance(cell, dict) else None
        if source is None:
            notes.append(f"{place} has no text that can be read; it was skipped.")
            continue
        kind = cell.get("cell_type")
        if kind not in ("code", "markdown", "raw", "heading", "html"):
            notes.append(f"{place} does not say that it is code; it was read as code.")
            kind = "code"
        cells.append(FileCell(place, kind if kind in ("code", "raw") else "markdown", source))
    return cells


def _source(cell: dict[str, Any]) -> str | None:
    source = next((cell[key] for key in ("source", "input", "code", "text") if cell.get(key) is not None), None)
    if isinstance(source, list):
        lines = [str(line) for line in source]
        # The format says that every line but the last ends in a line break; some tools leave them out.
        source = ("" if any(line.endswith("\n") for line in lines) else "\n").join(lines)
    return source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else None


def named_lesson(notebook: dict[str, Any]) -> str:
    """The lesson that the build wrote into the notebook's metadata, or an empty string."""
    metadata = notebook.get("metadata")
    ours = metadata.get("vae_course") if isinstance(metadata, dict) else None
    lesson = ours.get("lesson") if isinstance(ours, dict) else None
    return lesson if isinstance(lesson, str) else ""


def python_cells(text: str) -> list[FileCell]:
    """The cells of a py:percent file, of a notebook saved as a script, or of a marimo notebook; any other Python file is one cell."""
    if "marimo.App(" in text and (cells := list(_marimo_cells(text))):
        return cells
    groups: list[tuple[str, list[str]]] = [("code", [])]
    for line in text.split("\n"):
        mark = _CELL_LINE.match(line)
        if mark is None:
            groups[-1][1].append(line)
            continue
        rest = mark["rest"] or ""
        groups.append(
            ("markdown" if "[markdown]" in rest or "[md]" in rest else "raw" if "[raw]" in rest else "code", [])
        )
    if len(groups) == 1:
        return [FileCell("the file", "code", text)]
    cells = []
    for number, (kind, lines) in enumerate(groups):
        if kind != "code":
            lines = [re.sub(r"^# ?", "", line) for line in lines]
        cells.append(FileCell(f"cell {number}" if number else "the head", kind, "\n".join(lines)))
    return cells


def _marimo_cells(text: str) -> Iterator[FileCell]:
    """The bodies of the functions that marimo makes of cells, without the `return` that hands names on; lines keep their numbers."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines, number = text.split("\n"), 0
    for node in tree.body:
        decorators = [ast.unparse(each).partition("(")[0] for each in getattr(node, "decorator_list", [])]
        if isinstance(node, ast.With) and any("app.setup" in ast.unparse(item) for item in node.items):
            body = node.body
        elif {"app.function", "app.class_definition"} & set(decorators):
            body = [node]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "app.cell" in decorators:
            body = [part for part in node.body if not isinstance(part, ast.Return)]
        else:
            continue
        if not body:
            continue
        number += 1
        first, last = body[0].lineno, max(part.end_lineno or part.lineno for part in body)
        yield FileCell(
            f"cell {number}", "code", "\n" * (first - 1) + textwrap.dedent("\n".join(lines[first - 1 : last]))
        )


def code_in_prose(cell: FileCell) -> Iterator[str]:
    """What may be code in a cell that is not a code cell: each fenced block, else all of it; lines keep their numbers."""
    blocks = list(_FENCE.finditer(cell.source))
    for block in blocks:
        yield "\n" * cell.source.count("\n", 0, block.start(1)) + block[1]
    if not blocks:
        yield cell.source


def definitions_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds something in every text that, read as code, defines one of these names ("f", "VAE.loss"): a quick look before a
    long one. A definition of a name is a line with `def` or `class` before it, or an equals sign behind it."""
    own = "|".join(sorted({re.escape(name.split(".")[-1]) for name in names})) or r"\b\B"
    return re.compile(rf"\b(?:def|class)\s+(?:{own})\b|\b(?:{own})\b[^\n]*=")
