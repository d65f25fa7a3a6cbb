"""Figures of lesson 01."""

import math
from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.figures.style import COLOURS, canvas, figure


def normal_density(z: np.ndarray, m: float, v: float) -> np.ndarray:
    """N(z; m, v) with variance v."""
    return np.exp(-((z - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)


@figure
def where_the_gradient_stops() -> None:
    """Two computation graphs side by side: the draw inside the path from m and v to f, and beside it."""
    with canvas(columns=2, width=10, height=2.9, gridspec_kw={"wspace": 0.2}) as (left, right):
        _graph(left, "z drawn from N(m, v): the path is cut", trick=False)
        _graph(right, "z made from m, v and ε: the path is open", trick=True)


def _graph(axes: Axes, title: str, *, trick: bool) -> None:
    places = {"m, v": (0.08, 0.3), "z": (0.5, 0.3), "f(z)": (0.92, 0.3)}
    if trick:
        places["ε"] = (0.5, 0.85)
    random = "ε" if trick else "z"
    for name, (x, y) in places.items():
        edge = COLOURS["p"] if name == random else COLOURS["q"]
        axes.text(
            x,
            y,
            name,
            ha="center",
            va="center",
            fontsize=12,
            bbox={
                "boxstyle": "circle,pad=0.45" if name == random else "square,pad=0.45",
                "fc": "white",
                "ec": edge,
                "lw": 2,
            },
        )
    _arrow(axes, (0.17, 0.3), (0.42, 0.3), dashed=not trick)
    _arrow(axes, (0.58, 0.3), (0.82, 0.3))
    if trick:
        _arrow(axes, (0.5, 0.7), (0.5, 0.44))
        note = "gradient of f  ←  reaches m and v"
        axes.text(0.6, 0.86, "randomness comes from outside", fontsize=10, va="center")
    else:
        axes.text(0.3, 0.3, "✗", ha="center", va="center", fontsize=18, color=COLOURS["truth"])
        note = "gradient of f  ←  stops at the random draw"
        axes.text(0.5, 0.58, "a draw has no slope", ha="center", fontsize=10)
    axes.text(0.5, 0.0, note, ha="center", fontsize=11)
    axes.set(xlim=(0, 1), ylim=(-0.05, 1.05), title=title)
    axes.axis("off")


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], dashed: bool = False) -> None:
    style = {"arrowstyle": "->", "lw": 1.8, "color": COLOURS["truth"], "linestyle": "--" if dashed else "-"}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)


@figure
def move_and_stretch(m: float = 1.5, v: float = 4.0) -> None:
    """The same twelve ε, and the z that m and v make of them, joined by lines, with both densities."""
    noise = torch.randn(12, generator=torch.Generator().manual_seed(4)).numpy()
    z = m + math.sqrt(v) * noise
    grid = np.linspace(-9, 11, 500)
    with canvas(height=3.6) as axes:
        axes.plot(grid, 2 + normal_density(grid, 0, 1), color=COLOURS["p"], ls="--")
        axes.plot(grid, -2.0 * normal_density(grid, m, v), color=COLOURS["q"])
        for before, after in zip(noise, z, strict=True):
            axes.plot([before, after], [2, 0], color=COLOURS["faint"], lw=1)
        axes.plot(noise, np.full(12, 2.0), "s", color=COLOURS["p"], ms=6)
        axes.plot(z, np.zeros(12), "o", color=COLOURS["q"], ms=6)
        axes.text(-8.9, 2.12, "ε from N(0, 1): never changes", color=COLOURS["truth"])
        axes.text(
            -8.9,
            -0.75,
            f"z: mean {m:g}, variance {v:g},\nand its density, drawn downwards",
            color=COLOURS["truth"],
            va="center",
        )
        axes.set(
            xlim=(-9, 11),
            ylim=(-1.0, 2.6),
            xlabel="value",
            yticks=[],
            title="The same noise, moved and stretched",
        )
        axes.spines["left"].set_visible(False)


