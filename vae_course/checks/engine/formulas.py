"""Read an answer's formula off its numbers: which edit of the right one makes them?

The right formula is written as an expression of the inputs, in one spelling or in several. Its single edits and pairs of them (`edits`)
are computed on the same inputs; one that makes the answer's numbers, on other inputs too, is what the answer computes, and is said in
words.
"""

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.edits import COMMON, Edit, Path, applied, at, edits
from vae_course.checks.engine.expressions import Memo, worth
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.pieces import DoesNotApply, called, parsed
from vae_course.checks.engine.slips import Slip, in_words

EXACT = 1e-4
"""How far float32's rounding may move a number, relative to 1 + its size."""
MOST_PAIRS = 2000
"""Pairs that are computed one by one, in all spellings together. Where no slip is found a search takes 0.2 s of CPU, for `kl_normal`."""
SCREENED = 6
"""Numbers by which all pairs are screened, before those that are left are computed."""
FEWEST = 3
"""Numbers from which a formula is believed."""


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
    values = torch.cat([e.value.flatten() for e in examples] or [torch.zeros(0)])
    values = values[values.isfinite()]
    if len(values) < FEWEST or float(values.std()) < 1e-3:
        return Reading()  # numbers so alike follow many formulas
    shares = [MOST_PAIRS // 2**i for i in range(1, len(formulas) + 1)]  # the first spelling is the likeliest
    for pairs in ([0] * len(formulas), shares if in_pairs else []):
        for source, most in zip(formulas, pairs, strict=False):
            found = _search(parsed(source), examples, most, exact)
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
    right = _same(first.value, worth(tree, first.inputs, memo), exact)
    for slip in _two(tree, first, memo, exact, pairs) if pairs else _one(tree, first):
        wrong = _with(tree, slip)
        if wrong is None or not _same(first.value, worth(wrong, first.inputs, memo), exact):
            continue
        if all(_same(e.value, worth(wrong, e.inputs, {}), exact) for e in examples[1:]) and (
            _same_slopes(wrong, first) if right or first.slopes else True
        ):
            return in_words(tree, wrong, slip, right)
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
    """Pairs of edits that may make the example's value.

    Edits of different terms of a sum add up what they change, so that all their pairs are compared at once; of the others, where
    both are often made, `most` are tried: whole formulas with a slip inside first, then two in one term, then what is changed throughout.
    """
    start = worth(tree, example.inputs, memo)
    every = _different(_edits(tree, _names(example)), tree, example, memo)
    common = [(edit, value) for edit, value in every if edit.rank == COMMON]
    same = [(edit, value - start) for edit, value in every if value.shape == start.shape == example.value.shape]
    if same:
        moved = torch.stack([by.flatten()[:SCREENED] for _, by in same])
        left = (example.value - start).flatten()[:SCREENED] - moved[:, None] - moved[None]  # (edits, edits, entries)
        allowed = exact * (1 + example.value.abs().flatten()[:SCREENED])
        for i, j in ((left.abs() <= allowed).all(-1)).nonzero().tolist():
            if i < j and not set(same[i][0].paths) & set(same[j][0].paths):
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
        value = worth(applied(edit, tree), example.inputs, memo)
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


def _same(value: Tensor, other: Any, exact: float = EXACT) -> bool:
    if not isinstance(other, Tensor) or value.shape != other.shape:
        return False
    same = ((value - other).abs() <= exact * (1 + value.abs())) & value.isfinite()
    return bool((same | (value == other) | (value.isnan() & other.isnan())).all())


def _same_slopes(tree: ast.AST, example: Example) -> bool:
    if example.slopes is None:
        return False
    inputs = {
        n: t.clone().requires_grad_() if isinstance(t, Tensor) and t.is_floating_point() else t
        for n, t in example.inputs.items()
    }
    value = worth(tree, inputs, {})
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
