"""From a wrong answer to its likely reason: compare its numbers with those of the catalogue's mistakes."""

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Arguments, Called, Constant, Exercise, Misconception
from vae_course.checks.engine.trial import generator
from vae_course.runner.answers import Answer, Call


def diagnose(
    exercise: Exercise, answer: Answer, believable: Callable[[Misconception], bool] = lambda m: True
) -> Misconception | None:
    """The misconception whose numbers a wrong answer shows, or None when none or several of different families do.

    Args:
        believable: False for a mistake that cannot be the reason, whatever its numbers.
    """
    if isinstance(exercise, Constant):
        return next(iter(mistakes_in(exercise, answer.value)), None)
    assert isinstance(exercise, Called)
    left = list(exercise.misconceptions)
    count = 0
    for found in _parts(exercise, answer):
        left = [m for m in left if agree(found, _known(exercise, m).part(count), exercise)]
        if not left:
            return None
        count += 1
    matches = [m for m in left if count and not _known(exercise, m).part(count) and believable(m)]
    families = {m.family or m.name for m in matches}
    return matches[0] if len(families) == 1 else None


def mistakes_in(exercise: Exercise, value: Any) -> list[Misconception]:
    """The known mistakes that a constant shows: for a dictionary at most one for each set of entries.

    The closest where there is one to 0.3 %. Where a rounded number may stand for several (1.4 for 1.354 and for 1.417), none.
    """
    shown: dict[tuple[str, ...], list[Misconception]] = {}
    for m in exercise.misconceptions:
        if shows(value, m.wrong):
            shown.setdefault(tuple(m.wrong) if isinstance(m.wrong, dict) else (), []).append(m)
    found = []
    for alike in shown.values():
        close = [m for m in alike if shows(value, m.wrong, rounded=False)]
        found += close[:1] or (alike if len(alike) == 1 else [])
    return found


class InParts:
    """A fingerprint measured part by part, the cheapest first, so that most mistakes are ruled out after one call.

    Without this, the first wrong answer of a session would wait until the whole catalogue has been measured.
    """

    def __init__(self, parts: Callable[[Answer], Iterator[dict[str, Tensor]]]) -> None:
        self.parts = parts

    def __call__(self, answer: Answer) -> dict[str, Tensor]:
        """All parts together."""
        return {name: value for part in self.parts(answer) for name, value in part.items()}


def fact(value: float | Tensor) -> Tensor:
    """A number, or 1 for what is true, as a part of a fingerprint."""
    return torch.tensor(float(value))


def values_and_gradients(exercise: Called) -> Callable[[Answer], dict[str, Tensor]]:
    """The fingerprint of a deterministic exercise: outputs and gradients on two fixed draws of its arguments."""

    def measure(answer: Answer) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for i in range(2):
            arguments = exercise.arguments(generator(i, "fingerprint"))
            found |= numbers_of(answer.call(*arguments, seed=i), i, arguments)
        return found

    return measure


def numbers_of(call: Call, i: int, arguments: Arguments, slopes_in: str = "") -> dict[str, Tensor]:
    """Outputs and gradients of call number i; `slopes_in`: the positions of the inputs whose gradients count, empty: all."""
    found = {f"{i}:{n}": t for n, t in call.outputs.items()}
    for name in sorted(call.differentiable):
        grads = call.pull_back({name: torch.ones_like(call.outputs[name])})
        # An input that the answer does not use has the slope 0, whether autograd says so or says None.
        found |= {
            f"{i}:d{name}/d{n}": torch.zeros_like(arguments[int(n)]) if g is None else g
            for n, g in grads.items()
            if n in slopes_in or not slopes_in
        }
    return found


def _parts(exercise: Called, answer: Answer) -> Iterator[dict[str, Tensor]]:
    """Numbers by which mistakes are told apart; nothing, or an empty part, for an answer that raises."""
    measure = exercise.fingerprint or values_and_gradients(exercise)
    return measure.parts(answer) if isinstance(measure, InParts) else iter([measure(answer)])


class _Known:
    """The parts of a misconception's fingerprint, each measured when a wrong answer first asks for it."""

    def __init__(self, parts: Iterator[dict[str, Tensor]]) -> None:
        self._left = parts
        self._measured: list[dict[str, Tensor]] = []

    def part(self, index: int) -> dict[str, Tensor]:
        """Empty beyond the last part."""
        while len(self._measured) <= index:
            self._measured.append(next(self._left, {}))
        return self._measured[index]


@cache
def _known(exercise: Called, misconception: Misconception) -> _Known:
    # A misconception's numbers never change: one computation serves every diagnosis in this process.
    return _Known(_parts(exercise, exercise.answer(misconception.wrong)))


def agree(a: dict[str, Tensor], b: dict[str, Tensor], exercise: Called) -> bool:
    """True if two fingerprints are the same up to `exercise.agreement`."""
    if not a or a.keys() != b.keys():
        return False
    return all(alike(a[n], b[n], exercise.agreement) for n in a)


def alike(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """The same numbers, and NaN in the same places."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=tolerance, atol=tolerance, equal_nan=True)


def plain(value: Any) -> Any:
    """A tensor or numpy scalar that holds a single number counts as that number."""
    if isinstance(value, Tensor | np.ndarray | np.generic) and math.prod(value.shape) == 1:
        return value.item()
    return value


def shows(value: Any, wrong: Any, rounded: bool = True) -> bool:
    """True if a constant is this mistake; a dictionary of mistakes names only the entries it is about.

    Numbers to 0.3 %, or as the mistake rounded to two or three digits: a learner writes 0.37 for 0.3748. An order of letters may be written as one word.
    """
    if isinstance(wrong, list) and isinstance(value, str):
        value = list(value)
    if isinstance(wrong, dict) and isinstance(value, dict):
        return all(key in value and _is_about(value[key], wrong[key], rounded) for key in wrong)
    return _is_about(value, wrong, rounded)


def _is_about(value: Any, wrong: Any, rounded: bool) -> bool:
    value = plain(value)
    if rounded and isinstance(wrong, float) and isinstance(value, int | float):
        if value in {float(f"{wrong:.{digits}g}") for digits in (2, 3)}:
            return True
    return same_constant(value, wrong, 0.003)


def same_constant(a: Any, b: Any, tolerance: float = 0.01) -> bool:
    """Constants are equal if their numbers agree to 1 %, their words up to case, and everything else exactly."""
    a, b = plain(a), plain(b)
    if isinstance(a, str) and isinstance(b, str):
        return a.strip().lower() == b.strip().lower()
    if isinstance(a, bool) or isinstance(b, bool) or isinstance(a, str) or isinstance(b, str):
        return type(a) is type(b) and a == b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or abs(a - b) <= tolerance * abs(b) + 1e-9 < math.inf
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_constant(a[k], b[k], tolerance) for k in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same_constant(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return a is None and b is None
