"""What can be told of an answer from its text alone, before anything runs: constants, and the use of forbidden names."""

import ast
import re
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vae_course.runner.forbidden import forbidden_in, taken_from
from vae_course.runner.notebooks import HandIn
from vae_course.runner.notebooks.names import bound, changed, dotted
from vae_course.runner.rooms import ROOMS
from vae_course.teach.grading.incoming.syllabus import Question
from vae_course.teach.grading.reading.constants import UNKNOWN, tame

_PARTS = "|".join(ROOMS)
_WORKINGS = re.compile(rf"vae_course\.((?:{_PARTS})(?:\.\w+)*)")
_MENTIONS = re.compile(rf"\b(?:{_PARTS})\b")


LONGEST, MOST = 6_000, 30  # of an excerpt in signs, and of an answer in excerpts


@dataclass(frozen=True)
class Excerpt:
    """A piece of a hand-in: "cell 12", the number of its first line there, and its text."""

    place: str
    first: int
    text: str


class Source:
    """The kept statements of a hand-in, in order.

    Attributes:
        statements: their syntax trees.
        touched: for each, the names that it defines or changes.
        names: all of these.
    """

    def __init__(self, hand_in: HandIn) -> None:
        self._cells = hand_in.cells
        trees = [_tree(cell.source) for cell in hand_in.cells]
        self.statements = [node for tree in trees for node in tree.body]
        self.touched = [bound(node) | changed(node) for node in self.statements]
        self.names: frozenset[str] = frozenset().union(*self.touched)
        self._mentions_workings = any("vae_course" in c.source and _MENTIONS.search(c.source) for c in hand_in.cells)
        self._origins: dict[str, str] = {}
        for node in self.statements:
            self._originate(node)

    def constant(self, name: str) -> Any:
        """The value of a constant that is written as a literal, or `UNKNOWN`."""
        touching = [node for node, names in zip(self.statements, self.touched, strict=True) if name in names]
        match touching[-1:]:
            case [
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
            ]:
                try:
                    return tame(ast.literal_eval(value))
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    return UNKNOWN
        return UNKNOWN

    def forbidden(self, exercise: Question) -> str:
        """The name that the answer takes from the course instead of writing it, as "given.kl_normal", or "".

        That is its own name from what the course gives, and any name of the course's workings ("checks.around.scaffolds.right_bound").
        """
        own = exercise.name.split(".")[-1]
        if not exercise.method and (taken := taken_from(self._origins.get(own, ""), own)):
            return taken
        for code in self._functions(exercise):
            used = forbidden_in(code, own, lambda name: self._origins.get(name, ""))
            if used:
                return used
        if not self._mentions_workings:
            return ""
        answers: list[ast.AST] = [*self._answers(exercise)]
        if exercise.in_class:
            answers += [base for node in self.statements if isinstance(node, ast.ClassDef) for base in node.bases]
        return next(filter(None, map(self._workings, answers)), "")

    def _workings(self, answer: ast.AST) -> str:
        """The first name of the course's workings that an answer imports or reads."""
        for node in ast.walk(answer):
            match node:
                case ast.Import(names=names):
                    found = [alias.name for alias in names]
                case ast.ImportFrom(module=module, names=names):
                    found = [f"{module}.{alias.name}" for alias in names]
                case ast.Attribute() | ast.Name():
                    head, _, rest = dotted(node).partition(".")
                    found = [f"{self._origins.get(head, '')}.{rest}".rstrip(".")]
                case _:
                    continue
            for name in found:
                if taken := _WORKINGS.fullmatch(name):
                    return taken[1]
        return ""

    def _originate(self, node: ast.stmt) -> None:
        """What names are imported from where; any other definition of a name makes it the student's own."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                self._origins[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        else:
            for name in bound(node):
                self._origins.pop(name, None)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                head, _, rest = ast.unparse(node.value).partition(".")
                if head in self._origins:  # f = given.f
                    self._origins[node.targets[0].id] = f"{self._origins[head]}.{rest}".rstrip(".")

    def excerpts(self, exercise: Question) -> list[Excerpt]:
        """The answer as it stands in the file."""
        wanted = {id(node) for node in self._answers(exercise)}
        found: list[Excerpt] = []
        for cell in self._cells:
            lines = cell.source.splitlines()
            nodes = [part for node in _tree(cell.source).body for part in (node, *getattr(node, "body", ()))]
            for node in (node for node in nodes if id(node) in wanted):
                wanted.discard(id(node))
                first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
                text = textwrap.dedent("\n".join(lines[first - 1 : node.end_lineno]).expandtabs(4))
                found.append(Excerpt(cell.place, first, text[:LONGEST]))
        return found[:MOST]

    def _answers(self, exercise: Question) -> list[ast.stmt]:
        """The definitions in which an exercise is answered."""
        name = exercise.name.split(".")[-1]
        if exercise.in_class:
            classes = [node for node in self.statements if isinstance(node, ast.ClassDef)]
            return [part for cls in classes for part in cls.body if name in (*bound(part), "VAE")]
        return [node for node in self.statements if name in bound(node)][-1:]

    def _functions(self, exercise: Question) -> Iterator[types.CodeType]:
        for node in self._answers(exercise):
            if isinstance(node, ast.FunctionDef | ast.Assign):
                try:
                    yield from _inner(compile(ast.Module([node], []), "<answer>", "exec", dont_inherit=True))
                except (SyntaxError, ValueError, RecursionError):
                    continue


@lru_cache(maxsize=1000)
def _tree(source: str) -> ast.Module:
    """Nobody changes it: what students have in common is parsed once."""
    return ast.parse(source)


def _inner(code: types.CodeType) -> Iterator[types.CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
