"""What single dimensions say of a closed form that is a sum over its last axis: how they are put together, and which are wrong."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vae_course.checks.engine.changes import DRAWS, FAR_OUT, kind_of, other_values, spread_of, value_of
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import TOLERANCE, close
from vae_course.checks.engine.trial import Trial

SIZES = 12
"""Draws on which a size is looked for from which on single numbers are wrong."""
FEWEST = 4
ROUNDING = 1e-5
"""Of a single dimension less is forgiven than of a sum of many: what is off by little is off far out."""


def dimension_by_dimension(trial: Trial, arguments: Arguments) -> Arguments | None:
    """(batch, dim) as (batch · dim, 1), where all inputs have this one shape and the right value is a sum over the last axis."""
    tensors = [a for a in arguments if isinstance(a, Tensor)]
    if len(tensors) < len(arguments) or len({t.shape for t in tensors}) > 1 or tensors[0].ndim != 2:
        return None
    single = tuple(a.reshape(-1, 1) for a in tensors)
    shape = tensors[0].shape
    sums = close(trial.truth(arguments), trial.truth(single).reshape(-1, *shape[1:]).sum(-1))
    return single if sums and trial.truth(single).numel() == tensors[0].numel() else None


def put_together(trial: Trial, arguments: Arguments) -> str:
    """How the numbers of single dimensions make the answer's number: "sum", "mean", or "" where neither does."""
    single = dimension_by_dimension(trial, arguments)
    whole, parts = value_of(trial, arguments), None if single is None else value_of(trial, single)
    if whole is None or parts is None or single is None:
        return ""
    shape = next(a for a in arguments if isinstance(a, Tensor)).shape
    if parts.numel() != shape.numel():
        return ""
    each = parts.reshape(shape)
    return next((name for name, made in (("sum", each.sum(-1)), ("mean", each.mean(-1))) if close(whole, made)), "")


def averaged(trial: Trial) -> Iterator[str]:
    if {put_together(trial, trial.draw(i)) for i in range(DRAWS)} == {"mean"}:
        yield "Your number for an example is the mean of what its single dimensions give, where their sum belongs."


def constant_once(trial: Trial) -> Iterator[str]:
    """The whole is the sum of its dimensions but for a number that belongs in each of them."""
    found = []
    for i in range(DRAWS):
        single = dimension_by_dimension(trial, trial.draw(i))
        whole, parts = value_of(trial, trial.draw(i)), None if single is None else value_of(trial, single)
        if whole is None or parts is None or whole.ndim != 1 or parts.numel() % len(whole):
            return
        each = parts.reshape(len(whole), -1)
        found.append((whole - each.sum(-1)) / (each.shape[-1] - 1))
    off = torch.cat(found)
    if spread_of(off) < TOLERANCE and float(off[0].abs()) > FAR_OUT:
        yield f"A constant of {-float(off[0]):.4g} is counted once, where each dimension should count it: it stands outside the sum."


def from_where(trial: Trial) -> Iterator[str]:
    """Single dimensions come out wrong in one range of an input, and right outside it."""
    inputs = _singles(trial)
    value = value_of(trial, inputs) if inputs else None
    if value is None or value.shape != (right := trial.truth(inputs)).shape:
        return
    good = (value - right).abs() <= ROUNDING * (1 + right.abs())
    if not FEWEST <= int((~good).sum()) <= len(good) - FEWEST:
        return
    signed = ((name, a.flatten()) for name, a in zip(trial.formula.parameters, inputs, strict=True))
    for what, size in [each for name, a in signed for each in ((name, a), (f"|{name}|", a.abs()))]:
        low, high = size[~good].min(), size[~good].max()
        if bool(((size >= low) & (size <= high))[good].any()):
            continue
        ends = (f"from {low:.3g} on" if high == size.max() else ""), (f"up to {high:.3g}" if low == size.min() else "")
        where = next((end for end in ends if end), f"between {low:.3g} and {high:.3g}")
        yield f"Single dimensions come out right but where {what} lies {where}."
        return


def _singles(trial: Trial) -> Arguments:
    """Many single dimensions, some of them twice as far from 0."""
    singles = [dimension_by_dimension(trial, trial.draw(i)) for i in range(SIZES)]
    if any(single is None for single in singles):
        return ()
    once = [torch.cat([single[i] for single in singles if single]) for i in range(len(trial.formula.parameters))]
    return tuple(torch.cat([a, 2 * a if kind_of(a) == "signed" else a]) for a in once)


def not_through(trial: Trial) -> Iterator[str]:
    """What single dimensions are off by does not depend on all inputs."""
    inputs = _singles(trial)
    value = value_of(trial, inputs) if inputs else None
    if value is None or value.shape != trial.truth(inputs).shape:
        return
    off, free = value - trial.truth(inputs), []
    for i, name in enumerate(trial.formula.parameters):
        others = tuple(other_values(a) if j == i else a for j, a in enumerate(inputs))
        moved = value_of(trial, others)
        if moved is not None and close(moved - trial.truth(others), off):
            free.append(name)
    if free and len(free) < len(inputs):
        bound = [name for name in trial.formula.parameters if name not in free]
        yield f"What a single dimension is off by depends on {' and '.join(bound)} alone, and not on {' and '.join(free)}."
