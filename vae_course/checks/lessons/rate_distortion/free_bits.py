"""Exercise 8.3: a kl that has a floor."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.cases import holds_for
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.diagnosis import numbers_of
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception
from vae_course.checks.engine.trial import generator
from vae_course.runner.answers import Answer


def draw_kl(rng: Generator) -> Arguments:
    """KLs of each image and latent, (batch, z_dim), of whose means some lie below the floor and some above it; single ones on either side."""
    batch, latents = (int(torch.randint(3, 7, (), generator=rng)) for _ in range(2))
    latents += 7  # never square, and an odd one out on either side
    floor = 0.2 + 0.6 * float(torch.rand((), generator=rng))
    side = torch.arange(latents) % 3 > 0  # two latents of three are above
    means = floor * torch.where(
        side, 1.3 + torch.rand(latents, generator=rng), 0.2 + 0.5 * torch.rand(latents, generator=rng)
    )
    spread = torch.rand(batch, latents, generator=rng) + 0.1
    return means * spread / spread.mean(0), floor


def layouts(rng: Generator) -> dict[str, Arguments]:
    return {
        "a batch of one": (torch.tensor([[0.1, 0.9, 2.5]]), 0.5),
        "a single latent": (torch.tensor([[0.1], [0.5], [0.3]]), 0.5),
        "a floor of 0, under many silent latents": (
            torch.cat([torch.tensor([[0.1, 0.9], [0.0, 0.2]]), torch.zeros(2, 998)], 1),
            0.0,
        ),
        "latents that say nothing": (torch.zeros(4, 3), 0.25),
        "latents that say a lot": (torch.tensor([[3000.0, 40.0, 0.2], [5000.0, 12.0, 0.1]]), 0.5),
        "a floor above 1": (torch.tensor([[1.2, 4.0, 0.1], [1.6, 3.0, 0.3]]), 1.5),
    }


def _nearly_silent() -> list[Arguments]:
    """Latents that say little: their sum lies below one floor, or between one floor and all floors together; one image that says much; and a floor
    above 1."""
    shares = torch.tensor([[0.02, 0.05, 0.01, 0.03], [0.06, 0.01, 0.03, 0.03]])
    uneven = torch.tensor([[0.01, 0.02, 0.01], [1.6, 1.5, 0.02]])
    return [(shares, 0.4), (3 * shares, 0.2), (uneven, 0.5), (10 * shares, 1.5)]


def floor_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """Values and slopes on two draws and on `_nearly_silent`."""
    found: dict[str, Tensor] = {}
    drawn = [draw_kl(generator(i, "fingerprint")) for i in range(2)]
    for i, arguments in enumerate([*drawn, *_nearly_silent()]):
        call = answer.call(*arguments, seed=i)
        if call.error is not None:
            return {}
        found |= numbers_of(call, i, arguments, "")
    return found


free_bits = Formula(
    name="free_bits",
    lesson="08_rate_distortion",
    number="8.3",
    title="A floor under the rate",
    minutes=8,
    difficulty=2,
    lines="1 line",
    arguments=draw_kl,
    truth=lambda kl, floor: torch.where(kl.mean(0) > floor, kl.mean(0), torch.full_like(kl[0], floor)).sum(),
    fingerprint=floor_fingerprint,
    formulas=("sum(clamp(mean(kl, 0), floor), 0)",),
    checks=(
        Check("one number", shape_matches),
        Check("the value", equals_truth, points=2),
        Check("one image, one latent, no floor, nothing said", holds_for(layouts)),
        Check("no slope below the floor", gradients_match, points=1),
    ),
    misconceptions=(
        Misconception(
            "each-image-held",
            lambda kl, floor: kl.clamp(min=floor).mean(0).sum(),
            "You hold the kl of every single image at the floor, and average then. The floor is under a latent's mean over the images: one "
            "image may say less, if another says more.",
        ),
        Misconception(
            "sum-held",
            lambda kl, floor: kl.sum(-1).mean().clamp(min=floor),
            "You hold the sum over all latents at one floor: a few busy latents lift it, and the others may sleep. Each latent has a floor of "
            "its own: hold, then sum over latents.",
        ),
        Misconception(
            "sum-held-at-all-floors",
            lambda kl, floor: kl.sum(-1).mean().clamp(min=floor * kl.shape[-1]),
            "You hold the sum over latents at z_dim floors together: a few busy latents lift it, and the others may sleep. Each latent has "
            "a floor of its own: hold, then sum over latents.",
        ),
        Misconception(
            "a-ceiling",
            lambda kl, floor: kl.mean(0).clamp(max=floor).sum(),
            "Your term has a ceiling: it takes away what lies above. A floor lifts what lies below it: of mean and floor count the larger.",
        ),
        Misconception(
            "floor-taken-off",
            lambda kl, floor: (kl.mean(0) - floor).clamp(min=0).sum(),
            "You count what is above the floor. That has the right slopes, and a value that is too small by one floor for each latent.",
        ),
        Misconception(
            "floor-added",
            lambda kl, floor: (kl.mean(0) + floor).sum(),
            "You add the floor to every latent, so that a smaller kl is still cheaper. Below the floor nothing may be won: of mean and floor "
            "count the larger.",
        ),
        Misconception(
            "averaged-over-latents",
            lambda kl, floor: kl.mean(0).clamp(min=floor).mean(),
            "You average over the latents at the end. The kl of independent latents is a sum.",
        ),
        Misconception(
            "summed-over-images",
            lambda kl, floor: kl.sum(0).clamp(min=floor).sum(),
            "You sum over the images before you compare with the floor, so that a larger batch is above it by itself. Average over "
            "them.",
        ),
        Misconception(
            "axes-exchanged",
            lambda kl, floor: kl.mean(1).clamp(min=floor).sum(),
            "You average over the latents and sum over the images. Images lie along axis 0, latents along axis 1.",
        ),
        Misconception(
            "not-summed",
            lambda kl, floor: kl.mean(0).clamp(min=floor),
            "There is still a number for each latent: sum them at the end.",
        ),
        Misconception(
            "image-held",
            lambda kl, floor: kl.sum(-1).clamp(min=floor).mean(),
            "You hold the whole kl of each image at one floor. The floor is under each latent's mean over the images.",
        ),
        Misconception(
            "no-floor",
            lambda kl, floor: kl.mean(0).sum(),
            "The floor is not used: this is the plain kl.",
        ),
        Misconception(
            "left-out-below",
            lambda kl, floor: (kl.mean(0) * (kl.mean(0) > floor)).sum(),
            "A latent below the floor counts as 0 in your loss. It counts as the floor, so that the loss does not jump where it is crossed.",
        ),
    ),
    hints=(
        "Two axes, two ways to reduce them. What is compared with the floor: one image's kl of a latent, a latent's mean over the batch, "
        "or the sum of all?",
        "First the mean over the images, (z_dim,). Then of each of these numbers and the floor the larger one. Then one number.",
        "kl.mean(0) leaves a number for each latent. .clamp(min=...) lifts what is smaller, and has slope 0 there. What is left is a sum.",
    ),
)
