"""Figures of lesson 09: mixtures, the Gaussians that a GMVAE finds, learning with few labels, and digits in another's hand.

The recordings and the model "ssvae" are made by `python -m vae_course.teach.authoring.classes_data`.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.patches import Ellipse
from torch import Tensor

from vae_course import given, weights
from vae_course.data import load_mnist
from vae_course.figures.digits import framed_strip, images_in_rows
from vae_course.figures.reparameterization import normal_density
from vae_course.figures.style import COLOURS, DIGITS, canvas, figure

FILE = Path(__file__).parent / "data" / "classes.npz"
CLASSES = 10
WRITERS = 5  # rows of `handwriting`


@cache
def recording() -> dict[str, np.ndarray]:
    with np.load(FILE) as arrays:
        return dict(arrays)


@cache
def _stored() -> Any:
    return given.trained("ssvae")


@torch.no_grad()
def in_every_class(model: Any, x: Tensor) -> Tensor:
    """Each image's style with each class: x (n, 784) -> probabilities (n, classes, 784), decoded from the mean of q(z|x, y).

    y is the class that the model takes the image for.
    """
    own = torch.nn.functional.one_hot(model.cls(x).argmax(-1), model.y_dim).float()
    m, _ = model.enc(x, own)
    every = torch.eye(model.y_dim).expand(len(x), -1, -1)
    return torch.sigmoid(model.dec(m.unsqueeze(1).expand(-1, model.y_dim, -1), every))


@figure
def handwriting(digit: int = 4) -> None:
    """Five test images of one digit, and beside each the ten digits that a model writes in the same hand."""
    test = load_mnist("test")
    images = test.images[test.labels == digit][:WRITERS].float() / 255
    _in_the_same_hand(images, in_every_class(_stored(), images))


@figure
def your_styles(model: Any, images: Tensor) -> None:
    """Images (n, 784), and beside each the ten digits that your model writes in the same hand."""
    _in_the_same_hand(images, in_every_class(model, images))


def _in_the_same_hand(images: Tensor, written: Tensor) -> None:
    with canvas(columns=2, width=10.5, height=0.86 * len(images) + 0.5, width_ratios=(1, CLASSES)) as (left, right):
        left.imshow(np.concatenate([framed_strip(one[None]) for one in images]), cmap="gray_r", vmin=0, vmax=1)
        right.imshow(np.concatenate([framed_strip(row) for row in written]), cmap="gray_r", vmin=0, vmax=1)
        left.set(title="an image")
        right.set(title="its z, decoded as 0, 1, ..., 9")
        for axes in (left, right):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)


@figure
def mixture_on_a_line(distance: float = 3.0, k: int = 2) -> None:
    """The density of a mixture of k Gaussians of variance 1, its log, and what the mean of their logs is."""
    grid = np.linspace(-9, 9, 600)
    means = distance * (np.arange(k) - (k - 1) / 2)
    each = np.stack([normal_density(grid, mean, 1) for mean in means])
    with canvas(columns=2, width=10, height=3.3) as (left, right):
        for density in each:
            left.plot(grid, density / k, ":", color=COLOURS["faint"], lw=1.5)
        left.plot(grid, each.mean(0), color=COLOURS["p"], ls="--", label="mixture: the mean of the densities")
        left.set(xlabel="z", ylabel="density", ylim=(0, 0.45), title="dotted: each Gaussian's share, 1/k of it")
        left.legend(loc="upper left")
        logs = np.stack([-0.5 * (math.log(2 * math.pi) + (grid - mean) ** 2) for mean in means])
        right.plot(grid, np.log(np.exp(logs).mean(0)), color=COLOURS["p"], ls="--", label="log of the mean")
        right.plot(grid, logs.mean(0), color=COLOURS["rec"], ls="-.", label="mean of the logs")
        right.set(xlabel="z", ylabel="nats", ylim=(-14, 0), title="log of the mean, and mean of the logs")
        right.legend(loc="lower center")


@figure
def mixture_beside_target(grid: Tensor | None, yours: Tensor | None) -> None:
    """The log density of three Gaussians with equal shares, and a learner's values on it when there are some."""
    line = np.linspace(-6, 6, 400)
    each = np.stack([normal_density(line, mean, v) for mean, v in ((-3.0, 0.5), (0.5, 1.0), (3.0, 0.25))])
    with canvas(width=8, height=3.0) as axes:
        axes.plot(
            line, np.log(each.mean(0)), color=COLOURS["p"], ls="--", label="target: three Gaussians, equal shares"
        )
        if grid is not None and yours is not None:
            axes.plot(grid.flatten()[::5], yours.detach().flatten()[::5], "o", color=COLOURS["q"], ms=5, label="yours")
        axes.set(xlabel="z", ylabel="log density (nats)", ylim=(-9, 0.5))
        axes.legend(loc="lower center")


