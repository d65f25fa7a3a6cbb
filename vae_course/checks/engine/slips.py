"""What a slip is in words: the piece of a formula that belongs, and what stands in its place."""

import ast
import re

from vae_course.checks.engine.edits import Edit, Path, applied, at
from vae_course.checks.engine.findings import Reading

Slip = tuple[Edit, ...]
"""One edit, or two."""
LONG = 28
"""Letters up to which a changed piece is shown with what stands around it."""


def in_words(tree: ast.expr, wrong: ast.AST, slip: Slip, what: str) -> Reading:
    """`what` is that of another formula."""
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
