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
SPREAD_STRAYS = 5.0
"""Standard errors by which the spreads of two such samples may differ."""


def law(z: Tensor) -> Reading:
    """What z (rows, latents) are distributed as, if it is one slip that makes such draws, and no other one does."""
    decoded = _groups(z)
    if _alike(decoded, _groups_of(DRAWN)):
        return Reading()  # what is wrong with them is no matter of each by itself
    fitting = [(edit, wrong) for edit, wrong in _slips() if (drawn := _groups_of(wrong)) and _alike(decoded, drawn)]
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
    return tuple((edit, applied(edit, DRAWN)) for edit in found)


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
    return all(_are_alike(a, b) for a, b in zip(these, those, strict=True))


def _are_alike(a: Tensor, b: Tensor) -> bool:
    scale = math.sqrt(1 / len(a) + 1 / len(b))
    each = ((x - x.mean()) / x.std().clamp(min=1e-12) for x in (a, b))
    strays = max(math.sqrt(max(float(x.pow(4).mean()) - 1, 0.0)) / 2 for x in each) * scale
    if abs(float(a.std() - b.std())) > SPREAD_STRAYS * strays * float(b.std()) + 1e-4:
        return False
    if abs(float(a.mean() - b.mean())) > SPREAD_STRAYS * scale * float(b.std()) + 1e-3:
        return False
    places = torch.cat([a, b])
    below = [torch.searchsorted(x, places, right=True) / len(x) for x in (a, b)]
    return float((below[0] - below[1]).abs().max()) <= STRAY * scale or float(b.std()) < 1e-3
