"""Exercise 0.1: meeting check, hint and progress."""

import torch
from torch import Generator

from vae_course.checks.engine.cases import holds_for
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception


def draw_measurements(generator: Generator) -> Arguments:
    """x, m and v, each (n,), with variances well away from 1."""
    n = int(torch.randint(2, 6, (), generator=generator))
    m = 3 * torch.randn(n, generator=generator)
    v = torch.exp(2.4 * torch.rand(n, generator=generator) + 0.5)
    side = 1 - 2 * (torch.arange(n) % 2)  # x lies on either side of m
    return m + side * v.sqrt() * (0.5 + torch.rand(n, generator=generator)), m, v


def any_size(generator: Generator) -> dict[str, Arguments]:
    """A variance far below 1 or above it; measurements far from 0."""
    steps, one = torch.tensor([1.0, -2.0, 0.5]), torch.ones(3)
    return {
        "a tiny variance": (1e-4 * steps, 0 * one, 1e-8 * one),
        "a large variance": (1e4 * steps, 1e4 * one, 1e8 * one),
        "measurements far from their mean": (2048 * steps, 0 * one, one),
        "measurements far from 0": (2048 + steps, 2048 * one, one),
    }


standardize = Formula(
    name="standardize",
    lesson="00_start_here",
    number="0.1",
    title="Warm up: how many standard deviations away?",
    minutes=2,
    difficulty=1,
    lines="1 line",
    arguments=draw_measurements,
    truth=lambda x, m, v: (x - m) / v.sqrt(),
    formulas=("(x - m) / sqrt(v)",),
    checks=(
        Check("one number for each x", shape_matches),
        Check("the value", equals_truth),
        Check("numbers of any size", holds_for(any_size)),
        Check("still differentiable", gradients_match),
    ),
    misconceptions=(
        Misconception(
            "divides-by-variance",
            lambda x, m, v: (x - m) / v,
            "You divide by the variance. The spread, in the units of x, is its square root: with v = 9 divide by 3.",
        ),
        Misconception(
            "variance-as-log-variance",
            lambda x, m, v: (x - m) / torch.exp(v / 2),
            "You treat v as the logarithm of a variance. Here v is the variance itself: divide by sqrt(v).",
        ),
        Misconception(
            "forgets-the-mean",
            lambda x, m, v: x / v.sqrt(),
            "You rescale x but never move it: subtract m first, so that x = m becomes 0.",
        ),
        Misconception(
            "sign",
            lambda x, m, v: (m - x) / v.sqrt(),
            "The sign is flipped: an x above the mean should give a positive number.",
        ),
        Misconception(
            "subtracts-last",
            lambda x, m, v: x / v.sqrt() - m,
            "Only x is divided, not x − m: set brackets around the difference.",
        ),
        Misconception(
            "multiplies",
            lambda x, m, v: (x - m) * v.sqrt(),
            "You multiply by sqrt(v). That is the way back; here a wide spread should make the result smaller.",
        ),
    ),
    hints=(
        "The result is 0 when x sits at the mean, and 1 when x lies one standard deviation above it.",
        "Two steps: move (subtract something), then shrink (divide by something). v is a variance, in squared units.",
        "The standard deviation is v.sqrt(). Divide the difference of x and m by it.",
    ),
)
