"""An answer as it is written: its source, what it may use, and the function that this source alone makes."""

import ast
import builtins
import inspect
import linecache
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from vae_course import given
from vae_course.checks.learning.puzzles.rules import COMPREHENSIONS, Broken, in_order, own_names
from vae_course.checks.learning.resolve import plain

BUILTINS = (
    *(
        "abs",
        "all",
        "any",
        "bool",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "int",
        "len",
        "list",
        "map",
        "max",
        "min",
        "pow",
    ),
    *("range", "reversed", "round", "slice", "sorted", "sum", "tuple", "zip", "NotImplementedError", "ValueError"),
)
"""Those that compute. `eval`, `getattr` and their like would hide from the rules what is done."""
KNOWN: dict[str, Any] = {
    "torch": torch,
    "math": math,
    "F": torch.nn.functional,
    "softplus": torch.nn.functional.softplus,  # lesson 03 imports it
}
MODULES = ("torch", "torch.special", "torch.linalg", "torch.nn", "torch.nn.functional", "torch.distributions", "math")
"""What may stand before a dot; their other modules lead out of the formulas, as `torch.os` does."""
STATEMENTS = (
    *(ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Break, ast.Continue),
    *(ast.Pass, ast.Raise, ast.Assert),
)


class Unreadable(Exception):
    """Nothing to read: the sentence says why, and what to do."""


@dataclass(frozen=True)
class Written:
    """A function as it is written, without docstring and annotations; `file` is the cell or file."""

    node: ast.FunctionDef
    file: str

    @property
    def is_stub(self) -> bool:
        """Nothing but `raise NotImplementedError`, as it was handed out."""
        return len(self.node.body) == 1 and isinstance(self.node.body[0], ast.Raise)

    def line(self, number: int) -> str:
        """A line of the cell or file."""
        return linecache.getline(self.file, number).strip()


def written(answer: Any) -> Written:
    """The source of a function or method: that of the code which runs, whatever stands around it.

    Raises:
        Unreadable: it is no function, or its source is nowhere.
    """
    answer = plain(answer)
    if not isinstance(answer, types.FunctionType):
        raise Unreadable(
            f"A puzzle takes a function that is written with `def`; this is a {type(answer).__name__}. Hand in the function itself, "
            "without calling, wrapping or converting it."
        )
    code = answer.__code__
    try:
        source = inspect.getsource(code)
        indented = source[:1].isspace()
        module = ast.parse(f"if True:\n{source}" if indented else source)
    except (OSError, SyntaxError, ValueError):
        module = ast.Module([], [])
        indented = False
    first = module.body[0].body[0] if indented else next(iter(module.body), None)  # type: ignore[attr-defined]
    if not isinstance(first, ast.FunctionDef) or first.name != code.co_name:
        raise Unreadable(
            f"The source of {answer.__name__} cannot be read: it is a lambda, was made by `exec` or typed at a bare Python prompt, or its file has "
            "changed since. Write it with `def` in a notebook cell or a file, run that, and hand it in again."
        )
    ast.increment_lineno(first, code.co_firstlineno - (2 if indented else 1))
    node = _Bare().visit(first)
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        del node.body[0]
    return Written(node, code.co_filename)


