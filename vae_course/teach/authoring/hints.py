"""No hint is the solution. The code in a hint is sought as syntax in the solved regions, and tried as an answer."""

import ast
import builtins
import contextlib
import copy
import dataclasses
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from vae_course import given
from vae_course.checks.engine.diagnosis import same_constant
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Constant, Exercise
from vae_course.teach.authoring.card_code import defines
from vae_course.teach.authoring.leaks import TRIVIAL, key, parse, results, runs, size_of
from vae_course.teach.authoring.lesson_source import Cell, Lesson
from vae_course.teach.authoring.problems import Problem

_LONGEST = 60  # words of one piece of code
_SIGNS = str.maketrans({"·": "*", "−": "-", "×": "*"})
_STOPS = ".,;:?!"
_NUMBERS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_KNOWN = {"torch": torch, "math": math, "nn": torch.nn, "F": torch.nn.functional, "given": given}


def check_hints(lesson: Lesson, exercises: Sequence[Exercise]) -> list[Problem]:
    """Hints that give an answer away, of those exercises that are the lesson's."""
    problems = []
    for exercise in exercises:
        if exercise.lesson != lesson.name:
            continue
        cells = [cell for cell in lesson.cells if cell.regions and defines(cell, exercise.name)]
        for number, hint in enumerate(exercise.hints, start=1):
            if got := giveaway(exercise, hint, cells):
                problems.append(
                    Problem(
                        lesson.path,
                        cells[0].line if cells else 0,
                        f"hint {number} to stop short of the answer",
                        got,
                        "say it in words, or leave the last step out",
                        exercise.name,
                    )
                )
    return problems


def giveaway(exercise: Exercise, hint: str, cells: Sequence[Cell]) -> str:
    """What in a hint is the answer, or an empty string. `cells`: those of the lesson that solve the exercise.

    Setting up is no secret (`m, v = self.enc(x)`): what counts is the line that makes the result, most of the lines, and code
    that passes the exercise's checks as it stands.
    """
    if isinstance(exercise, Constant):  # there a formula on paper is no answer, as long as it must still be worked out
        numbers = [parse(number) for number in re.findall(r"\d+\.\d+", hint)]
        return _value(exercise, [*_pieces(hint), *numbers])
    found = list(_pieces(hint.translate(_SIGNS)))
    for function in (f for cell in cells for f in _functions(cell, exercise)):
        if words := _same_syntax(function, found):
            return words
    return _passes(exercise, cells, found)


# ---------------------------------------------------------------- code in a sentence


def _pieces(text: str) -> Iterator[ast.Module]:
    """The longest stretches of a hint that are Python: runs of lines, else windows of words inside a line."""
    lines = text.split("\n")
    whole: set[int] = set()
    for start, end, tree in runs(lines):
        if _telling(tree):
            whole |= set(range(start, end))
            yield tree
    for number, line in enumerate(lines):
        words = [] if number in whole else line.split()
        start = 0
        while start < len(words):
            ends = range(min(len(words), start + _LONGEST), start, -1)
            found = next(((end, piece) for end in ends if (piece := _window(words[start:end]))), None)
            if found:
                yield found[1]
            start = found[0] if found else start + 1


def _window(words: Sequence[str]) -> ast.Module | None:
    text = " ".join(words).strip("`").rstrip(_STOPS).rstrip("`")
    inside = text.lstrip("(").removesuffix(")")  # of brackets that hold a remark
    return next((tree for form in (text, inside) if _telling(tree := parse(form))), None)


