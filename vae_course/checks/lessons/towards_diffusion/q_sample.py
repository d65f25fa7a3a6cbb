"""Exercise 10.2: any number of steps of noise at once."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.cases import case_fingerprint, holds_for
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception
from vae_course.checks.lessons.towards_diffusion.schedules import draw_steps


def draw_noised(generator: Generator) -> Arguments:
    """x0 and noise, (batch, dim) each, and ᾱ, (batch, 1)."""
    batch, dim = 2 + int(torch.randint(0, 3, (), generator=generator)), 7
    x0, noise = (3 * torch.randn(batch, dim, generator=generator) for _ in range(2))
    return x0, draw_steps(batch, generator)[0], noise


def true_sample(x0: Tensor, alpha_bar: Tensor, noise: Tensor) -> Tensor:
    return torch.sqrt(1 - alpha_bar) * noise + torch.sqrt(alpha_bar) * x0


def layouts(generator: Generator) -> dict[str, Arguments]:
    x0, alpha_bar, noise = draw_noised(generator)
    return {
        "a batch of one": (x0[:1], alpha_bar[:1], noise[:1]),
        "one step for all examples": (x0, torch.tensor(0.3), noise),
        "data without noise, ᾱ = 1": (x0, torch.ones(len(x0), 1), noise),
        "noise alone, ᾱ = 0": (x0, torch.zeros(len(x0), 1), noise),
        "data far from 0": (2048 + x0, alpha_bar, noise),
        "data far below 0": (x0 - 2048, alpha_bar, noise),
        "noise far from 0": (x0, alpha_bar, 2048 + noise),
        "noise far below 0": (x0, alpha_bar, noise - 2048),
        "a row of steps in front": (x0, torch.tensor([0.99, 0.5, 0.01]).reshape(3, 1, 1), noise),
    }


def _nearly() -> list[Arguments]:
    """ᾱ near 0 and near 1, where a small number that was added would show; data that are far from 0."""
    x0, noise = torch.tensor([[1.0, -2.0, 0.5], [0.3, 1.2, -0.7]]), torch.tensor([[0.2, -1.0, 2.0], [1.5, -0.4, 0.9]])
    return [
        (1e4 * x0, torch.full((2, 1), 1e-8), noise),
        (x0, torch.full((2, 1), 1 - 2**-14), 1e3 * noise),
        (30 * x0, torch.tensor([[0.25], [0.75]]), 30 * noise),
    ]


def _of_roots(x0: Tensor, alpha_bar: Tensor, noise: Tensor) -> Tensor:
    return x0 * alpha_bar**0.5 + (-alpha_bar + 1) * noise


q_sample = Formula(
    name="q_sample",
    lesson="10_towards_diffusion",
    number="10.2",
    title="All the noise at once",
    minutes=8,
    difficulty=1,
    lines="1 line",
    arguments=draw_noised,
    truth=true_sample,
    formulas=("sqrt(alpha_bar) * x0 + sqrt(1 - alpha_bar) * noise",),
    checks=(
        Check("one noised point for each", shape_matches),
        Check("the value", equals_truth, points=2),
        Check("one step for all, no noise, nothing but noise, any size", holds_for(layouts)),
        Check("the gradients", gradients_match, points=1),
    ),
    fingerprint=case_fingerprint(draw_noised, true_sample, layouts, _nearly, slopes_in="02"),
    misconceptions=(
        Misconception(
            "no-roots",
            lambda x0, alpha_bar, noise: x0 * alpha_bar + noise * (-alpha_bar + 1),
            "Both roots are missing: ᾱ and 1 − ᾱ are shares of the *variance*. x0 and the noise are multiplied by their roots, so that the squares add up to 1.",
        ),
        Misconception(
            "half-for-the-root",
            lambda x0, alpha_bar, noise: x0 * alpha_bar / 2 + noise * (-alpha_bar + 1) / 2,
            "Both are halved where the root belongs: Python reads `a ** 1/2` as (a ** 1) / 2. Write a ** 0.5, or a.sqrt().",
        ),
        Misconception(
            "no-root-of-the-noise",
            _of_roots,
            "The noise is multiplied by 1 − ᾱ, which is its variance. Its standard deviation is the root of that.",
        ),
        Misconception(
            "no-root-of-the-data",
            lambda x0, alpha_bar, noise: x0 * alpha_bar + noise * (-alpha_bar + 1) ** 0.5,
            "x0 is multiplied by ᾱ. Of its *variance* the share ᾱ is left; x0 itself is multiplied by the root.",
        ),
        Misconception(
            "one-minus-the-root",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**0.5 + noise * (1 - alpha_bar**0.5),
            "The noise is multiplied by 1 − √ᾱ. Variances add up to 1, not spreads: it is the root of 1 − ᾱ.",
        ),
        Misconception(
            "exchanged",
            lambda x0, alpha_bar, noise: true_sample(noise, alpha_bar, x0),
            "Data and noise have changed places: at ᾱ = 1 nothing but x0 should be left.",
        ),
        Misconception(
            "noise-added",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**0.5 + noise,
            "The noise is added at full strength, so that the variance grows beyond 1. Its share is 1 − ᾱ.",
        ),
        Misconception(
            "data-kept",
            lambda x0, alpha_bar, noise: x0 + noise * (-alpha_bar + 1) ** 0.5,
            "x0 is added at full strength, so that noise is only piled on top. It fades by √ᾱ.",
        ),
        Misconception(
            "minus-the-noise",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**0.5 - noise * (-alpha_bar + 1) ** 0.5,
            "The noise is subtracted. That has the right law, but the noise which the network is to predict is the one that was *added*.",
        ),
        Misconception(
            "squared",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**2 + noise * (-alpha_bar + 1) ** 2,
            "You square where the root belongs: ᾱ is a variance already.",
        ),
        Misconception(
            "root-of-one-plus",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**0.5 + noise * (1 + alpha_bar) ** 0.5,
            "The noise has 1 + ᾱ where 1 − ᾱ belongs: the two shares of the variance add up to 1.",
        ),
        Misconception(
            "spread-for-variance",
            lambda x0, alpha_bar, noise: alpha_bar * x0 + noise * (1 - alpha_bar**2) ** 0.5,
            "You take ᾱ for the factor of x0, and 1 − ᾱ² for the noise. ᾱ is the share of the variance: its root multiplies x0.",
        ),
        Misconception(
            "draws-by-itself",
            lambda x0, alpha_bar, noise: true_sample(x0, alpha_bar, torch.randn_like(noise)),
            "You draw new noise inside. The noise is handed in, as the loss needs to know it.",
        ),
        Misconception(
            "mean-alone",
            lambda x0, alpha_bar, noise: x0 * alpha_bar**0.5 + 0 * noise,
            "This is the mean of q(x_t | x0). The noise is missing.",
        ),
        Misconception(
            "one-ᾱ-for-all",
            lambda x0, alpha_bar, noise: true_sample(x0, alpha_bar.mean(), noise),
            "You use the same ᾱ for every example. Each has its own step, and its own ᾱ.",
        ),
        Misconception(
            "no-gradient",
            lambda x0, alpha_bar, noise: true_sample(x0, alpha_bar, noise).detach(),
            "Right, but cut off from its inputs: no .detach(), .item(), numpy or no_grad.",
        ),
    ),
    hints=(
        "Two things are added: what is left of x0, and the noise that took the place of the rest. Which is left at ᾱ = 1, which at ᾱ = 0?",
        "ᾱ and 1 − ᾱ are shares of a variance. What does one multiply a number by to multiply its variance by ᾱ?",
        "x0 is multiplied by the root of ᾱ. The variances of the two parts add up to 1 for data of variance 1: so which root stands before the noise?",
    ),
)
