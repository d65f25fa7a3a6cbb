"""Exercise 2.1: inputs to ask about, the truth, and the ways in which people write it."""

import math

import torch
from torch import Generator, Tensor
from torch.distributions import Normal

from vae_course.checks.engine.exercise import Arguments

LOG_2PI = math.log(2 * math.pi)


def draw_density(generator: Generator) -> Arguments:
    """x, m and v, (batch, dim) each, with variances well away from 1."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 7
    m = 2 * torch.randn(batch, dim, generator=generator)
    v = torch.exp(2 * torch.rand(batch, dim, generator=generator) - 1.5)
    return m + 1.5 * torch.randn(batch, dim, generator=generator), m, v


def density_layouts(generator: Generator) -> dict[str, Arguments]:
    """A batch of one; k draws for each example; a prior with one entry for all dimensions; a density above 1, whose log is positive."""
    x, m, v = (t[:1] for t in draw_density(generator))
    draws = torch.randn(3, 2, 7, generator=generator)
    qm, qv = torch.randn(2, 7, generator=generator), 0.5 + torch.rand(2, 7, generator=generator)
    return {
        "a batch of one": (x, m, v),
        "a density above 1": (m + 0.01, m, torch.full_like(v, 0.01)),
        "several draws for each example": (draws, qm, qv),
        "one mean and variance for all dimensions": (draws[0], torch.tensor([0.5]), torch.tensor([2.0])),
    }


def density_extremes() -> list[Arguments]:
    """Variances of 1e-12 and 1e12, points far out in the tail, and means far from 0."""
    steps, zero = torch.tensor([[1.0, -2.0, 0.5, 1.5]]), torch.zeros(1, 4)
    tiny, huge, one = torch.full((1, 4), 1e-12), torch.full((1, 4), 1e12), torch.ones(1, 4)
    return [
        (1e-6 * steps, zero, tiny),
        (1e6 * steps, zero, huge),
        (30 * steps, zero, one),
        (2048 + steps, 2048 + zero, one),  # sums that float32 holds exactly
        (steps, steps, one),
    ]


def density_truth(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """log N(x; m, v) by torch.distributions."""
    return Normal(m, v.sqrt(), validate_args=False).log_prob(x).sum(-1)


def each_dimension(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    return -0.5 * (LOG_2PI + v.log() + (x - m) ** 2 / v)


def one_by_one(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    x, m, v = torch.broadcast_tensors(x, m, v)
    total = torch.zeros(x.shape[:-1])
    for i in range(x.shape[-1]):
        total = total - 0.5 * (
            math.log(2 * math.pi) + torch.log(v[..., i]) + (x[..., i] - m[..., i]).pow(2) / v[..., i]
        )
    return total


def one_log_of_a_product(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    x, m, v = torch.broadcast_tensors(x, m, v)
    return -0.5 * (x.shape[-1] * LOG_2PI + v.prod(-1).log() + ((x - m) ** 2 / v).sum(-1))


def other_crossed_batch(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    distance = ((x - m) ** 2 / v).sum(-1, keepdim=True)
    return -0.5 * (x.shape[-1] * LOG_2PI + v.log().sum(-1) + distance)


def crossed_batch(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    log_det = v.log().sum(-1, keepdim=True)
    return -0.5 * (x.shape[-1] * LOG_2PI + log_det + ((x - m) ** 2 / v).sum(-1))


DENSITY_FORMULAS = (
    "-0.5 * sum(log(2 * pi) + log(v) + (x - m) ** 2 / v, -1)",
    "sum(-log(sqrt(v)) - 0.5 * log(2 * pi) - 0.5 * ((x - m) / sqrt(v)) ** 2, -1)",
)
"""The log density, as it is mostly written."""
