"""Read an answer's formula off its numbers: which edit of the right one makes them?

The right formula is written as an expression of the inputs, in one spelling or in several. Its single edits and the pairs of those that
are often made (`edits`) are computed on the same inputs; one that makes the answer's numbers, on other inputs too, is what the answer
computes, and is said in words.
"""

import ast
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_course.checks.engine.edits import COMMON, DoesNotApply, Edit, Path, applied, at, called, edits, parsed
from vae_course.checks.engine.findings import Reading

EXACT = 1e-4
"""How far float32's rounding may move a number, relative to 1 + its size."""
MOST_PAIRS = 1600
"""Pairs that are computed one by one, in all spellings together: a tenth of a second."""
LONG = 28
"""Letters up to which a changed piece is shown with what stands around it."""

Slip = tuple[Edit, ...]
Memo = dict[int, tuple[ast.AST, Any]]


def _along(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A reduction over one axis, or over all."""

    def of(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return reduce(x.flatten(), 0) if dim is None else reduce(x, dim, keepdim=keepdim)

    return of


def _each(function: Callable[[Tensor], Tensor]) -> Callable[[Any], Tensor]:
    return lambda x: function(x if isinstance(x, Tensor) else torch.tensor(float(x), dtype=torch.float64))


def _product(x: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    return x.prod(dim, keepdim=keepdim)


FUNCTIONS: dict[str, Any] = {
    **{
        name: _each(getattr(torch, name))
        for name in (
            "log",
            "log1p",
            "log2",
            "log10",
            "exp",
            "expm1",
            "sqrt",
            "square",
            "abs",
            "relu",
            "sigmoid",
            "tanh",
        )
    },
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "softmax": torch.softmax,
    "clamp": torch.clamp,
    "like": lambda x, other: x.expand_as(other) if x.ndim < other.ndim else x,
    "log_normal": lambda x, m, v: -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v).sum(-1),
    "full_like": torch.full_like,
    "cumsum": torch.cumsum,
    "size": lambda x, dim: float(x.shape[dim]),
    **{name: _along(getattr(torch, name)) for name in ("sum", "mean", "amax", "logsumexp")},
    "prod": _along(_product),
    "pi": torch.pi,
}
"""What a formula is written with."""


@dataclass(frozen=True)
class Example:
    """Inputs by name, what an answer made of them, and where it is known the gradient of its sum in each input."""

    inputs: Mapping[str, Any]
    value: Tensor
    slopes: Mapping[str, Tensor] | None = None


def formula_read_off(
    formulas: Sequence[str], examples: Sequence[Example], exact: float = EXACT, in_pairs: bool = True
) -> Reading:
    """The formula that the numbers follow, beside the right one; or nothing.

    Args:
        formulas: the right one, in one spelling or more, as expressions of the inputs.
        examples: the first is searched with, the others confirm.
        exact: how far a number may lie from the formula's, relative to 1 + its size.
        in_pairs: look for two slips at once, too.
    """
    examples = [_double(e) for e in examples]
    if not examples or not all(bool(torch.isfinite(e.value).all()) for e in examples):
        return Reading()
    values = torch.cat([e.value.flatten() for e in examples])
    if len(values) < 2 or float(values.std()) < 1e-3:
        return Reading()  # numbers so alike follow many formulas
    for pairs in (0, MOST_PAIRS // len(formulas) if formulas and in_pairs else 0):
        for source in formulas:
            found = _search(parsed(source), examples, pairs, exact)
            if found is not None:
                return found
    return Reading()


def _double(example: Example) -> Example:
    inputs = {
        n: t.double() if isinstance(t, Tensor) and t.is_floating_point() else t for n, t in example.inputs.items()
    }
    return Example(inputs, example.value.detach().double(), example.slopes)


def _search(tree: ast.expr, examples: Sequence[Example], pairs: int, exact: float) -> Reading | None:
    first = examples[0]
    memo: Memo = {}
    right = _same(first.value, _value(tree, first.inputs, memo), exact)
    for slip in _two(tree, first, memo, exact, pairs) if pairs else _one(tree, first):
        wrong = _with(tree, slip)
        if wrong is None or not _same(first.value, _value(wrong, first.inputs, memo), exact):
            continue
        if all(_same(e.value, _value(wrong, e.inputs, {}), exact) for e in examples[1:]) and (
            _same_slopes(wrong, first) if right or first.slopes else True
        ):
            return _said(tree, wrong, slip, right)
    return None


def _with(tree: ast.AST, slip: Slip) -> ast.AST | None:
    """The deeper edit first, so that the other finds its place; None where it does not."""
    try:
        return functools.reduce(lambda t, edit: applied(edit, t), sorted(slip, key=lambda e: -e.depth), tree)
    except DoesNotApply:
        return None


def _one(tree: ast.expr, example: Example) -> Iterator[Slip]:
    for edit in _edits(tree, _names(example)):
        yield (edit,)


def _two(tree: ast.expr, example: Example, memo: Memo, exact: float, most: int) -> Iterator[Slip]:
    """Pairs of common edits that may make the example's value.

    Edits of different terms of a sum add up what they change, so that all their pairs are compared at once; of the others
    `most` are tried, whole formulas with a slip inside first, then two in one term, then what is changed throughout.
    """
    start = _value(tree, example.inputs, memo)
    common = _different([e for e in _edits(tree, _names(example)) if e.rank == COMMON], tree, example, memo)
    same = [(edit, value - start) for edit, value in common if value.shape == start.shape == example.value.shape]
    if same:
        moved = torch.stack([by.flatten() for _, by in same])
        left = (example.value - start).flatten() - moved[:, None] - moved[None]  # (edits, edits, entries)
        allowed = exact * (1 + example.value.abs().flatten())
        for i, j in ((left.abs() <= allowed).all(-1)).nonzero().tolist():
            if i < j:
                yield same[i][0], same[j][0]
    reshaped = start.shape != example.value.shape
    wanted = [(edit, value.shape == example.value.shape, _term_of(tree, edit)) for edit, value in common]
    wanted.sort(key=lambda each: (len(each[0].paths), each[0].depth))
    yield from islice(
        (
            (one, other)
            for (one, fits, place), (other, also_fits, there) in combinations(wanted, 2)
            if (fits or also_fits or not reshaped) and _meet(place, there) and not set(one.paths) & set(other.paths)
        ),
        most,
    )


def _meet(one: Path | None, other: Path | None) -> bool:
    """False for two terms of a sum."""
    return one is None or other is None or one[: len(other)] == other or other[: len(one)] == one


def _different(found: Sequence[Edit], tree: ast.expr, example: Example, memo: Memo) -> list[tuple[Edit, Tensor]]:
    """Of edits that make the same value the first; none that makes no number."""
    kept: dict[object, tuple[Edit, Tensor]] = {}
    for edit in found:
        value = _value(applied(edit, tree), example.inputs, memo)
        if isinstance(value, Tensor) and bool(torch.isfinite(value).all()):
            kept.setdefault((value.shape, *(f"{n:.6g}" for n in value.flatten().tolist()[:64])), (edit, value))
    return list(kept.values())


def _term_of(tree: ast.AST, edit: Edit) -> Path | None:
    """The place of the innermost term of a sum that an edit changes; None where it changes more than a term."""
    if len(edit.paths) > 1:
        return None
    (path,) = edit.paths
    place: Path | None = None
    for i in range(len(path)):
        node = at(tree, path[:i])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            place = path[: i + 1]
        elif not _is_linear(node, path[i]):
            break
    return place


def _is_linear(node: ast.AST, towards: tuple[str, int | None]) -> bool:
    if isinstance(node, ast.Call):
        return called(node) in ("sum", "mean") and towards == ("args", 0)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return isinstance(node.left if towards[0] == "right" else node.right, ast.Constant)
    return isinstance(node, ast.UnaryOp)


@functools.cache
def _edits_of(source: str, inputs: tuple[str, ...]) -> tuple[Edit, ...]:
    return tuple(edits(parsed(source), inputs))


def _edits(tree: ast.expr, inputs: tuple[str, ...]) -> tuple[Edit, ...]:
    return _edits_of(ast.unparse(tree), inputs)


def _names(example: Example) -> tuple[str, ...]:
    return tuple(n for n, value in example.inputs.items() if isinstance(value, Tensor))


def _value(node: ast.AST, inputs: Mapping[str, Any], memo: Memo) -> Any:
    """What an expression is worth, or None where it cannot be computed; parts that two trees share are computed once."""
    try:
        return _computed(node, inputs, memo)
    except (RuntimeError, IndexError, TypeError, AttributeError, ZeroDivisionError):
        return None


def _computed(node: ast.AST, inputs: Mapping[str, Any], memo: Memo) -> Any:
    known = memo.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    found = _fresh(node, inputs, memo)
    memo[id(node)] = node, found
    return found


def _fresh(node: ast.AST, inputs: Mapping[str, Any], memo: Memo) -> Any:
    def of(child: ast.AST) -> Any:
        return _computed(child, inputs, memo)

    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return inputs[node.id] if node.id in inputs else FUNCTIONS[node.id]
    if isinstance(node, ast.UnaryOp):
        return -of(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = of(node.left), of(node.right)
        return _OPERATIONS[type(node.op)](left, right)
    if isinstance(node, ast.Attribute):
        return getattr(of(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return of(node.value)[..., None]  # the one index that formulas use
    assert isinstance(node, ast.Call)
    return of(node.func)(*(of(a) for a in node.args), **{str(k.arg): of(k.value) for k in node.keywords})


_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def _same(value: Tensor, other: Any, exact: float = EXACT) -> bool:
    if not isinstance(other, Tensor) or value.shape != other.shape:
        return False
    return bool(((value - other).abs() <= exact * (1 + value.abs())).all())


def _same_slopes(tree: ast.AST, example: Example) -> bool:
    if example.slopes is None:
        return False
    inputs = {
        n: t.clone().requires_grad_() if isinstance(t, Tensor) and t.is_floating_point() else t
        for n, t in example.inputs.items()
    }
    value = _value(tree, inputs, {})
    if not isinstance(value, Tensor):
        return False
    asked = list(example.slopes)
    if not value.requires_grad:
        return all(not bool(example.slopes[n].any()) for n in asked)
    found = torch.autograd.grad(value.sum(), [inputs[n] for n in asked], allow_unused=True)
    return all(
        _same(example.slopes[n].double(), torch.zeros_like(inputs[n]) if g is None else g)
        for n, g in zip(asked, found, strict=True)
    )


def _said(tree: ast.expr, wrong: ast.AST, slip: Slip, right: bool) -> Reading:
    """`right`: the values are, and what differs are the gradients."""
    whose = "Your values are right, and their gradients are" if right else "Your numbers are"
    said = "; ".join(_words(tree, edit) for edit in slip)
    return Reading(
        (f"{whose} exactly those of another formula: {said}.",),
        (("yours", _text(wrong)), ("expected", _text(tree))),
    )


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
    if isinstance(old, ast.Call) and isinstance(new, ast.Call) and old.args[0] is new.args[0]:
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
