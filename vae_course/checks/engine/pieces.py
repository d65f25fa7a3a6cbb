"""An expression taken apart and put together again: the pieces of what stands at a place, and a rule filled with them."""

import ast
from collections.abc import Mapping
from functools import cache


class DoesNotApply(Exception):
    """What another edit has left at the place is no longer what this one changes."""


def parsed(source: str) -> ast.expr:
    """An expression, fresh."""
    return ast.parse(source, mode="eval").body


template = cache(parsed)
"""A rule as an expression; never changed."""


def called(node: ast.Call) -> str:
    """The name of a function or method: "log" for log(x), torch.log(x) and x.log()."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def pieces_of(node: ast.AST) -> dict[str, ast.expr]:
    """What the rules call A, B, D and X; P and Q, the pieces of A; and F, the function itself."""
    return {**_sides(node), "X": node} if isinstance(node, ast.expr) else {}


def _sides(node: ast.AST) -> dict[str, ast.expr]:
    if isinstance(node, ast.BinOp):
        inner = _sides(node.left)
        return {"A": node.left, "B": node.right} | {
            new: inner[old] for new, old in (("P", "A"), ("Q", "B")) if old in inner
        }
    if isinstance(node, ast.UnaryOp):
        return {"A": node.operand}
    if isinstance(node, ast.Call):
        function = node.func
        of_a_module = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in (
            "torch",
            "F",
            "math",
        )
        method = isinstance(function, ast.Attribute) and not of_a_module
        arguments = [function.value, *node.args] if method else list(node.args)  # type: ignore[attr-defined]
        arguments += [word.value for word in node.keywords if word.arg == "dim"]
        found: dict[str, ast.expr] = dict(zip("AD", arguments, strict=False))
        if len(arguments) > 1:
            found["B"] = arguments[1]
        found["F"] = ast.Name(called(node), ast.Load())
        if arguments:
            inner = _sides(arguments[0])
            found |= {new: inner[old] for new, old in (("P", "A"), ("Q", "B")) if old in inner}
        return found
    return {}


def exchanged(node: ast.AST, i: int) -> ast.AST:
    """A call with two neighbouring arguments in each other's place."""
    if not isinstance(node, ast.Call) or len(node.args) < i + 2:
        raise DoesNotApply
    given = list(node.args)
    given[i], given[i + 1] = given[i + 1], given[i]
    return ast.Call(node.func, given, node.keywords)


def filled(rule: ast.AST, pieces: Mapping[str, ast.expr]) -> ast.AST:
    """A rule with the pieces in their places. Pieces that stand for an axis that is not given fall away."""
    if isinstance(rule, ast.Name):
        if rule.id in pieces:
            return pieces[rule.id]
        if rule.id in "ABPQFX":
            raise DoesNotApply
        return rule
    if isinstance(rule, ast.Call):
        arguments = [a for a in rule.args if not (isinstance(a, ast.Name) and a.id == "D" and "D" not in pieces)]
        function = filled(rule.func, pieces)
        return ast.Call(function, [filled(a, pieces) for a in arguments], rule.keywords)  # type: ignore[arg-type,misc]
    if isinstance(rule, ast.BinOp):
        return ast.BinOp(filled(rule.left, pieces), rule.op, filled(rule.right, pieces))  # type: ignore[arg-type]
    if isinstance(rule, ast.UnaryOp):
        return ast.UnaryOp(rule.op, filled(rule.operand, pieces))  # type: ignore[arg-type]
    if isinstance(rule, ast.Attribute):
        return ast.Attribute(filled(rule.value, pieces), rule.attr, ast.Load())  # type: ignore[arg-type]
    if isinstance(rule, ast.Subscript):
        return ast.Subscript(filled(rule.value, pieces), rule.slice, ast.Load())  # type: ignore[arg-type]
    return rule
