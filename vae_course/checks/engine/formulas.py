"""Read an answer's formula off its numbers: which edit of the right one makes them?

The right formula is written as an expression of the inputs, in one spelling or in several. Its single edits and pairs of them (`edits`)
are computed on the same inputs; one that makes the answer's numbers, on other inputs too, is what the answer computes, and is said in
words.
"""

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.batches import edits_of_batches
from vae_course.checks.engine.edits import Edit, applied, edits
from vae_course.checks.engine.expressions import Memo, worth
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.pairs import two_slips
from vae_course.checks.engine.pieces import DoesNotApply, parsed
from vae_course.checks.engine.slips import Slip, in_words

EXACT = 1e-4
"""How far float32's rounding may move a number, relative to 1 + its size."""
MOST_CONFIRMED = 300
"""Pairs that make the smallest example's value, and are tried on all others."""
FEWEST = 3
"""Numbers from which a formula is believed."""
VALUES_ARE = "Your numbers are exactly"
SLOPES_ARE = "On ordinary draws your values are right, and their gradients are exactly"


@dataclass(frozen=True)
class Example:
    """Inputs by name, what an answer made of them, and where it is known the gradient of its sum in each input."""

    inputs: Mapping[str, Any]
    value: Tensor
    slopes: Mapping[str, Tensor] | None = None


def formula_read_off(
    formulas: Sequence[str],
    examples: Sequence[Example],
    exact: float = EXACT,
    in_pairs: bool = True,
    of_batches: bool = False,
) -> Reading:
    """The formula that the numbers follow, beside the right one; or nothing.

    Args:
        formulas: the right one, in one spelling or more, as expressions of the inputs.
        examples: the first is searched with, the others confirm.
        exact: how far a number may lie from the formula's, relative to 1 + its size.
        in_pairs: look for two slips at once, too.
        of_batches: the examples are whole batches: their rows or columns may be exchanged, too.
    """
    examples = [_double(e) for e in examples]
    values = torch.cat([e.value.flatten() for e in examples] or [torch.zeros(0)])
    values = values[values.isfinite()]
    if len(values) < FEWEST or float(values.std()) < 1e-3:
        return Reading()  # numbers so alike follow many formulas
    for search in (_one, *([_batches] if of_batches else []), *([_two] if in_pairs else [])):
        for source in formulas:
            tree = parsed(source)
            found = _confirmed(tree, search(tree, examples, exact), examples, exact)
            if found is not None:
                return found
    return Reading()


def _double(example: Example) -> Example:
    inputs = {
        n: t.double() if isinstance(t, Tensor) and t.is_floating_point() else t for n, t in example.inputs.items()
    }
    return Example(inputs, example.value.detach().double(), example.slopes)


def _confirmed(tree: ast.expr, slips: Iterator[Slip], examples: list[Example], exact: float) -> Reading | None:
    """The first slip that makes the values of all examples, and their slopes where they are known; else one that makes the values."""
    right = all(_same(e.value, worth(tree, e.inputs, {}), exact) for e in examples)
    sloped = [e for e in examples if e.slopes is not None]
    if right and not any(_other_slopes(tree, e) for e in sloped):
        return None  # what is wrong lies elsewhere
    values_alone = None
    for slip in slips:
        wrong = _with(tree, slip)
        if wrong is None or not all(_same(e.value, worth(wrong, e.inputs, {}), exact) for e in examples):
            continue
        others = list(dict.fromkeys(name for e in sloped for name in _other_slopes(wrong, e)))
        if not others and (sloped or not right):
            return in_words(tree, wrong, slip, VALUES_ARE if not right else SLOPES_ARE)
        if others and not right and values_alone is None:
            said = in_words(tree, wrong, slip, VALUES_ARE)
            also = f"The gradient in {' and '.join(others)} is not that formula's: that is a second thing."
            values_alone = Reading((*said.sentences, also), said.table)
    return values_alone


def _with(tree: ast.AST, slip: Slip) -> ast.AST | None:
    """The deeper edit first, so that the other finds its place; None where it does not."""
    try:
        return functools.reduce(lambda t, edit: applied(edit, t), sorted(slip, key=lambda e: -e.depth), tree)
    except DoesNotApply:
        return None


def _one(tree: ast.expr, examples: list[Example], exact: float) -> Iterator[Slip]:
    """The edits that make the first example's value."""
    first, memo = examples[0], Memo()
    for edit in _edits(tree, _names(first)):
        if _same(first.value, worth(applied(edit, tree), first.inputs, memo), exact):
            yield (edit,)


def _batches(tree: ast.expr, examples: list[Example], exact: float) -> Iterator[Slip]:
    """The changes of whole batches that make the first example's value."""
    for edit in edits_of_batches(tree, _names(examples[0])):
        if _same(examples[0].value, worth(applied(edit, tree), examples[0].inputs, {}), exact):
            yield (edit,)


def _two(tree: ast.expr, examples: list[Example], exact: float) -> Iterator[Slip]:
    """The pairs of edits that make the value of the smallest example, the likeliest first."""
    small = min(examples, key=lambda e: sum(t.numel() for t in e.inputs.values() if isinstance(t, Tensor)))
    found = two_slips(
        tree, _edits(tree, _names(small)), small.inputs, small.value, partial(_same_entries, small.value, exact=exact)
    )
    ordered = sorted(found, key=lambda slip: (sum(edit.rank for edit in slip), sum(len(edit.paths) for edit in slip)))
    yield from ordered[:MOST_CONFIRMED]


@functools.cache
def _edits_of(source: str, inputs: tuple[str, ...]) -> tuple[Edit, ...]:
    return tuple(edits(parsed(source), inputs))


def _edits(tree: ast.expr, inputs: tuple[str, ...]) -> tuple[Edit, ...]:
    return _edits_of(ast.unparse(tree), inputs)


def _names(example: Example) -> tuple[str, ...]:
    return tuple(n for n, value in example.inputs.items() if isinstance(value, Tensor))


def _same(value: Tensor, other: Any, exact: float = EXACT) -> bool:
    return isinstance(other, Tensor) and value.shape == other.shape and bool(_same_entries(value, other, exact).all())


def _same_entries(value: Tensor, other: Tensor, exact: float = EXACT) -> Tensor:
    same = ((value - other).abs() <= exact * (1 + value.abs())) & value.isfinite()
    return same | (value == other) | (value.isnan() & other.isnan())


def _other_slopes(tree: ast.AST, example: Example) -> list[str]:
    """The inputs in which the sum of a formula has another slope than the answer's."""
    if example.slopes is None:
        return []
    inputs = {
        n: t.clone().requires_grad_() if isinstance(t, Tensor) and t.is_floating_point() else t
        for n, t in example.inputs.items()
    }
    value, asked = worth(tree, inputs, {}), list(example.slopes)
    if not isinstance(value, Tensor):
        return asked
    found = (
        torch.autograd.grad(value.sum(), [inputs[n] for n in asked], allow_unused=True)
        if value.requires_grad
        else [None] * len(asked)
    )
    return [
        n
        for n, g in zip(asked, found, strict=True)
        if not _same(example.slopes[n].double(), torch.zeros_like(inputs[n]) if g is None else g)
    ]
