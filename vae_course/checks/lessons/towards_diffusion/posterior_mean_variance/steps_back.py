"""One step back: inputs to ask about, and the truth."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import told_apart
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.towards_diffusion.schedules import draw_steps, first_of_a_thousand


def draw_pair(generator: Generator) -> Arguments:
    """x_t and x0, (batch, dim) each, and ᾱ of the step and of the one before, (batch, 1)."""
    batch, dim = 3 + int(torch.randint(0, 3, (), generator=generator)), 7
    x_t, x0 = (1.5 * torch.randn(batch, dim, generator=generator) for _ in range(2))
    return x_t, x0, *draw_steps(batch, generator)


def true_posterior(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, alpha_bar_before: Tensor) -> Tensor:
    """By the joint Gaussian of x_before and x_t given x0: their covariance is a regression."""
    kept = (alpha_bar / alpha_bar_before).sqrt()
    slope = kept * (1 - alpha_bar_before) / (1 - alpha_bar)  # covariance over the variance of x_t
    mean = alpha_bar_before.sqrt() * x0 + slope * (x_t - alpha_bar.sqrt() * x0)
    variance = (1 - alpha_bar_before) * (1 - slope * kept)
    return torch.stack([mean, variance.expand_as(mean)])


def layouts(generator: Generator) -> dict[str, Arguments]:
    x_t, x0, alpha_bar, before = draw_pair(generator)
    return {
        "a batch of one": (x_t[:1], x0[:1], alpha_bar[:1], before[:1]),
        "a single dimension": (x_t[:, :1], x0[:, :1], alpha_bar, before),
        "one step for all examples": (x_t, x0, torch.tensor([[0.3]]), torch.tensor([[0.45]])),
    }


def extremes() -> list[Arguments]:
    """The first steps and the last ones of a thousand; data far from 0."""
    x_t, x0 = torch.tensor([[1.0, -2.0, 0.5], [0.3, 1.2, -0.7]]), torch.tensor([[0.5, 1.0, -1.5], [1.0, -0.5, 2.0]])
    return [
        (x_t, x0, torch.full((2, 1), 0.998), torch.full((2, 1), 0.9995)),
        (x_t, x0, torch.full((2, 1), 4e-5), torch.full((2, 1), 5e-5)),
        (1e4 * x_t, 1e4 * x0, torch.full((2, 1), 0.4), torch.full((2, 1), 0.6)),
        (x_t.double(), x0.double(), *first_of_a_thousand(2)),
    ]


def variance_of_early_steps(trial: Trial) -> None:
    """To a tenth of itself, where it is a thousandth or less: a number that is added, or a floor, is larger."""
    for i, arguments in enumerate((extremes()[0], extremes()[-1])):
        got, right = output(trial.call(*arguments, seed=150 + i))[1].double(), trial.truth(arguments)[1]
        if not bool(((got - right).abs() <= 0.1 * right).all()):
            shown, expected = told_apart(got.flatten()[0].item(), right.flatten()[0].item())
            raise Wrong(
                f"At an early step, ᾱ = {arguments[2].flatten()[0]:.8g} and ᾱ before = {arguments[3].flatten()[0]:.8g}, your variance is {shown}.",
                f"It should be {expected}: small as it is, it is the one that the step has.",
            )
