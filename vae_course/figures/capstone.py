"""Figures of lesson 07: the whole class, its training, and its place beside published figures."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.figures.bounds import bounds_below_truth, exact_log_p, minus
from vae_course.figures.capstone_comparisons import beside_the_paper, network_sizes, train_by_evaluate
from vae_course.figures.style import COLOURS, LINES, canvas, figure

__all__ = [
    "beside_the_paper",
    "bounds_below_truth",
    "doubling",
    "exact_log_p",
    "learning_curves",
    "network_sizes",
    "q_over_prior",
    "the_whole_class",
    "train_by_evaluate",
    "weights_and_bound",
]


@figure
def the_whole_class() -> None:
    """Two lanes: what the bounds do with an image, and what the sampling methods do without one."""
    with canvas(width=9.8, height=3.9) as axes:
        _lane(axes, 2.25, ["x", "enc", "m, v", "z", "dec", "logits"], dice="z", title="bounds: an image comes in")
        _lane(
            axes, 0.25, ["prior", "z", "dec", "sigmoid", "x"], dice="zx", title="sampling: no image comes in", start=1
        )
        for place, text, colour in (
            (2, "kl_normal\n→ kl", "kl"),
            (3, "log_normal, twice\n→ log p(z), log q(z|x)", "iwae"),
            (5, "log_bernoulli_with_logits\n→ rec, log p(x|z)", "rec"),
        ):
            axes.annotate(
                text,
                (place, 2.0),
                (place, 1.42),
                ha="center",
                va="center",
                fontsize=10,
                arrowprops={"arrowstyle": "<-", "color": COLOURS[colour], "lw": 1.5},
            )
        axes.set(xlim=(-0.5, 5.9), ylim=(-0.2, 3.05))
        axes.axis("off")


def _lane(axes: Axes, y: float, boxes: Sequence[str], dice: str, title: str, start: int = 0) -> None:
    axes.text(-0.45, y + 0.52, title, fontsize=12, weight="bold")
    for place, name in enumerate(boxes, start):
        random = name in dice and not (name == "x" and place == 0)
        network = name in ("enc", "dec")
        axes.text(
            place,
            y,
            name,
            ha="center",
            va="center",
            fontsize=12,
            bbox={
                "boxstyle": "circle,pad=0.5" if random else "square,pad=0.5",
                "fc": "#E3EEF6" if network else "white",
                "ec": COLOURS["p"] if random else COLOURS["q"],
                "lw": 2,
            },
        )
        if place > start:
            arrow = {"arrowstyle": "->", "lw": 1.6, "color": COLOURS["truth"]}
            axes.annotate("", (place - 0.33, y), (place - 0.66, y), arrowprops=arrow)


@figure
def learning_curves(curves: Any) -> None:
    """NELBO and its two terms against the step; the thin lines are single batches, the thick ones their local means."""
    with canvas(columns=2, width=9.8, height=3.5) as (left, right):
        for axes, keys in ((left, {"nelbo": "train/loss", "rec": "gen/rec"}), (right, {"kl": "gen/kl_z"})):
            for quantity, key in keys.items():
                values = np.array(curves[key])
                style = LINES[quantity]
                axes.plot(values, color=COLOURS[quantity], lw=0.6, alpha=0.3)
                axes.plot(_smooth(values), style, color=COLOURS[quantity], label=quantity)
            axes.set(xlabel="step", ylabel="nats per image")
            axes.legend()
        left.set(ylim=(60, 220), title="what is minimised, and its larger part")
        right.set(title="what the latent variables cost", ylim=(0, 40))


@figure
def q_over_prior(model: Any, x: Tensor) -> None:
    """Left: q(z|x) of four images over the prior, in the dimension with the largest KL. Right: the KL of each dimension.

    x: (n, 784), of which the right panel shows the average.
    """
    with torch.no_grad():
        m, v = model.enc(x)  # (n, z_dim) each
    prior_m, prior_v = model.z_prior_m, model.z_prior_v
    kl = 0.5 * (torch.log(prior_v / v) + v / prior_v + (m - prior_m).square() / prior_v - 1).mean(0)  # (z_dim,)
    order = kl.argsort(descending=True)
    grid = torch.linspace(-4, 4, 400)
    with canvas(columns=2, width=9.8, height=3.2) as (left, right):
        left.plot(grid, _bell(grid, prior_m, prior_v), color=COLOURS["p"], ls="--", label="prior p(z)")
        for row in range(4):
            density = _bell(grid, m[row, order[0]], v[row, order[0]])
            left.plot(grid, density, color=COLOURS["q"], label="q(z|x) of four test images" if row == 0 else None)
            peak = int(density.argmax())
            offset, name = (0, 3 + 11 * (row % 2)), f"image {row}"
            left.annotate(
                name, (grid[peak], density[peak]), offset, textcoords="offset points", ha="center", fontsize=9
            )
        left.set(xlabel="z in the busiest dimension", ylabel="density", ylim=(0, 1.45 * left.get_ylim()[1]))
        left.legend(ncols=2, loc="upper center")
        right.bar(range(1, len(kl) + 1), kl[order].numpy(), color=COLOURS["kl"])
        right.xaxis.get_major_locator().set_params(integer=True)  # a dimension has no halves
        right.set(
            xlabel="latent dimensions, sorted",
            ylabel="KL (nats)",
            xlim=(0, len(kl) + 1),
            title=f"together {kl.sum():.1f} nats",
        )


def _bell(z: Tensor, m: Tensor, v: Tensor) -> np.ndarray:
    return (torch.exp(-((z - m) ** 2) / (2 * v)) / torch.sqrt(2 * math.pi * v)).numpy()


def _smooth(values: np.ndarray, width: int = 25) -> np.ndarray:
    """The mean of the last `width` values at each step (of fewer at the beginning)."""
    total = np.cumsum(np.insert(values, 0, 0.0))
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - width)
    return (total[end] - total[start]) / (end - start)


def doubling(log_w: Tensor) -> tuple[list[int], list[float]]:
    """The bound for k = 1, 2, 4, ... from one set of draws: each k merges the draws of the one before in pairs.

        log ½ (w_1 + w_2) ≥ ½ (log w_1 + log w_2), by Jensen: so the list never falls, whatever was drawn.

    Args:
        log_w: (n, k) log weights; of k the largest power of two is used.

    Returns:
        the counts; the bound at each, averaged over all draws and images, in nats.
    """
    levels = int(math.log2(log_w.shape[1]))
    log_w = log_w[:, : 2**levels].double()
    bounds = [log_w.mean().item()]
    for _ in range(levels):
        log_w = torch.logaddexp(log_w[:, 0::2], log_w[:, 1::2]) - math.log(2)
        bounds.append(log_w.mean().item())
    return [2**level for level in range(levels + 1)], bounds


@figure
def weights_and_bound(log_w: Tensor | None) -> None:
    """Left: the log weights of the first image. Right: the negative bound against k, on its way down.

    log_w: (n, k), or None while there is no model.
    """
    with canvas(columns=2, width=9.8, height=3.5) as (left, right):
        left.set(xlabel="log w (nats)", yticks=[], title="one image: the log weights")
        right.set(
            xlabel="k, the number of draws", ylabel="−bound (nats per image)", title="all images: the bound against k"
        )
        left.spines["left"].set_visible(False)
        if log_w is None:
            return
        values = log_w[0].double()
        mean, bound = values.mean().item(), torch.logsumexp(values, 0).item() - math.log(len(values))
        left.hist(values.clamp(min=values.quantile(0.005)).numpy(), bins=60, color=COLOURS["q"], alpha=0.5)
        left.axvline(mean, ymax=0.78, color=COLOURS["nelbo"], ls="-.", label=f"mean of log w: {minus(mean)}")
        left.axvline(bound, ymax=0.78, color=COLOURS["iwae"], label=f"log of mean w: {minus(bound)}")
        left.set_ylim(0, left.get_ylim()[1] * 1.3)
        left.legend(loc="upper left")
        counts, bounds = doubling(log_w)
        right.semilogx(counts, [-b for b in bounds], "o-", color=COLOURS["iwae"], ms=4, base=2)
        for place in (0, len(counts) - 1):
            right.annotate(f"{-bounds[place]:.2f}", (counts[place], -bounds[place]), (4, 8), textcoords="offset points")
        right.margins(x=0.12, y=0.15)
        right.set(xticks=counts[::2], xticklabels=[f"{k:,}" for k in counts[::2]])