@figure
def found_gaussians(model: Any | None, images: Tensor, labels: Tensor, count: int = 1_500) -> None:
    """The mean of q(z|x) of many digits, each as its own numeral; ellipses: the model's Gaussians, at two standard deviations."""
    if model is None:
        return
    with torch.no_grad():
        m, _ = model.enc(images[:count])
        means, variances = model.mixture
    with canvas(width=8, height=6.4) as axes:
        for digit in range(CLASSES):
            at = m[labels[:count] == digit]
            axes.scatter(at[:, 0], at[:, 1], marker=f"${digit}$", s=38, color=DIGITS[digit], lw=0.3, alpha=0.8)
        for mean, variance in zip(means.tolist(), variances.tolist(), strict=True):
            width, height = (4 * math.sqrt(v) for v in variance)
            axes.add_patch(Ellipse(mean, width, height, fc="none", ec=COLOURS["truth"], lw=1.6))
            axes.plot(*mean, "x", color=COLOURS["truth"], ms=7)
        axes.set(
            xlabel="z₁: mean of q(z|x)",
            ylabel="z₂",
            aspect="equal",
            title="ellipses: the Gaussians, 2 sd; ✕ their means",
        )


@torch.no_grad()
def nearest_gaussian(model: Any, x: Tensor) -> Tensor:
    """The Gaussian of the mixture under which the mean of q(z|x) is likeliest: x (n, 784) -> (n,)."""
    m, _ = model.enc(x)
    means, variances = model.mixture
    return given.log_normal(m.unsqueeze(1), means, variances).argmax(1)


def purity(groups: Tensor, labels: Tensor) -> float:
    """The share of images that bear the commonest label of their group."""
    common = [labels[groups == group].bincount().max().item() for group in groups.unique()]
    return float(sum(common)) / len(labels)


def in_each_group(groups: Tensor, labels: Tensor) -> str:
    """A line for each group: its three commonest digits, and how often they are in it."""
    lines = []
    for group in groups.unique().tolist():
        counts = labels[groups == group].bincount(minlength=CLASSES)
        common = counts.argsort(descending=True)[:3].tolist()
        lines.append(f"Gaussian {group}: " + ", ".join(f"{counts[d]} × {d}" for d in common if counts[d]))
    return "\n".join(lines)


def ten_of_each(labels: Tensor, seed: int = 0) -> Tensor:
    """Which images have their label told: ten of each digit at random, (100,)."""
    generator = torch.Generator().manual_seed(seed)
    found = [torch.nonzero(labels == digit)[:, 0] for digit in range(CLASSES)]
    return torch.cat([one[torch.randperm(len(one), generator=generator)[:10]] for one in found])


def accuracy() -> dict[str, float]:
    """The share of test images that are named rightly in the end: "labels alone", "labels and images"."""
    return {name: float(recording()[name][-1]) for name in ("labels alone", "labels and images")}


def recorded_nelbo() -> float:
    """What "ssvae" reaches on the test images, in nats per image."""
    return float(weights.load("ssvae")[1]["figures"]["test_nelbo"])


def control() -> str:
    """The plain VAE of two latents, in a line."""
    kl, rec = recording()["plain"].tolist()
    return f"control:       kl {kl:4.2f} + rec {rec:6.2f} = NELBO {kl + rec:6.2f}"


def what_z_knows() -> str:
    """How many test images the votes of the five nearest z name rightly, of this model's z and of a VAE's that has no class."""
    own, plain = (float(recording()[name]) for name in ("digit in z", "digit in the plain model's z"))
    return f"z of this model: {100 * own:.0f} %; z of a VAE without y (v1_z20): {100 * plain:.0f} %; by chance: 10 %"


@figure
def beside(rows: dict[str, Tensor]) -> None:
    """Images in rows, those above each other in one hand."""
    images_in_rows(rows, width=6.0)


@figure
def with_few_labels() -> None:
    """How many test images are named rightly while a model learns: from 100 labels alone, and with 60,000 images besides, by two weights."""
    steps, alone, both = (recording()[name] for name in ("steps", "labels alone", "labels and images"))
    with canvas(width=8, height=3.6) as axes:
        axes.plot(steps, 100 * both, color=COLOURS["nelbo"], label="100 labels, and 60,000 images without")
        axes.plot(steps, 100 * alone, "--", color=COLOURS["other"], label="100 labels alone")
        light = recording()["with a weight of 1"]
        axes.plot(
            steps[: len(light)], 100 * light, ":", color=COLOURS["rec"], label="both, the labels with a weight of 1"
        )
        axes.set(xlabel="training steps", ylabel="test images named rightly (%)", ylim=(50, 92))
        axes.legend(loc="lower right")
