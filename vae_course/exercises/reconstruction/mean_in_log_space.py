"""Exercise 3.2: the logarithm of a mean of exponentials."""

import functools
import math

import torch
from torch import Generator, Tensor

from vae_course.exercises.checks import equals_truth, gradients_match, shape_matches, stays_finite
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception
from vae_course.exercises.layouts import case_fingerprint, holds_for


def draw_logs(generator: Generator) -> Arguments:
    """x with three axes of different lengths, and one of its six axis numbers but the last."""
    shape = [int(i) for i in torch.randperm(6, generator=generator)[:3] + 2]
    dim = [0, 1, -2, -3][int(torch.randint(4, (), generator=generator))]
    return 2 * torch.randn(*shape, generator=generator), dim


def log_layouts(generator: Generator) -> dict[str, Arguments]:
    """The last axis; one axis only; a mean of one."""
    x = torch.randn(4, 3, generator=generator)
    return {
        "the last axis": (x, -1),
        "the first of two axes": (x, 0),
        "a vector": (x[:, 0], 0),
        "a mean of one": (x[:1], 0),
    }


def log_extremes() -> list[Arguments]:
    """Log weights of ±1000, in one row and in different rows."""
    x = torch.tensor([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0], [-1000.0, 1000.0, 0.0]])
    return [(x[:1], 1), (x[1:2], 1), (x, 1), (x.T, 0)]


def truth(x: Tensor, dim: int) -> Tensor:
    """log(eᵃ + eᵇ) again and again, then minus log k."""
    return functools.reduce(torch.logaddexp, x.unbind(dim)) - math.log(x.shape[dim])


def _shifted(x: Tensor, dim: int) -> Tensor:
    top = x.amax(dim, keepdim=True)
    return ((x - top).exp().mean(dim, keepdim=True).log() + top).squeeze(dim)


def _one_maximum_for_all(x: Tensor, dim: int) -> Tensor:
    return (x - x.max()).exp().mean(dim).log() + x.max()


def _maximum_not_returned(x: Tensor, dim: int) -> Tensor:
    return (x - x.amax(dim, keepdim=True)).exp().mean(dim).log()


def _loop(x: Tensor, dim: int) -> Tensor:
    total = x.select(dim, 0)
    for i in range(1, x.shape[dim]):
        other = x.select(dim, i)
        top = torch.maximum(total, other)
        total = top + torch.log(torch.exp(total - top) + torch.exp(other - top))
    return total - math.log(x.shape[dim])


