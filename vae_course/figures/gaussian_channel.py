"""Where rate, distortion and information are exact: Gaussian data, a Gaussian q, a Gaussian decoder.

    x ~ N(0, λ),   q(z|x) = N(a x, v),   p(x|z) = N(b z, σ²),   p(z) = N(0, 1)

With signal s = a² λ, the variance that x gives to z, and u = s + v, that of z over all images:

    rate  = mean KL( q(z|x) ‖ p(z) ) = ½ (u − 1 − log v)
    I(x; z) = ½ log(u / v),   KL( q(z) ‖ p(z) ) = ½ (u − 1 − log u),   and rate is their sum
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.style import COLOURS, canvas, figure

VARIANCES, NOISE = (12.0, 3.0), 1.0
"""Of the data of the first figure along its two axes, and of the decoder."""
COUNTS = (10, 100, 1_000)
DIMS = 12
SIGNAL, VARIANCE = 0.75, 0.25
"""Of a channel whose z has variance 1 over all images, as the prior has."""


def rate(signal: float, variance: float) -> float:
    """The mean KL to N(0, 1), in nats."""
    return 0.5 * (signal + variance - 1 - math.log(variance))


def information(signal: float, variance: float) -> float:
    """I(x; z) in nats."""
    return 0.5 * math.log(1 + signal / variance)


def aggregate_kl(signal: float, variance: float) -> float:
    """KL( q(z) ‖ p(z) ) in nats."""
    return 0.5 * (signal + variance - 1 - math.log(signal + variance))


def best(beta: float, variances: Sequence[float] = VARIANCES, noise: float = NOISE) -> tuple[float, float]:
    """Rate and distortion (nats) at which D + beta · R is smallest: each axis keeps an error of beta · noise, or is given up."""
    rates = [0.5 * math.log(max(1.0, one / (beta * noise))) for one in variances]
    errors = [min(one, beta * noise) for one in variances]
    return sum(rates), sum(0.5 * (math.log(2 * math.pi * noise) + error / noise) for error in errors)


def draw_codes(images: int, dims: int, signal: float, variance: float, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """z, m and v, each (images, dims), of as many images: in each dimension a channel of its own."""
    generator = torch.Generator().manual_seed(seed)
    m = math.sqrt(signal) * torch.randn(images, dims, generator=generator)
    v = torch.full_like(m, variance)
    return m + v.sqrt() * torch.randn(images, dims, generator=generator), m, v


def sampled(images: int, signal: float, variance: float, repeats: int) -> np.ndarray:
    """The sampled lower bound with so many images, (DIMS,): for 1, 2, ... dimensions."""
    found = []
    for seed in range(repeats):
        z, m, v = draw_codes(images, DIMS, signal, variance, seed)
        table = torch.zeros(images, images)
        for d in range(DIMS):  # log q(z_i|x_j) of one dimension more
            table -= 0.5 * (z[:, d, None] - m[:, d]).square() / v[:, d]
            found.append((table.diagonal() - table.logsumexp(1)).mean().item() + math.log(images))
    return np.array(found).reshape(repeats, DIMS).mean(0)


@figure
def water(beta: float = 1.0) -> None:
    """Left the variance of the data along two axes, and the level up to which it is given up; right the exact curve."""
    level = beta * NOISE
    with canvas(columns=2, width=10.5, height=4.0, width_ratios=(1, 1.5)) as (left, right):
        for i, one in enumerate(VARIANCES):
            left.bar(
                i, min(one, level), width=0.6, color=COLOURS["rec"], alpha=0.6, label="error left" if i == 0 else None
            )
            kept = max(0.0, one - level)
            left.bar(
                i, kept, bottom=level, width=0.6, color=COLOURS["kl"], alpha=0.6, label="kept in z" if i == 0 else None
            )
            paid = 0.5 * math.log(max(1.0, one / level))
            left.annotate(f"{paid:.2f} nats", (i, one), (0, 4), textcoords="offset points", ha="center")
        left.axhline(level, color=COLOURS["truth"], ls="--", lw=1.2)
        left.set(ylabel="variance", xticks=[0, 1], xticklabels=["axis 1", "axis 2"], ylim=(0, 15))
        left.set_title(f"level β σ² = {level:g}")
        left.legend(fontsize=9, loc="upper right")
        weights = np.geomspace(0.05, 12, 200)
        right.plot(*np.array([best(w) for w in weights]).T, color=COLOURS["truth"], label="the best that can be had")
        at_rate, at_distortion = best(beta)
        ends = np.array([0.0, 5.0])
        right.plot(ends, at_distortion + beta * (at_rate - ends), color=COLOURS["q"], label=f"slope −β = −{beta:g}")
        right.plot(at_rate, at_distortion, "D", color=COLOURS["nelbo"], ms=9)
        right.set(xlabel="rate (nats)", ylabel="distortion (nats)", xlim=(-0.1, 4), ylim=(1.5, 10))
        right.set_title(f"rate {at_rate:.2f}, distortion {at_distortion:.2f}")
        right.legend(fontsize=9, loc="upper right")


@figure
def information_and_bounds(spread: float = 1.0) -> None:
    """Information, its upper bound and its sampled lower bounds, against the number of latent dimensions."""
    signal, variance = SIGNAL * spread, VARIANCE * spread
    dims = 1 + np.arange(DIMS)
    with canvas(width=8.5, height=4.4) as axes:
        axes.plot(dims, dims * rate(signal, variance), "-", color=COLOURS["kl"], label="rate: the mean KL")
        axes.plot(dims, dims * information(signal, variance), "--", color=COLOURS["truth"], label="information, exact")
        for images, marker in zip(COUNTS, "^so", strict=True):
            lower = sampled(images, signal, variance, repeats=max(1, 200 // images))
            axes.plot(
                dims,
                lower,
                marker,
                ls=":",
                ms=4,
                color=COLOURS["q"],
                label=f"from {images:,} images; ln of it {math.log(images):.1f}",
            )
        axes.set(xlabel="latent dimensions", ylabel="nats", ylim=(0, 16), xlim=(0.5, DIMS + 0.5), xticks=[1, 4, 8, 12])
        axes.set_title(f"variance of z over all images: {signal + variance:g}; the prior's is 1")
        axes.legend(fontsize=9, loc="upper left")
