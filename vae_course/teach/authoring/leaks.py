"""No answer is left in a learner's notebook, nor in an edition for students. Solved regions are sought as syntax: layout and comments hide nothing."""

import ast
import copy
import io
import re
import textwrap
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.problems import Problem

TRIVIAL = 10  # syntax nodes; `return loss` or `answer = 0.5` says nothing, `return m + v.sqrt() * randn_like(m)` has 14
_LONGEST = 40  # lines of code in prose, or commented out, that are read together


@dataclass(frozen=True)
class Solved:
    """What solves something: where it stands, of which exercises, and its statements."""

    path: Path
    line: int
    card: tuple[str, ...]
    statements: tuple[ast.stmt, ...]


def solved_regions(lessons: Iterable[Lesson]) -> list[Solved]:
    """The solved regions of some lessons that are long enough to be known again."""
    found = []
    for lesson in lessons:
        for cell in lesson.cells:
            for region in cell.regions:
                statements = _without_docstring(parse(region.text).body)
                if sum(map(size_of, statements)) >= TRIVIAL:
                    found.append(Solved(lesson.path, region.line, cell.card, tuple(statements)))
    return found


def solved_in(blocks: Iterable[ast.AST], wanted: Iterable[Solved]) -> list[Solved]:
    """Which of these can be read in some code.

    A region is read where its statements stand one after the other, at any depth; or where the value that it ends in stands as an
    expression, with the region's own names or with what they were given.
    """
    blocks = list(blocks)
    sequences = [[key(s) for s in statements] for block in blocks for statements in _statement_lists(block)]
    expressions = {key(node) for block in blocks for node in ast.walk(block) if isinstance(node, ast.expr)}
    found = []
    for one in wanted:
        keys = [key(statement) for statement in one.statements]
        as_value = any(size_of(value) >= TRIVIAL and key(value) in expressions for value in results(one.statements))
        if as_value or any(_contains(sequence, keys) for sequence in sequences):
            found.append(one)
    return found


def check_leaks(lessons: Sequence[Lesson], student: Lesson, notebook: NotebookNode) -> list[Problem]:
    """Regions of any of `lessons` that can be read in the learner's `notebook` of `student`."""
    return [
        Problem(
            found.path,
            found.line,
            f"this solved region nowhere in notebooks/{student.name}.ipynb",
            "the same code in another cell or in the prose of that lesson",
            f"take it out of solutions/{student.name}.py, or put it into a region there too",
            ", ".join(found.card),
        )
        for found in solved_in(code_in(notebook), solved_regions(lessons))
    ]


def code_in(notebook: NotebookNode) -> Iterator[ast.Module]:
    """All that can be read as code in a notebook."""
    for cell in notebook.cells:
        yield from code_of_python(cell.source) if cell.cell_type == "code" else code_of_prose(cell.source)


def results(statements: Sequence[ast.stmt]) -> list[ast.expr]:
    """The value that some statements end in, as it is written and with their own plain names filled in."""
    value = getattr(statements[-1], "value", None) if statements else None
    if not isinstance(value, ast.expr):
        return []
    filled = value
    for statement in reversed(statements[:-1]):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            filled = _Filled(statement.targets[0].id, statement.value).visit(copy.deepcopy(filled))
    return [value, filled]


class _Filled(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.value) if node.id == self.name and isinstance(node.ctx, ast.Load) else node


def parse(source: str) -> ast.Module:
    """The syntax tree, of an indented piece too; empty where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of prose that is read as code
            return ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def key(node: ast.AST) -> str:
    """The same for code that differs only in its layout."""
    return ast.dump(node, annotate_fields=False)


def size_of(node: ast.AST) -> int:
    """How many nodes its syntax has."""
    return sum(not isinstance(inner, ast.expr_context) for inner in ast.walk(node))


def code_of_python(source: str) -> Iterator[ast.Module]:
    """Some Python, what is commented out in it, and what its strings say."""
    tree = parse(source)
    if tree.body:
        yield tree
    else:  # a magic, or an error that the execution shows
        yield from _trees(source.split("\n"))
    yield from _trees(_commented_out(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _trees(node.value.split("\n"))


def _commented_out(source: str) -> list[str]:
    """The comments of a cell, one a line, without their signs; an empty line wherever code stands between two."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = re.sub(r"^#+:? ?", "", token.string)
    except (tokenize.TokenError, SyntaxError):
        return [re.sub(r"^\s*#+:? ?", "", line) if line.lstrip().startswith("#") else "" for line in source.split("\n")]
    return [found.get(line, "") for line in range(1, max(found, default=0) + 1)]


def code_of_prose(text: str) -> Iterator[ast.Module]:
    """Code in a text: fenced, indented, in a list or a quotation, or between back-ticks in a sentence."""
    lines = text.split("\n")
    yield from _trees(lines)
    yield from _trees([re.sub(r"^\s*(?:(?:>+|\.\.\.)\s?)*(?:(?:[-*+]|\d+\.)\s+)?", "", line) for line in lines])
    for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        yield parse(span)


def runs(lines: Sequence[str]) -> Iterator[tuple[int, int, ast.Module]]:
    """Of some lines, the longest runs that are Python: from line, to line, tree."""
    start = 0
    while start < len(lines):
        ends = range(min(len(lines), start + _LONGEST), start, -1) if lines[start].strip() else ()
        found = next(((end, tree) for end in ends if (tree := parse("\n".join(lines[start:end]))).body), None)
        if found:
            yield start, *found
        start = found[0] if found else start + 1


def _trees(lines: Sequence[str]) -> Iterator[ast.Module]:
    return (tree for _, _, tree in runs(lines))


def _statement_lists(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                yield statements


def _without_docstring(statements: list[ast.stmt]) -> list[ast.stmt]:
    first = statements[0] if statements else None
    has_one = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return statements[1:] if has_one else statements


def _contains(sequence: list[str], wanted: list[str]) -> bool:
    return any(sequence[i : i + len(wanted)] == wanted for i in range(len(sequence) - len(wanted) + 1))
