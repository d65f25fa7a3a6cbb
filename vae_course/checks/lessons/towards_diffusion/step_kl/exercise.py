"""Exercise 10.5: what one step costs, as an error of the noise that was predicted."""

import torch
from torch import Generator, Tensor
from torch.distributions import Normal, kl_divergence

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula
from vae_course.checks.lessons.towards_diffusion.schedules import draw_steps, first_of_a_thousand
from vae_course.checks.lessons.towards_diffusion.step_kl.mistakes import MISTAKES


def draw_prediction(generator: Generator) -> Arguments:
    """noise and what was predicted, (batch, dim) each, and ᾱ of a step and of the one before, (batch, 1)."""
    batch, dim = 2 + int(torch.randint(0, 3, (), generator=generator)), 7
    noise = torch.randn(batch, dim, generator=generator)
    return noise, noise + torch.randn(batch, dim, generator=generator), *draw_steps(batch, generator)


def true_kl(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    """The KL of two Gaussians by torch.distributions: the posterior of a step for x0 = 0, and for the x0 that the prediction stands for."""
    x_t = (1 - alpha_bar).sqrt() * noise
    guess = (x_t - (1 - alpha_bar).sqrt() * predicted) / alpha_bar.sqrt()
    alpha = alpha_bar / alpha_bar_before
    scale = ((1 - alpha_bar_before) * (1 - alpha) / (1 - alpha_bar)).sqrt()
    moved = alpha_bar_before.sqrt() * (1 - alpha) / (1 - alpha_bar) * guess
    q, p = (Normal(m, scale.expand_as(m), validate_args=False) for m in (torch.zeros_like(moved), moved))
    return kl_divergence(q, p).sum(-1)


def layouts(generator: Generator) -> dict[str, Arguments]:
    noise, predicted, alpha_bar, before = draw_prediction(generator)
    return {
        "a batch of one": (noise[:1], predicted[:1], alpha_bar[:1], before[:1]),
        "a single dimension": (noise[:, :1], predicted[:, :1], alpha_bar, before),
        "one step for all examples": (noise, predicted, torch.tensor([[0.3]]), torch.tensor([[0.45]])),
        "a row of steps in front": (
            noise,
            predicted,
            torch.tensor([0.9, 0.5, 0.1]).reshape(3, 1, 1),
            torch.tensor([0.95, 0.8, 0.2]).reshape(3, 1, 1),
        ),
        "noise that is predicted exactly": (noise, noise.clone(), alpha_bar, before),
    }


def _extreme() -> list[Arguments]:
    """Numbers far from 0 that are exact in float32; a step over nearly all of the way; early and late steps of a thousand; large errors."""
    noise, error = (
        torch.tensor([[1.0, -2.0, 0.5], [0.3, 1.2, -0.7]]),
        torch.tensor([[0.5, 1.0, -1.5], [1.0, -0.5, 2.0]]),
    )
    return [
        (2048 + noise, 2048 + noise + error, torch.full((2, 1), 0.4), torch.full((2, 1), 0.6)),
        (noise - 2048, noise - 2048 - error, torch.full((2, 1), 0.4), torch.full((2, 1), 0.6)),
        (noise, noise + error, torch.full((2, 1), 0.01), torch.full((2, 1), 0.99)),
        (noise, noise + error, torch.full((2, 1), 0.998), torch.full((2, 1), 0.9995)),
        (noise, noise + error, torch.full((2, 1), 4e-5), torch.full((2, 1), 5e-5)),
        (noise, noise + 300 * error, torch.full((2, 1), 0.5), torch.full((2, 1), 0.52)),
        (noise.double(), (noise + error).double(), *first_of_a_thousand(2)),
        (
            noise,
            noise.clone(),
            torch.full((2, 1), 0.4),
            torch.full((2, 1), 0.6),
        ),  # nothing is off: slopes of 0, and no NaN
    ]


step_kl = Formula(
    name="step_kl",
    lesson="10_towards_diffusion",
    number="10.5",
    title="What a step costs",
    minutes=15,
    difficulty=3,
    lines="2 lines",
    arguments=draw_prediction,
    truth=true_kl,
    formulas=(
        "sum(0.5 * (alpha_bar_before * (1 - alpha_bar) / ((1 - alpha_bar_before) * alpha_bar) - 1) * (noise - predicted) ** 2, -1)",
        "0.5 * sum((alpha_bar_before / (1 - alpha_bar_before) / (alpha_bar / (1 - alpha_bar)) - 1) * (noise - predicted) ** 2, -1)",
    ),
    checks=(
        Check("one kl for each example", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("one example, one dimension, one step for all", holds_for(layouts)),
        Check("early steps and late ones, small and large", stays_finite(_extreme)),
        Check("the gradients", gradients_match, points=1),
    ),
    fingerprint=case_fingerprint(draw_prediction, true_kl, layouts, _extreme),
    misconceptions=MISTAKES,
    hints=(
        "Both Gaussians have the same variance, so of lesson 02's KL only the squared distance of their means is left, over twice the variance.",
        "The SNR is ᾱ / (1 − ᾱ). Compute it for this step and for the one before, and their ratio. It is at least 1.",
        "The weight, half of the ratio less 1, is (batch, 1). Multiply the squared error, (batch, dim), by it before anything is summed. Which axis is summed?",
    ),
)
