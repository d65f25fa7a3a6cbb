"""Change the inputs of a closed form, and see what becomes of its numbers beside the right ones."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Raised, Trial

FAR_OUT = 1e-2
"""As at extremes: float32 loses digits there."""
DRAWS = 3  # of the arguments, on which values are compared


def holds(
    trial: Trial,
    move: Callable[[Arguments], Arguments],
    says: Callable[[Tensor, Tensor], bool],
    otherwise: bool = False,
    cases: Sequence[Arguments] = (),
) -> bool:
    """`says` is true of the answer's numbers before and after `move`, on some draw on which it is not true of the right ones.

    Args:
        otherwise: on all such draws.
        cases: in place of the draws.
    """
    told = False
    for before in cases or [trial.draw(i) for i in range(DRAWS)]:
        after = move(before)
        right = trial.truth(before), trial.truth(after)
        if says(*right):
            continue
        yours = value_of(trial, before), value_of(trial, after)
        if yours[0] is None or yours[1] is None or (yours[0].shape, yours[1].shape) != (right[0].shape, right[1].shape):
            return False
        if not says(yours[0], yours[1]):
            if otherwise:
                return False
            continue
        told = True
    return told


def is_right(trial: Trial, arguments: Arguments) -> bool:
    value = value_of(trial, arguments)
    return value is not None and close(value, trial.truth(arguments))


def value_of(trial: Trial, arguments: Arguments) -> Tensor | None:
    try:
        value = trial.call(*arguments, seed=400).outputs.get("0")
    except Raised:
        return None
    return None if value is None else value.detach().double()


def mapped(arguments: Arguments, change: Callable[[Tensor], Tensor]) -> Arguments:
    return tuple(change(a) if isinstance(a, Tensor) else a for a in arguments)


def one_entry(arguments: Arguments, axis: int, i: int) -> Arguments:
    return mapped(arguments, lambda a: a.narrow(axis, i if a.shape[axis] > 1 else 0, 1) if a.ndim else a)


def kind_of(a: Tensor) -> str:
    if bool(((a == 0) | (a == 1)).all()):
        return "pixels"
    return "positive" if bool((a > 0).all()) else "signed"


def other_values(a: Tensor) -> Tensor:
    """Other values of the same kind, moved by a different amount each."""
    step = torch.linspace(0.2, 1.9, a.numel(), dtype=a.dtype).reshape(a.shape)
    return {"pixels": 1 - a, "positive": (1 + step) * a, "signed": step - a}[kind_of(a)]


def spread_of(a: Tensor) -> float:
    return float((a.max() - a.min()) / (1 + a.abs().max()))


def is_float(a: object) -> bool:
    return isinstance(a, Tensor) and a.is_floating_point()
