"""Exercise 2.1: how it goes wrong, and what a tutor says."""

import math

import torch
from torch.distributions import Normal

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.engine.sums import wrongly_summed
from vae_course.checks.lessons.kl_divergence.gaussians import with_small_numbers
from vae_course.checks.lessons.kl_divergence.log_normal.checks import (
    LOG_2PI,
    crossed_batch,
    each_dimension,
    one_log_of_a_product,
    other_crossed_batch,
)

CROSSED = (
    "You add a (batch, 1) to a (batch,), and broadcasting made a (batch, batch) of it: every example meets every "
    "other's variance. Use keepdim in all sums or, better, in none."
)
COUNTED_ONCE = (
    "When m and v have one entry for all dimensions, as the prior has, Σ log v counts it once instead of dim times. Add the terms first "
    "(they broadcast), then sum once."
)

MISCONCEPTIONS = (
    Misconception(
        "variance-as-standard-deviation",
        lambda x, m, v: Normal(m, v).log_prob(x).sum(-1),
        "You use v as a standard deviation. v is the variance: the distance is divided by v itself, not by v², and the "
        "log term is ½ log v. (torch's Normal wants the standard deviation, v.sqrt().)",
        otherwise="You use v as a standard deviation. v is the variance: the distance is divided by v itself, not by v², and the log term is ½ log v.",
    ),
    Misconception(
        "variance-as-log-variance",
        lambda x, m, v: -0.5 * (LOG_2PI + v + (x - m) ** 2 / v.exp()).sum(-1),
        "You read v as a log-variance, as many codebases do. Here v is the variance itself: use log v where the "
        "log-variance stands, and v where its exp stands.",
    ),
    Misconception(
        "two-pi-missing",
        lambda x, m, v: -0.5 * (v.log() + (x - m) ** 2 / v).sum(-1),
        "You are off by the same amount for every example, ½ log 2π per dimension: the 2π of the density is missing. "
        "The slopes are right without it, the density is not: it no longer integrates to 1.",
    ),
    Misconception(
        "two-pi-once",
        lambda x, m, v: -0.5 * (LOG_2PI + (v.log() + (x - m) ** 2 / v).sum(-1)),
        "log 2π is there once; every dimension brings its own. Put it inside the sum, or multiply it by the number of "
        "dimensions.",
    ),
    Misconception(
        "half-missing",
        lambda x, m, v: 2 * each_dimension(x, m, v).sum(-1),
        "Yours is exactly twice the log density: the ½ in front is missing. It comes from the ½ in the exponent, and "
        "from 1/sqrt(2πv) being a power −½.",
    ),
    Misconception(
        "half-missing-in-the-exponent",
        lambda x, m, v: (-0.5 * (LOG_2PI + v.log()) - (x - m) ** 2 / v).sum(-1),
        "The exponent of a Gaussian is −(x − m)² / (2v): your squared distance lacks the ½.",
    ),
    Misconception(
        "log-determinant-doubled",
        lambda x, m, v: (-0.5 * (LOG_2PI + (x - m) ** 2 / v) - v.log()).sum(-1),
        "You subtract log v, and it should be ½ log v: the density divides by sqrt(v), the standard deviation.",
    ),
    Misconception(
        "log-determinant-missing",
        lambda x, m, v: -0.5 * (LOG_2PI + (x - m) ** 2 / v).sum(-1),
        "The term −½ log v is missing. A wide Gaussian must also be a flat one; without this term, widening v would "
        "always look better.",
    ),
    Misconception(
        "log-determinant-flipped",
        lambda x, m, v: -0.5 * (LOG_2PI - v.log() + (x - m) ** 2 / v).sum(-1),
        "½ log v enters with the wrong sign: 1/sqrt(2πv) stands in front of the exponential, so a larger v lowers "
        "the peak.",
    ),
    Misconception(
        "distance-not-squared",
        lambda x, m, v: -0.5 * (LOG_2PI + v.log() + (x - m).abs() / v).sum(-1),
        "The distance enters as its absolute value; a Gaussian falls with the *square*, (x − m)² / v.",
    ),
    Misconception(
        "multiplies-by-variance",
        lambda x, m, v: -0.5 * (LOG_2PI + v.log() + (x - m) ** 2 * v).sum(-1),
        "You multiply the squared distance by v; it should be divided: in a wide Gaussian a given distance counts less.",
    ),
    Misconception(
        "sign",
        lambda x, m, v: -each_dimension(x, m, v).sum(-1),
        "Yours is the negative of the log density, a loss. The name says log p: higher where x is more plausible.",
    ),
    Misconception(
        "density-not-log",
        lambda x, m, v: each_dimension(x, m, v).sum(-1).exp(),
        "This is the density itself; asked is its logarithm. With 784 dimensions the density is 0 in float32, its "
        "logarithm is an ordinary number.",
    ),
    Misconception(
        "mean-over-dimensions",
        lambda x, m, v: each_dimension(x, m, v).mean(-1),
        "You average over the dimensions. Independent dimensions multiply their densities, so their logs are *summed*.",
    ),
    Misconception(
        "no-sum",
        each_dimension,
        "You return one number per dimension. Independent dimensions multiply their densities, so sum their logs "
        "over the last axis.",
    ),
    Misconception("crossed-batch", crossed_batch, CROSSED, family="crossed-batch"),
    Misconception("crossed-batch-the-other-way", other_crossed_batch, CROSSED, family="crossed-batch"),
    Misconception(
        "squares-the-sum",
        lambda x, m, v: -0.5 * ((LOG_2PI + v.log()).sum(-1) + ((x - m) / v.sqrt()).sum(-1) ** 2),
        "You add up the distances first and square their sum. Each dimension has a square of its own: square, then sum.",
    ),
    Misconception(
        "variance-squared-in-the-distance",
        lambda x, m, v: -0.5 * (LOG_2PI + v.log() + (x - m) ** 2 / v**2).sum(-1),
        "You divide the squared distance by v², as if v were the standard deviation there. v is a variance, already "
        "squared: divide by v itself.",
    ),
    Misconception(
        "adds-densities",
        lambda x, m, v: torch.logsumexp(each_dimension(x, m, v), -1),
        "logsumexp adds the densities of the dimensions. Independent dimensions multiply theirs: add the *logs*, .sum(-1).",
    ),
    Misconception(
        "one-variance-counted-once",
        lambda x, m, v: -0.5 * ((LOG_2PI + v.log()).sum(-1) + ((x - m) ** 2 / v).sum(-1)),
        COUNTED_ONCE,
        family="counted once",
    ),
    Misconception(
        "one-log-variance-counted-once",
        lambda x, m, v: -0.5 * (x.shape[-1] * LOG_2PI + v.log().sum(-1) + ((x - m) ** 2 / v).sum(-1)),
        COUNTED_ONCE,
        family="counted once",
    ),
    Misconception(
        "log-of-a-product",
        one_log_of_a_product,
        "You take the logarithm of a product of variances, and the product leaves float32: 1e-12 four times over is 0. "
        "Take logs first, then add them.",
    ),
    Misconception(
        "exp-then-log",
        lambda x, m, v: torch.log(torch.exp(-((x - m) ** 2) / (2 * v)) / torch.sqrt(2 * math.pi * v)).sum(-1),
        "Right for moderate inputs, −inf in the tail: exp(−800) is 0 in float32, and log brings nothing back. "
        "Simplify on paper first: the log of an exp is its argument.",
    ),
    Misconception(
        "no-gradient",
        lambda x, m, v: each_dimension(x, m, v).sum(-1).detach(),
        "The value is right, but it is cut off from its inputs: .detach(), .item(), numpy and torch.no_grad() all "
        "stop the gradient. Stay with torch functions.",
    ),
    *wrongly_summed(each_dimension, "number", "example", "dimensions"),
    *with_small_numbers(lambda x, m, v: each_dimension(x, m, v).sum(-1), 2),
)
