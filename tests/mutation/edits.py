"""All single edits of a grammar of edits, of a Python text: what a tired hand might change.

Left alone, because no behaviour is in them: a sentence (a string with a space in it, or the text of an f-string), a docstring, an
annotation, a decorator, and how a figure looks (colours, sizes, words and where they stand), as opposed to what it shows. Nor are
the `strict` of a zip and a conversion to numpy dropped: nothing that is drawn or returned changes without them.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_LOOKS = frozenset(  # keywords of matplotlib's
    "color c colors ls lw ms mec mfc mew alpha fontsize ha va zorder width height xlim ylim xticks yticks "
    "xticklabels yticklabels loc linestyle linewidth marker cmap xytext arrowprops bbox_to_anchor ncols rotation edgecolor "
    "edgecolors facecolor fontweight family transform bbox figsize aspect gridspec_kw width_ratios height_ratios pad capsize "
    "handlelength frameon handles hatch sharex sharey interpolation linewidths linestyles strict".split()
)
_CONVERSIONS = frozenset(("numpy", "array", "asarray"))
_WORDS = frozenset(
    "text annotate legend axis set_visible tick_params set_title suptitle set_axis_off margins grid minorticks_off".split()
)


@dataclass(frozen=True)
class Mutant:
    """An edited text; `line` of the original is where, `change` says what in a few words."""

    line: int
    change: str
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of a module's text, from top to bottom."""
    tree = ast.parse(text)
    places = [node for node in ast.walk(tree) if hasattr(node, "lineno")]
    silent = _silent(tree)
    for node in sorted((n for n in places if id(n) not in silent), key=lambda n: (n.lineno, n.col_offset)):
        for new in _edits(node):
            changed = ast.fix_missing_locations(_Replaced(node, new).visit(copy.deepcopy(tree)))
            before, after = ast.unparse(node), "nothing" if isinstance(new, ast.Pass) else ast.unparse(new)
            try:
                yield Mutant(node.lineno, f"{before[:60]} -> {after[:60]}", ast.unparse(changed))
            except ValueError:
                continue


class _Replaced(ast.NodeTransformer):
    """Puts a node in the place of the one that stands at another's place and looks like it."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._place, self._new = _place(old), new

    def visit(self, node: ast.AST) -> ast.AST:
        if _place(node) == self._place:
            return ast.copy_location(copy.deepcopy(self._new), node)
        return self.generic_visit(node)


def _place(node: ast.AST) -> tuple[Any, ...]:
    return type(node), *(getattr(node, name, 0) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))


def _silent(tree: ast.Module) -> set[int]:
    """What no edit touches, with all that is inside: see the module's docstring."""
    found: set[int] = set()

    def leave(node: ast.AST | None) -> None:
        if node is not None:
            found.update(id(inner) for inner in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            leave(node)
        elif isinstance(node, ast.AnnAssign):
            leave(node.annotation)
            found.add(id(node.target))
        elif isinstance(node, ast.arg):
            leave(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            leave(getattr(node, "returns", None))
            for decorator in node.decorator_list:
                leave(decorator)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _name(node.value.func) in _WORDS:
            leave(node)
        elif isinstance(node, ast.Expr) and _only_looks(node.value):
            leave(node)
        elif isinstance(node, ast.keyword) and node.arg in _LOOKS:
            leave(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.update(id(part) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.FormattedValue):
            leave(node.format_spec)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            leave(node)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'":
            leave(node)
    return found


def _only_looks(call: ast.expr) -> bool:
    """axes.set(xlim=..., yticks=...), with nothing else in it."""
    return (
        isinstance(call, ast.Call)
        and _name(call.func) == "set"
        and not call.args
        and all(keyword.arg in _LOOKS for keyword in call.keywords)
    )


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ""


def _edits(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float() as value):
            yield ast.Constant(2 * value if value else 1.0)
        case ast.Constant(value=str() as value) if value and " " not in value:
            yield ast.Constant(f"{value}X")
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        case ast.Compare() if type(node.ops[0]) in _COMPARISONS:
            yield ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.If() | ast.While():
            yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.Expr() | ast.AugAssign() | ast.Raise():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
    if isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            if keyword.arg not in _LOOKS:
                yield ast.Call(node.func, node.args, [*node.keywords[:i], *node.keywords[i + 1 :]])
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _CONVERSIONS:
                pass
            case ast.Call(func=ast.Attribute(value=inner), args=[]):
                yield inner  # x.sqrt() -> x
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch" | "np" | "math")), args=[inner, *_]):
                yield inner  # torch.sqrt(x) -> x
