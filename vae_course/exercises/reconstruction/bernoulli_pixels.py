"""Exercise 3.1: the log-likelihood of an image whose pixels are independent coins."""

import torch
from torch import Generator, Tensor
from torch.distributions import Bernoulli
from torch.nn import functional as F

from vae_course.exercises.checks import equals_truth, gradients_match, shape_matches, stays_finite
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception
from vae_course.exercises.layouts import case_fingerprint, holds_for


def draw_pixels(generator: Generator) -> Arguments:
    """x and logits, (batch, dim) each: black and white pixels, logits of both signs."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 9
    x = torch.randint(2, (batch, dim), generator=generator).float()
    return x, 2 * torch.randn(batch, dim, generator=generator)


def pixel_layouts(generator: Generator) -> dict[str, Arguments]:
    """A batch of one; leading axes; grey pixels."""
    x, logits = draw_pixels(generator)
    draws = torch.randn(3, *logits.shape, generator=generator)
    return {
        "a batch of one": (x[:1], logits[:1]),
        "leading axes": (x.expand(3, *x.shape), draws),
        "grey pixels": (torch.rand(x.shape, generator=generator), logits),
    }


def pixel_extremes() -> list[Arguments]:
    """Logits of ±1e4, and those between which float32 loses 1 − p;
    the pixel agrees or disagrees."""
    sure = torch.tensor([[1e4, -1e4, 1e4, -1e4, 1e4, -1e4]])
    edge = torch.tensor([[16.0, -16.0, 17.0, -17.0, 30.0, -30.0]])
    agree = (edge > 0).float()
    return [(agree, sure), (1 - agree, sure), (1 - agree, edge), (agree, edge)]


def truth(x: Tensor, logits: Tensor) -> Tensor:
    """Σ x log p + (1 − x) log(1 − p), each logarithm by logsigmoid."""
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(-1)


def _each(x: Tensor, logits: Tensor) -> Tensor:
    return x * logits - F.softplus(logits)


def _probabilities(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)


def _bounded_probabilities(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return (x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)).sum(-1)


def _bce_of_probabilities(x: Tensor, logits: Tensor) -> Tensor:
    return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(-1)


def _bce(x: Tensor, logits: Tensor) -> Tensor:
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none")


def _loop(x: Tensor, logits: Tensor) -> Tensor:
    x, logits = torch.broadcast_tensors(x, logits)
    total = torch.zeros(x.shape[:-1])
    for i in range(x.shape[-1]):
        total = total + x[..., i] * logits[..., i] - torch.logaddexp(torch.zeros(()), logits[..., i])
    return total


SATURATES = (
    "Right while the logits are moderate. Not far above 16 sigmoid becomes exactly 1 in float32, 1 − p is 0, and its logarithm "
    "is −inf or whatever a clamp makes of it. Stay with logits: x · logits − softplus(logits), or a function that takes "
    "logits."
)

log_bernoulli_with_logits = Exercise(
    name="log_bernoulli_with_logits",
    lesson="03_reconstruction",
    number="3.1",
    title="The log-likelihood of an image",
    points=6,
    minutes=15,
    difficulty=2,
    lines="1 to 3 lines",
    arguments=draw_pixels,
    truth=truth,
    checks=(
        Check("one value per image", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("the gradients", gradients_match, points=1),
        Check("logits of ±10,000 and the float32 edge", stays_finite(pixel_extremes), points=1),
        Check("a batch of one, leading axes, grey pixels", holds_for(pixel_layouts), points=1),
    ),
    fingerprint=case_fingerprint(draw_pixels, truth, pixel_layouts, pixel_extremes),
    misconceptions=(
        Misconception(
            "sign",
            lambda x, logits: -_each(x, logits).sum(-1),
            "Yours is the binary cross-entropy, a loss: −log p(x). Asked is log p(x) itself, which is never above 0.",
        ),
        Misconception(
            "sigmoid-twice",
            lambda x, logits: _each(x, torch.sigmoid(logits)).sum(-1),
            "The sigmoid is applied twice: once by you, once inside the formula for logits. Pass the logits as they are.",
        ),
        Misconception(
            "logits-as-probabilities",
            lambda x, logits: (x * logits.log() + (1 - x) * (1 - logits).log()).sum(-1),
            "You take the logits for probabilities. A logit can be any number, and the logarithm of a negative one is NaN; "
            "p = sigmoid(logits).",
            family="logits-as-probabilities",
        ),
        Misconception(
            "logits-clamped-to-probabilities",
            lambda x, logits: -F.binary_cross_entropy(logits.clamp(0, 1), x, reduction="none").sum(-1),
            "You take the logits for probabilities: clamped to [0, 1] they lose nearly all that they say; p = sigmoid(logits).",
        ),
        Misconception(
            "arguments-swapped",
            lambda x, logits: _each(logits, x).sum(-1),
            "x and logits have changed places. In torch's function the logits come first and x, the target, second; in ours "
            "x comes first.",
        ),
        Misconception(
            "mean-over-pixels",
            lambda x, logits: _each(x, logits).mean(-1),
            "You average over the pixels where the sum belongs. In a VAE that makes the KL 784 times too important, and "
            "the latents collapse.",
        ),
        Misconception(
            "sums-the-batch-too",
            lambda x, logits: _each(x, logits).sum(),
            "You sum every axis, the batch too. Sum the last axis only, .sum(-1): one number per image.",
        ),
        Misconception(
            "averages-the-batch",
            lambda x, logits: _each(x, logits).sum(-1).mean(),
            "You average over the batch. Return one number per image; the batch is averaged later, in one place only.",
        ),
        Misconception(
            "averages-everything",
            lambda x, logits: -F.binary_cross_entropy_with_logits(logits, x),
            "torch's loss averages over pixels and images unless told otherwise. Say reduction='none', then sum the last "
            "axis.",
        ),
        Misconception(
            "default-loss",
            lambda x, logits: F.binary_cross_entropy_with_logits(logits, x),
            "This is torch's loss as it comes: averaged over pixels and images, and with the sign of a loss. Asked is the "
            "sum over pixels, per image, of log p.",
        ),
        Misconception(
            "no-sum",
            _each,
            "You return one number per pixel. Independent pixels multiply their probabilities, so sum their logarithms over "
            "the last axis.",
        ),
        Misconception(
            "axis-kept",
            lambda x, logits: _each(x, logits).sum(-1, keepdim=True),
            "keepdim leaves an axis of length 1, and (batch, 1) + (batch,) later becomes (batch, batch) without a word: "
            "sum without keepdim.",
        ),
        Misconception(
            "only-the-ink",
            lambda x, logits: (x * F.logsigmoid(logits)).sum(-1),
            "You count only the pixels that are on. Those that are off speak as well: (1 − x) log(1 − p). Without them, all "
            "white is the best guess for every image.",
        ),
        Misconception(
            "rounds-the-grey",
            lambda x, logits: torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(-1),
            "Right for black and white, but you round the grey pixels. The formula weighs both logarithms: "
            "x log p + (1 − x) log(1 − p).",
        ),
        Misconception(
            "probability-not-log",
            lambda x, logits: _each(x, logits).sum(-1).exp(),
            "This is the probability itself; asked is its logarithm. With 784 pixels the probability is 0 in float32.",
        ),
        Misconception(
            "softplus-flipped",
            lambda x, logits: (x * logits - F.softplus(-logits)).sum(-1),
            "The sign inside softplus is flipped: log(1 − p) = −log(1 + exp(logit)) = −softplus(logit).",
        ),
        Misconception("saturates", _probabilities, SATURATES, family="saturates"),
        Misconception("saturates-with-an-epsilon", _bounded_probabilities, SATURATES, family="saturates"),
        Misconception("saturates-in-torch", _bce_of_probabilities, SATURATES, family="saturates"),
        Misconception(
            "exp-overflows",
            lambda x, logits: (x * logits - torch.log(1 + torch.exp(logits))).sum(-1),
            "Right up to a logit of 88; exp(89) is inf in float32. softplus(logits) is the same function, written so that "
            "nothing overflows.",
        ),
        Misconception(
            "refuses-grey",
            lambda x, logits: Bernoulli(logits=logits).log_prob(x).sum(-1),
            "Right for black and white. torch's Bernoulli refuses grey pixels unless it is told validate_args=False.",
        ),
        Misconception(
            "bare-squeeze",
            lambda x, logits: _each(x, logits).sum(-1, keepdim=True).squeeze(),
            "squeeze() without an axis drops the batch as well when it holds one image. Sum without keepdim, or squeeze(-1).",
        ),
        Misconception(
            "first-axis-is-the-batch",
            lambda x, logits: _each(x, logits).sum(1),
            "You sum axis 1. With k draws in front, (k, batch, dim), axis 1 is the batch. The pixels are always the *last* "
            "axis: .sum(-1).",
        ),
        Misconception(
            "no-gradient",
            lambda x, logits: _each(x, logits).sum(-1).detach(),
            "The value is right, but it is cut off from the logits: no .detach(), .item(), numpy or torch.no_grad().",
        ),
    ),
    correct={
        "softplus": lambda x, logits: (x * logits - F.softplus(logits)).sum(dim=-1),
        "logsigmoid": truth,
        "torch's loss": lambda x, logits: _bce(x, logits).sum(-1),
        "torch.distributions": lambda x, logits: Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1),
        "logaddexp": _loop,
        "one matrix product": lambda x, logits: torch.einsum("...d,...d->...", x, logits) - F.softplus(logits).sum(-1),
        "maximum by hand": lambda x, logits: (
            x * logits - logits.clamp(min=0) - torch.log1p(torch.exp(-logits.abs()))
        ).sum(-1),
        "signs": lambda x, logits: (x * -F.softplus(-logits) - (1 - x) * F.softplus(logits)).sum(-1),
        "float64": lambda x, logits: _each(x.double(), logits.double()).sum(-1),
        "keepdim and squeeze(-1)": lambda x, logits: _each(x, logits).sum(-1, keepdim=True).squeeze(-1),
    },
    hints=(
        "One pixel is a coin: log p(x) = x log p + (1 − x) log(1 − p). Write both logarithms with p = 1 / (1 + exp(−logit)).",
        "log p = logit − log(1 + exp(logit)) and log(1 − p) = −log(1 + exp(logit)). Put them in: most of it cancels.",
        "What stays is x · logit − softplus(logit) per pixel (torch.nn.functional.softplus). Sum it over the last axis.",
    ),
)
