"""Figures of lesson 10 on digits: what models draw, what their bounds are, and at which noise the nats are lost.

What is measured and recorded stands in `small_digits`; the swiss roll and what is Gaussian, in modules of their own.
"""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor, nn

from vae_course.figures.small_digits import (
    FIRST,
    LAST,
    PIXELS,
    SIDE,
    STEPS,
    VAE_STEPS,
    Denoiser,
    OneLayer,
    TwoLayers,
    bits,
    numbers,
    recording,
)
from vae_course.figures.style import COLOURS, canvas, figure

IN_A_ROW = 20


def _row(axes: Axes, pictures: np.ndarray, title: str) -> None:
    tiles = [np.pad(one, 1) for one in pictures.reshape(-1, SIDE, SIDE)[:IN_A_ROW]]
    axes.imshow(np.concatenate(tiles, axis=1), cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=10)
    for spine in axes.spines.values():
        spine.set_visible(False)


@figure
def rows_of_digits(rows: Mapping[str, Tensor | np.ndarray]) -> None:
    """Rows of digits of 14 × 14 pixels, each row with its title."""
    with canvas(rows=len(rows), width=10, height=0.85 * len(rows), squeeze=False) as axes:
        for [one], (title, pictures) in zip(axes, rows.items(), strict=True):
            _row(one, np.asarray(pictures, dtype=float), title)


def drawn_by(name: str) -> np.ndarray:
    """What "one layer", "two layers", "denoiser" or "simple" drew: probabilities of black, (20, 196)."""
    return recording()[f"{name}/pictures"].astype(float) / 255


@figure
def where_nats_are_lost() -> None:
    """The cost of a digit at each log SNR, of a model of independent pixels and of the trained network; the areas are nats."""
    with canvas(width=8.5, height=3.8) as axes:
        for name, label, colour in (
            ("independent", "independent pixels", "other"),
            ("denoiser", "the network", "kl"),
        ):
            cost = 0.5 * recording()[f"{name}/errors"]
            at = np.linspace(FIRST, LAST, len(cost))
            axes.fill_between(at, cost, color=COLOURS[colour], alpha=0.15)
            area = float(((cost[1:] + cost[:-1]) / 2).sum() * (FIRST - LAST) / (len(cost) - 1))
            axes.plot(
                at, cost, "-" if name == "denoiser" else "--", color=COLOURS[colour], label=f"{label}: {area:.1f} nats"
            )
        axes.set(xlabel="log SNR", ylabel="nats per unit of log SNR", xlim=(FIRST, LAST), ylim=(0, None))
        axes.legend(fontsize=10)


def table(yours: float | None = None) -> str:
    """Nats of an image and bits of a pixel, on the same 10,000 test images of 0 and 1; VAEs: three runs each.

    Args:
        yours: the bound that the learner computed for the recorded network, in nats.
    """
    rows: list[tuple[str, str, list[float], str]] = [
        ("every pixel by a coin", "exact", [PIXELS * math.log(2)], ""),
        ("independent pixels", "exact", [numbers("independent")[1]], ""),
    ]
    for name, network in (("one layer", OneLayer()), ("two layers", TwoLayers())):
        runs = recording()[f"{name}/numbers"][:, 0].tolist()
        rows.append((f"VAE, {name}", "NELBO", runs, _size(network, VAE_STEPS)))
    for loss, name in (("the simple loss", "simple"), ("the bound", "denoiser")):
        rows.append((f"diffusion, {loss}", "bound", [numbers(name)[0]], _size(Denoiser(), STEPS)))
    if yours is not None:
        rows.append(("  by your functions", "bound", [yours], ""))
    lines = [f"{'':28s}{'':8s}{'nats':>7}  bits per pixel  {'weights':>8}   steps"]
    for name, kind, values, size in rows:
        middle = sum(values) / len(values)
        spread = f"   ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
        lines.append(f"{name:28s}{kind:8s}{middle:7.2f}  {bits(middle):14.3f}  {size}{spread}".rstrip())
    return "\n".join(lines)


def _size(network: nn.Module, steps: int) -> str:
    return f"{sum(p.numel() for p in network.parameters()):8,d}  {steps:6,d}"