@figure
def draws_beside_target(z: Tensor | None, m: float, v: float) -> None:
    """The target density N(m, v), and a histogram of a learner's draws over it when there are some."""
    grid = np.linspace(m - 5 * math.sqrt(v), m + 5 * math.sqrt(v), 400)
    with canvas(width=8, height=3.0) as axes:
        if z is not None:
            axes.hist(
                z.detach().flatten().numpy(), bins=60, density=True, color=COLOURS["q"], alpha=0.5, label="your draws"
            )
        axes.plot(grid, normal_density(grid, m, v), color=COLOURS["p"], ls="--", label=f"target: N({m:g}, {v:g})")
        axes.set(xlabel="z", ylabel="density", xlim=(grid[0], grid[-1]))
        axes.legend()


def estimator_variances(dims: int, draws: int = 50_000) -> tuple[float, float, float]:
    """Variances of three one-draw estimates of d/dm_1 E[Σ z_i²], z ~ N(0.5, 1) in `dims` dimensions.

    Returns:
        pathwise 2 z_1; score function f(z)(z_1 − m); the score function with f's mean taken off as a baseline.
    """
    generator = torch.Generator().manual_seed(dims)
    z = 0.5 + torch.randn(draws, dims, generator=generator)
    f, score = z.square().sum(-1), z[:, 0] - 0.5
    baseline = 1.25 * dims  # E[z²] = m² + v in each dimension
    return (2 * z[:, 0]).var().item(), (f * score).var().item(), ((f - baseline) * score).var().item()


@figure
def variance_against_dimension() -> None:
    """Variance of the gradient estimates as the number of latent dimensions grows, on logarithmic axes."""
    dims = [1, 3, 10, 30, 100]
    pathwise, score, baseline = zip(*(estimator_variances(d) for d in dims), strict=True)
    with canvas(width=8, height=3.4) as axes:
        axes.loglog(dims, score, "s--", color=COLOURS["other"], label="score function")
        axes.loglog(dims, baseline, "^:", color=COLOURS["faint"], label="score function with a baseline")
        axes.loglog(dims, pathwise, "o-", color=COLOURS["q"], label="pathwise (the trick)")
        axes.set(xlabel="latent dimensions", ylabel="variance of one estimate", xticks=dims, xticklabels=dims)
        axes.legend()


@lru_cache(maxsize=64)
def cosine_variances(omega: float = 1.0, draws: int = 20_000) -> tuple[float, float]:
    """Variances of the pathwise and the score-function estimate of d/dm E[cos(ω z)], z ~ N(0.5, 1)."""
    z = 0.5 + torch.randn(draws, generator=torch.Generator().manual_seed(0))
    pathwise = -omega * torch.sin(omega * z)
    score = torch.cos(omega * z) * (z - 0.5)
    return pathwise.var().item(), score.var().item()


@figure
def when_the_trick_loses(ω: float = 1.0) -> None:
    """A wiggly integrand cos(ωz) under q, and the variance of both estimates at this ω."""
    grid = np.linspace(-3, 4, 500)
    omegas = np.linspace(0.2, 5, 25)
    curves = np.array([cosine_variances(float(w)) for w in omegas])
    with canvas(columns=2, width=9.5, height=3.2) as (left, right):
        left.plot(grid, np.cos(ω * grid), color=COLOURS["truth"], label="f(z) = cos(ωz)")
        left.fill_between(grid, normal_density(grid, 0.5, 1), color=COLOURS["q"], alpha=0.35, label="q(z)")
        left.set(xlabel="z", ylabel="f(z) and density of q", ylim=(-1.15, 1.6), title=f"ω = {ω:g}")
        left.legend(ncols=2, loc="upper center")
        right.plot(omegas, curves[:, 0], "-", color=COLOURS["q"], label="pathwise")
        right.plot(omegas, curves[:, 1], "--", color=COLOURS["other"], label="score function")
        right.plot([ω, ω], list(cosine_variances(ω)), "o", color=COLOURS["truth"], ms=7)
        right.set(xlabel="ω (how wiggly f is)", ylabel="variance of one estimate")
        right.legend()
