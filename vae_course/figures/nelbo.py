"""Figures of lesson 04: Jensen, learning curves, what a model knows while it learns, the latent plane.

Also here: the three pictures that return in every lesson, for real digits, are in `posterior`; wrong models and collapse in
`wrong_models`.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.figures.digits import latent_plane as latent_plane
from vae_course.figures.style import COLOURS, LINES, canvas, figure
from vae_course.training import Curves

SMOOTH = 25  # steps that a learning curve is averaged over


@figure
def jensen(share: float = 0.5) -> None:
    """The logarithm, two weights 1 and 3 on it, and their mean: the chord lies below the curve."""
    mean, chord = 1 + 2 * share, share * np.log(3)
    w = np.linspace(0.8, 3.3, 300)
    with canvas(width=8, height=4.2) as axes:
        axes.plot(w, np.log(w), color=COLOURS["truth"], label="log w")
        axes.plot(
            [1, 3], [0, np.log(3)], "o--", color=COLOURS["faint"], lw=1.5, label="the straight line from w = 1 to w = 3"
        )
        gap = np.log(mean) - chord
        axes.plot(
            [mean, mean], [chord, np.log(mean)], "-", color=COLOURS["kl"], lw=6, label=f"what the swap costs: {gap:.4f}"
        )
        axes.plot(mean, np.log(mean), "s", color=COLOURS["p"], ms=7, label=f"log of the mean: {np.log(mean):.4f}")
        axes.plot(mean, chord, "D", color=COLOURS["nelbo"], ms=7, label=f"mean of the logs: {chord:.4f}")
        axes.set(xlabel="weight w", ylabel="log w (nats)", title=f"w = 3 with probability {share:g}, else w = 1")
        axes.legend(loc="lower right")


@figure
def six_steps() -> None:
    """The six steps as a flow from x to (nelbo, kl, rec)."""
    boxes = [
        (0.05, 0.5, "x", "truth"),
        (0.27, 0.5, "1 encode\nm, v = enc(x)", "q"),
        (0.27, 0.06, "the prior", "p"),
        (0.51, 0.82, "2 sample\nz from N(m, v)", "q"),
        (0.51, 0.18, "3 KL\nq against the prior", "kl"),
        (0.76, 0.82, "4 rec\n−log p(x | dec(z))", "rec"),
        (0.76, 0.18, "5 sum\nkl + rec", "nelbo"),
        (0.95, 0.5, "6 return\nmeans over\nthe batch", "nelbo"),
    ]
    arrows = [
        ((0.07, 0.5), (0.185, 0.5)),
        ((0.35, 0.58), (0.435, 0.75)),
        ((0.35, 0.42), (0.425, 0.25)),
        ((0.59, 0.82), (0.665, 0.82)),
        ((0.6, 0.18), (0.705, 0.18)),
        ((0.76, 0.68), (0.76, 0.32)),
        ((0.82, 0.22), (0.89, 0.4)),
        ((0.335, 0.1), (0.415, 0.15)),
    ]
    with canvas(width=10, height=3.0) as axes:
        for x, y, text, colour in boxes:
            frame = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": COLOURS[colour], "lw": 2}
            axes.text(x, y, text, ha="center", va="center", fontsize=10, bbox=frame)
        for start, end in arrows:
            axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "lw": 1.6})
        axes.plot([0.05, 0.05, 0.76], [0.6, 1.1, 1.1], color="black", lw=1.6)
        axes.annotate("", xy=(0.76, 0.96), xytext=(0.76, 1.11), arrowprops={"arrowstyle": "->", "lw": 1.6})
        axes.set(xlim=(0, 1.02), ylim=(-0.05, 1.13))
        axes.axis("off")


def smooth(values: Sequence[float], window: int = SMOOTH) -> np.ndarray:
    """The mean over the last `window` values, or over as many as there are."""
    sums = np.cumsum(np.concatenate([[0.0], np.asarray(values, dtype=float)]))
    index = np.arange(1, len(values) + 1)
    start = np.maximum(index - window, 0)
    return (sums[index] - sums[start]) / (index - start)


@figure
def learning_curves(curves: Curves) -> None:
    """NELBO and its two terms against the step: left both large ones, right the KL."""
    with canvas(columns=2, width=10, height=3.4) as (left, right):
        steps = curves.steps("train/loss")
        left.plot(steps, smooth(curves["train/loss"]), LINES["nelbo"], color=COLOURS["nelbo"], label="nelbo = kl + rec")
        left.plot(steps, smooth(curves["gen/rec"]), LINES["rec"], color=COLOURS["rec"], label="rec")
        left.axhline(205.87, color=COLOURS["faint"], ls="--", lw=1)
        left.text(steps[-1], 210, "mean-pixel model", ha="right", color=COLOURS["truth"], fontsize=9)
        left.set(xlabel="step", ylabel="nats per image", yscale="log", ylim=(60, 600))
        left.set_yticks([60, 80, 100, 150, 200, 300, 543], ["60", "80", "100", "150", "200", "300", "543"], minor=False)
        left.set_yticks([], minor=True)
        left.legend()
        right.plot(steps, smooth(curves["gen/kl_z"]), LINES["kl"], color=COLOURS["kl"], label="kl")
        right.set(xlabel="step", ylabel="nats per image")
        right.legend(loc="lower right")


class Watch:
    """A callback for `fit` that looks at a model while it learns: `pictures()` shows what it saw.

    Args:
        model: with enc and dec.
        x: (n, 784) images to reconstruct.
        at: the steps at which to look.
        live: in a live notebook, how many steps apart the curves are drawn while the model learns.
    """

    def __init__(self, model: Any, x: Tensor, at: Sequence[int] = (1, 40, 100, 300, 2_600), live: int = 200) -> None:
        self.model, self.x, self.at, self.live = model, x, at, live
        self.z = torch.randn(len(x), model.z_dim, generator=torch.Generator().manual_seed(4))
        self.seen: dict[int, Tensor] = {}
        self.moves: dict[int, tuple[float, float]] = {}

    def __call__(self, step: int, curves: Curves) -> None:
        if step in (20, 40, 100, 300):
            with torch.no_grad():
                m, _ = self.model.enc(self.x)  # (n, z_dim)
            shared = m.mean(0).square().sum() / 2
            self.moves[step] = (shared.item(), (m.square().sum(1).mean() / 2 - shared).item())
        if step in self.at:
            with torch.no_grad():
                m, _ = self.model.enc(self.x)
                self.seen[step] = torch.sigmoid(self.model.dec(torch.cat([m, self.z])))  # (2n, 784)
        if step % self.live == 0 and not os.environ.get("VAE_COURSE_STATIC"):
            self._draw_live(curves)

    def _draw_live(self, curves: Curves) -> None:
        from IPython.display import clear_output

        clear_output(wait=True)
        if len(curves) < max(self.at):  # the last word is the lesson's next figure
            learning_curves(curves)

    def what_m_costs(self) -> str:
        """½ Σ m², the part of the KL that m makes, early in training: a move shared by all images, and the rest."""
        lines = ["nats of KL that m costs:   the same for all images   different from image to image"]
        lines += [f"step {step:4d} {shared:40.1f} {own:29.1f}" for step, (shared, own) in self.moves.items()]
        return "\n".join(lines)

    @figure
    def pictures(self) -> None:
        """Left reconstructions of the images, right samples from the prior; one row for each step looked at."""
        n, rows = len(self.x), len(self.seen)
        with canvas(columns=2, rows=rows + 1, width=10, height=0.68 * (rows + 1), squeeze=False) as axes:
            _strip(axes[0][0], self.x, "images")
            axes[0][0].set_title("images, and their reconstructions", fontsize=11)
            axes[0][1].set_title("samples: z from the prior, decoded", fontsize=11)
            axes[0][1].axis("off")
            for row, (step, pictures) in zip(axes[1:], self.seen.items(), strict=True):
                _strip(row[0], pictures[:n], f"step {step:,}")
                _strip(row[1], pictures[n:], "")


def _strip(axes: Axes, pictures: Tensor, label: str) -> None:
    """Images (n, 784) side by side, with a label in front."""
    row = pictures.reshape(-1, 28, 28).permute(1, 0, 2).reshape(28, -1)
    axes.imshow(row, cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    for spine in axes.spines.values():
        spine.set_visible(False)


@figure
def train_and_valid(curves: Curves) -> None:
    """The loss on the images that are learned, and on images that are not."""
    with canvas(width=8, height=3.4) as axes:
        steps, train = curves.steps("train/loss"), smooth(curves["train/loss"])
        axes.plot(steps, train, "-", color=COLOURS["nelbo"], label="the images it learns from")
        valid = curves["valid/loss"]
        axes.plot(curves.steps("valid/loss"), valid, "o--", color=COLOURS["truth"], label="images it never sees")
        best = int(np.argmin(valid))
        axes.plot(curves.steps("valid/loss")[best], valid[best], "s", ms=11, mfc="none", color=COLOURS["truth"])
        axes.annotate("lowest", (curves.steps("valid/loss")[best], valid[best]), (0, 14), textcoords="offset points")
        low, high = min(train.min(), min(valid)), max(valid)
        axes.set(xlabel="step", ylabel="NELBO (nats per image)", ylim=(low - 8, min(high, 230) + 12))
        axes.legend()
