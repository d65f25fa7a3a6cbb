"""Figures of lesson 05 in worlds where every answer is known: two weights, Gaussians, two islands."""

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.style import COLOURS, canvas, figure
from vae_course.given import effective_sample_size

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def prior_sample_estimate(dims: int, draws: int = 10_000) -> tuple[float, float, int]:
    """log p(x) of x = (0.7, ..., 0.7) when x = z + 0.1 ε and z ~ N(0, I), in nats.

    Returns:
        the log of the average of p(x|z) over draws of z from the prior; the exact value; how many of the draws lie
        within 0.2 of x in every dimension.
    """
    z = torch.randn(draws, dims, generator=torch.Generator().manual_seed(dims))
    log_likelihood = (-0.5 * ((0.7 - z) / 0.1) ** 2 - math.log(0.1) - HALF_LOG_2PI).sum(-1)  # (draws,)
    estimate = torch.logsumexp(log_likelihood, 0).item() - math.log(draws)
    exact = dims * (-0.5 * 0.49 / 1.01 - 0.5 * math.log(1.01) - HALF_LOG_2PI)
    near = ((z - 0.7).abs() < 0.2).all(-1).sum().item()
    return estimate, exact, int(near)


def bound_of_two_weights(k: int, low: float = 2, high: float = 8) -> float:
    """E[log of the mean of k weights] when each is low or high with probability ½: a sum over k + 1 cases, in nats."""
    cases = [math.log((low * (k - j) + high * j) / k) for j in range(k + 1)]
    return sum(math.comb(k, j) / 2**k * value for j, value in enumerate(cases))


@figure
def mean_of_weights(k: int = 1) -> None:
    """The log curve, the possible means of k weights (2 or 8) as dots on it, and where their average height lies."""
    j = np.arange(k + 1)
    means = (2 * (k - j) + 8 * j) / k
    chance = np.array([math.comb(k, int(i)) / 2**k for i in j])
    w = np.linspace(1.5, 8.6, 300)
    bound = bound_of_two_weights(k)
    with canvas(width=8.6, height=4.0) as axes:
        axes.plot(w, np.log(w), color=COLOURS["truth"], lw=1.4)
        axes.vlines(means, 0.35, np.log(means), color=COLOURS["q"], lw=1, alpha=np.clip(chance / chance.max(), 0.05, 1))
        axes.scatter(
            means,
            np.log(means),
            s=700 * chance,
            color=COLOURS["q"],
            zorder=3,
            label="a possible mean, as big as its chance",
        )
        axes.axhline(
            math.log(5), color=COLOURS["truth"], ls="--", label=f"log of the average weight = log 5 = {math.log(5):.4f}"
        )
        axes.axhline(bound, color=COLOURS["iwae"], label=f"average of the logs = {bound:.4f}")
        axes.axhspan(bound, math.log(5), color=COLOURS["iwae"], alpha=0.2, lw=0)
        axes.set(
            xlabel=f"mean of k = {k} weight{'s' if k > 1 else ''}",
            ylabel="log of that mean (nats)",
            ylim=(0.35, 2.75),
            title=f"k = {k}: the shaded gap is {math.log(5) - bound:.4f} nats",
        )
        axes.legend(loc="upper left")


@figure
def bound_against_count() -> None:
    """The two-weight world of the exercise (1 or 3): the exact bound against k, on its way to ln 2."""
    counts = [1, 2, 3, 4, 8, 16, 32, 64]
    bounds = [bound_of_two_weights(k, 1, 3) for k in counts]
    with canvas(width=8, height=3.2) as axes:
        axes.semilogx(counts, bounds, "o-", color=COLOURS["iwae"], label="E[log of the mean of k weights]", base=2)
        axes.axhline(math.log(2), color=COLOURS["truth"], ls="--", label="ln 2 = log E[w]")
        for k, bound in zip(counts[:5], bounds, strict=False):
            axes.annotate(
                f"{bound:.4f}", (k, bound), (8, 2) if k == 1 else (6, -12), textcoords="offset points", fontsize=10
            )
        axes.set(xlabel="k, the number of weights", ylabel="nats", xticks=counts, xticklabels=counts)
        axes.legend(loc="lower right")


