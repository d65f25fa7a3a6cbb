"""Where no gradient tells the z of a call: what a bound's numbers and slopes are on average over many calls, up to six standard errors.

Right answers come here that average several draws of an image, or whose rec is cut off from x. Of a right answer a number strays by more with
probability 2e-9: it is a mean over dozens of calls with hundreds of draws each.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import near, number
from vae_course.runner.answers import Call

CALLS = 48
ERRORS = 6.0
JUMPS = 2.0
"""Times its own spread; over CALLS calls a right answer's spread is 1.5 times that with probability 1e-6, and 2 times it hardly ever."""

Numbers = dict[str, Tensor]


@dataclass(frozen=True)
class Typical:
    """Numbers and slopes of single calls of a right answer, by their names: their means over `batches`, and how they spread."""

    mean: Numbers
    spread: Numbers
    batches: int

    def chance(self, name: str, calls: int = CALLS) -> Tensor:
        """How far the mean over so many calls may stray."""
        return ERRORS * self.spread[name] * math.sqrt(1 / calls + 1 / self.batches)


def typical(draw: Callable[[int], Sequence[Numbers]], batches: int) -> Typical:
    """Made of `batches` calls computed again: `draw` makes the ones of one number, of which the one that spreads most counts."""
    kinds = zip(*(draw(i) for i in range(batches)), strict=True)
    stacked = [{name: torch.stack([numbers[name] for numbers in kind]) for name in kind[0]} for kind in kinds]
    spread = {name: torch.stack([kind[name].std(0) for kind in stacked]).amax(0) for name in stacked[0]}
    mean = {name: torch.stack([kind[name].mean(0) for kind in stacked]).mean(0) for name in stacked[0]}
    return Typical(mean, spread, batches)


def must_hold_on_average(calls: Sequence[Call], name: str, label: str, right: Typical, where: str) -> None:
    """Raise `Wrong` unless an output is right on average, and scatters from call to call as one draw of each image does, or less."""
    got = torch.tensor([number(call, name) for call in calls], dtype=torch.float64)
    mean, expected, chance = got.mean().item(), right.mean[label].item(), right.chance(label, len(calls)).item()
    if not near(mean, expected, chance):
        raise Wrong(
            f"Over {len(calls)} calls your {label} is {mean:.2f} nats on average {where}.",
            f"It should be {expected:.2f}, up to chance of {chance:.2f}, there.",
        )
    spread = right.spread[label].item()
    if got.std().item() > JUMPS * spread + 1e-4 * (1 + abs(expected)):
        raise Wrong(
            f"From call to call your {label} scatters by {got.std():.2f} nats {where}.",
            f"With a draw of its own for each image it scatters by {spread:.2f}.",
        )


def must_add_up(calls: Iterable[Call], names: str, labels: Sequence[str]) -> None:
    """Raise `Wrong` unless the first output of each call is the sum of the others."""
    for call in calls:
        total, *terms = (number(call, name) for name in names)
        if not near(total, sum(terms)):
            raise Wrong(
                f"In one call your {labels[0]} is {total:.2f}, and {' + '.join(labels[1:])} is {sum(terms):.2f}.",
                f"{labels[0]} = {' + '.join(labels[1:])}.",
            )


def slopes_must_hold_on_average(calls: Sequence[Call], right: Typical, parts: dict[str, str]) -> None:
    """Raise `Wrong` unless the bound's slopes in some weights are right on average. `parts`: what each of them belongs to, in words."""
    for name, part in parts.items():
        each = [call.slopes.get(name) for call in calls]
        there = [slope.double() for slope in each if slope is not None]
        if len(there) < len(calls):
            raise Wrong(
                f"In {len(calls) - len(there)} of {len(calls)} calls no gradient of your bound reaches {part}.",
                "It should in every call.",
            )
        mean = torch.stack(there).mean(0)
        off = (mean - right.mean[name]).abs() - right.chance(name, len(calls)) - 1e-4
        if not bool((off <= 0).all()):
            i = int(torch.nan_to_num(off, nan=torch.inf).argmax())
            got, expected = mean.flatten()[i], right.mean[name].flatten()[i]
            raise Wrong(
                f"Over {len(calls)} calls the bound's slope in a number of {part} is {got:.3f} on average.",
                f"It should be {expected:.3f}, up to chance of {right.chance(name, len(calls)).flatten()[i]:.3f}, there.",
                follows=("nelbo",),
            )
