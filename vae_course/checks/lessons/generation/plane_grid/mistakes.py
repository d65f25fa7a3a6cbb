"""Exercise 6.3: how a map of the latent plane goes wrong, and what a tutor says."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception

Line = Callable[[int, float], Tensor]


def ends_included(n: int, width: float) -> Tensor:
    return torch.linspace(-width, width, n)


def places(n: int, width: float, line: Line = ends_included) -> Tensor:
    """The z of each tile, z_1 to the right, z_2 upwards: (n, n, 2)."""
    z_2, z_1 = torch.meshgrid(line(n, width).flip(0), line(n, width), indexing="ij")
    return torch.stack([z_1, z_2], -1)


def decoded(model: Any, z: Tensor) -> Tensor:
    """(n, n, 2) -> (n, n, 28, 28)."""
    return torch.sigmoid(model.dec(z.reshape(-1, 2))).view(*z.shape[:2], 28, 28)


def one(images: Tensor, order: tuple[int, int, int, int] = (0, 2, 1, 3)) -> Tensor:
    n = len(images)
    return images.permute(*order).reshape(28 * n, 28 * n).detach()


def _with(line: Line) -> Callable[..., Tensor]:
    return lambda model, n, width: one(decoded(model, places(n, width, line)))


def _turned(turn: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda model, n, width: one(decoded(model, turn(places(n, width))))


def _in_order(order: tuple[int, int, int, int]) -> Callable[..., Tensor]:
    return lambda model, n, width: one(decoded(model, places(n, width)), order)


SWAPPED = "The axes are exchanged: z₁ changes from row to row of your map and z₂ along a row. z₁ belongs to the columns, z₂ to the rows."
OPEN = "The map stops one step short of width: n values with both ends have n − 1 steps between them."

MISCONCEPTIONS = (
    Misconception("axes-swapped", _turned(lambda z: z.transpose(0, 1).flip(0, 1)), SWAPPED),
    Misconception(
        "axes-swapped-and-upside-down",
        _turned(lambda z: z.flip(0).transpose(0, 1)),
        SWAPPED + " And row 0 of a picture is its top, where z₂ is largest.",
    ),
    Misconception(
        "upside-down",
        _turned(lambda z: z.flip(0)),
        "The map stands on its head: row 0 of a picture is drawn on top, and there z₂ should be largest.",
    ),
    Misconception(
        "mirrored",
        _turned(lambda z: z.flip(1)),
        "Left and right are exchanged: z₁ should grow to the right.",
    ),
    Misconception("without-the-end", _with(lambda n, w: -w + 2 * w * torch.arange(n) / n), OPEN),
    Misconception(
        "without-both-ends",
        _with(lambda n, w: -w + 2 * w * (torch.arange(n) + 0.5) / n),
        "Your values lie in the middles of n equal pieces, so none is −width or width. The map includes both ends.",
    ),
    Misconception(
        "half-the-width",
        _with(lambda n, w: torch.linspace(-w / 2, w / 2, n)),
        "Your map goes from −width/2 to width/2. width is the distance from the middle to an edge: from −width to width.",
    ),
    Misconception(
        "one-corner",
        _with(lambda n, w: torch.linspace(0, w, n)),
        "Your map begins at 0, so it is a quarter of the plane. Each axis runs from −width to width.",
    ),
    Misconception(
        "shredded",
        _in_order((0, 1, 2, 3)),
        "The digits are shredded: reshape fills the picture's first row with the first image, pixel after pixel. A row of the "
        "picture holds row 0 of *all* images beside each other, so axes must change places before the reshape.",
    ),
    Misconception(
        "tiles-transposed",
        _in_order((0, 3, 1, 2)),
        "Every tile is in its place and lies on its side: rows and columns of pixels are exchanged within it.",
    ),
    Misconception(
        "logits",
        lambda model, n, width: one(model.dec(places(n, width)).view(n, n, 28, 28)),
        "You draw logits, any numbers. The probabilities are their sigmoid.",
    ),
    Misconception(
        "samples",
        lambda model, n, width: torch.bernoulli(one(decoded(model, places(n, width)))),
        "Your pixels are black or white, tossed or rounded. Asked are the probabilities, the shades between.",
    ),
    Misconception(
        "gradient-left",
        lambda model, n, width: decoded(model, places(n, width)).permute(0, 2, 1, 3).reshape(28 * n, 28 * n),
        "The picture is right and carries a gradient, which imshow refuses. Nothing is trained here: decode under torch.no_grad().",
    ),
    Misconception(
        "images-not-put-together",
        lambda model, n, width: decoded(model, places(n, width)).detach(),
        "These are the right images, one by one. What is left is to put them together into one picture.",
    ),
    Misconception(
        "images-in-rows",
        lambda model, n, width: decoded(model, places(n, width)).detach().view(n * n, 784),
        "These are the right images, a row each. What is left is to make 28 × 28 of each, and one picture of all.",
    ),
)
