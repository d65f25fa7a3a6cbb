"""Exercises of lesson 05 that need no model: how many weights count, and the two-weight world."""

import math

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.checks import equals_truth, shape_matches
from vae_course.checks.engine.constants import constant_matches
from vae_course.checks.engine.core import Arguments, Check, Exercise, Misconception
from vae_course.checks.engine.layouts import stays_finite

LESSON = "05_iwae"


def draw_log_weights(generator: Generator) -> Arguments:
    """log_w, (batch, k), with spreads from nearly equal weights to one that rules."""
    batch, k = (int(torch.randint(2, 7, (), generator=generator)) for _ in range(2))
    k += 12  # never square: an axis mixed up shows in the shape. And too long for a card, which shows a smaller input
    spread = torch.logspace(-1, 0.7, batch)[:, None]
    return (spread * torch.randn(batch, k, generator=generator) - 3 * torch.rand(batch, 1, generator=generator),)


def _true_size(log_w: Tensor) -> Tensor:
    p = torch.softmax(log_w.double(), -1)
    return 1 / (p * p).sum(-1)


def _extreme() -> list[Arguments]:
    return [
        (torch.tensor([[-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, -1000.0]]),),
        (torch.tensor([[-90.0, -90.7, -91.2], [88.0, 88.5, 87.0]]),),
        (torch.zeros(3, 1),),
    ]


