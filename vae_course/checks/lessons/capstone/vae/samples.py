"""What the sampling methods do with a few images and with one: exact values, and pixels pooled that share a chance."""

import torch
from torch import Tensor

from vae_course.checks.engine.checks import close, worst
from vae_course.checks.engine.core import Trial, Wrong
from vae_course.checks.worlds import decoders
from vae_course.checks.worlds.decoders import Z_DIM, call_images, coins, probabilities, ruler

ROWS = 8
CHANCES = 4  # in *coins*: pixels i, i + 4, i + 8, ... share a chance


def value_at_given_z(trial: Trial) -> None:
    """sigmoid(dec(z)), exactly, for several z and for one."""
    model, z = ruler(0), torch.linspace(-2, 2, ROWS * Z_DIM).view(ROWS, Z_DIM)
    for rows in (ROWS, 1):
        p = call_images(trial, model, z[:rows], seed=1, rows=rows, kind="probabilities")
        _must_equal(
            p, probabilities(model, z[:rows]), "You returned {got} for one pixel.", "Its probability is {right}."
        )


def one_z_an_image(trial: Trial) -> None:
    """All pixels of a probability image are those of one and the same z, for several images and for one."""
    model = ruler(0)
    for rows in (ROWS, 1):
        p = call_images(trial, model, rows, seed=2, rows=rows, kind="probabilities")
        _must_equal(
            p,
            probabilities(model, decoders.z_of_probabilities(p)),
            "One pixel is {got} where the others of its image say {right}.",
            "Every image should be sigmoid(dec(z)) of one z.",
        )


def tossed_at_given_z(trial: Trial) -> None:
    """With *coins*, half of the images at one z and half at another: each group of pixels has its chance given z, and an image's
    pixels are tossed on their own. False alarms: at most 3e-7, as in `decoders.pixel_chances` and `pixels_are_independent`.
    """
    model, z = coins(swing=2), torch.tensor([[1.5, 0.3], [-1.5, 0.8]]).repeat(ROWS // 2, 1)
    x, p = call_images(trial, model, z, seed=2, rows=ROWS, kind="samples"), probabilities(model, z)
    for i in range(2):
        decoders.pixel_chances(x[i::2].reshape(-1, CHANCES), p[i, :CHANCES])
        decoders.pixels_are_independent(x[i::2])
    call_images(trial, model, z[:1], seed=3, rows=1, kind="samples")


def one_image(trial: Trial) -> None:
    """A batch of one is black and white too, and keeps its axis."""
    call_images(trial, coins(), 1, seed=1, rows=1, kind="samples")


def _must_equal(p: Tensor, right: Tensor, got: str, expected: str) -> None:
    if not close(p, right, 5e-3):
        values = dict(zip(("got", "right"), (f"{value:.3f}" for value in worst(p, right)), strict=True))
        raise Wrong(got.format(**values), expected.format(**values))
