"""How `log_mean_exp` goes wrong, and what a tutor says."""

import math

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception


def _maximum_with_its_axis(x: Tensor, dim: int) -> Tensor:
    top = x.amax(dim, keepdim=True)
    return (x - top).exp().mean(dim).log() + top


def _maximum_squeezed_bare(x: Tensor, dim: int) -> Tensor:
    top = x.amax(dim, keepdim=True)
    return (x - top).exp().mean(dim).log() + top.squeeze()


def _extra_one(x: Tensor, dim: int) -> Tensor:
    top = x.amax(dim, keepdim=True)
    return torch.log1p((x - top).exp().sum(dim)) + top.squeeze(dim) - math.log(x.shape[dim])


def _rows_by_view(x: Tensor, dim: int) -> Tensor:
    shape = [n for i, n in enumerate(x.shape) if i != dim % x.ndim]
    rows = x.contiguous().view(-1, x.shape[dim])
    return (torch.logsumexp(rows, -1) - math.log(x.shape[dim])).view(shape)


OVERFLOWS_IN_OTHER_WORDS = (
    "Right for moderate x; exp(1000) is inf and exp(−1000) is 0, in float64 too. Subtract the largest entry first and add it again "
    "after the log."
)
OVERFLOWS = (
    "Right for moderate x; exp(1000) is inf and exp(−1000) is 0, in float64 too. Subtract the largest entry first and add "
    "it again after the log, or use torch.logsumexp."
)

MISCONCEPTIONS = (
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
        otherwise="You average x with weights that grow as exp(x). That is close to the largest entry, and no log of a mean.",
    ),
    Misconception(
        "takes-the-maximum",
        lambda x, dim: x.amax(dim),
        "You return the maximum. It is the first step of the trick; log(mean(exp(x − max))) must be added to it.",
    ),
    Misconception(
        "maximum-minus-log-k",
        lambda x, dim: x.amax(dim) - math.log(x.shape[dim]),
        "Maximum − log k is what remains when one entry outweighs all others. In general the others count too: add "
        "log Σ exp(x − max).",
    ),
    Misconception(
        "a-one-too-many",
        _extra_one,
        "log1p adds a 1 to the sum, and the largest entry, exp(0) = 1, is in the sum already: it counts twice. Use log.",
    ),
    Misconception(
        "starts-at-zero",
        lambda x, dim: torch.log(1 + x.exp().sum(dim)) - math.log(x.shape[dim]),
        "There is a 1 too many inside the log. A running log-sum starts at −inf, the log of 0; 0 is the log of 1.",
    ),
    Misconception(
        "rows-by-view",
        _rows_by_view,
        "view(-1, k) cuts the memory into pieces of k, and those are rows along dim only when dim is the last axis. "
        "Reduce along dim itself.",
    ),
    Misconception(
        "averages-the-rest",
        lambda x, dim: (torch.logsumexp(x, dim) - math.log(x.shape[dim])).mean(),
        "You average over what is left as well. Only the axis dim goes away; the others keep their own value each.",
    ),
    Misconception(
        "maximum-not-returned-nor-log-k",
        lambda x, dim: torch.log((x - x.amax(dim, keepdim=True)).exp().sum(dim)),
        "Two things: the maximum that you took off is not added again, and a sum stands where a mean belongs (− log k).",
    ),
    Misconception(
        "maximum-not-returned",
        lambda x, dim: (x - x.amax(dim, keepdim=True)).exp().mean(dim).log(),
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
        "maximum-with-its-axis",
        _maximum_with_its_axis,
        "The maximum m kept its axis (keepdim=True) and the log of the mean lost it, so that adding them broadcasts, each "
        "entry of one with each of the other. Before the addition: m.squeeze(dim).",
    ),
    Misconception(
        "maximum-squeezed-bare",
        _maximum_squeezed_bare,
        "squeeze() without an axis drops every axis of length 1 of the maximum, not only dim, and the addition broadcasts: "
        "m.squeeze(dim).",
    ),
    Misconception(
        "overflows",
        lambda x, dim: x.exp().mean(dim).log(),
        OVERFLOWS,
        otherwise=OVERFLOWS_IN_OTHER_WORDS,
        family="overflows",
    ),
    Misconception(
        "overflows-beside-a-small-number",
        lambda x, dim: (x.exp().mean(dim) + 1e-8).log(),
        OVERFLOWS,
        otherwise=OVERFLOWS_IN_OTHER_WORDS,
        family="overflows",
    ),
    Misconception(
        "one-maximum-for-all",
        lambda x, dim: (x - x.max()).exp().mean(dim).log() + x.max(),
        "What you subtract before exp is not each row's own maximum: an entry that lies 2,000 "
        "from what is subtracted still overflows, or becomes exp(−2000) = 0. Take the maximum along dim.",
    ),
    Misconception(
        "no-gradient",
        lambda x, dim: (torch.logsumexp(x, dim) - math.log(x.shape[dim])).detach(),
        "The value is right, but it is cut off from x: no .detach(), .item(), numpy or torch.no_grad().",
    ),
)