effective_sample_size = Exercise(
    name="effective_sample_size",
    lesson=LESSON,
    number="5.3",
    title="How many of your samples count?",
    points=2,
    minutes=8,
    difficulty=1,
    lines="2 lines",
    arguments=draw_log_weights,
    truth=_true_size,
    checks=(
        Check("one number for each row", shape_matches),
        Check("the value", equals_truth, points=1),
        Check("log weights of any size", stays_finite(_extreme), points=1),
    ),
    misconceptions=(
        Misconception(
            "takes-log-weights-for-weights",
            lambda log_w: log_w.sum(-1) ** 2 / log_w.square().sum(-1),
            "The input is log w, and you use it as w: exponentiate first, or better, stay in log space.",
        ),
        Misconception(
            "exponentiates-first",
            lambda log_w: log_w.exp().sum(-1) ** 2 / log_w.exp().square().sum(-1),
            "Right for moderate numbers. exp of −1000 is 0 and of 1000 infinite: use softmax, or logsumexp, first.",
        ),
        Misconception(
            "sum-not-squared",
            lambda log_w: log_w.exp().sum(-1) / log_w.exp().square().sum(-1),
            "The numerator is (Σ w)², squared. Without the square the result changes when all weights are doubled.",
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
    correct={
        "softmax": lambda log_w: 1 / torch.softmax(log_w, -1).pow(2).sum(-1),
        "shifted": lambda log_w: _shifted(log_w),
        "logsumexp": lambda log_w: (2 * log_w.logsumexp(-1) - (2 * log_w).logsumexp(-1)).exp(),
        "einsum": lambda log_w: 1 / torch.einsum("bk,bk->b", log_w.softmax(-1), log_w.softmax(-1)),
        "norm": lambda log_w: log_w.softmax(dim=1).norm(dim=1) ** -2,
        "float64": lambda log_w: _true_size(log_w),
    },
    hints=(
        "If all k weights are equal, the answer is k; if one rules, it is 1. It must not change when every w is doubled.",
        "(Σ w)² / Σ w². Divide every weight by their sum: the numerator becomes 1.",
        "torch.softmax(log_w, -1) gives w / Σ w without overflow. Square, sum over the last axis, and take one over it.",
    ),
)


def _shifted(log_w: Tensor) -> Tensor:
    w = torch.exp(log_w - log_w.max(-1, keepdim=True).values)
    return w.sum(-1) ** 2 / (w**2).sum(-1)


TWO_AND_EIGHT = "{} belongs to the world of 2 and 8 in the text above. Here a weight is 1 or 3."


def iwae_of_two_weights(k: int, low: float = 1, high: float = 3) -> float:
    """E[log 1/k Σ w] for k independent weights that are `low` or `high` with probability ½."""
    return sum(math.comb(k, j) / 2**k * math.log(((k - j) * low + j * high) / k) for j in range(k + 1))


two_weights = Exercise(
    name="two_weights",
    lesson=LESSON,
    number="5.4",
    title="The bound with a pencil: two weights",
    points=2,
    minutes=8,
    difficulty=2,
    lines="3 numbers",
    truth=lambda: {"elbo": iwae_of_two_weights(1), "iwae_2": iwae_of_two_weights(2), "limit": math.log(2)},
    stub={"elbo": None, "iwae_2": None, "limit": None},
    checks=(
        Check("the ELBO", constant_matches("elbo"), points=0.5),
        Check("IWAE with two samples", constant_matches("iwae_2"), points=1),
        Check("the limit", constant_matches("limit"), points=0.5),
    ),
    misconceptions=(
        Misconception(
            "limit-for-elbo",
            {"elbo": math.log(2)},
            "This is the log of the mean weight, which is log p(x). The ELBO is the mean of the two logs.",
        ),
        Misconception("elbo-in-bits", {"elbo": 0.5 * math.log2(3)}, "0.7925 is in bits (log2). Nats use ln."),
        Misconception("elbo-with-log10", {"elbo": 0.5 * math.log10(3)}, "0.2386 is made with log10. Nats use ln."),
        Misconception(
            "elbo-sign",
            {"elbo": -0.5 * math.log(3)},
            "This is the negative, the NELBO. Here the bound itself is asked: an average of ln 1 and ln 3, and neither is below 0.",
        ),
        Misconception("elbo-of-two-and-eight", {"elbo": iwae_of_two_weights(1, 2, 8)}, TWO_AND_EIGHT.format("1.3863")),
        Misconception(
            "elbo-without-half",
            {"elbo": math.log(3)},
            "ln 3 is the log of one of two equally likely weights. The other counts as much.",
        ),
        Misconception(
            "elbo-for-iwae",
            {"iwae_2": 0.5 * math.log(3)},
            "0.5493 is the ELBO again: you average the logs. IWAE_2 averages the two weights first, then takes the log.",
        ),
        Misconception(
            "limit-for-iwae",
            {"iwae_2": math.log(2)},
            "ln 2 is what a mixed pair gives. The pairs (1, 1) and (3, 3) happen half of the time.",
        ),
        Misconception(
            "mixed-pair-once",
            {"iwae_2": (math.log(1) + math.log(2) + math.log(3)) / 3},
            "0.5973 counts three cases as equally likely. (1, 3) and (3, 1) are two of four.",
        ),
        Misconception(
            "log-k-missing",
            {"iwae_2": iwae_of_two_weights(2) + math.log(2)},
            "1.3144 uses the sum of the two weights. The bound uses their mean.",
        ),
        Misconception(
            "iwae-in-bits",
            {"iwae_2": iwae_of_two_weights(2) / math.log(2)},
            "0.8962 is in bits (log2). Nats use ln.",
        ),
        Misconception(
            "iwae-with-log10",
            {"iwae_2": iwae_of_two_weights(2) / math.log(10)},
            "0.2698 is made with log10. Nats use ln.",
        ),
        Misconception(
            "iwae-sign",
            {"iwae_2": -iwae_of_two_weights(2)},
            "This is −IWAE_2. Here the bound itself is asked: all weights are at least 1, so no log of a mean is below 0.",
        ),
        Misconception(
            "iwae-of-two-and-eight", {"iwae_2": iwae_of_two_weights(2, 2, 8)}, TWO_AND_EIGHT.format("1.4979")
        ),
        Misconception("limit-in-bits", {"limit": 1}, "1 is a log to base 2, in bits. Nats use ln."),
        Misconception("limit-with-log10", {"limit": math.log10(2)}, "0.3010 is made with log10. Nats use ln."),
        Misconception(
            "limit-sign",
            {"limit": -math.log(2)},
            "This is what *minus* the bound tends to. The bound itself rises to the log of the mean weight, which is above 0.",
        ),
        Misconception("limit-of-two-and-eight", {"limit": math.log(5)}, TWO_AND_EIGHT.format("1.6094")),
        Misconception(
            "limit-is-largest",
            {"limit": math.log(3)},
            "ln 3 belongs to the largest weight. With many samples their mean settles at the average weight.",
        ),
        Misconception(
            "limit-without-log",
            {"limit": 2},
            "2 is the mean weight, p(x); the bound tends to its log. (Toy numbers: read p(x) as a density. Of a black and white "
            "image it is at most 1.)",
        ),
    ),
    hints=(
        "The ELBO averages the logs. IWAE_2 averages two weights first, then takes the log, and then the expectation.",
        "For two samples there are four equally likely pairs: (1,1), (1,3), (3,1), (3,3). Their means are 1, 2, 2, 3.",
        "Take the log of each of the four means, and average the four logs. With many samples the mean weight scatters no more: "
        "what number does it settle at, and what is its log?",
    ),
)
