"""By which formula z are drawn: the slip in m + sqrt(v) · noise whose draws have the distribution of those that were decoded in *triplets*."""

import ast
import math
from functools import cache

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
STRAY = 2.4
"""Kolmogorov's distance of two samples from one distribution passes this / sqrt(n) with probability 2e-5, n = n₁ n₂ / (n₁ + n₂)."""
SPREAD_STRAYS = 3.5
"""Standard errors by which means, spreads and tails of two such samples may differ."""
TAIL = 0.005
"""On either side, beyond what a formula's own draws leave there."""
STILL = 1e-3
"""What spreads by less is one number, up to how z is read off."""


def law(z: Tensor) -> Reading:
    """What z (rows, latents) are distributed as, if it is one slip that makes such draws, and no other one does."""
    decoded = _groups(z)
    if _alike(decoded, _groups_of(DRAWN)):
        return Reading()  # what is wrong with them is no matter of each by itself
    fitting = [(edit, wrong) for edit, wrong in _slips() if _alike(decoded, _groups_of(wrong))]
    if not fitting or not all(_alike(_groups_of(fitting[0][1]), _groups_of(wrong)) for _, wrong in fitting[1:]):
        return Reading()
    edit, wrong = fitting[0]
    return in_words(
        DRAWN, wrong, (edit,), f"As far as {z.numel():,} draws tell, the z that you decode are distributed as"
    )


@cache
def _slips() -> tuple[tuple[Edit, ast.AST], ...]:
    names = ("m", "v", "noise")
    found = (*edits(DRAWN, names), *edits_of_whole(), *edits_of_batches(DRAWN, names))
    made = ((edit, applied(edit, DRAWN)) for edit in found)
    # Those that draws like these cannot tell from the right one are never told.
    return tuple(
        (e, wrong) for e, wrong in made if (drawn := _groups_of(wrong)) and not _alike(_groups_of(DRAWN), drawn)
    )


@cache
def _inputs() -> dict[str, Tensor]:
    means, spreads = (each.repeat(COPIES * TRIPLETS // 3, 1) for each in kinds())
    noise = torch.randn(means.shape, generator=torch.Generator().manual_seed(19), dtype=torch.float64)
    return {"m": means, "v": spreads.square(), "noise": noise}


@cache
def _groups_of(formula: ast.AST) -> tuple[Tensor, ...]:
    """The draws of a formula; empty where it makes none."""
    drawn = worth(formula, _inputs(), {})
    whole = isinstance(drawn, Tensor) and drawn.shape == _inputs()["m"].shape and bool(drawn.isfinite().all())
    return _groups(drawn) if whole else ()


def _groups(z: Tensor) -> tuple[Tensor, ...]:
    """z of one m and one v each, in order: three kinds of images, latents on two sides."""
    return tuple(z[i::3][:, side].flatten().float().sort().values for i in range(3) for side in (SIDES > 0, SIDES < 0))


def _alike(these: tuple[Tensor, ...], those: tuple[Tensor, ...]) -> bool:
    """Mean and spread of each group, and of all groups together the places that these draws take among those."""
    pairs = list(zip(these, those, strict=True))
    if not all(_sit_alike(a, b) for a, b in pairs):
        return False
    varied = [(a, b) for a, b in pairs if float(b.std()) > STILL]
    if not varied:
        return True
    mine, theirs = (torch.cat([_places(pair[i], pair[1]) for pair in varied]).sort().values for i in (0, 1))
    scale = math.sqrt(1 / len(mine) + 1 / len(theirs))
    grid = torch.cat([mine, theirs])
    below = [torch.searchsorted(u, grid, right=True) / len(u) for u in (mine, theirs)]
    tails = [((u < TAIL) | (u > 1 - TAIL)).float().mean().item() for u in (mine, theirs)]
    strays = SPREAD_STRAYS * math.sqrt(2 * TAIL) * scale
    return float((below[0] - below[1]).abs().max()) <= STRAY * scale and abs(tails[0] - tails[1]) <= strays


def _sit_alike(a: Tensor, b: Tensor) -> bool:
    scale = math.sqrt(1 / len(a) + 1 / len(b))
    each = ((x - x.mean()) / x.std().clamp(min=1e-12) for x in (a, b))
    strays = max(math.sqrt(max(float(x.pow(4).mean()) - 1, 0.0)) / 2 for x in each) * scale
    return (
        abs(float(a.std() - b.std())) <= SPREAD_STRAYS * strays * float(b.std()) + 1e-4
        and abs(float(a.mean() - b.mean())) <= SPREAD_STRAYS * scale * float(b.std()) + STILL
    )


def _places(draws: Tensor, among: Tensor) -> Tensor:
    """Which part of the sorted `among` lies below each draw; of what is equal, half."""
    return sum(torch.searchsorted(among, draws, right=right) for right in (False, True)) / (2 * len(among))  # type: ignore[return-value]