def _telling(tree: ast.Module) -> bool:
    """False for a name or a number, and for words that happen to be Python (`one is a`, `the loss: a number`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return False
        if isinstance(node, ast.Compare) and not all(isinstance(op, _NUMBERS) for op in node.ops):
            return False
    return size_of(tree) >= 5


# ---------------------------------------------------------------- as syntax


def _functions(cell: Cell, exercise: Exercise) -> list[ast.FunctionDef]:
    """The solved functions of a cell: the one of that name, or all methods of the class."""
    short = exercise.name.split(".")[-1]
    functions = [node for node in ast.walk(parse(cell.source)) if isinstance(node, ast.FunctionDef)]
    named = [node for node in functions if node.name == short]
    return named or functions


def _same_syntax(function: ast.FunctionDef, found: Sequence[ast.Module]) -> str:
    said = {loose_key(part) for tree in found for part in _statements_and_values(tree)}
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    for form in results(body):
        if size_of(form) >= TRIVIAL and loose_key(form) in said:
            return f"what {function.name} returns, `{ast.unparse(form)[:60]}`"
    shared = [s for s in body if loose_key(s) in said]
    if len(shared) > len(body) / 2:
        return f"{len(shared)} of the {len(body)} lines of {function.name}"
    return ""


def _statements_and_values(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            yield node


def loose_key(node: ast.AST) -> str:
    """The same for code that differs only in layout, in `dim=` before an axis, and in where a function is imported from."""
    node = copy.deepcopy(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and [word.arg for word in inner.keywords] == ["dim"]:
            inner.args, inner.keywords = [*inner.args, inner.keywords[0].value], []
    return re.sub(
        r"Attribute\(Name\('(?:given|torch|F)', Load\(\)\), '(\w+)', Load\(\)\)", r"Name('\1', Load())", key(node)
    )


# ---------------------------------------------------------------- as an answer


def _value(exercise: Constant, found: Sequence[ast.Module]) -> str:
    """Of a constant: an expression with its value, or an entry of a dictionary with the right one."""
    right = exercise.right
    entries = list(right.values()) if isinstance(right, dict) else []
    for tree in found:
        for node in ast.walk(tree):
            if not isinstance(node, ast.expr):
                continue
            value = _evaluated(node)
            if value is None:
                continue
            whole = same_constant(value, right)
            telling = isinstance(value, int | float) and size_of(node) >= TRIVIAL
            entry = telling and any(same_constant(value, one) for one in entries)
            if isinstance(value, dict) and isinstance(right, dict):
                entry = any(same_constant(value[name], right[name]) for name in value.keys() & right.keys())
            if whole or entry:
                return f"`{ast.unparse(node)[:60]}`, the right value"
    return ""


def _evaluated(node: ast.expr) -> Any:
    try:
        value = eval(compile(ast.Expression(node), "<hint>", "eval"), dict(_KNOWN))
    except Exception:
        return None
    return value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value


def _passes(exercise: Exercise, cells: Sequence[Cell], found: Sequence[ast.Module]) -> str:
    """Code of a hint that earns all points: each piece by itself, and all of them one after the other."""
    silent = dataclasses.replace(exercise, misconceptions=())
    together = ast.Module([statement for tree in found for statement in tree.body], [])
    for function in (f for cell in cells for f in _functions(cell, exercise) if f.name == exercise.name.split(".")[-1]):
        for tree in [*found, *([together] if len(found) > 1 else [])]:
            if _unknown(tree, function):
                continue
            with (
                warnings.catch_warnings(),
                contextlib.suppress(SyntaxError, ValueError),
            ):  # `*a` alone has a tree, and is no code
                warnings.simplefilter("ignore")
                if examine(silent, silent.answer(_answer(function, tree)), seed=1):
                    return f"`{ast.unparse(tree)[:60]}`, which passes the check"
    return ""


def _unknown(tree: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The names without which it cannot run."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    inner = {arg.arg for node in [tree, function] for arg in ast.walk(node) if isinstance(arg, ast.arg)}
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - bound - inner - _known().keys() - vars(builtins).keys()


def _known() -> dict[str, Any]:
    """What a lesson's imports give, and the functions of earlier lessons."""
    formulas = {name: getattr(given, name) for name in given.__all__}
    return _KNOWN | formulas | {"softplus": torch.nn.functional.softplus, "Tensor": torch.Tensor, "Any": Any}


def _answer(function: ast.FunctionDef, tree: ast.Module) -> Any:
    """A function with the learner's arguments, whose body is the hint's code; a value at its end is returned."""
    own = [s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == function.name]
    if own:
        made = own[-1]
    else:
        *before, last = copy.deepcopy(tree.body)
        value = last.value if isinstance(last, ast.Expr | ast.Assign) else None
        made = copy.deepcopy(function)
        made.body, made.decorator_list = [*before, last if value is None else ast.Return(value)], []
    namespace = _known()
    exec(compile(ast.fix_missing_locations(ast.Module([made], [])), "<hint>", "exec"), namespace)
    return namespace[function.name]
