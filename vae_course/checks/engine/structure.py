"""What can be told of a closed form without knowing it: what its numbers depend on, how they are put together, and where they are right.

Every sentence was tried on whole draws of the inputs, and is said only where the right values behave otherwise.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.changes import (
    DRAWS,
    holds,
    is_right,
    kind_of,
    mapped,
    one_entry,
    other_values,
    spread_of,
    value_of,
)
from vae_course.checks.engine.dimensions import averaged, constant_once, from_where, not_through
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import TOLERANCE, Pair, close, relation
from vae_course.checks.engine.trial import Trial

MOST = 2
"""Sentences on one card."""


def structure(trial: Trial) -> tuple[str, ...]:
    """The first sentences that hold, the most telling before the others."""
    for telling in (_kept, _copies, _unused):
        found = list(telling(trial))
        if found:
            return tuple(found)  # what else is seen follows from it
    for fact in (_mixed, _alike, averaged, constant_once, from_where, ordered, _alone, not_through, _right_places):
        found += fact(trial)
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


def ignores_its_axis(trial: Trial) -> str:
    """A function that takes the axis as an argument, and always takes the same one."""
    for i, name in enumerate(trial.formula.parameters):
        if not isinstance(trial.arguments[i], int):
            continue
        values = [
            value_of(trial, tuple(axis if j == i else a for j, a in enumerate(trial.arguments))) for axis in (0, 1)
        ]
        if values[0] is not None and values[1] is not None and close(values[0], values[1]):
            return f"For {name} = 0 and for {name} = 1 your result is the same: {name} is not used."
    return ""


def _kept(trial: Trial) -> Iterator[str]:
    """Something is kept from an earlier call: the same inputs, in a length not seen before, after other inputs and before them."""
    if any(not isinstance(a, Tensor) or a.ndim < 2 for a in trial.arguments):
        return

    def rows(arguments: Arguments, number: int) -> Arguments:
        return mapped(arguments, lambda a: a[:1].expand(number, *a.shape[1:]).contiguous())

    others = tuple(other_values(a) for a in trial.arguments)
    value_of(trial, rows(others, 11))
    after, before = value_of(trial, rows(trial.arguments, 11)), value_of(trial, rows(trial.arguments, 13))
    again = value_of(trial, rows(trial.arguments, 11))
    if after is None or before is None or again is None or not after.ndim or not before.ndim:
        return
    if close(after, again) and not close(after[:1], before[:1]) and close(before[:1], trial.truth(trial.arguments)[:1]):
        yield "After another call the same inputs give another number: something is kept from call to call."


def _copies(trial: Trial) -> Iterator[str]:
    """Copies of one example do not get one number."""
    value = value_of(trial, mapped(trial.arguments, lambda a: a[:1].expand_as(a).contiguous() if a.ndim else a))
    right = trial.truth(mapped(trial.arguments, lambda a: a[:1].expand_as(a) if a.ndim else a))
    if (
        value is not None
        and value.shape == right.shape
        and value.numel() > 1
        and spread_of(right) < TOLERANCE < spread_of(value)
    ):
        yield "Copies of one example get different numbers: asked is a closed form, without any draw."


def _mixed(trial: Trial) -> Iterator[str]:
    """An example's number depends on the other examples."""

    def alone(a: Tensor) -> Tensor:
        return a[:1].expand_as(a).contiguous()

    def first_differs(before: Tensor, after: Tensor) -> bool:
        return before.ndim == 0 or not close(before[:1].nan_to_num(), after[:1].nan_to_num())

    if holds(trial, lambda a: mapped(a, alone), first_differs):
        yield "Your number for an example changes when the other examples change: each should follow from its own row alone."


def _alike(trial: Trial) -> Iterator[str]:
    both = [(value_of(trial, trial.draw(i)), trial.truth(trial.draw(i))) for i in range(DRAWS)]
    draws = [(v, t) for v, t in both if v is not None and v.shape == t.shape and v.numel() > 1]
    if draws and all(spread_of(v) < TOLERANCE < spread_of(t) for v, t in draws):
        yield "All your numbers are the same, whatever the example."