@lru_cache(maxsize=1)
def _linear_gaussian() -> tuple[Tensor, Tensor, float]:
    """A model in which log p(x) is known: z in 5, x in 10 dimensions, x = W z + noise of variance 1.

    The exact posterior is a Gaussian with precision I + WᵀW; q has its mean, and a diagonal variance.

    Returns:
        two quadratic forms of 2^17 draws, and ½ Σ log(precision's eigenvalues / its diagonal); see `width_gap`.
    """
    generator = torch.Generator().manual_seed(3)
    w = 0.5 * torch.randn(10, 5, generator=generator, dtype=torch.float64)
    precision = torch.eye(5, dtype=torch.float64) + w.T @ w
    noise = torch.randn(2**17, 5, generator=generator, dtype=torch.float64)
    u = noise / precision.diagonal().sqrt()
    shape = 0.5 * (torch.linalg.slogdet(precision)[1] - precision.diagonal().log().sum()).item()
    return ((u @ precision) * u).sum(1), noise.square().sum(1), shape


@lru_cache(maxsize=64)
def width_gap(width: float, counts: int = 11) -> np.ndarray:
    """log p(x) − IWAE_k for k = 1, 2, 4, ... when q's variances are `width` times the best diagonal ones.

    log p(x) and every log weight are exact; the average is over 2^17 draws. Each k merges the draws of the one before in
    pairs (nested doubling), so the gap never rises. Above a width of 0.9 the log-mean of all draws stands for log p(x).
    """
    form, squares, shape = _linear_gaussian()
    # log w − log p(x) = log posterior(z) − log q(z); with z = m + sqrt(width) · u all constants but these cancel.
    log_w = shape + 2.5 * math.log(width) - 0.5 * width * form + 0.5 * squares  # (2^17,)
    if width > 0.9:  # Var(w) is finite (from 0.876, as the posterior is tilted): the log-mean of all is 0 up to chance
        log_w = log_w - torch.logsumexp(log_w, 0) + math.log(len(log_w))
    gaps = []
    for _ in range(counts):
        gaps.append(-log_w.mean().item())
        log_w = torch.logaddexp(log_w[0::2], log_w[1::2]) - math.log(2)
    return np.array(gaps)


@figure
def bound_and_width(width: float = 2.0) -> None:
    """q over the posterior in one dimension, and the gap against k, for a q that is too wide or too narrow."""
    counts = 2 ** np.arange(11)
    z = np.linspace(-5, 5, 300)
    with canvas(columns=2, width=9.8, height=3.6) as (left, right):
        left.plot(z, _density(z, 1), color=COLOURS["p"], ls="--", label="posterior (one dimension)")
        left.plot(z, _density(z, width), color=COLOURS["q"], label=f"q: variance × {width:g}")
        left.set(xlabel="z, in standard deviations of the posterior", ylabel="density", ylim=(0, 0.95))
        left.set(xticks=[-4, -2, 0, 2, 4], yticks=[0, 0.4, 0.8])
        left.legend(loc="upper center")
        places = np.arange(len(counts))  # evenly spaced, as on a logarithmic axis
        for other, style in ((2.0, ":"), (0.3, "-.")):
            if other != width:
                right.plot(places, width_gap(other), style, color=COLOURS["faint"], label=f"variance × {other:g}")
        gaps = width_gap(width)
        right.plot(places, gaps, "o-", color=COLOURS["iwae"], ms=4, label=f"variance × {width:g}")
        right.set_yscale("log")
        right.set(
            xlabel="k, the number of draws",
            ylabel="log p(x) − bound (nats)",
            ylim=(2e-4, 6),
            xticks=places[::2],
            xticklabels=[f"{k:,}" for k in counts[::2]],
            title=f"gap {gaps[0]:.2f} at k = 1, {gaps[4]:.3f} at 16, {gaps[10]:.3f} at 1,024",
        )
        right.minorticks_off()
        right.legend(loc="lower left")


