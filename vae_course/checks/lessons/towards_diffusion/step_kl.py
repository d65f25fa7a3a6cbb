"""Exercise 10.5: what one step costs, as an error of the noise that was predicted."""

import torch
from torch import Generator, Tensor
from torch.distributions import Normal, kl_divergence

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception
from vae_course.checks.engine.sums import wrongly_summed
from vae_course.checks.lessons.towards_diffusion.schedules import draw_steps, first_of_a_thousand, snr


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


def _each(weight: Tensor, noise: Tensor, predicted: Tensor) -> Tensor:
    return weight * (noise - predicted).square()


def _ratio(alpha_bar: Tensor, before: Tensor) -> Tensor:
    return snr(before) / snr(alpha_bar)


def _summed(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    """The right KL of each dimension."""
    return _each((_ratio(alpha_bar, alpha_bar_before) - 1) / 2, noise, predicted)


def _crossed(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    return (_ratio(alpha_bar, alpha_bar_before) - 1) / 2 * (noise - predicted).square().sum(-1)


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
    misconceptions=(
        Misconception(
            "weight-forgotten",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                (noise - predicted).square().sum(-1) + 0 * alpha_bar[..., 0]
            ),
            "This is the squared error of the noise alone: what the simple loss has. The KL weighs it, by the ratio of the two SNRs.",
        ),
        Misconception(
            "half-forgotten",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                2 * _summed(noise, predicted, alpha_bar, alpha_bar_before).sum(-1)
            ),
            "Twice the right number: the ½ of the Gaussian's exponent is missing.",
        ),
        Misconception(
            "one-forgotten",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                _ratio(alpha_bar, alpha_bar_before) / 2, noise, predicted
            ).sum(-1),
            "The −1 is missing: two steps with the same noise cost nothing, and their ratio of SNRs is 1.",
        ),
        Misconception(
            "upside-down",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                (1 / _ratio(alpha_bar, alpha_bar_before) - 1) / 2, noise, predicted
            ).sum(-1),
            "Your ratio is upside down, which makes a negative KL. SNR = ᾱ / (1 − ᾱ) is larger before the step, and the larger one stands on top.",
        ),
        Misconception(
            "sign",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                -_summed(noise, predicted, alpha_bar, alpha_bar_before).sum(-1)
            ),
            "The sign is flipped: a KL is never negative.",
        ),
        Misconception(
            "difference-of-snr",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                (snr(alpha_bar_before) - snr(alpha_bar)) / 2, noise, predicted
            ).sum(-1),
            "½ (SNR before − SNR) weighs the squared error of the *clean data*. For the error of the noise it is divided by the step's own SNR: the ratio, less 1.",
        ),
        Misconception(
            "forward-variance",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                (1 - alpha_bar / alpha_bar_before) * alpha_bar_before / alpha_bar / (1 - alpha_bar) / 2,
                noise,
                predicted,
            ).sum(-1),
            "Your weight is (1 − α) / (2 α (1 − ᾱ)): as if both Gaussians had the variance of the step forwards, 1 − α. Their variance is that of exercise 10.3, "
            "smaller by (1 − ᾱ before) / (1 − ᾱ).",
        ),
        Misconception(
            "alphas-for-snr",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                (alpha_bar_before / alpha_bar - 1) / 2, noise, predicted
            ).sum(-1),
            "You divide the ᾱ by each other. The SNR is ᾱ / (1 − ᾱ).",
        ),
        Misconception(
            "spreads-for-variances",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                (_ratio(alpha_bar, alpha_bar_before).sqrt() - 1) / 2, noise, predicted
            ).sum(-1),
            "You take the root of the ratio. SNR is a ratio of variances, and so it enters the KL.",
        ),
        Misconception(
            "log-of-the-ratio",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
                _ratio(alpha_bar, alpha_bar_before).log() / 2, noise, predicted
            ).sum(-1),
            "You have the log of the ratio where the ratio less 1 belongs. They agree only for very small steps.",
        ),
        Misconception(
            "length-for-its-square",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                (_ratio(alpha_bar, alpha_bar_before) - 1)[..., 0] / 2 * (noise - predicted).norm(dim=-1)
            ),
            "You have the length of the error, |ε − ε̂|, which is a root. The KL has its square.",
        ),
        Misconception(
            "square-of-the-sum",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                (_ratio(alpha_bar, alpha_bar_before) - 1)[..., 0] / 2 * (noise - predicted).sum(-1).square()
            ),
            "You sum the errors of the dimensions, and square the sum. Each is squared first.",
        ),
        Misconception(
            "absolute-error",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                (_ratio(alpha_bar, alpha_bar_before) - 1) / 2 * (noise - predicted).abs()
            ).sum(-1),
            "You have the absolute error. A Gaussian's exponent is a square.",
        ),
        Misconception(
            "sum-of-the-noises",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _summed(
                noise, -predicted, alpha_bar, alpha_bar_before
            ).sum(-1),
            "You square noise + predicted: an exact prediction should cost nothing, so they are subtracted.",
        ),
        Misconception(
            "difference-of-squares",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                (_ratio(alpha_bar, alpha_bar_before) - 1) / 2 * (noise.square() - predicted.square())
            ).sum(-1),
            "You subtract the squares. Subtract first, then square.",
        ),
        Misconception(
            "mean-over-dimensions",
            lambda noise, predicted, alpha_bar, alpha_bar_before: _summed(
                noise, predicted, alpha_bar, alpha_bar_before
            ).mean(-1),
            "You average over the dimensions where the sum belongs: the KLs of independent dimensions add up.",
        ),
        Misconception(
            "crossed-batch",
            _crossed,
            "(batch, 1) times (batch,) is (batch, batch): every weight met every example. Multiply before you sum, or take the weight's axis off.",
        ),
        Misconception(
            "not-summed",
            _summed,
            "There is still a number for each dimension: sum the last axis.",
        ),
        *wrongly_summed(_summed, "kl", "example", "dimensions", "steps"),
        Misconception(
            "no-gradient",
            lambda noise, predicted, alpha_bar, alpha_bar_before: (
                _summed(noise, predicted, alpha_bar, alpha_bar_before).sum(-1).detach()
            ),
            "Right, but cut off from its inputs, so that nothing can be trained: no .detach(), .item(), numpy or no_grad.",
        ),
    ),
    hints=(
        "Both Gaussians have the same variance, so of lesson 02's KL only the squared distance of their means is left, over twice the variance.",
        "The SNR is ᾱ / (1 − ᾱ). Compute it for this step and for the one before, and their ratio. It is at least 1.",
        "The weight, half of the ratio less 1, is (batch, 1). Multiply the squared error, (batch, dim), by it before anything is summed. Which axis is summed?",
    ),
)
