"""Exercise 9.1: the log density of a mixture of Gaussians."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_course import given
from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception


def draw_mixture(generator: Generator) -> Arguments:
    """z (batch, dim), and k Gaussians (k, dim) that overlap there: batch, k and dim are three different numbers."""
    batch, k, dim = 6 + int(torch.randint(0, 3, (), generator=generator)), 4, 3
    m = 1.2 * torch.randn(k, dim, generator=generator)
    v = torch.exp(1.2 * torch.rand(k, dim, generator=generator) - 0.8)
    return 1.2 * torch.randn(batch, dim, generator=generator), m, v


def true_density(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """By torch.distributions."""
    equal = Categorical(probs=torch.ones(len(m), dtype=m.dtype))
    gaussians = Independent(Normal(m, v.sqrt(), validate_args=False), 1, validate_args=False)
    return MixtureSameFamily(equal, gaussians, validate_args=False).log_prob(z)


def layouts(generator: Generator) -> dict[str, Arguments]:
    z, m, v = draw_mixture(generator)
    return {
        "a single Gaussian": (z, m[:1], v[:1]),
        "a batch of one": (z[:1], m, v),
        "a single dimension": (z[:, :1], m[:, :1], v[:, :1]),
        "as many z as Gaussians": (z[: len(m)], m, v),
        "Gaussians that are all the same": (z, m[:1].expand(5, -1).clone(), v[:1].expand(5, -1).clone()),
    }


def _extreme() -> list[Arguments]:
    """z far from all Gaussians, Gaussians far from each other, and so many dimensions that every density is 0 or infinite in float32."""
    far = torch.tensor([[60.0, -40.0], [0.0, 0.0]])
    apart = torch.tensor([[0.0, 0.0], [80.0, 80.0], [-90.0, 10.0]])
    many = 0.3 * torch.arange(300.0).reshape(3, 100).sin()
    return [
        (far, torch.tensor([[0.0, 1.0], [1.0, -1.0]]), torch.ones(2, 2)),
        (apart + 0.2, apart, torch.full((3, 2), 0.25)),
        (many + 0.4, many, torch.ones(3, 100)),
        (many + 1e-3, many, torch.full((3, 100), 1e-3)),
    ]


def _each(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """log N(z_i; m_j, v_j) in each dimension: (batch, k, dim)."""
    return -0.5 * ((z[:, None] - m).square() / v + v.log() + math.log(2 * math.pi))


def _of_table(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A mistake in what is made of the table of log densities (batch, k)."""
    return lambda z, m, v: change(_each(z, m, v).sum(-1))


