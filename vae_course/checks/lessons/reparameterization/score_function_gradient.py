"""Exercise 1.4, optional: the score-function estimate."""

import torch
from torch import Generator

from vae_course.checks.engine.cases import holds_for
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception


def draw_scored(generator: Generator) -> Arguments:
    """fz (n,), z (n, dim), m and v (dim,)."""
    n, dim = int(torch.randint(5, 9, (), generator=generator)), 3
    m = torch.randn(dim, generator=generator)
    v = torch.exp(torch.rand(dim, generator=generator) - 1)
    z = m + v.sqrt() * torch.randn(n, dim, generator=generator)
    return (z.square()).sum(-1), z, m, v


def any_size(generator: Generator) -> dict[str, Arguments]:
    """An f of either sign, of any size; variances far from 1; means far from 0."""
    fz, steps = (
        torch.tensor([-3000.0, 2.0, 0.0, 0.5]),
        torch.tensor([[1.0, -2.0], [0.5, 1.5], [-1.0, 0.25], [2.0, -0.5]]),
    )
    zero, one = torch.zeros(2), torch.ones(2)
    return {
        "an f of either sign": (fz, steps, zero, one),
        "tiny variances": (fz, 1e-6 * steps, zero, 1e-12 * one),
        "large variances": (fz, 1e6 * steps, zero, 1e12 * one),
        "an f near 0": (1e-6 * steps[:, 0], 1e-6 * steps, zero, 1e-12 * one),
        "means far from 0": (fz, 2048 + steps, 2048 * one, one),
    }


score_function_gradient = Formula(
    name="score_function_gradient",
    lesson="01_reparameterization",
    number="1.4",
    title="The other way: the score-function estimate",
    minutes=15,
    difficulty=3,
    lines="2 lines",
    optional=True,
    arguments=draw_scored,
    truth=lambda fz, z, m, v: torch.einsum("n,nd->d", fz, (z - m) / v) / len(fz),
    formulas=("mean(fz[:, None] * (z - m) / v, 0)", "sum(fz[:, None] * ((z - m) / v), 0) / size(fz, 0)"),
    checks=(
        Check("one slope per dimension", shape_matches),
        Check("the value", equals_truth),
        Check("numbers of any size", holds_for(any_size)),
        Check("still differentiable", gradients_match),
    ),
    misconceptions=(
        Misconception(
            "sum-over-draws",
            lambda fz, z, m, v: (fz[:, None] * (z - m) / v).sum(0),
            "An expectation is estimated by the mean over the n draws; you take their sum.",
        ),
        Misconception(
            "divides-by-standard-deviation",
            lambda fz, z, m, v: (fz[:, None] * (z - m) / v.sqrt()).mean(0),
            "d log N / dm is (z − m) / v: divide by the variance, not by its root.",
        ),
        Misconception(
            "sign",
            lambda fz, z, m, v: (fz[:, None] * (m - z) / v).mean(0),
            "The sign is flipped: moving m towards z raises log N(z; m, v).",
        ),
        Misconception(
            "baseline-taken-off",
            lambda fz, z, m, v: ((fz - fz.mean())[:, None] * (z - m) / v).mean(0),
            "You take off a baseline, which makes the noise smaller. Asked is the plain estimate first, f(z) times the score; (and "
            "a mean that contains the draw itself as baseline biases the estimate a little).",
        ),
        Misconception(
            "score-alone",
            lambda fz, z, m, v: ((z - m) / v).mean(0),
            "This is the mean score, which is 0 in expectation. Each score is weighted by its f(z).",
        ),
    ),
    hints=(
        "Start from d/dm ∫ N(z; m, v) f(z) dz and move the derivative inside: it meets only the density.",
        "dN/dm = N · d log N/dm, and d log N(z; m, v)/dm = (z − m) / v.",
        "Multiply each f(z) with its own score (z − m) / v (mind the axes: (n, 1) times (n, dim)), then average over n.",
    ),
)
