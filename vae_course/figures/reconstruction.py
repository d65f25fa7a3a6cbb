"""Figures of lesson 03."""

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, logsigmoid

from vae_course.figures.digits import one_image
from vae_course.figures.style import COLOURS, canvas, figure


@figure
def pixel_cost_beside_target(logits: Tensor | None, ink: Tensor | None, paper: Tensor | None) -> None:
    """−log p of one pixel against its logit, for ink (x = 1) and paper (x = 0), with a learner's values on the curves."""
    grid = torch.linspace(-6, 6, 200)
    with canvas(width=8, height=3.2) as axes:
        axes.plot(grid, -logsigmoid(grid), color=COLOURS["rec"], ls="--", label="target, x = 1 (ink)")
        axes.plot(grid, -logsigmoid(-grid), color=COLOURS["truth"], ls=":", label="target, x = 0 (paper)")
        if logits is not None and ink is not None and paper is not None:
            axes.plot(logits, -ink.detach(), "o", color=COLOURS["rec"], ms=6, label="yours, x = 1")
            axes.plot(logits, -paper.detach(), "s", color=COLOURS["truth"], ms=5, label="yours, x = 0")
        axes.axhline(math.log(2), color=COLOURS["faint"], lw=0.8)
        axes.text(-5.9, math.log(2) + 0.12, "log 2: no idea", fontsize=10, color=COLOURS["truth"])
        axes.set(xlabel="logit: log-odds that the pixel is ink", ylabel="cost −log p(x) (nats)", ylim=(-0.2, 6.3))
        axes.legend(ncols=2, loc="upper center")


@figure
def mean_pixel_model(p: Tensor, image: Tensor) -> None:
    """The mean-pixel model, a draw from it, one black-and-white image, and what each of its pixels costs."""
    draw = torch.bernoulli(p, generator=torch.Generator().manual_seed(0))
    cost = -torch.where(image > 0.5, p.log(), (1 - p).log())
    with canvas(columns=4, width=10, height=2.9) as axes:
        for place, picture, title in zip(
            axes, (p, draw, image), ("p: how often each is ink", "a draw from this model", "a test image"), strict=False
        ):
            one_image(place, picture)
            place.set_title(title, fontsize=11)
        shown = one_image(axes[3], cost, cmap="magma_r", vmax=5)
        axes[3].set_title(f"its cost, {cost.sum():.0f} nats", fontsize=11)
        axes[3].figure.colorbar(shown, ax=axes[3], shrink=0.75, label="nats per pixel", extend="max")


@figure
def log_mean_exp_beside_target(a: Tensor | None, yours: Tensor | None) -> None:
    """log-mean-exp of the pair (0, a) between the mean and the maximum, with a learner's values on it."""
    grid = np.linspace(-4, 8, 200)
    with canvas(width=8, height=3.4) as axes:
        axes.plot(grid, np.maximum(grid, 0), color=COLOURS["faint"], lw=1.5, label="maximum")
        axes.plot(
            grid,
            np.logaddexp(0, grid) - math.log(2),
            color=COLOURS["iwae"],
            ls="--",
            label="target: log of the mean of exp",
        )
        axes.plot(grid, grid / 2, color=COLOURS["nelbo"], ls=":", label="mean")
        if a is not None and yours is not None:
            axes.plot(a, yours.detach(), "o", color=COLOURS["iwae"], ms=6, label="yours")
        axes.set(xlabel="a", ylabel="nats", title="the pair (0, a): its maximum, its log-mean-exp, its mean")
        axes.legend()


def naive_loss(logit: float) -> tuple[float, float]:
    """−log(1 − sigmoid(logit)) in float32, as it is written down naively, and its slope: nan once 1 − p is 0. The pixel is 0."""
    a = torch.tensor(logit, dtype=torch.float32, requires_grad=True)
    loss = -torch.log(1 - torch.sigmoid(a))
    loss.backward()
    assert a.grad is not None
    return loss.item(), a.grad.item()


def torchs_loss(logit: float) -> tuple[float, float]:
    """The same pixel by torch's `binary_cross_entropy` of p, and its slope in the logit: no logarithm is below −100 there."""
    a = torch.tensor(logit, dtype=torch.float32, requires_grad=True)
    loss = binary_cross_entropy(torch.sigmoid(a), torch.zeros(()))
    loss.backward()
    assert a.grad is not None
    return loss.item(), a.grad.item()


@cache
def _losses(low: float = 10.0, high: float = 20.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, beside them the naive cost, and the slope of torch's: (n,) each."""
    grid = np.arange(low, high + 0.01, 0.05)
    return grid, *np.array([(naive_loss(float(a))[0], torchs_loss(float(a))[1]) for a in grid]).T


@figure
def float32_edge(logit: float = 12.0) -> None:
    """The cost of a wrong, ever surer pixel and its slope: from p (the slope by torch's own loss), and from the logit."""
    grid, naive, slopes = _losses()
    finite = np.where(np.isfinite(naive), naive, np.nan)
    value, (own, slope) = naive_loss(logit)[0], torchs_loss(logit)
    with canvas(columns=2, width=9.5, height=3.3) as (left, right):
        left.plot(grid, grid, color=COLOURS["truth"], ls="--", label="from the logit: softplus(a)")
        left.plot(grid, finite, color=COLOURS["rec"], label="from p: −log(1 − p)")
        for axes, height in ((left, value if math.isfinite(value) else 20.4), (right, slope)):
            axes.axvline(logit, color=COLOURS["faint"], lw=1)
            axes.plot(logit, height, "o" if math.isfinite(value) else "^", color=COLOURS["rec"], ms=8)
        left.set(xlabel="logit a", ylabel="cost of a pixel x = 0 (nats)", ylim=(9.5, 21))
        left.set(xticks=[10, 15, 20], yticks=[10, 15, 20])
        left.set_title(
            f"at a = {logit:g}: {value:.4g} nats" + ("" if math.isfinite(value) else f" (torch's own: {own:g})")
        )
        left.legend(loc="lower right")
        right.plot(grid, 1 / (1 + np.exp(-grid)), color=COLOURS["truth"], ls="--", label="from the logit: sigmoid(a)")
        right.plot(grid, slopes, color=COLOURS["rec"], label="from p, by torch")
        right.set(
            xlabel="logit a",
            ylabel="slope in a",
            ylim=(-0.1, 1.25),
            xticks=[10, 15, 20],
            yticks=[0, 0.5, 1],
            title=f"slope of torch's cost from p: {slope:.3g}",
        )
        right.legend(loc="center left")
