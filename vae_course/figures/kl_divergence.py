"""Figures of lesson 02."""

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.reparameterization import normal_density
from vae_course.figures.style import COLOURS, canvas, figure

SPREAD = 0.6
"""The standard deviation of each bump in `two_directions`."""


def log_density(z: np.ndarray, m: float, v: float) -> np.ndarray:
    """log N(z; m, v) with variance v."""
    return -0.5 * (math.log(2 * math.pi * v) + (z - m) ** 2 / v)


@figure
def bell_and_parabola(v: float = 1.0) -> None:
    """A Gaussian's density and its logarithm, with its value at the fixed point x = 2."""
    grid = np.linspace(-6, 6, 500)
    value = float(log_density(np.array(2.0), 0, v))
    with canvas(columns=2, width=9.5, height=3.2) as (left, right):
        left.plot(grid, normal_density(grid, 0, 1), color=COLOURS["faint"], lw=1, label="v = 1")
        left.plot(grid, normal_density(grid, 0, v), color=COLOURS["q"], label=f"v = {v:g}")
        left.plot([2, 2], [0, math.exp(value)], ":", color=COLOURS["truth"])
        left.plot(2, math.exp(value), "o", color=COLOURS["truth"])
        left.set(xlabel="x", ylabel="density", ylim=(0, 0.85), title="the density: a bell")
        left.legend()
        right.plot(grid, log_density(grid, 0, 1), color=COLOURS["faint"], lw=1)
        right.plot(grid, log_density(grid, 0, v), color=COLOURS["q"])
        right.plot(2, value, "o", color=COLOURS["truth"])
        right.set(
            xlabel="x",
            ylabel="log density (nats)",
            ylim=(-9, 0.6),
            title=f"its logarithm: a parabola; at x = 2: {value:.2f} nats",
        )


@figure
def log_density_beside_target(x: Tensor | None, yours: Tensor | None) -> None:
    """The target log N(x; 1, 4), and a learner's values on it when there are some."""
    grid = np.linspace(-5, 7, 300)
    with canvas(width=8, height=3.0) as axes:
        axes.plot(grid, log_density(grid, 1, 4), color=COLOURS["p"], ls="--", label="target: log N(x; 1, 4)")
        if x is not None and yours is not None:
            axes.plot(x.flatten(), yours.detach().flatten(), "o", color=COLOURS["q"], ms=6, label="yours")
        axes.set(xlabel="x", ylabel="log density (nats)")
        axes.legend()


@figure
def where_the_kl_comes_from(q_mean: float = 1.0, q_variance: float = 1.0) -> None:
    """q over p = N(0, 1), and below q · (log q − log p), whose area is the KL: where it is positive and where negative."""
    grid = np.linspace(-14, 14, 2801)  # wider than what is drawn: the numbers are areas of all of it
    q = normal_density(grid, q_mean, q_variance)
    ratio = log_density(grid, q_mean, q_variance) - log_density(grid, 0, 1)
    part = q * ratio
    step = grid[1] - grid[0]
    above, below = part.clip(min=0).sum() * step, part.clip(max=0).sum() * step
    with canvas(rows=2, width=8, height=4.6, sharex=True) as (top, bottom):
        top.plot(grid, normal_density(grid, 0, 1), color=COLOURS["p"], ls="--", label="p = N(0, 1)")
        top.plot(grid, q, color=COLOURS["q"], label=f"q = N({q_mean:g}, {q_variance:g})")
        top.set(ylabel="density", xlim=(-8, 8), ylim=(0, 0.85))
        top.legend(loc="upper left")
        bottom.plot(grid, part, color=COLOURS["kl"], ls="-", lw=1.5)
        bottom.fill_between(grid, part, where=part > 0, color=COLOURS["kl"], alpha=0.45, label=f"+ {above:.2f}")
        bottom.fill_between(
            grid, part, where=part < 0, color=COLOURS["faint"], alpha=0.45, hatch="///", label=f"− {-below:.2f}"
        )
        bottom.axhline(0, color=COLOURS["truth"], lw=0.8)
        bottom.set(xlabel="z", ylabel="q · (log q − log p)", title=f"KL(q ‖ p) = {above + below:.2f} nats")
        bottom.legend(loc="upper left", title="area")


@figure
def kl_beside_target(qm: Tensor | None, yours: Tensor | None) -> None:
    """KL(N(qm, 0.5) ‖ N(0, 2)) against qm: the target curve by numerical integration, a learner's values on it."""
    z = np.linspace(-12, 12, 2401)
    means = np.linspace(-3, 3, 61)
    exact = [
        (normal_density(z, m, 0.5) * (log_density(z, m, 0.5) - log_density(z, 0, 2))).sum() * (z[1] - z[0])
        for m in means
    ]
    with canvas(width=8, height=3.0) as axes:
        axes.plot(means, exact, color=COLOURS["truth"], ls="--", label="target, by adding up small areas")
        if qm is not None and yours is not None:
            axes.plot(qm.flatten(), yours.detach().flatten(), "o", color=COLOURS["kl"], ms=6, label="yours")
        axes.set(xlabel="mean of q", ylabel="KL (nats)", ylim=(0, None), title="KL( N(mean, 0.5) ‖ N(0, 2) )")
        axes.legend()


@figure
def kl_per_dimension(kl: Tensor) -> None:
    """Mean KL of each latent dimension of a trained model, largest first. kl: (images, z_dim)."""
    bars = kl.mean(0).sort(descending=True).values
    with canvas(width=8, height=3.0) as axes:
        axes.bar(range(1, len(bars) + 1), bars, color=COLOURS["kl"])
        axes.set(
            xlabel="latent dimension, sorted",
            ylabel="KL (nats)",
            xticks=range(1, len(bars) + 1),
            title=f"together {bars.sum():.1f} nats per image",
        )


