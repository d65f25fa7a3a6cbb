"""What a slip is in words: the piece of a formula that belongs, and what stands in its place."""

import ast
import copy
import re
from collections.abc import Iterator

from vae_course.checks.engine.edits import Edit, Path, applied, at
from vae_course.checks.engine.findings import Reading

Slip = tuple[Edit, ...]
"""One edit, or two."""
LONG = 28
"""Letters up to which a changed piece is shown with what stands around it."""


def in_words(tree: ast.expr, wrong: ast.AST, slip: Slip, what: str) -> Reading:
    """`what` is that of another formula."""
    if len(slip) == 1 and (without := _without_a_term(tree, slip[0])):
        missing, wrong = without
        return Reading(
            (f"{what} those of another formula: {missing} is missing.",),
            (("yours", _text(wrong)), ("expected", _text(tree))),
        )
    said = "" if _nested(slip) else ": " + "; ".join(_words(tree, edit) for edit in slip)
    return Reading(
        (f"{what} those of another formula{said}.",),
        (("yours", _text(wrong)), ("expected", _text(tree))),
    )


def _nested(slip: Slip) -> bool:
    """One edit changes what another has put together, so that neither can be told by itself."""
    paths = [path for edit in slip for path in edit.paths]
    return len(slip) > 1 and any(one is not other and one == other[: len(one)] for one in paths for other in paths)


def _words(tree: ast.expr, edit: Edit) -> str:
    path = edit.paths[0]
    old, new = at(tree, path), edit.change(at(tree, path))
    if len(edit.names or ()) > 1:
        return f"{' and '.join(edit.names or ())} have changed places"
    if len(edit.paths) > 1:
        return f"wherever {_text(old)} belongs, it has {_text(new)}"
    if isinstance(old, ast.BinOp) and isinstance(old.op, ast.Add | ast.Sub):
        sign = "+" if isinstance(old.op, ast.Add) else "−"
        if new is old.left:
            return f"{sign} {_text(old.right, inside=True)} is missing"
        if new is old.right or (isinstance(new, ast.UnaryOp) and new.operand is old.right):
            return f"{_text(old.left)} is missing"
        if isinstance(new, ast.BinOp) and new.left is old.left and isinstance(new.op, ast.Add | ast.Sub):
            return f"{_text(old.right, inside=True)} enters with the wrong sign"
    if edit.rule in ("2 * X", "0.5 * X"):
        return f"{_text(old)} counts {'twice' if edit.rule[0] == '2' else 'half'}"
    if edit.rule == "-1 * X":
        return f"{_text(old)} enters with the wrong sign"
    if isinstance(old, ast.Call) and isinstance(new, ast.Call) and old.args[:1] == new.args[:1]:
        if len(ast.unparse(old)) > LONG:  # the same of something else: only how it is taken counts
            old, new = (ast.Call(c.func, [ast.Name("…"), *c.args[1:]], c.keywords) for c in (old, new))
        return f"where {_text(old)} belongs, it has {_text(new)}"
    path = _around(tree, path)
    return f"where {_text(at(tree, path))} belongs, it has {_text(at(applied(edit, tree), path))}"


def _without_a_term(tree: ast.expr, edit: Edit) -> tuple[str, ast.AST] | None:
    """Where a term has become X / X beside a −1, both are gone: what is missing, and the formula without it."""
    if len(edit.paths) > 1:
        return None
    path = _around(tree, edit.paths[0])
    old, new = at(tree, path), _bare(at(applied(edit, tree), path))
    if not (isinstance(new, ast.BinOp) and isinstance(new.op, ast.Div) and ast.dump(new.left) == ast.dump(new.right)):
        return None
    top = path  # of the sum in which the term stands
    while top and isinstance(at(tree, top[:-1]), ast.BinOp) and isinstance(at(tree, top[:-1]).op, ast.Add | ast.Sub):  # type: ignore[attr-defined]
        top = top[:-1]
    terms = list(_terms(at(tree, top)))
    one = next((n for sign, n in terms if sign < 0 and isinstance(n, ast.Constant) and n.value == 1), None)
    if one is None or not any(n is old and sign > 0 for sign, n in terms):
        return None
    left = [(sign, n) for sign, n in terms if n is not old and n is not one]
    if not left or left[0][0] < 0:
        return None
    whole = left[0][1]
    for sign, n in left[1:]:
        whole = ast.BinOp(whole, ast.Add() if sign > 0 else ast.Sub(), n)
    shown = ast.parse(ast.unparse(_put(tree, top, whole)), mode="eval").body
    return f"{_text(old)} − 1", shown


def _bare(node: ast.AST) -> ast.AST:
    """As it is shown, without what only makes shapes agree."""
    return ast.parse(_text(node), mode="eval").body


def _terms(node: ast.AST, sign: int = 1) -> Iterator[tuple[int, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if isinstance(node.op, ast.Add) else -sign)
    elif isinstance(node, ast.expr):
        yield sign, node


def _put(tree: ast.AST, path: Path, new: ast.expr) -> ast.AST:
    if not path:
        return new
    (field, index), rest = path[0], path[1:]
    child, parent = getattr(tree, field), copy.copy(tree)
    if index is None:
        setattr(parent, field, _put(child, rest, new))
    else:
        setattr(parent, field, [_put(c, rest, new) if i == index else c for i, c in enumerate(child)])
    return parent


def _around(tree: ast.expr, path: Path) -> Path:
    """The place of a change, with what stands around it while that is short and one term."""
    while path:
        above = at(tree, path[:-1])
        if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub) or len(ast.unparse(above)) > LONG:
            break
        path = path[:-1]
    return path


def _text(node: ast.AST, inside: bool = False) -> str:
    """As Python writes it; `inside` a sum, with brackets around another sum."""
    text = re.sub(r"(?:full_like|like)\((\w+), (\w+)\)", lambda m: m[2] if m[2].isdigit() else m[1], ast.unparse(node))
    return f"({text})" if inside and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) else text
