"""Where diffusion is exact: data along one axis, x0 ~ N(0, λ), and the best model that goes back step by step.

    q(x_t|x0) = N(√ᾱ_t x0, 1 − ᾱ_t),   variance of x_t over all data: s_t = ᾱ_t λ + 1 − ᾱ_t
    p(x_{t−1}|x_t): the posterior of a step with the best guess of x0 put in,   p(x_T) = N(0, 1)
    p(x0|x_1) ∝ q(x_1|x0): N(x_1 / √ᾱ_1, 1 / SNR_1),   SNR = ᾱ / (1 − ᾱ)

The bound is computed in two ways: term by term (`terms`), and as the entropy of the data plus what the model loses on the way back (`gap`).
All in nats, in double precision.
"""

import math

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.style import COLOURS, canvas, figure

FIRST, LAST = 9.0, -9.0
"""log SNR of the first and of the last step."""
COUNTS = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000)


def schedule(steps: int, first: float = FIRST, last: float = LAST) -> Tensor:
    """ᾱ_1 to ᾱ_T, (steps,): log SNR falls in a straight line."""
    return torch.sigmoid(torch.linspace(first, last, steps, dtype=torch.float64))


def betas(steps: int = 1_000, low: float = 1e-4, high: float = 0.02) -> Tensor:
    """ᾱ_1 to ᾱ_T of Ho et al. (2020), (steps,): 1 − α_t rises in a straight line."""
    return (1 - torch.linspace(low, high, steps, dtype=torch.float64)).cumprod(0)