def _one_to_one(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """Each z under one Gaussian, where there are as many."""
    i = torch.arange(len(z)) % len(m)
    return Normal(m[i], v[i].sqrt(), validate_args=False).log_prob(z).sum(-1)


log_normal_mixture = Formula(
    name="log_normal_mixture",
    lesson="09_classes",
    number="9.1",
    title="The log density of a mixture",
    minutes=12,
    difficulty=2,
    lines="2 lines",
    arguments=draw_mixture,
    truth=true_density,
    checks=(
        Check("one number for each z", shape_matches),
        Check("the value", equals_truth, points=1.5),
        Check("one Gaussian, one z, one dimension", holds_for(layouts), points=0.5),
        Check("far from every Gaussian", stays_finite(_extreme), points=0.5),
        Check("the gradients", gradients_match, points=0.5),
    ),
    fingerprint=case_fingerprint(draw_mixture, true_density, layouts, _extreme),
    scaffold={"log_normal": given.log_normal, "log_mean_exp": given.log_mean_exp},
    misconceptions=(
        Misconception(
            "mixture-in-each-dimension",
            lambda z, m, v: (_each(z, m, v).logsumexp(1) - math.log(len(m))).sum(-1),
            "You mix in every dimension by itself, and sum then: a z could take its first coordinate from one Gaussian and its second from "
            "another. One Gaussian is chosen for all of z: sum the log densities over the dimensions first, and mix then.",
        ),
        Misconception(
            "mean-over-z",
            lambda z, m, v: _each(z, m, v).sum(-1).logsumexp(0) - math.log(len(z)),
            "There is one number for each Gaussian: your mean runs over the z. It belongs over the Gaussians, dim=1 of a table (batch, k).",
        ),
        Misconception(
            "log-of-the-batch",
            lambda z, m, v: _each(z, m, v).sum(-1).logsumexp(1) - math.log(len(z)),
            "You divide by the number of z. The mean is over the k Gaussians: log k is subtracted.",
        ),
        Misconception(
            "k-of-the-lesson",
            _of_table(lambda table: table.logsumexp(-1) - math.log(10)),
            "You subtract log 10. Ten Gaussians are the lesson's model; any number k may stand in m and v, and log k is subtracted.",
        ),
        Misconception(
            "log-of-the-dimensions",
            lambda z, m, v: _each(z, m, v).sum(-1).logsumexp(1) - math.log(z.shape[-1]),
            "You divide by the number of dimensions. The mean is over the k Gaussians: log k is subtracted.",
        ),
        Misconception(
            "log2-of-k",
            _of_table(lambda table: table.logsumexp(-1) - math.log2(table.shape[-1])),
            "You subtract log2 k from a natural logarithm. All logs here are natural ones: math.log.",
        ),
        Misconception(
            "weighed-by-responsibility",
            _of_table(lambda table: (table.softmax(-1) * table).sum(-1)),
            "You average the log densities, weighed by how likely each Gaussian is given z. That leaves out the entropy of these weights: the densities are "
            "averaged, *inside* the log.",
        ),
        Misconception(
            "mean-of-the-logs",
            _of_table(lambda table: table.mean(-1)),
            "You average the log densities. The density is the average of the densities, so the mean belongs *inside* the log: log_mean_exp.",
        ),
        Misconception(
            "sum-of-the-logs",
            _of_table(lambda table: table.sum(-1)),
            "You add up the log densities, which multiplies the densities: as if z came from all Gaussians at once. It comes from one of them, "
            "so that densities are averaged.",
        ),
        Misconception(
            "log-k-missing",
            _of_table(lambda table: table.logsumexp(-1)),
            "Your result is log k too large: logsumexp adds the k densities up, and each counts for one k-th. Their *mean* is asked, as "
            "log_mean_exp has it.",
        ),
        Misconception(
            "log-k-twice",
            _of_table(lambda table: table.logsumexp(-1) - 2 * math.log(table.shape[-1])),
            "Your result is log k too small: log_mean_exp has the 1/k in it already.",
        ),
        Misconception(
            "log-k-added",
            _of_table(lambda table: table.logsumexp(-1) + math.log(table.shape[-1])),
            "log k has the wrong sign: each Gaussian has a share of 1/k, and the log of that is −log k.",
        ),
        Misconception(
            "nearest-gaussian",
            _of_table(lambda table: table.max(-1).values - math.log(table.shape[-1])),
            "You count the Gaussian alone under which z is likeliest. The others add to the density as well, and where they overlap they "
            "count as much.",
        ),
        Misconception(
            "nearest-gaussian-whole",
            _of_table(lambda table: table.max(-1).values),
            "You take the log density of the Gaussian under which z is likeliest. It has one k-th of the mass only, and the others add theirs.",
        ),
        Misconception(
            "over-the-batch",
            lambda z, m, v: (_each(z, m, v).sum(-1).logsumexp(0) - math.log(len(z)))[torch.arange(len(z)) % len(m)],
            "You average over the z of the batch. Each z has a density of its own: the average runs over the Gaussians.",
        ),
        Misconception(
            "one-gaussian-each",
            _one_to_one,
            "Every z meets one Gaussian only. It should meet each of them, which is a table (batch, k): z.unsqueeze(1) against m and v.",
        ),
        Misconception(
            "density-not-log",
            _of_table(lambda table: table.exp().mean(-1)),
            "You return the density. Its logarithm is asked, in nats.",
        ),
        Misconception(
            "exp-then-log",
            _of_table(lambda table: table.exp().mean(-1).log()),
            "Right for moderate z. Far from every Gaussian the densities are 0 in float32, and the log of their mean is −∞: stay in log space, by "
            "log_mean_exp.",
        ),
        Misconception(
            "variance-for-spread",
            lambda z, m, v: true_density(z, m, v.square()),
            "You use v as a standard deviation. It is a variance: torch's Normal wants v.sqrt().",
        ),
        Misconception(
            "root-for-the-variance",
            lambda z, m, v: true_density(z, m, v.sqrt()),
            "You take the root of v, and hand it over as a variance. v is the variance already.",
        ),
        Misconception(
            "averaged-over-dimensions",
            lambda z, m, v: _each(z, m, v).mean(-1).logsumexp(-1) - math.log(len(m)),
            "Each log density is averaged over the dimensions, where it belongs summed.",
        ),
        Misconception(
            "one-gaussian-of-all",
            lambda z, m, v: Normal(m.mean(0), v.mean(0).sqrt(), validate_args=False).log_prob(z).sum(-1),
            "You average means and variances, which makes a single Gaussian. A mixture averages the *densities*.",
        ),
        Misconception(
            "one-gaussian-with-its-spread",
            lambda z, m, v: (
                Normal(m.mean(0), (v.mean(0) + m.var(0, correction=0)).sqrt(), validate_args=False).log_prob(z).sum(-1)
            ),
            "That is the single Gaussian with the mixture's mean and variance. A mixture has more than one top: average the *densities*.",
        ),
        Misconception(
            "the-table",
            _of_table(lambda table: table),
            "You return the table (batch, k), one number for each z and each Gaussian. What is left is the log of their mean, over the Gaussians.",
        ),
        Misconception(
            "averaged-over-all",
            _of_table(lambda table: (table.logsumexp(-1) - math.log(table.shape[-1])).mean()),
            "You average over the batch too. One number for each z is asked, (batch,).",
        ),
        Misconception(
            "constant-missing",
            lambda z, m, v: true_density(z, m, v) + 0.5 * z.shape[-1] * math.log(2 * math.pi),
            "Your densities lack the factor (2π)^(−dim/2): log_normal of lesson 02 has it.",
        ),
        Misconception(
            "sign",
            lambda z, m, v: -true_density(z, m, v),
            "You return −log p(z). Asked is log p(z).",
        ),
        Misconception(
            "no-gradient",
            lambda z, m, v: true_density(z, m, v).detach(),
            "The values are right, but cut off from their inputs: no .detach(), .item(), numpy or no_grad.",
        ),
    ),
    hints=(
        "Somebody chose one of the k Gaussians, each with chance 1/k, and drew z from it. What is the density of z for whoever does not know which?",
        "Make a table first, one row for each z and one column for each Gaussian: log N(z_i; m_j, v_j). z.unsqueeze(1) is (batch, 1, dim), "
        "and against (k, dim) that broadcasts to (batch, k, dim); log_normal sums the last axis.",
        "The mean of the densities is the mean of what the table has the logs of. One function of lesson 03 takes logs and gives the log of "
        "that mean: along which axis of the table?",
    ),
)
