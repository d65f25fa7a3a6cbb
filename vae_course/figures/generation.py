"""Figures of lesson 06."""

from typing import Any

import numpy as np
import torch
from matplotlib.patches import Circle
from torch import Tensor

from vae_course.figures.digits import latent_plane as latent_plane
from vae_course.figures.digits import one_image
from vae_course.figures.style import COLOURS, canvas, figure


@torch.no_grad()
def decode(model: Any, z: Tensor) -> Tensor:
    """Pixel probabilities at z: (..., z_dim) -> (..., 784)."""
    return torch.sigmoid(model.dec(z))


@figure
def manifold(model: Any, n: int = 17) -> None:
    """What a two-dimensional decoder draws, on a grid that is even in the prior's probability."""
    steps = torch.special.ndtri((torch.arange(n, dtype=torch.float64) + 0.5) / n).float()
    z = torch.stack([torch.stack([a, b]) for b in steps.flip(0) for a in steps])  # top row: largest z_2
    picture = decode(model, z).view(n, n, 28, 28).permute(0, 2, 1, 3).reshape(28 * n, 28 * n)
    ticks = [14 + 28 * i for i in (0, n // 4, n // 2, n - 1 - n // 4, n - 1)]
    marks = [steps[i] for i in (0, n // 4, n // 2, n - 1 - n // 4, n - 1)]
    with canvas(width=6.6, height=6.4) as axes:
        axes.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
        axes.set_xticks(ticks, [f"{mark:.1f}" for mark in marks])
        axes.set_yticks(ticks, [f"{mark:.1f}" for mark in reversed(marks)])
        axes.set(xlabel="z₁", ylabel="z₂")


@figure
def here_on_the_map(model: Any, z_1: float = 0.0, z_2: float = 0.0) -> None:
    """One place of the latent plane, the pixel probabilities that are decoded there, and a sample from them."""
    p = decode(model, torch.tensor([[z_1, z_2]]))
    x = torch.bernoulli(p, generator=torch.Generator().manual_seed(0))
    with canvas(columns=3, width=9.0, height=3.0) as (left, middle, right):
        for radius in (1, 2, 3):
            left.add_patch(Circle((0, 0), radius, fc="none", ec=COLOURS["p"], ls="--", lw=1))
        left.plot([z_1], [z_2], "o", color=COLOURS["q"], ms=9)
        left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xlabel="z₁", ylabel="z₂", title="z")
        for axes, image, title in ((middle, p, "probabilities"), (right, x, "a sample")):
            one_image(axes, image, title)


def spherical(z0: Tensor, z1: Tensor, n: int) -> Tensor:
    """From z0 to z1 by turning about the origin: (n, z_dim), of one length if both ends are equally long."""
    t = torch.linspace(0, 1, n)[:, None]
    angle = torch.acos((z0 @ z1 / (z0.norm() * z1.norm())).clamp(-1, 1))
    return (torch.sin((1 - t) * angle) * z0 + torch.sin(t * angle) * z1) / torch.sin(angle)


def straight(z0: Tensor, z1: Tensor, n: int) -> Tensor:
    """From z0 to z1 on a straight line: (n, z_dim)."""
    return torch.lerp(z0, z1, torch.linspace(0, 1, n)[:, None])


@figure
def lengths(dims: int = 20, pairs: int = 4_000) -> None:
    """How long z is: draws from the prior, and the middles of straight and of spherical walks between two draws."""
    generator = torch.Generator().manual_seed(0)
    z0, z1 = torch.randn(2, pairs, dims, generator=generator)
    middle = (z0 + z1) / 2
    half = torch.acos((z0 * z1).sum(1) / (z0.norm(dim=1) * z1.norm(dim=1))) / 2
    turned = middle / torch.cos(half)[:, None]
    edges = np.linspace(0, 8, 60)
    with canvas(width=8.5, height=3.0) as axes:
        for values, name, colour, line in (
            (z0, "draws from the prior", "p", "--"),
            (middle, "middle of a straight walk", "other", "-."),
            (turned, "middle of a spherical walk", "q", "-"),
        ):
            counts, _ = np.histogram(values.norm(dim=1), edges, density=True)
            axes.plot((edges[1:] + edges[:-1]) / 2, counts, color=COLOURS[colour], ls=line, label=name)
        axes.set(xlabel=f"length of z in {dims} dimensions", ylabel="density", xlim=(0, 8))
        axes.legend()


@torch.no_grad()
def neighbours_vote(known: Tensor, labels: Tensor, asked: Tensor, truth: Tensor, k: int = 5) -> float:
    """Share of `asked` whose k nearest `known` neighbours vote for the right digit (k = 1 for few labels)."""
    nearest = torch.cdist(asked, known).topk(k, largest=False).indices  # (asked, k)
    votes = torch.nn.functional.one_hot(labels.long()[nearest], 10).sum(1)
    return (votes.argmax(1) == truth).float().mean().item()


@figure
def bars_of_accuracy(table: dict[str, dict[int, float]]) -> None:
    """Accuracy of nearest neighbours by what they compare, for several numbers of labels."""
    numbers = list(next(iter(table.values())))
    looks = [(COLOURS["faint"], ""), (COLOURS["q"], "///"), (COLOURS["other"], "...")]
    width = 0.8 / len(table)
    with canvas(width=8.5, height=3.2) as axes:
        for i, ((name, found), (colour, hatch)) in enumerate(zip(table.items(), looks, strict=False)):
            places = np.arange(len(numbers)) + (i - (len(table) - 1) / 2) * width
            bars = axes.bar(
                places, [100 * found[n] for n in numbers], width, color=colour, hatch=hatch, ec="white", label=name
            )
            axes.bar_label(bars, fmt="%.1f", fontsize=9)
        axes.axhline(10, color=COLOURS["truth"], ls="--", lw=1, label="guessing")
        axes.set_xticks(np.arange(len(numbers)), [f"{n:,} labels" for n in numbers])
        axes.set(ylabel="test accuracy, %", ylim=(0, 115))
        axes.legend(ncols=4, loc="upper left", fontsize=9)
