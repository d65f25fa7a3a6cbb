"""By which formula z are drawn: the slip in m + sqrt(v) · noise whose draws have the distribution of those that were decoded in *triplets*."""

import ast
import math
from functools import cache, cached_property

import torch
from torch import Tensor

from vae_course.checks.engine.batches import edits_of_batches, edits_of_whole
from vae_course.checks.engine.edits import Edit, applied, edits
from vae_course.checks.engine.expressions import worth
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.pieces import parsed
from vae_course.checks.engine.slips import in_words
from vae_course.checks.worlds.valleys import SIDES, TRIPLETS, kinds

DRAWN = parsed("m + sqrt(v) * noise")
COPIES = 2
"""Draws of a formula for each of the answer's."""
DISTANCE = 2.4
"""Kolmogorov's distance of two samples from one distribution passes this / sqrt(n) with probability 2e-5, n = n₁ n₂ / (n₁ + n₂)."""
STRAYS = 3.5
"""Standard errors by which means, spreads and tails of two such samples may differ."""
TAIL = 0.005
"""On either side, beyond what a formula's own draws leave there."""
STILL = 1e-3
"""What spreads by less is one number, up to how z is read off."""


class Draws:
    """z of one m and one v each: three kinds of images, latents on two sides. Sorted only where mean and spread do not settle it."""

    def __init__(self, z: Tensor) -> None:
        parts = [z.float()[i::3][:, side].flatten() for i in range(3) for side in (SIDES > 0, SIDES < 0)]
        self._groups = torch.stack(parts)
        self.mean, self.std = self._groups.mean(1), self._groups.std(1)
        away = (self._groups - self.mean[:, None]) / self.std.clamp(min=1e-12)[:, None]
        self.spread_strays = (away.pow(4).mean(1) - 1).clamp(min=0).sqrt() / 2
        """Standard error of the spread, relative to it, of one draw."""

    @cached_property
    def groups(self) -> Tensor:
        """(6, draws), in order."""
        return self._groups.sort(1).values

    def are_like(self, other: "Draws") -> bool:
        """Mean and spread of each group, and of all groups together the places that these draws take among the other's."""
        if not self._sit_like(other):
            return False
        varied = other.std > STILL
        if not bool(varied.any()):
            return True
        mine, theirs = (
            torch.cat([_places(a, b) for a, b in zip(one.groups[varied], other.groups[varied], strict=True)])
            .sort()
            .values
            for one in (self, other)
        )
        scale = math.sqrt(1 / len(mine) + 1 / len(theirs))
        grid = torch.cat([mine, theirs])
        below = [torch.searchsorted(u, grid, right=True) / len(u) for u in (mine, theirs)]
        tails = [((u < TAIL) | (u > 1 - TAIL)).float().mean().item() for u in (mine, theirs)]
        strays = STRAYS * math.sqrt(2 * TAIL) * scale
        return float((below[0] - below[1]).abs().max()) <= DISTANCE * scale and abs(tails[0] - tails[1]) <= strays

    def _sit_like(self, other: "Draws") -> bool:
        scale = STRAYS * math.sqrt(1 / self._groups.shape[1] + 1 / other._groups.shape[1])
        strays = torch.maximum(self.spread_strays, other.spread_strays) * scale * other.std
        spread = (self.std - other.std).abs() <= strays + 1e-4
        mean = (self.mean - other.mean).abs() <= scale * other.std + STILL
        return bool((spread & mean).all())


def law(z: Tensor) -> Reading:
    """What z (rows, latents) are distributed as, if it is one slip that makes such draws, and no other one does."""
    decoded, right = Draws(z), _drawn_by(DRAWN)
    assert right is not None
    if decoded.are_like(right):
        return Reading()  # what is wrong with them is no matter of each by itself
    # Those whose draws cannot be told from the right ones' are never told.
    fitting = [
        (e, wrong, draws) for e, wrong, draws in _slips() if decoded.are_like(draws) and not right.are_like(draws)
    ]
    if not fitting or not all(fitting[0][2].are_like(draws) for *_, draws in fitting[1:]):
        return Reading()
    edit, wrong, _ = fitting[0]
    what = f"As far as {z.numel():,} draws tell, the z that you decode are distributed as"
    return in_words(DRAWN, wrong, (edit,), what)


@cache
def _slips() -> tuple[tuple[Edit, ast.AST, Draws], ...]:
    names = ("m", "v", "noise")
    found = (*edits(DRAWN, names), *edits_of_whole(), *edits_of_batches(DRAWN, names))
    made = ((edit, applied(edit, DRAWN)) for edit in found)
    return tuple((edit, wrong, draws) for edit, wrong in made if (draws := _drawn_by(wrong)) is not None)


@cache
def _inputs() -> dict[str, Tensor]:
    means, spreads = (each.repeat(COPIES * TRIPLETS // 3, 1) for each in kinds())
    noise = torch.randn(means.shape, generator=torch.Generator().manual_seed(19), dtype=torch.float64)
    return {"m": means, "v": spreads.square(), "noise": noise}


@cache
def _drawn_by(formula: ast.AST) -> Draws | None:
    """The draws of a formula; None where it makes none."""
    drawn = worth(formula, _inputs(), {})
    whole = isinstance(drawn, Tensor) and drawn.shape == _inputs()["m"].shape and bool(drawn.isfinite().all())
    return Draws(drawn) if whole else None


def _places(draws: Tensor, among: Tensor) -> Tensor:
    """Which part of the sorted `among` lies below each draw; of what is equal, half."""
    below = torch.searchsorted(among, draws) + torch.searchsorted(among, draws, right=True)
    return below / (2 * len(among))