log_mean_exp = Exercise(
    name="log_mean_exp",
    lesson="03_reconstruction",
    number="3.2",
    title="An average in log space",
    points=5,
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
    fingerprint=case_fingerprint(draw_logs, truth, log_layouts, log_extremes),
    misconceptions=(
        Misconception(
            "log-k-missing",
            lambda x, dim: torch.logsumexp(x, dim),
            "This is the log of the *sum*. A mean divides by k, and in log space that is − log k.",
        ),
        Misconception(
            "log-k-added",
            lambda x, dim: torch.logsumexp(x, dim) + math.log(x.shape[dim]),
            "log k has the wrong sign: dividing by k becomes *minus* log k.",
        ),
        Misconception(
            "divided-by-k-outside",
            lambda x, dim: torch.logsumexp(x, dim) / x.shape[dim],
            "You divide the logarithm by k. The mean is taken before the log: log(S / k) = log S − log k.",
        ),
        Misconception(
            "k-without-log",
            lambda x, dim: torch.logsumexp(x, dim) - x.shape[dim],
            "You subtract k; it should be log k.",
        ),
        Misconception(
            "counts-the-first-axis",
            lambda x, dim: torch.logsumexp(x, dim) - math.log(x.shape[0]),
            "The log k is taken from another axis: k is the number of entries along dim, x.shape[dim].",
        ),
        Misconception(
            "counts-the-last-axis",
            lambda x, dim: torch.logsumexp(x, dim) - math.log(x.shape[-1]),
            "The log k is taken from another axis: k is the number of entries along dim, x.shape[dim].",
        ),
        Misconception(
            "counts-everything",
            lambda x, dim: torch.logsumexp(x, dim) - math.log(x.numel()),
            "You divide by the number of all entries. Only those along dim are averaged: k = x.shape[dim].",
        ),
        Misconception(
            "mean-of-logs",
            lambda x, dim: x.mean(dim),
            "This is the mean of the logs; asked is the log of the mean, which is larger unless all entries are equal. "
            "(Jensen's inequality. In lesson 05 the first is the ELBO and the second the IWAE bound.)",
        ),
        Misconception(
            "mean-without-log",
            lambda x, dim: x.exp().mean(dim),
            "This is the mean of exp(x); take its logarithm, and do it without leaving log space.",
        ),
        Misconception(
            "softmax-weighted-mean",
            lambda x, dim: (torch.softmax(x, dim) * x).sum(dim),
            "You average x with softmax weights. That is close to the largest entry, and no log of a mean.",
        ),
        Misconception(
            "takes-the-maximum",
            lambda x, dim: x.amax(dim),
            "You return the maximum. It is the first step of the trick; log(mean(exp(x − max))) must be added to it.",
        ),
        Misconception(
            "maximum-not-returned",
            _maximum_not_returned,
            "You subtracted the maximum, rightly, and forgot to add it again after the log.",
        ),
        Misconception(
            "always-the-last-axis",
            lambda x, dim: torch.logsumexp(x, -1) - math.log(x.shape[-1]),
            "You average over the last axis whatever dim says. In lesson 05 the samples will be the *first* axis.",
        ),
        Misconception(
            "always-the-first-axis",
            lambda x, dim: torch.logsumexp(x, 0) - math.log(x.shape[0]),
            "You average over the first axis whatever dim says.",
        ),
        Misconception(
            "every-axis",
            lambda x, dim: torch.logsumexp(x.flatten(), 0) - math.log(x.numel()),
            "You average over all axes. Only the axis dim goes away; the others keep their own value each.",
        ),
        Misconception(
            "axis-kept",
            lambda x, dim: torch.logsumexp(x, dim, keepdim=True) - math.log(x.shape[dim]),
            "The axis is still there with length 1; it should be gone: no keepdim.",
        ),
        Misconception(
            "bare-squeeze",
            lambda x, dim: (torch.logsumexp(x, dim, keepdim=True) - math.log(x.shape[dim])).squeeze(),
            "squeeze() without an axis drops every axis of length 1, the batch of one as well: squeeze(dim).",
        ),
        Misconception(
            "overflows",
            lambda x, dim: x.exp().mean(dim).log(),
            "Right for moderate x; exp(1000) is inf and exp(−1000) is 0 in float32. Subtract the largest entry first and add "
            "it again after the log, or use torch.logsumexp.",
        ),
        Misconception(
            "one-maximum-for-all",
            _one_maximum_for_all,
            "You subtract one maximum for the whole tensor. A row that lies 2,000 below it becomes exp(−2000) = 0: each row "
            "needs its own maximum, along dim.",
        ),
        Misconception(
            "no-gradient",
            lambda x, dim: (torch.logsumexp(x, dim) - math.log(x.shape[dim])).detach(),
            "The value is right, but it is cut off from x: no .detach(), .item(), numpy or torch.no_grad().",
        ),
    ),
    correct={
        "logsumexp": lambda x, dim: torch.logsumexp(x, dim=dim) - math.log(x.shape[dim]),
        "method": lambda x, dim: x.logsumexp(dim) - torch.log(torch.tensor(float(x.size(dim)))),
        "log k inside": lambda x, dim: torch.logsumexp(x - math.log(x.shape[dim]), dim),
        "maximum by hand": _shifted,
        "logaddexp": truth,
        "loop": _loop,
        "float64": lambda x, dim: torch.logsumexp(x.double(), dim) - math.log(x.shape[dim]),
        "log_softmax": lambda x, dim: (x - torch.log_softmax(x, dim)).select(dim, 0) - math.log(x.shape[dim]),
        "maximum without gradient": lambda x, dim: (
            (x - x.amax(dim, keepdim=True).detach()).exp().mean(dim).log() + x.amax(dim).detach()
        ),
    },
    hints=(
        "A mean is a sum divided by k. What does dividing by k become in log space?",
        (
            "exp(1000) overflows, exp(1000 − 1000) does not. For any c: log Σ exp(x) = c + log Σ exp(x − c). Choose c well."
        ),
        "torch.logsumexp(x, dim) does that. Subtract math.log(k), where k = x.shape[dim].",
    ),
)