class _Bare(ast.NodeTransformer):
    """Without annotations, which a function does not need to run."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))  # type: ignore[return-value]


def names_for(may_use: tuple[str, ...]) -> dict[str, Any]:
    """What an answer finds: torch, math, some builtins, and those formulas of `vae_course.given` that a puzzle allows."""
    formulas = {name: getattr(given, name) for name in may_use}
    return KNOWN | formulas | ({"given": types.SimpleNamespace(**formulas)} if formulas else {})


def rebuilt(answer: Written, may_use: tuple[str, ...]) -> types.FunctionType:
    """The function that the source makes with those names alone: what was read is what runs."""
    own = {name: getattr(builtins, name) for name in BUILTINS}
    namespace: dict[str, Any] = {**names_for(may_use), "__builtins__": own, "__name__": "puzzle"}
    module = ast.fix_missing_locations(ast.Module([answer.node], []))
    exec(compile(module, answer.file, "exec"), namespace)  # only a `def`, with constants for defaults: see `outside`
    return namespace[answer.node.name]


def outside(answer: Written, may_use: tuple[str, ...]) -> Broken | None:
    """The first place where an answer leaves what can be read and counted: itself, torch, math, some builtins and `may_use`."""
    function = answer.node
    own = own_names(function)
    expected = f"arguments, names that the function sets itself, builtins that compute, torch, math{''.join(f', {n}' for n in may_use)}"
    here = "Write in the function itself what is to be done."
    for decorator in function.decorator_list:
        return Broken(decorator.lineno, "a decorator, which changes the function", "a plain function", "Take it away.")
    for default in (*function.args.defaults, *function.args.kw_defaults):
        if default is not None and not isinstance(default, ast.Constant):
            return Broken(default.lineno, "a default value that is computed", "a plain value", here)
    known = names_for(may_use)
    for node in in_order(function):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                return Broken(node.lineno, "a function or class inside", "no operations in hiding", here)
            case ast.Import() | ast.ImportFrom():
                return Broken(node.lineno, "an import", expected, "torch and math are there without.")
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                return Broken(node.lineno, "a generator", "a function that returns its value", here)
            case ast.stmt() if not isinstance(node, STATEMENTS):
                what = f"`{ast.unparse(node).split()[0].rstrip(':')}`"
                return Broken(node.lineno, what, "assignments, `if`, loops and `return`", here)
            case ast.Name(id=name, ctx=ast.Store()) if (
                name in BUILTINS or name in known and not _may_be_local(node, function, known)
            ):
                return Broken(
                    node.lineno,
                    f"another meaning for `{name}`, which is Python's or PyTorch's",
                    "a name of your own",
                    "Call it something else.",
                )
            case ast.Name(id=name, ctx=ast.Load()) if name not in own and name not in known and name not in BUILTINS:
                what = (
                    "the function calling itself"
                    if name == function.name
                    else f"`{name}`, a name from outside the function"
                )
                return Broken(node.lineno, what, expected, here)
            case ast.Attribute(attr=name) if name.startswith("_") or not isinstance(node.ctx, ast.Load):
                return Broken(node.lineno, f"`.{name}`, something inside of Python or set from here", expected, here)
    for node, what in _leading_out(function, known):
        return Broken(
            node.lineno, f"`{what}`, which leads out of the formulas", f"functions of {', '.join(MODULES)}", here
        )
    return None


def _may_be_local(node: ast.Name, function: ast.FunctionDef, known: dict[str, Any]) -> bool:
    """A function's name is given to a value, for the whole of the answer: then it means nothing else there. In a comprehension it would
    mean something else outside of it."""
    inside = {
        id(name)
        for each in in_order(function)
        if isinstance(each, COMPREHENSIONS)
        for generator in each.generators
        for name in ast.walk(generator.target)
    }
    return id(node) not in inside and not isinstance(known[node.id], types.ModuleType | types.SimpleNamespace)


def _leading_out(function: ast.FunctionDef, known: dict[str, Any]) -> Iterator[tuple[ast.expr, str]]:
    """Modules that are no part of a longer name, as in `t = torch`, and those that are not in `MODULES`."""
    own = own_names(function)
    inner = {id(node.value) for node in in_order(function) if isinstance(node, ast.Attribute)}
    for node in in_order(function):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        meant = {name: value for name, value in known.items() if name not in own}
        found = _found(node, meant)
        base = _found(node.value, meant) if isinstance(node, ast.Attribute) else None
        if isinstance(base, types.SimpleNamespace) and found is None:
            yield node, ast.unparse(node)
        is_module = isinstance(found, types.ModuleType | types.SimpleNamespace)
        if is_module and (id(node) not in inner or getattr(found, "__name__", "math") not in MODULES):
            yield node, ast.unparse(node)


def _found(node: ast.expr, known: dict[str, Any]) -> Any:
    """What a name with dots stands for, as far as it is known beforehand."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _found(node.value, known)
        return getattr(base, node.attr, None) if isinstance(base, types.ModuleType | types.SimpleNamespace) else None
    return None
