"""Does each image weigh draws from its own q(z|x)? In a batch of one image many times, nobody can tell."""

import math
from functools import cache

import torch

from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.worlds.bound_tools import number
from vae_course.checks.worlds.models import PIXELS, SURE, Case, random_model, raw_variance, rec_without_z

IMAGES, DRAWS, LATENTS = 4, 6, 4
NARROWEST = 1e-8  # what `gaussian_parameters` leaves of a variance
REACH = 24.0  # P(χ²₄ / 2 > 24) = 25 e^−24 < 1e-9, six draws: 6e-9


@cache
def one_narrow_image() -> Case:
    """The decoder ignores z; q is the prior for three images, and a needle at its middle for the fourth, whose first pixel is on.

    A weight is p(x) for the three; for the fourth it is log p(x) + 4 · ½ log v + Σ ε² / 2, about −35, with four latents.
    """
    model = random_model(LATENTS, torch.Generator().manual_seed(23))
    w = model.weights
    for name in ("enc.net.0.weight", "enc.net.2.weight", "enc.net.2.bias", "dec.net.0.weight", "dec.net.2.weight"):
        w[name].zero_()
    w["enc.net.0.weight"][0, 0], w["enc.net.0.bias"][0] = 20, -10  # the first hidden unit is 1 for the fourth, −1 else
    wide, needle = raw_variance(1.0), -30.0
    w["enc.net.2.bias"][LATENTS:], w["enc.net.2.weight"][LATENTS:, 0] = (needle + wide) / 2, (needle - wide) / 2
    x = torch.zeros(IMAGES, PIXELS)
    x[-1, 0] = 1
    w["dec.net.2.bias"][:] = -SURE
    w["dec.net.2.bias"][0] = 0
    return Case(model, x)


def weighs_its_own_draws(trial: Trial) -> None:
    """With a q of its own for the fourth image, and equal ones for the others, the bound lies where only its own draws put it.

    All of the fourth's six weights are e^−37 · e^(Σ ε² / 2) of p(x), the others' p(x) itself, so that the bound is above the mean
    of −log p(x) by (37 − s) / 4 with 0 ≤ s ≤ max Σ ε² / 2. Draws dealt out among the images leave each a weight near p(x), and
    less than 0.5 of it; draws of the others under the needle's density lie far below. False alarms: 6e-9 (`REACH`).
    """
    case = one_narrow_image()
    got, plain = number(trial.call(case.model, case.x, DRAWS, seed=50), "0"), rec_without_z(case).mean().item()
    depth = -LATENTS * 0.5 * math.log(NARROWEST)
    if not plain + (depth - REACH) / IMAGES - 0.01 <= got <= plain + depth / IMAGES + 0.01:
        raise Wrong(
            f"Your bound is {got:.2f} nats for four images of which one has a far narrower q than the others.",
            f"It should be about {plain + (depth - 2) / IMAGES:.1f}: each image weighs draws from its own q(z|x). repeat stacks "
            "whole copies of the batch, and read as (batch, iw) they are other images' draws; unsqueeze(1) and expand keep "
            "them apart.",
        )
