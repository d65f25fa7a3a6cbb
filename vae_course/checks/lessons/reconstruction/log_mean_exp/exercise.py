"""Exercise 3.2: the logarithm of a mean of exponentials."""

import functools
import math

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula
from vae_course.checks.lessons.reconstruction.log_mean_exp.mistakes import MISCONCEPTIONS


def draw_logs(generator: Generator) -> Arguments:
    """x with three axes of different lengths, and one of its six axis numbers but the last."""
    shape = [int(i) for i in torch.randperm(6, generator=generator)[:3] + 2]
    dim = [0, 1, -2, -3][int(torch.randint(4, (), generator=generator))]
    return 2 * torch.randn(*shape, generator=generator), dim


def _inner_axis(generator: Generator) -> Arguments:
    """Mistakes are told apart by an axis with others on both sides: along it, what keeps an axis also broadcasts."""
    return draw_logs(generator)[0], 1


def log_layouts(generator: Generator) -> dict[str, Arguments]:
    """The last axis; one axis only; a mean of one; beside an axis of length 1 that stays; the last of three."""
    x = torch.randn(4, 3, generator=generator)
    return {
        "the last axis": (x, -1),
        "the first of two axes": (x, 0),
        "a vector": (x[:, 0], 0),
        "a mean of one": (x[:1], 0),
        "another axis of length 1": (x[..., None], 0),
        "the last of three axes": (torch.randn(2, 4, 3, generator=generator), -1),
    }


def log_extremes() -> list[Arguments]:
    """Log weights of ±1000 and beyond, in one row and in different rows."""
    x = torch.tensor([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0], [-1000.0, 1000.0, 0.0]])
    return [(x[:1], 1), (x[1:2], 1), (x, 1), (x.T, 0), (2 * x, 1)]


def truth(x: Tensor, dim: int) -> Tensor:
    """log(eᵃ + eᵇ) again and again, then minus log k."""
    return functools.reduce(torch.logaddexp, x.unbind(dim)) - math.log(x.shape[dim])


log_mean_exp = Formula(
    name="log_mean_exp",
    lesson="03_reconstruction",
    number="3.2",
    title="An average in log space",
    minutes=12,
    difficulty=2,
    lines="1 to 3 lines",
    arguments=draw_logs,
    truth=truth,
    checks=(
        Check("the axis is gone", shape_matches),
        Check("the value", equals_truth, points=2.5),
        Check("the gradients", gradients_match, points=0.5),
        Check("any axis, any number of axes", holds_for(log_layouts), points=0.5),
        Check("log weights of ±1000", stays_finite(log_extremes), points=1.5),
    ),
    formulas=(
        "log(mean(exp(x), dim))",
        "logsumexp(x, dim) - log(size(x, dim))",
        "log(mean(exp(x - amax(x, dim, True)), dim)) + amax(x, dim)",
    ),
    fingerprint=case_fingerprint(_inner_axis, truth, log_layouts, log_extremes),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "First the log of the sum. exp(1000) overflows, exp(1000 − 1000) does not. For any c: log Σ exp(x) = c + log Σ exp(x − c). "
        "Which c leaves no exponent above 0?",
        "The largest entry along dim: x.amax(dim, keepdim=True), which has to lose its axis before it is added back. Or let "
        "torch.logsumexp(x, dim) do all of it.",
        "Now from the sum to the mean, which is the sum divided by k = x.shape[dim]. What does the division become when you take "
        "the logarithm of a quotient?",
    ),
)
