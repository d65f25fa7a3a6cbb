"""How `log_bernoulli_with_logits` goes wrong, and what a tutor says."""

import torch
from torch import Tensor
from torch.distributions import Bernoulli
from torch.nn import functional as F

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.engine.sums import wrongly_summed


def each_pixel(x: Tensor, logits: Tensor) -> Tensor:
    return x * logits - F.softplus(logits)


def _probabilities(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)


def _bounded_probabilities(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return (x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8)).sum(-1)


def _bce_of_probabilities(x: Tensor, logits: Tensor) -> Tensor:
    return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(-1)


SATURATES = (
    "Right while the logits are moderate. Not far above 16 sigmoid becomes exactly 1 in float32, 1 − p is 0, and its logarithm "
    "is −inf, or what a clamp or an added small number makes of it. Stay with logits: write "
    "both logarithms with the logit and log(1 + exp(logit)) and simplify, or call a function that takes logits."
)

MISCONCEPTIONS = (
    Misconception(
        "sign",
        lambda x, logits: -each_pixel(x, logits).sum(-1),
        "Yours is the binary cross-entropy, a loss: −log p(x). Asked is log p(x) itself, which is never above 0.",
        otherwise="Yours is −log p(x), a loss. Asked is log p(x) itself, which is never above 0.",
    ),
    Misconception(
        "sigmoid-twice",
        lambda x, logits: each_pixel(x, torch.sigmoid(logits)).sum(-1),
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
        "logits-as-the-probabilities-of-Bernoulli",
        lambda x, logits: Bernoulli(logits, validate_args=False).log_prob(x).sum(-1),
        "Bernoulli's first argument is a probability, so your logits are taken for probabilities and clamped. Name it: "
        "Bernoulli(logits=logits).",
        otherwise="Your logits are taken for probabilities, and clamped.",
    ),
    Misconception(
        "squared-error",
        lambda x, logits: -((x - torch.sigmoid(logits)) ** 2).sum(-1),
        "This is a squared error between x and the probabilities, which belongs to Gaussian pixels. A coin's "
        "log-likelihood is x log p + (1 − x) log(1 − p).",
    ),
    Misconception(
        "arguments-swapped",
        lambda x, logits: each_pixel(logits, x).sum(-1),
        "x and logits have changed places. In torch's function the logits come first and x, the target, second; in ours "
        "x comes first.",
        seen="4 swapped x and the logits",
    ),
    Misconception(
        "mean-over-pixels",
        lambda x, logits: each_pixel(x, logits).mean(-1),
        "You average over the pixels where the sum belongs. In a VAE that makes the KL 784 times too important, and "
        "the latents collapse.",
    ),
    Misconception(
        "averages-everything",
        lambda x, logits: -F.binary_cross_entropy_with_logits(logits, x),
        "torch's loss averages over pixels and images unless told otherwise. Say reduction='none', then sum the last "
        "axis.",
        otherwise="You average over pixels and images. Sum over the last axis alone.",
    ),
    Misconception(
        "default-loss",
        lambda x, logits: F.binary_cross_entropy_with_logits(logits, x),
        "This is torch's loss as it comes: averaged over pixels and images, and with the sign of a loss. Asked is the "
        "sum over pixels, per image, of log p.",
        otherwise="Yours is averaged over pixels and images, and has the sign of a loss. Asked is the sum over pixels, per image, of log p.",
    ),
    Misconception(
        "no-sum",
        each_pixel,
        "You return one number per pixel. Independent pixels multiply their probabilities, so sum their logarithms over "
        "the last axis.",
    ),
    Misconception(
        "only-the-ink",
        lambda x, logits: (x * F.logsigmoid(logits)).sum(-1),
        "You count only the pixels that are on. Those that are off speak as well: (1 − x) log(1 − p). Without them, all "
        "white is the best guess for every image.",
    ),
    Misconception(
        "one-logarithm-by-the-sign",
        lambda x, logits: F.logsigmoid((2 * x - 1) * logits).sum(-1),
        "Right for black and white, where (2x − 1) · logit picks one of the two logarithms. A grey pixel wants both, weighted by x and 1 − x.",
    ),
    Misconception(
        "rounds-the-grey",
        lambda x, logits: torch.where(x > 0.5, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(-1),
        "Right for black and white, but you round the grey pixels. The formula weighs both logarithms: "
        "x log p + (1 − x) log(1 − p).",
    ),
    Misconception(
        "probability-not-log",
        lambda x, logits: each_pixel(x, logits).sum(-1).exp(),
        "This is the probability itself; asked is its logarithm. With 784 pixels the probability is 0 in float32.",
    ),
    Misconception(
        "softplus-flipped",
        lambda x, logits: (x * logits - F.softplus(-logits)).sum(-1),
        "The sign inside softplus is flipped: log(1 − p) = −log(1 + exp(logit)) = −softplus(logit).",
        otherwise="The sign of the exponent is flipped: log(1 − p) = −log(1 + exp(logit)).",
    ),
    Misconception("saturates", _probabilities, SATURATES, family="saturates"),
    Misconception("saturates-with-an-epsilon", _bounded_probabilities, SATURATES, family="saturates"),
    Misconception("saturates-in-torch", _bce_of_probabilities, SATURATES, family="saturates"),
    Misconception(
        "exp-overflows",
        lambda x, logits: (x * logits - torch.log(1 + torch.exp(logits))).sum(-1),
        "Right for moderate logits, and not at ±10,000: an exp overflows there, or a probability is exactly 0 or 1 and its logarithm "
        "infinite. softplus(logits) is log(1 + exp(logits)), written so that nothing overflows.",
        otherwise="Right for moderate logits, and not at ±10,000: an exp overflows there, or a probability is exactly 0 or 1 and its logarithm infinite.",
    ),
    Misconception(
        "gradient-breaks-at-extremes",
        lambda x, logits: (x * logits - torch.where(logits > 30, logits, torch.log1p(torch.exp(logits)))).sum(-1),
        "The values are right, but torch.where computes both branches, and the exp of the branch that is not taken "
        "overflows: its gradient, inf · 0, is NaN. softplus(logits) needs no where.",
        otherwise="The values are right, but torch.where computes both branches, and the exp of the branch that is not taken overflows: its gradient, inf · 0, is NaN.",
    ),
    Misconception(
        "refuses-grey",
        lambda x, logits: Bernoulli(logits=logits).log_prob(x).sum(-1),
        "Right for black and white. torch's Bernoulli refuses grey pixels unless it is told validate_args=False.",
        otherwise="Right for black and white; grey pixels are refused.",
    ),
    Misconception(
        "no-gradient",
        lambda x, logits: each_pixel(x, logits).sum(-1).detach(),
        "The value is right, but it is cut off from the logits: no .detach(), .item(), numpy or torch.no_grad().",
    ),
    *wrongly_summed(each_pixel, "number", "image", "pixels"),
)