@figure
def spread_and_effective_share(log_w: Tensor, sizes: Tensor | None) -> None:
    """Effective draws / k against the spread of log w: the curve for a bell of log weights, and a learner's values.

    If log w is N(·, s²), then E[w]² / E[w²] = exp(−s²): the share for large k.

    log_w: (rows, k); sizes: (rows,) effective sample sizes, or None if there are none yet.
    """
    s = np.linspace(0, 3, 200)
    with canvas(width=8, height=3.3) as axes:
        axes.plot(s, np.exp(-(s**2)), color=COLOURS["p"], ls="--", label="target for k → ∞: exp(−s²)")
        if sizes is not None:
            share = sizes.detach() / log_w.shape[1]
            axes.plot(log_w.std(1), share, "o", color=COLOURS["q"], ms=5, label=f"yours, k = {log_w.shape[1]:,}")
        axes.set(xlabel="s, the standard deviation of log w (nats)", ylabel="effective draws / k", ylim=(0, 1.05))
        axes.legend()


def _density(z: np.ndarray, v: float, m: float = 0.0) -> np.ndarray:
    return np.exp(-((z - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)


def effective_share(dims: int, shift: float = 0.5, k: int = 1_000, repeats: int = 200) -> float:
    """Effective sample size / k when the posterior is N(0, I) and q is moved by `shift` in every dimension."""
    z = shift + torch.randn(repeats, k, dims, generator=torch.Generator().manual_seed(dims))
    log_w = (-0.5 * z.square() + 0.5 * (z - shift).square()).sum(-1)  # (repeats, k)
    return effective_sample_size(log_w).mean().item() / k


@figure
def effective_size_and_its_blind_spot() -> None:
    """Left: the share of effective draws dies with the dimension. Right: a missed island, which it cannot see."""
    dims = [1, 2, 5, 10, 20]
    shares = [effective_share(d) for d in dims]
    z = np.linspace(-7, 7, 500)
    two = 0.5 * _density(z, 1, -4) + 0.5 * _density(z, 1, 4)
    with canvas(columns=2, width=9.8, height=3.4) as (left, right):
        left.bar(range(len(dims)), shares, color=COLOURS["q"], alpha=0.75)
        for place, share in enumerate(shares):
            left.text(place, share + 0.02, f"{share:.2f}", ha="center")
        left.set(
            xlabel="latent dimensions",
            ylabel="effective draws / k",
            xticks=range(len(dims)),
            xticklabels=dims,
            ylim=(0, 1),
            title="q half a standard deviation off, k = 1,000",
        )
        right.plot(z, two, color=COLOURS["p"], ls="--", label="posterior: two islands")
        right.fill_between(z, _density(z, 1, 4), color=COLOURS["q"], alpha=0.35, label="q: sits on one of them")
        right.set(xlabel="z", ylabel="density", ylim=(0, 0.52), title="effective draws / k = 1.000, and wrong")
        right.legend(loc="upper left")


def missed_island(k: int = 1_000) -> tuple[float, float]:
    """The posterior is ½ N(−4, 1) + ½ N(4, 1), q is N(4, 1), log p(x) is 0.

    Returns:
        effective sample size / k; the estimate log 1/k Σ w, whose exact value would be 0.
    """
    z = 4 + torch.randn(k, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    log_posterior = torch.logaddexp(-0.5 * (z - 4) ** 2, -0.5 * (z + 4) ** 2) - math.log(2) - HALF_LOG_2PI
    log_w = log_posterior - (-0.5 * (z - 4) ** 2 - HALF_LOG_2PI)  # (k,)
    return effective_sample_size(log_w).item() / k, torch.logsumexp(log_w, 0).item() - math.log(k)
