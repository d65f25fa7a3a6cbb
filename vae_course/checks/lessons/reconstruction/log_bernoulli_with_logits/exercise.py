"""Exercise 3.1: the log-likelihood of an image whose pixels are independent coins."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula
from vae_course.checks.lessons.reconstruction.log_bernoulli_with_logits.mistakes import MISCONCEPTIONS

LOGITS = "1"  # their position among the arguments


def draw_pixels(generator: Generator) -> Arguments:
    """x and logits, (batch, dim) each: black and white pixels, logits of both signs."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 9
    x = torch.randint(2, (batch, dim), generator=generator).float()
    return x, 2 * torch.randn(batch, dim, generator=generator)


def pixel_layouts(generator: Generator) -> dict[str, Arguments]:
    """A batch of one; leading axes; grey pixels; pixels that are nearly sure, where softplus(a) is not yet a."""
    x, logits = draw_pixels(generator)
    draws = torch.randn(3, *logits.shape, generator=generator)
    return {
        "a batch of one": (x[:1], logits[:1]),
        "leading axes": (x.expand(3, *x.shape), draws),
        "grey pixels": (torch.rand(x.shape, generator=generator), logits),
        "pixels that are nearly sure": (torch.ones(1, 40), torch.linspace(5.5, 8, 40)[None]),
    }


def pixel_extremes() -> list[Arguments]:
    """Logits of ±1e4, and those between which float32 loses 1 − p;
    the pixel agrees or disagrees."""
    sure = torch.tensor([[1e4, -1e4, 1e4, -1e4, 1e4, -1e4]])
    edge = torch.tensor([[16.0, -16.0, 17.0, -17.0, 30.0, -30.0]])
    agree = (edge > 0).float()
    return [(agree, sure), (1 - agree, sure), (1 - agree, edge), (agree, edge)]


def truth(x: Tensor, logits: Tensor) -> Tensor:
    """Σ x log p + (1 − x) log(1 − p), each logarithm by logsigmoid. x is data: nobody needs a slope in it."""
    x = x.detach()
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)


FORMULAS = (
    "sum(x * logits - softplus(logits), -1)",
    "sum(x * log(sigmoid(logits)) + (1 - x) * log(1 - sigmoid(logits)), -1)",
    "sum(x * logsigmoid(logits) + (1 - x) * logsigmoid(-logits), -1)",
    "sum(x * logits - log(1 + exp(logits)), -1)",
)
"""The log-likelihood, as it is mostly written."""

log_bernoulli_with_logits = Formula(
    name="log_bernoulli_with_logits",
    lesson="03_reconstruction",
    number="3.1",
    title="The log-likelihood of an image",
    minutes=15,
    difficulty=2,
    lines="1 to 3 lines",
    arguments=draw_pixels,
    truth=truth,
    checks=(
        Check("one value per image", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("the gradients", gradients_match, points=1),
        Check("logits of ±10,000 and the float32 edge", stays_finite(pixel_extremes, slopes_in=LOGITS), points=1),
        Check("a batch of one, leading axes, grey pixels", holds_for(pixel_layouts), points=1),
    ),
    fingerprint=case_fingerprint(draw_pixels, truth, pixel_layouts, pixel_extremes, slopes_in=LOGITS),
    formulas=FORMULAS,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "One pixel is a coin: log p(x) = x log p + (1 − x) log(1 − p). With p = 1 / (1 + exp(−logit)), what are the two "
        "logarithms, written with the logit alone? (The section on logits has both.)",
        "log p = logit − log(1 + exp(logit)) and log(1 − p) = −log(1 + exp(logit)). Put them in and multiply out. How often "
        "does log(1 + exp(logit)) stand there, and with which weights?",
        "Its weights are x and 1 − x, which add up to 1: it stays once, with a minus, for ink, paper and grey alike. Beside it "
        "one product is left. In code log(1 + exp(logit)) is softplus(logit), from torch.nn.functional, which never overflows. "
        "That is one pixel; sum over the last axis.",
    ),
)
