"""Figures of lesson 00."""

import math
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from vae_course.figures.digits import one_image
from vae_course.figures.style import COLOURS, canvas, figure

JOINT = (0.5 * 0.2, 0.5 * 0.9)  # p(z, red) of box 0 and box 1
EVIDENCE = sum(JOINT)
POSTERIOR = JOINT[1] / EVIDENCE
RED, GREY = "#B3362B", "#D9D9D9"


@figure
def boxes() -> None:
    """Two boxes of ten balls each, with the chance of each box and of a red ball in it."""
    with canvas(width=7.5, height=2.7) as axes:
        for z, red in enumerate((2, 9)):
            left = 0.3 + 4.0 * z
            axes.add_patch(FancyBboxPatch((left, 0.5), 2.9, 1.5, boxstyle="round,pad=0.12", fc="white", ec="black"))
            for i in range(10):
                place = (left + 0.3 + 0.58 * (i % 5), 0.9 + 0.7 * (i // 5))
                axes.add_patch(Circle(place, 0.22, fc=RED if i < red else GREY, ec="black"))
                axes.text(*place, "r" if i < red else "", ha="center", va="center", fontsize=9, color="white")
            axes.text(left + 1.45, 2.45, f"box z = {z}", ha="center", fontsize=12)
            axes.text(left + 1.45, 0.0, f"p(z = {z}) = ½,  p(red | z = {z}) = {red / 10}", ha="center", fontsize=11)
        axes.set(xlim=(0, 7.6), ylim=(-0.3, 2.8), aspect="equal")
        axes.axis("off")


def elbo_of(a: np.ndarray | float) -> Any:
    """ELBO(a) = a log(0.45 / a) + (1 − a) log(0.10 / (1 − a)), in nats; 0 log 0 = 0."""
    a = np.asarray(a, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(a > 0, a * np.log(JOINT[1] / a), 0.0)
        zero = np.where(a < 1, (1 - a) * np.log(JOINT[0] / (1 - a)), 0.0)
    return one + zero


@figure
def guess(a: float = 0.5) -> None:
    """The guess a beside the posterior, and the ELBO curve under log p(red) with the gap at a."""
    top, here = math.log(EVIDENCE), float(elbo_of(a))
    grid = np.linspace(0, 1, 401)
    with canvas(columns=2, width=9.5, height=3.6, width_ratios=(1, 1.9)) as (left, right):
        places = np.array([0.0, 1.0])
        left.bar(places - 0.2, [1 - a, a], 0.36, color=COLOURS["q"], label="your guess q")
        left.bar(
            places + 0.2,
            [1 - POSTERIOR, POSTERIOR],
            0.36,
            facecolor="white",
            edgecolor=COLOURS["p"],
            hatch="///",
            label="posterior",
        )
        left.set(xticks=[0, 1], xticklabels=["box 0", "box 1"], ylabel="probability", ylim=(0, 1.25))
        left.legend(loc="upper left", fontsize=9)
        right.plot(grid, elbo_of(grid), color=COLOURS["nelbo"], label="ELBO(a)")
        right.axhline(top, color=COLOURS["truth"], ls="--", label="log p(red)")
        right.plot([a, a], [here, top], color=COLOURS["kl"], lw=6, alpha=0.7, solid_capstyle="butt", label="gap")
        right.plot([a], [here], "o", color=COLOURS["nelbo"], ms=8)
        right.set(
            xlabel="a = q(z = 1)",
            ylabel="nats",
            ylim=(-2.5, -0.3),
            title=f"the score of your guess, a = {a:.2f}",
        )
        right.legend(loc="lower right", fontsize=9)


def evidence_three_ways(dims: int, draws: int = 10_000) -> tuple[float, float, float]:
    """log p(x) for z ~ N(0, I), x = z + 0.1 ε, all x_i = 0.7: by draws from the prior, by draws from a guess q, exactly.

    q is N(0.7, 0.02) in each dimension: near the posterior, N(0.693, 0.0099), and not equal to it.
    """
    generator = torch.Generator().manual_seed(dims)
    noise = torch.randn(draws, dims, generator=generator, dtype=torch.float64)

    def log_normal(x: Any, m: Any, v: float) -> torch.Tensor:
        return (-0.5 * ((x - m) ** 2 / v + math.log(2 * math.pi * v))).sum(-1)

    x = torch.full((dims,), 0.7, dtype=torch.float64)
    from_prior = log_normal(x, noise, 0.01)
    z = 0.7 + math.sqrt(0.02) * noise
    from_q = log_normal(x, z, 0.01) + log_normal(z, 0.0, 1.0) - log_normal(z, 0.7, 0.02)
    exact = log_normal(x, 0.0, 1.01).item()
    by_prior, by_q = (torch.logsumexp(w, 0).item() - math.log(draws) for w in (from_prior, from_q))
    return by_prior, by_q, exact


@figure
def why_it_is_hard() -> None:
    """Draws from the prior and the small place that matters; and both estimates of log p(x) as dimensions are added."""
    dims = [1, 2, 5, 10, 20]
    by_prior, by_q, exact = zip(*(evidence_three_ways(d) for d in dims), strict=True)
    points = torch.randn(1500, 2, generator=torch.Generator().manual_seed(1)).numpy()
    inside = int((((points - 0.7) ** 2).sum(1) < 0.25**2).sum())
    with canvas(columns=2, width=9.5, height=3.8, width_ratios=(1, 1.3)) as (left, right):
        left.plot(*points.T, ".", color=COLOURS["p"], ms=3)
        left.add_patch(Circle((0.7, 0.7), 0.25, fc="none", ec=COLOURS["q"], lw=2))
        left.annotate(
            f"here p(x|z) matters:\n{inside} draws of 1,500",
            (0.9, 0.88),
            (0.0, 2.7),
            arrowprops={"arrowstyle": "->"},
            fontsize=10,
        )
        left.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal", xlabel="z₁", ylabel="z₂", title="draws from p(z)")
        right.plot(dims, exact, "--", color=COLOURS["truth"], label="exact log p(x)")
        right.plot(dims, by_prior, "s:", color=COLOURS["p"], ms=9, label="10,000 draws from the prior")
        right.plot(dims, by_q, "o", color=COLOURS["q"], label="10,000 draws from a guess q(z|x)")
        right.set(xlabel="latent dimensions", ylabel="log p(x) in nats", xticks=dims)
        right.legend(loc="lower left", fontsize=9)


@figure
def poster() -> None:
    """The whole VAE as a drawing: from an image through m, v and z back to an image, each part with its lesson."""
    with canvas(width=10, height=4.6) as axes:
        _part(axes, 0.7, 2.6, "image\nx", "", COLOURS["truth"])
        _part(axes, 2.5, 2.6, "encoder\nq(z|x)", "given", COLOURS["q"])
        _part(axes, 4.3, 2.6, "m, v", "given", COLOURS["q"])
        _part(axes, 6.1, 2.6, "z =\nm + √v·ε", "01", COLOURS["q"])
        _part(axes, 7.9, 2.6, "decoder\np(x|z)", "given", COLOURS["p"])
        _part(axes, 9.7, 2.6, "logits", "03", COLOURS["p"])
        for x in (0.7, 2.5, 4.3, 6.1, 7.9):
            axes.annotate("", (x + 1.18, 2.6), (x + 0.64, 2.6), arrowprops={"arrowstyle": "->", "lw": 1.5})
        _part(axes, 2.1, 0.75, "prior\np(z)", "given", COLOURS["p"])
        _part(axes, 4.3, 0.75, "kl =\nKL(q(z|x) ‖ p(z))", "02", COLOURS["kl"], 0.85)
        _part(axes, 9.2, 0.75, "rec =\n−E$_q$[log p(x|z)]", "03", COLOURS["rec"], 1.02)
        _part(axes, 6.7, 0.75, "nelbo =\nkl + rec", "04 · 05", COLOURS["nelbo"], 0.8)
        for start, end in (
            ((4.3, 2.05), (4.3, 1.3)),
            ((2.77, 0.75), (3.4, 0.75)),
            ((9.7, 2.05), (9.4, 1.3)),
            ((5.17, 0.75), (5.88, 0.75)),
            ((8.16, 0.75), (7.52, 0.75)),
        ):
            axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 1.5})
        # rec compares the logits with x itself, which comes round below
        axes.plot([0.7, 0.7, 9.2], [2.05, -0.25, -0.25], color="black", lw=1.5)
        axes.annotate("", (9.2, 0.2), (9.2, -0.28), arrowprops={"arrowstyle": "->", "lw": 1.5})
        axes.text(4.9, -0.2, "x, to compare with its logits", ha="center", va="bottom", fontsize=10)
        _part(axes, 7.0, 4.45, "draw z from the prior p(z), decode: a new image", "06", COLOURS["p"], 2.6, 0.32)
        axes.annotate("", (7.7, 3.2), (7.3, 4.05), arrowprops={"arrowstyle": "->", "lw": 1.5, "ls": "--"})
        axes.text(0.1, 4.4, "all of it, alone: lesson 07", fontsize=11)
        axes.set(xlim=(0, 10.5), ylim=(-0.4, 5.0))
        axes.axis("off")


def _part(
    axes: Axes, x: float, y: float, text: str, lesson: str, colour: str, half: float = 0.62, tall: float = 0.5
) -> None:
    axes.add_patch(Rectangle((x - half, y - tall), 2 * half, 2 * tall, fc="white", ec=colour, lw=2))
    axes.text(x, y, text, ha="center", va="center", fontsize=11)
    if lesson:
        axes.text(x + half, y + tall + 0.05, lesson, ha="right", va="bottom", fontsize=10, color=colour, weight="bold")


@figure
def decoded(model: Any, z1: float = 0.0, z2: float = 0.0) -> None:
    """One place in the latent plane, and what the decoder draws there: each pixel's probability of being inked."""
    with torch.no_grad():
        image = torch.sigmoid(model.dec(torch.tensor([[z1, z2]])))
    with canvas(columns=2, width=6.4, height=3.0) as (left, right):
        for radius in (1, 2, 3):
            left.add_patch(Circle((0, 0), radius, fc="none", ec=COLOURS["p"], ls="--", lw=1))
        left.plot([z1], [z2], "o", color=COLOURS["q"], ms=9)
        left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xlabel="z₁", ylabel="z₂", title="z")
        one_image(right, image, "decoded: probabilities")