def cosine(steps: int = 1_000) -> Tensor:
    """ᾱ_1 to ᾱ_T of Nichol and Dhariwal (2021), (steps,), without their clipping: a squared cosine, scaled to 1 at t = 0."""
    at = (torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008
    falls = (at * math.pi / 2).cos().square()
    return (falls / falls[0])[1:-1]


def weights(alpha_bar: Tensor) -> Tensor:
    """What the bound multiplies the squared error of each step's noise by, steps 2 to T: (T − 1,)."""
    snr = alpha_bar / (1 - alpha_bar)
    return 0.5 * (snr[:-1] / snr[1:] - 1)


def entropy(variance: float) -> float:
    """Of the data: the smallest mean of −log p that any model can have."""
    return 0.5 * math.log(2 * math.pi * math.e * variance)


def terms(variance: float, alpha_bar: Tensor) -> tuple[float, float, float]:
    """The bound of the best model in its three parts: KL of x_T to the prior, all steps back but the last, the last."""
    a = alpha_bar[-1].item()
    prior = 0.5 * (a * variance - a - math.log1p(-a))
    later = alpha_bar[1:]
    steps = weights(alpha_bar) * later * variance / (later * variance + 1 - later)
    return prior, steps.sum().item(), 0.5 * (math.log(2 * math.pi * math.e) - torch.logit(alpha_bar[0]).item())


def bound(variance: float, alpha_bar: Tensor) -> float:
    return sum(terms(variance, alpha_bar))


def _back(variance: float, alpha_bar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of steps 2 to T: the slope of the mean of x_{t−1} in x_t, the variance that is left of it in truth, and the model's."""
    spread = alpha_bar * variance + 1 - alpha_bar  # s_t
    alpha = alpha_bar[1:] / alpha_bar[:-1]
    slope = alpha.sqrt() * spread[:-1] / spread[1:]
    true = spread[:-1] * (1 - alpha) / spread[1:]
    return slope, true, (1 - alpha_bar[:-1]) * (1 - alpha) / (1 - alpha_bar[1:])


def gap(variance: float, alpha_bar: Tensor) -> float:
    """Bound minus entropy: KLs of the true way back to the model's, one for each step, and that of x_T to the prior."""

    def kl(ratio: Tensor) -> Tensor:  # of two Gaussians with the same mean
        return 0.5 * (ratio - 1 - ratio.log())

    _, true, own = _back(variance, alpha_bar)
    last = 1 + (1 - alpha_bar[0]) / (
        alpha_bar[0] * variance
    )  # E over x_1: the means differ, too, and both make up for 1
    end = alpha_bar[-1] * variance + 1 - alpha_bar[-1]
    return (kl(end) + kl(true / own).sum() + 0.5 * last.log()).item()


def model_nll(variance: float, alpha_bar: Tensor) -> float:
    """The mean of −log p(x0) itself: what the model draws, step by step back from N(0, 1), is Gaussian."""
    slope, _, own = _back(variance, alpha_bar)
    drawn = torch.ones((), dtype=torch.float64)
    for s, v in zip(slope.flip(0), own.flip(0), strict=True):
        drawn = s * s * drawn + v
    drawn = (drawn + 1 - alpha_bar[0]) / alpha_bar[0]
    return (0.5 * (math.log(2 * math.pi) + drawn.log() + variance / drawn)).item()


@figure
def bound_and_steps(variance: float = 4.0) -> None:
    """Left what each piece of the way back costs, against log SNR; right the bound against the number of steps, and the entropy of the data."""
    at = torch.linspace(FIRST, LAST, 400, dtype=torch.float64)
    a = torch.sigmoid(at)
    error = a * variance / (a * variance + 1 - a)
    with canvas(columns=2, width=11, height=4.0) as (left, right):
        left.fill_between(at, 0.5 * error, color=COLOURS["kl"], alpha=0.3)
        left.plot(at, 0.5 * error, color=COLOURS["kl"], label="½ · error of the noise")
        left.set(xlabel="log SNR", ylabel="nats per unit of log SNR", xlim=(FIRST, LAST), ylim=(0, 0.55))
        left.set_title(f"x0 ~ N(0, {variance:g}): the area is the cost")
        bounds = [bound(variance, schedule(steps)) for steps in COUNTS]
        exact = [model_nll(variance, schedule(steps)) for steps in COUNTS]
        right.semilogx(COUNTS, bounds, "o-", color=COLOURS["nelbo"], ms=4, label="bound")
        right.semilogx(COUNTS, exact, "^:", color=COLOURS["p"], ms=4, label="−log p(x0) of the model")
        right.axhline(entropy(variance), color=COLOURS["truth"], ls="--", lw=1.2, label="entropy of the data")
        low = entropy(variance)
        right.set(xlabel="steps T", ylabel="nats", ylim=(low - 0.2, low + 4.2), xlim=(1.7, 1_200))
        right.set_title("both come down to the entropy")
        right.legend(fontsize=9)


SCHEDULES = {"straight in log SNR": schedule(1_000), "Ho et al.": betas(), "cosine": cosine()}


@figure
def weights_of_steps(schedule: str = "Ho et al.") -> None:
    """Left the log SNR of each step; right the weight that the bound gives to the error of its noise, beside the equal weights of the simple loss."""
    alpha_bar = SCHEDULES[schedule]
    w = weights(alpha_bar).numpy()
    t = 2 + np.arange(len(w))
    with canvas(columns=2, width=11, height=3.8) as (left, right):
        for name, values in SCHEDULES.items():
            chosen = name == schedule
            left.plot(
                1 + np.arange(len(values)),
                torch.logit(values).numpy(),
                color=COLOURS["q"] if chosen else COLOURS["faint"],
                lw=2 if chosen else 1,
                label=name if chosen else None,
            )
        left.set(xlabel="step t", ylabel="log SNR", ylim=(-18, 14))
        left.legend(fontsize=9)
        right.semilogy(t, w / w.mean(), color=COLOURS["kl"], label="bound")
        right.axhline(1, color=COLOURS["rec"], ls="-.", label="simple loss")
        right.set(xlabel="step t", ylabel="weight, over the mean weight", ylim=(0.1, 200))
        right.set_title(f"largest over smallest: {w.max() / w.min():,.0f}")
        right.legend(fontsize=9)
