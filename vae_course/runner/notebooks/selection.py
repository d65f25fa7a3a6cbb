"""Which statements of a hand-in are run: those that an answer is made of. What no answer refers to is left out."""

import ast
import builtins
from collections.abc import Iterable, Sequence

from vae_course.runner.notebooks.names import (
    bound,
    changed,
    changes_surroundings,
    imported,
    makes,
    members,
    own_nodes,
    read_by,
)
from vae_course.runner.notebooks.snippets import Snippet, only
from vae_course.runner.notebooks.stubs import is_stub
from vae_course.runner.notebooks.syntax import Parsed

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WORK = (
    ast.Call,
    ast.NamedExpr,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class Selection:
    """Goes through the cells from top to bottom.

    Definitions, imports and values without a call are kept: they cost nothing. Of all other statements, whatever calls stand in them, those
    that make or change a name which an answer reads, directly or through others; and nothing that only trains, plots or checks. A stub of an answer that stands below
    that answer is left out too, as in a notebook with a cell of the handed-out lesson pasted in again.

    Attributes:
        snippets: one for each cell of which something is kept.
        notes: sentences for the student's report.
        lost: answers that the file has and that cannot be had here, with the reason as a sentence.
    """

    def __init__(self, cells: Sequence[tuple[str, Parsed]], answers: Iterable[str]) -> None:
        self.snippets: list[Snippet] = []
        self.notes: list[str] = []
        self.lost: dict[str, str] = {}
        self._answers = {name.split(".")[0] for name in answers}
        statements = [node for _, parsed in cells for node in parsed.tree.body]
        modules = set().union(*map(imported, statements))
        self._makes = {node: makes(node, modules) for node in statements}
        classes = {
            node.name for node in statements if isinstance(node, ast.ClassDef)
        }  # an answer may be a method of any
        self._wanted = read_by(self._makes, self._answers | classes)
        self._kept: set[str] = set()
        self._answered: set[str] = set()  # answers that are more than a stub
        for place, parsed in cells:
            self._cell(place, parsed)

    def _cell(self, place: str, parsed: Parsed) -> None:
        self.lost |= parsed.lost
        keep = []
        for node in parsed.tree.body:
            if is_stub(node) and bound(node) & self._answered:
                name = ", ".join(sorted(bound(node)))
                self.notes.append(
                    f"{place}, line {node.lineno}: a stub of `{name}` stands below its answer, and was left out."
                )
            elif self._costs_nothing(node) or changes_surroundings(node) or self._makes[node] & self._wanted:
                keep.append(node)
                self._record(node)
        if keep:
            if parsed.magics:
                self.notes.append(parsed.magics)
            names = dict.fromkeys(name for node in keep for name in sorted(bound(node)))
            self.snippets.append(Snippet(place, only(parsed.source, parsed.tree, keep), tuple(names)))

    def _record(self, node: ast.stmt) -> None:
        """What a later cell defines whole is no longer lost, and counts as answered."""
        self._kept |= bound(node)
        for name in bound(node):
            self.lost.pop(name, None)
        if isinstance(node, ast.ClassDef):
            for member in members(node):
                self.lost.pop(f"{node.name}.{member}", None)
        if not is_stub(node):
            self._answered |= bound(node) & self._answers

    def _costs_nothing(self, node: ast.stmt) -> bool:
        """A definition, or a value that is made without a call of what is kept already."""
        if not isinstance(node, ast.Assign | ast.AnnAssign) or changed(node):
            return isinstance(node, _DEFINITIONS)
        parts = own_nodes(node)
        reads = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        return not any(isinstance(part, _WORK) for part in parts) and all(
            name in self._kept or hasattr(builtins, name) for name in reads
        )