def _unused(trial: Trial) -> Iterator[str]:
    """An input, or all of it but its first row or column, has no influence."""
    for i, name in enumerate(trial.formula.parameters):
        if not isinstance(trial.arguments[i], Tensor):
            continue
        for words, keep in (
            (f"Your numbers do not change with {name}.", None),
            (f"Of {name} only the very first entry counts in your numbers.", (slice(0, 1),) * trial.arguments[i].ndim),
            (f"Of {name} only the first row counts in your numbers.", (slice(0, 1),)),
            (f"Of {name} only the first entry along the last axis counts in your numbers.", (..., slice(0, 1))),
        ):

            def changed(arguments: Arguments, i: int = i, keep: Any = keep) -> Arguments:
                new = other_values(arguments[i])
                if keep is not None:
                    new[keep] = arguments[i][keep]
                return tuple(new if j == i else a for j, a in enumerate(arguments))

            if holds(trial, changed, close, otherwise=True):
                yield words
                return


def _flipped(a: Tensor, axis: int) -> Tensor:
    return a.flip(axis) if a.ndim >= -axis else a


def ordered(trial: Trial, cases: Sequence[Arguments] = ()) -> Iterator[str]:
    """The order along an axis matters, which it should not."""
    axes = max(a.ndim for given in (cases or [trial.arguments]) for a in given if isinstance(a, Tensor))
    for axis in range(-1, -1 - axes, -1):

        def flipped(arguments: Arguments, axis: int = axis) -> Arguments:
            return mapped(arguments, partial(_flipped, axis=axis))

        if holds(trial, flipped, lambda before, after: not close(before.nan_to_num(), after.nan_to_num()), cases=cases):
            which = "the axis that is reduced" if any(isinstance(a, int) for a in trial.arguments) else "the last axis"
            yield f"The order of the entries along {which} changes your numbers: it should not."
            return


def _alone(trial: Trial) -> Iterator[str]:
    """With one entry along an axis the numbers are right, or related to the right ones."""
    for axis, right, related in (
        (
            -1,
            "With a single entry along the last axis your numbers are right: what is off is how several are put together.",
            "With a single entry along the last axis: ",
        ),
        (0, "Each example by itself, as a batch of one, comes out right: what is off is done across the batch.", ""),
    ):
        lengths = {a.shape[axis] for a in trial.draw(0) if isinstance(a, Tensor) and a.ndim}
        if len(lengths - {1}) > 1:
            continue  # it is another axis in each input
        cases = [one_entry(trial.draw(d), axis, i) for d in range(DRAWS) for i in range(trial.draw(d)[0].shape[axis])]
        values = [(value_of(trial, case), trial.truth(case)) for case in cases]
        pairs = [Pair(value, truth) for value, truth in values if value is not None]
        if max(trial.draw(d)[0].shape[axis] for d in range(DRAWS)) < 2 or len(pairs) < len(cases):
            continue
        if all(close(p.value, p.expected) for p in pairs):
            yield right
            return
        said = relation(pairs) if related else ""
        if said and " of the " not in said:
            yield related + said[0].lower() + said[1:]
            return


def _right_places(trial: Trial) -> Iterator[str]:
    for words, move in _places(trial):
        moved = [move(trial.draw(i)) for i in range(DRAWS)]
        if all(bool(trial.truth(one).isfinite().all()) and is_right(trial, one) for one in moved):
            yield f"Wherever {words} your numbers are right."
            return


def _places(trial: Trial) -> Iterator[tuple[str, Callable[[Arguments], Arguments]]]:
    """Where two inputs of a kind are equal, or one is 0 or 1."""
    names = trial.formula.parameters
    tensors = [i for i, a in enumerate(trial.arguments) if isinstance(a, Tensor) and a.is_floating_point()]
    kinds = {i: kind_of(trial.arguments[i]) for i in tensors}

    def put(i: int, value: float, like: int | None = None) -> Callable[[Arguments], Arguments]:
        def moved(arguments: Arguments) -> Arguments:
            new = torch.full_like(arguments[i], value) if like is None else arguments[like].clone()
            return tuple(new if j == i else a for j, a in enumerate(arguments))

        return moved

    for i in tensors:
        for j in tensors:
            if i < j and kinds[i] == kinds[j] and trial.arguments[i].shape == trial.arguments[j].shape:
                yield f"{names[i]} = {names[j]}", put(j, 0, like=i)
    if len(tensors) < 2:
        return
    for i in tensors:
        for value in {"signed": (0,), "positive": (1,), "pixels": (0, 1)}[kinds[i]]:
            yield f"{names[i]} = {value}", put(i, value)