@figure
def error_shrinks(estimates: Tensor | None, exact: float) -> None:
    """How far the running means of one-draw estimates, five runs, are from the closed form, below a line falling as 1/√n."""
    n = np.arange(1, 10_001)
    spread = 1.5 if estimates is None else estimates.std().item()
    with canvas(width=8, height=3.6) as axes:
        if estimates is not None:
            running = estimates.detach().cumsum(0) / torch.arange(1, len(estimates) + 1)[:, None]
            for i in range(running.shape[1]):
                label = "your averages, five runs" if i == 0 else ""
                axes.plot(n, (running[:, i] - exact).abs(), color=COLOURS["kl"], lw=1.0, alpha=0.8, label=label)
        axes.plot(n, 2 * spread / np.sqrt(n), color=COLOURS["truth"], ls="--", label="2 sd / √n")
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="number of draws n",
            ylabel="distance from the closed form (nats)",
            ylim=(1e-4, 20),
        )
        axes.legend(loc="lower left")


@figure
def negative_estimates(estimates: Tensor) -> None:
    """A histogram of one-draw estimates of KL(N(1, 1) ‖ N(0, 1)); those below 0 are hatched."""
    values = estimates.detach().flatten().numpy()
    edges = np.linspace(-3.5, 4.5, 65)
    with canvas(width=8, height=3.2) as axes:
        axes.hist(values[values >= 0], bins=edges, color=COLOURS["kl"], alpha=0.6, label="0 or more")
        axes.hist(
            values[values < 0],
            bins=edges,
            color=COLOURS["faint"],
            alpha=0.6,
            hatch="///",
            label=f"negative: {(values < 0).mean():.1%}",
        )
        axes.axvline(values.mean(), color=COLOURS["truth"], ls="--", label=f"average: {values.mean():.2f}")
        axes.set(xlabel="log q(z) − log p(z) (nats)", ylabel="draws")
        axes.legend()


def _log_two_bumps(z: np.ndarray, distance: float) -> np.ndarray:
    left, right = log_density(z, -distance, SPREAD**2), log_density(z, distance, SPREAD**2)
    return np.logaddexp(left, right) - math.log(2)


@cache
def _nodes() -> tuple[np.ndarray, np.ndarray]:
    # A uniform grid: log p has a kink between the bumps, where Gauss-Hermite converges slowly.
    nodes = np.linspace(-5, 5, 201)
    weights = np.exp(-(nodes**2) / 2)
    return nodes, weights / weights.sum()


def best_reverse(distance: float, means: np.ndarray) -> tuple[float, float, float]:
    """The q = N(m, s²) of smallest KL(q ‖ p) for two bumps at ± distance, with m among `means`.

    Returns:
        m, s and the KL, found on a fine grid of standard deviations.
    """
    nodes, weights = _nodes()
    spreads = np.geomspace(0.4, 4.0, 150)
    m, s = np.meshgrid(means, spreads, indexing="ij")
    entropy = np.log(s) + 0.5 * math.log(2 * math.pi * math.e)
    kl = -entropy - (weights * _log_two_bumps(m[..., None] + s[..., None] * nodes, distance)).sum(-1)
    i, j = np.unravel_index(kl.argmin(), kl.shape)
    return float(m[i, j]), float(s[i, j]), float(kl[i, j])


def best_forward(distance: float) -> tuple[float, float]:
    """The q = N(0, s²) of smallest KL(p ‖ q): it has p's variance. Returns s and the KL, by integration."""
    s = math.sqrt(distance**2 + SPREAD**2)
    z = np.linspace(-12, 12, 4801)
    log_p = _log_two_bumps(z, distance)
    return s, float((np.exp(log_p) * (log_p - log_density(z, 0, s**2))).sum() * (z[1] - z[0]))


@figure
def two_directions(bumps_at: float = 2.0) -> None:
    """Two bumps at ± bumps_at; the best Gaussian by KL(q ‖ p), also when started between them, and by KL(p ‖ q)."""
    grid = np.linspace(-6.5, 6.5, 600)
    p = np.exp(_log_two_bumps(grid, bumps_at))
    side = best_reverse(bumps_at, np.linspace(0.88 * bumps_at, 1.1 * bumps_at, 23))
    between = best_reverse(bumps_at, np.zeros(1))
    styles = ("-", ":") if side[2] < between[2] else (":", "-")  # the better one is solid
    cover, forward = best_forward(bumps_at)
    with canvas(columns=2, width=9.5, height=3.6, sharey=True) as (left, right):
        for axes in (left, right):
            axes.fill_between(grid, p, color=COLOURS["p"], alpha=0.25)
            axes.plot(grid, p, color=COLOURS["p"], ls="--", label="p, two bumps")
            axes.set(xlabel="z", ylim=(0, 1.05), xticks=[-4, -2, 0, 2, 4], yticks=[0, 0.5, 1])
        left.plot(
            grid,
            normal_density(grid, side[0], side[1] ** 2),
            color=COLOURS["q"],
            ls=styles[0],
            label=f"on one bump: {side[2]:.2f} nats",
        )
        left.plot(
            grid,
            normal_density(grid, 0, between[1] ** 2),
            color=COLOURS["q"],
            ls=styles[1],
            label=f"between them: {between[2]:.2f} nats",
        )
        left.set(ylabel="density", title="q that makes KL(q ‖ p) small")
        left.legend(loc="upper left")
        right.plot(
            grid, normal_density(grid, 0, cover**2), color=COLOURS["q"], label=f"sd {cover:.2f}: {forward:.2f} nats"
        )
        right.set(title="q that makes KL(p ‖ q) small")
        right.legend(loc="upper left")
