"""Figures of lesson 08: the plane of rate and distortion, models on it, and the paths that training takes.

The recordings are made by `python -m vae_course.teach.authoring.rate_distortion_data`. What is Gaussian, and exact, is in
`gaussian_channel`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from vae_course.figures import wrong_models
from vae_course.figures.style import COLOURS, canvas, figure

FILE = Path(__file__).parent / "data" / "rate_distortion.npz"
WEIGHTS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0)
Z_DIM, STEPS, PICTURES = 20, 1_200, 8
WARM = 600  # steps over which the weight of "warm-up" rises to 1
FLOOR = 2.0  # nats for each latent, of "free bits"
EARLY = (1, 2, 5, 10, 15, 20, 30, 40, 60, 85)
MEAN_PIXEL = 205.87  # nats: the distortion of a model that knows the average image alone (lesson 00)


@cache
def recording() -> dict[str, np.ndarray]:
    with np.load(FILE) as arrays:
        return dict(arrays)


def numbers(beta: float) -> tuple[float, float]:
    """Rate and distortion, in nats, on all test images, of the model that was trained with this weight."""
    rate, distortion = recording()[f"{beta:g}/numbers"]
    return float(rate), float(distortion)


def trained_by(name: str) -> tuple[float, float]:
    """The same of "plain", "warm-up" or "free bits"."""
    rate, distortion = recording()[f"{name}/numbers"]
    return float(rate), float(distortion)


def latents(name: str) -> np.ndarray:
    """The mean KL of each latent, the largest first, (Z_DIM,), of "plain", "warm-up" or "free bits"."""
    return recording()[f"{name}/latents"]


def _plane(axes: Axes, curve: bool = True, **limits: Any) -> None:
    """Axes, lines of equal NELBO, and the curve of the recorded models."""
    limits = {"xlim": (-2, 58), "ylim": (55, 215)} | limits
    (low, high), (_, top) = limits["xlim"], limits["ylim"]
    for nelbo in range(100, 300, 20):
        axes.plot([low, high], [nelbo - low, nelbo - high], "-", color=COLOURS["nelbo"], lw=0.7, alpha=0.5)
        if limits["ylim"][0] < nelbo - high < top:
            axes.annotate(
                str(nelbo),
                (high, nelbo - high),
                (3, -3),
                textcoords="offset points",
                fontsize=9,
                color=COLOURS["nelbo"],
            )
    if curve:
        rates, distortions = np.array([numbers(beta) for beta in WEIGHTS]).T
        axes.plot(rates, distortions, "o-", color=COLOURS["truth"], ms=4, lw=1.2)
    axes.set(xlabel="rate: mean KL (nats)", ylabel="distortion: mean rec (nats)", **limits)


def _gallery(axes: Axes, beta: float) -> None:
    pictures = recording()[f"{beta:g}/pictures"].astype(float) / 255
    rows = [recording()["digits"].astype(float) / 255, pictures[:PICTURES], pictures[PICTURES:]]
    strips = [np.concatenate(list(row.reshape(-1, 28, 28)), axis=1) for row in rows]
    gap = np.ones((10, strips[0].shape[1]))
    axes.imshow(np.concatenate([strips[0], gap * 0, strips[1], gap * 0, strips[2]]), cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[14, 52, 90], yticklabels=["image", "its copy", "new"])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


@figure
def plane(beta: float = 1.0) -> None:
    """Left rate and distortion of thirteen models, one for each weight; right what the chosen one copies and draws."""
    rate, distortion = numbers(beta)
    with canvas(columns=2, width=11.5, height=4.2, width_ratios=(1, 1.25)) as (left, right):
        _plane(left)
        left.plot(rate, distortion, "D", color=COLOURS["nelbo"], ms=10)
        left.set_title(f"β = {beta:g}: rate {rate:.1f}, distortion {distortion:.1f}, NELBO {rate + distortion:.1f}")
        _gallery(right, beta)


@figure
def tangent(beta: float = 1.0) -> None:
    """The curve of the models, and lines on which the loss D + β R is the same: one through the model that was trained with this weight."""
    rate, distortion = numbers(beta)
    with canvas(width=7.5, height=4.4) as axes:
        _plane(axes)
        ends = np.array([-2.0, 58.0])
        for off, style in ((0.0, "-"), (15.0, ":"), (30.0, ":")):
            at = distortion + beta * rate + off - beta * ends
            axes.plot(ends, at, style, color=COLOURS["q"], lw=2 if off == 0 else 1.2)
        axes.plot(rate, distortion, "D", color=COLOURS["nelbo"], ms=9)
        axes.set_title(f"β = {beta:g}: loss D + β R = {distortion + beta * rate:.1f}, and the line of this loss")


@figure
def your_points(points: Mapping[float, tuple[float, float]]) -> None:
    """The recorded curve, and on it the models that were just trained."""
    with canvas(width=7.5, height=4.4) as axes:
        _plane(axes)
        for beta, (rate, distortion) in points.items():
            axes.plot(rate, distortion, "D", color=COLOURS["q"], ms=9)
            axes.annotate(f"your β = {beta:g}", (rate, distortion), (9, 5), textcoords="offset points")
        axes.set_title("yours, on the curve of the recorded models")


@figure
def paths() -> None:
    """Where three models are while they train: plain, with a weight that rises slowly, and with a floor under each latent."""
    marks = {"plain": ("nelbo", "-"), "warm-up": ("q", "--"), "free bits": ("kl", "-.")}
    with canvas(columns=2, width=11.5, height=4.4, width_ratios=(1.5, 1)) as (left, right):
        _plane(left, ylim=(55, 260), xlim=(-2, 80))
        left.plot(0, MEAN_PIXEL, "s", color=COLOURS["other"], ms=9)
        left.annotate("collapse", (0, MEAN_PIXEL), (8, 6), textcoords="offset points")
        for name, (colour, style) in marks.items():
            path = recording()[f"{name}/path"]
            left.plot(*path.T, style, color=COLOURS[colour], lw=1.6, label=name)
            left.plot(*path[-1], "D", color=COLOURS[colour], ms=8)
            right.plot(1 + np.arange(Z_DIM), latents(name), style, color=COLOURS[colour], label=name)
        left.legend(fontsize=9, loc="center right")
        right.axhline(FLOOR, color=COLOURS["faint"], lw=1)
        right.set(
            xlabel="latent, the busiest first", ylabel="its mean KL (nats)", xticks=[1, 5, 10, 15, 20], ylim=(0, None)
        )
        right.set_title("how the rate is spread")


def places() -> str:
    """A table: models of this lesson and of lesson 04b on one plane."""
    kinds = {f"β = {beta:g}": numbers(beta) for beta in (0.25, 0.5, 1.0, 2.0, 8.0, 40.0)}
    kinds |= {name: trained_by(name) for name in ("plain", "warm-up", "free bits")}
    for name in ("plain", "autoregressive"):
        kl, nelbo = wrong_models.decoder_numbers(name)
        kinds[f"04b, {name}"] = kl, nelbo - kl
    lines = [f"{'':20s} {'rate':>7} {'distortion':>11} {'NELBO':>7}"]
    lines += [
        f"{name:20s} {rate:7.1f} {distortion:11.1f} {rate + distortion:7.1f}"
        for name, (rate, distortion) in kinds.items()
    ]
    return "\n".join(lines)
