"""Exercise 5.3: how many weights count."""

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.cases import case_fingerprint, stays_finite
from vae_course.checks.engine.checks import equals_truth, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception


def draw_log_weights(generator: Generator) -> Arguments:
    """log_w, (batch, k), with spreads from nearly equal weights to one that rules."""
    batch, k = (int(torch.randint(2, 7, (), generator=generator)) for _ in range(2))
    k += 12  # never square: an axis mixed up shows in the shape. And too long for a card, which shows a smaller input
    spread = torch.logspace(-1, 0.7, batch)[:, None]
    return (spread * torch.randn(batch, k, generator=generator) - 3 * torch.rand(batch, 1, generator=generator),)


def true_size(log_w: Tensor) -> Tensor:
    p = torch.softmax(log_w.double(), -1)
    return 1 / (p * p).sum(-1)


def _extreme() -> list[Arguments]:
    return [
        (torch.tensor([[-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, -1000.0]]),),
        (torch.tensor([[-90.0, -90.7, -91.2], [88.0, 88.5, 87.0]]),),
        (torch.tensor([[1500.0, 1500.7, 1498.0], [-1500.0, -1500.7, -1498.0]]),),
        (torch.zeros(3, 1),),
    ]


effective_sample_size = Formula(
    name="effective_sample_size",
    lesson="05_iwae",
    number="5.3",
    title="How many of your draws count?",
    minutes=8,
    difficulty=1,
    lines="2 lines",
    arguments=draw_log_weights,
    truth=true_size,
    formulas=(
        "1 / sum(softmax(log_w, -1) ** 2, -1)",
        "sum(exp(log_w), -1) ** 2 / sum(exp(log_w) ** 2, -1)",
        "exp(2 * logsumexp(log_w, -1) - logsumexp(2 * log_w, -1))",
    ),
    checks=(
        Check("one number for each row", shape_matches),
        Check("the value", equals_truth, points=1),
        Check("log weights of any size", stays_finite(_extreme), points=1),
    ),
    fingerprint=case_fingerprint(draw_log_weights, true_size, lambda generator: {}, _extreme),
    misconceptions=(
        Misconception(
            "takes-log-weights-for-weights",
            lambda log_w: log_w.sum(-1) ** 2 / log_w.square().sum(-1),
            "The input is log w, and you use it as w: exponentiate first, or better, stay in log space.",
        ),
        Misconception(
            "exponentiates-first",
            lambda log_w: log_w.exp().sum(-1) ** 2 / log_w.exp().square().sum(-1),
            "Right for moderate numbers. exp of −1000 is 0 and of 1000 infinite, and one maximum taken off for all rows leaves others at 0: "
            "use softmax, or logsumexp, along the last axis first.",
            otherwise="Right for moderate numbers. exp of −1000 is 0 and of 1000 infinite, and one maximum taken off for all rows leaves others at 0.",
        ),
        Misconception(
            "sum-not-squared",
            lambda log_w: log_w.exp().sum(-1) / log_w.exp().square().sum(-1),
            "The numerator is (Σ w)², squared. Without the square the result changes when all weights are doubled.",
            otherwise="The numerator is (Σ w)². As it stands the result changes when all weights are doubled.",
        ),
        Misconception(
            "upside-down",
            lambda log_w: torch.softmax(log_w, -1).square().sum(-1),
            "This is Σ w̃², between 1/k and 1: the effective size is one over it.",
        ),
        Misconception(
            "divided-by-k",
            lambda log_w: 1 / torch.softmax(log_w, -1).square().sum(-1) / log_w.shape[-1],
            "This is the effective *share*, between 1/k and 1. The effective size counts samples: between 1 and k.",
        ),
        Misconception(
            "mean-of-the-squares",
            lambda log_w: 1 / torch.softmax(log_w, -1).square().mean(-1),
            "You take the mean of the squared shares, w̃², where their sum belongs: so the result is k times too large.",
        ),
        Misconception(
            "shares-over-the-batch",
            lambda log_w: 1 / torch.softmax(log_w, 0).square().sum(-1),
            "The softmax runs over the images (dim=0), so that the shares of one image do not add up to 1. Its draws lie along "
            "the last axis.",
            otherwise="The shares are taken over the images (dim=0), so that those of one image do not add up to 1. Its draws lie along the "
            "last axis.",
        ),
        Misconception(
            "shares-over-everything",
            lambda log_w: 1 / torch.softmax(log_w.flatten(), 0).view_as(log_w).square().sum(-1),
            "Each weight is divided by the sum over *all* images. An image has shares of its own: they add up to 1 along the last "
            "axis.",
        ),
        Misconception(
            "over-the-batch",
            lambda log_w: 1 / torch.softmax(log_w, 0).square().sum(0),
            "The weights of one image lie along the last axis; you compare different images (the first axis).",
        ),
        Misconception(
            "axis-kept",
            lambda log_w: 1 / torch.softmax(log_w, -1).square().sum(-1, keepdim=True),
            "The value is right and the last axis is still there, with length 1: sum without keepdim.",
        ),
        Misconception(
            "stays-in-log",
            lambda log_w: 2 * torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1),
            "This is the logarithm of the effective size: one exp is left to do, at the very end.",
        ),
        Misconception(
            "perplexity",
            lambda log_w: torch.exp(torch.distributions.Categorical(logits=log_w).entropy()),
            "exp of the entropy is another count of samples that matter; here it is (Σ w)² / Σ w².",
        ),
    ),
    hints=(
        "If all k weights are equal, the answer is k; if one rules, it is 1. It must not change when every w is doubled.",
        "(Σ w)² / Σ w². Divide every weight by their sum: the numerator becomes 1.",
        "torch.softmax(log_w, -1) gives w / Σ w without overflow. Square, sum over the last axis, and take one over it.",
    ),
)
