"""No answer is left in a learner's notebook. Solved regions are sought as syntax: layout and comments hide nothing."""

import ast
import textwrap
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from vae_course.authoring.lesson_source import Lesson
from vae_course.authoring.problems import Problem
from vae_course.authoring.student import code_blocks

TRIVIAL = 10  # syntax nodes; `return loss` or `answer = 0.5` says nothing, `return m + v.sqrt() * randn_like(m)` has 14


def check_leaks(lessons: Sequence[Lesson], student: Lesson, notebook: NotebookNode) -> list[Problem]:
    """Regions of any of `lessons` that can be read in the learner's `notebook` of `student`."""
    blocks = [_parse(block) for block in code_blocks(notebook)]
    sequences = [[_key(s) for s in statements] for block in blocks for statements in _statement_lists(block)]
    expressions = {_key(node) for block in blocks for node in ast.walk(block) if isinstance(node, ast.expr)}
    problems = []
    for lesson in lessons:
        for cell in lesson.cells:
            for region in cell.regions:
                statements = _without_docstring(_parse(textwrap.dedent(region.text)).body)
                if sum(map(_size, statements)) < TRIVIAL:
                    continue
                wanted = [_key(statement) for statement in statements]
                value = getattr(statements[0], "value", None) if len(statements) == 1 else None
                as_value = isinstance(value, ast.expr) and _size(value) >= TRIVIAL and _key(value) in expressions
                if as_value or any(_contains(sequence, wanted) for sequence in sequences):
                    problems.append(
                        Problem(
                            lesson.path,
                            region.line,
                            f"this solved region nowhere in notebooks/{student.name}.ipynb",
                            "the same code in another cell or in the prose of that lesson",
                            f"take it out of solutions/{student.name}.py, or put it into a region there too",
                            ", ".join(cell.card),
                        )
                    )
    return problems


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def _key(node: ast.AST) -> str:
    return ast.dump(node, annotate_fields=False)


def _size(node: ast.AST) -> int:
    return sum(not isinstance(inner, ast.expr_context) for inner in ast.walk(node))


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
