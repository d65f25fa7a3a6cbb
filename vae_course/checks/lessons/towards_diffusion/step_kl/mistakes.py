"""What people write in the place of what a step costs."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.engine.sums import wrongly_summed
from vae_course.checks.lessons.towards_diffusion.schedules import snr


def _each(weight: Tensor, noise: Tensor, predicted: Tensor) -> Tensor:
    return weight * (noise - predicted).square()


def _ratio(alpha_bar: Tensor, before: Tensor) -> Tensor:
    return snr(before) / snr(alpha_bar)


def _of_dimensions(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    """The right KL of each dimension."""
    return _each((_ratio(alpha_bar, alpha_bar_before) - 1) / 2, noise, predicted)


def _of_each(change: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """A mistake in what is made of the right KL of each dimension."""
    return lambda noise, predicted, alpha_bar, alpha_bar_before: change(
        _of_dimensions(noise, predicted, alpha_bar, alpha_bar_before)
    )


def _of_weight(weight: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """A mistake in the weight of the squared errors, from ᾱ of the step and of the one before."""
    return lambda noise, predicted, alpha_bar, alpha_bar_before: _each(
        weight(alpha_bar, alpha_bar_before), noise, predicted
    ).sum(-1)


def _of_error(change: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """A mistake in the squares, from the errors of the noise."""
    return lambda noise, predicted, alpha_bar, alpha_bar_before: (
        (_ratio(alpha_bar, alpha_bar_before) - 1) / 2 * change(noise - predicted)
    ).sum(-1)


def _crossed(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    return (_ratio(alpha_bar, alpha_bar_before) - 1) / 2 * (noise - predicted).square().sum(-1)


MISTAKES = (
    Misconception(
        "weight-forgotten",
        lambda noise, predicted, alpha_bar, alpha_bar_before: (
            (noise - predicted).square().sum(-1) + 0 * alpha_bar[..., 0]
        ),
        "This is the squared error of the noise alone: what the simple loss has. The KL weighs it, by the ratio of the two SNRs.",
    ),
    Misconception(
        "half-forgotten",
        _of_each(lambda each: 2 * each.sum(-1)),
        "Twice the right number: the ½ of the Gaussian's exponent is missing.",
    ),
    Misconception(
        "one-forgotten",
        _of_weight(lambda now, before: _ratio(now, before) / 2),
        "The −1 is missing: two steps with the same noise cost nothing, and their ratio of SNRs is 1.",
    ),
    Misconception(
        "upside-down",
        _of_weight(lambda now, before: (1 / _ratio(now, before) - 1) / 2),
        "Your ratio is upside down, which makes a negative KL. SNR = ᾱ / (1 − ᾱ) is larger before the step, and the larger one stands on top.",
    ),
    Misconception(
        "sign",
        _of_each(lambda each: -each.sum(-1)),
        "The sign is flipped: a KL is never negative.",
    ),
    Misconception(
        "product-of-the-snr",
        _of_weight(lambda now, before: (snr(before) * snr(now) - 1) / 2),
        "You multiply the two SNRs. Their ratio is asked, the one before over this one.",
    ),
    Misconception(
        "difference-of-snr",
        _of_weight(lambda now, before: (snr(before) - snr(now)) / 2),
        "½ (SNR before − SNR) weighs the squared error of the *clean data*. For the error of the noise it is divided by the step's own SNR: the ratio, less 1.",
    ),
    Misconception(
        "forward-variance",
        _of_weight(lambda now, before: (1 - now / before) * before / now / (1 - now) / 2),
        "Your weight is (1 − α) / (2 α (1 − ᾱ)): as if both Gaussians had the variance of the step forwards, 1 − α. Their variance is that of exercise 10.3, "
        "smaller by (1 − ᾱ before) / (1 − ᾱ).",
    ),
    Misconception(
        "alphas-for-snr",
        _of_weight(lambda now, before: (before / now - 1) / 2),
        "You divide the ᾱ by each other. The SNR is ᾱ / (1 − ᾱ).",
    ),
    Misconception(
        "spreads-for-variances",
        _of_weight(lambda now, before: (_ratio(now, before).sqrt() - 1) / 2),
        "You take the root of the ratio. SNR is a ratio of variances, and so it enters the KL.",
    ),
    Misconception(
        "log-of-the-ratio",
        _of_weight(lambda now, before: _ratio(now, before).log() / 2),
        "You have the log of the ratio where the ratio less 1 belongs. They agree only for very small steps.",
    ),
    Misconception(
        "length-for-its-square",
        _of_error(lambda error: error.norm(dim=-1, keepdim=True)),
        "You have the length of the error, |ε − ε̂|, which is a root. The KL has its square.",
    ),
    Misconception(
        "square-of-the-sum",
        _of_error(lambda error: error.sum(-1, keepdim=True).square()),
        "You sum the errors of the dimensions, and square the sum. Each is squared first.",
    ),
    Misconception(
        "absolute-error",
        _of_error(torch.abs),
        "You have the absolute error. A Gaussian's exponent is a square.",
    ),
    Misconception(
        "sum-of-the-noises",
        lambda noise, predicted, alpha_bar, alpha_bar_before: _of_dimensions(
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
        _of_each(lambda each: each.mean(-1)),
        "You average over the dimensions where the sum belongs: the KLs of independent dimensions add up.",
    ),
    Misconception(
        "crossed-batch",
        _crossed,
        "(batch, 1) times (batch,) is (batch, batch): every weight met every example. Multiply before you sum, or take the weight's axis off.",
    ),
    Misconception(
        "not-summed",
        _of_dimensions,
        "There is still a number for each dimension: sum the last axis.",
    ),
    *wrongly_summed(_of_dimensions, "kl", "example", "dimensions", "steps"),
    Misconception(
        "no-gradient",
        _of_each(lambda each: each.sum(-1).detach()),
        "Right, but cut off from its inputs, so that nothing can be trained: no .detach(), .item(), numpy or no_grad.",
    ),
)
