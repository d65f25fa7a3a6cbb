"""Images of digits in rows, and digits on the latent plane: drawings that several lessons need."""

from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.figures.style import COLOURS, DIGITS, canvas, figure


def one_image(axes: Axes, image: Tensor, title: str = "", cmap: str = "gray_r", vmax: float = 1) -> Any:
    """An image of 784 numbers from 0, white, to `vmax`, in a thin frame on all four sides."""
    picture = axes.imshow(image.detach().reshape(28, 28), cmap=cmap, vmin=0, vmax=vmax)
    axes.set(xticks=[], yticks=[], title=title)
    axes.spines[:].set(visible=True, color=COLOURS["faint"])
    return picture


@figure
def images_in_rows(rows: dict[str, Tensor], width: float = 9.5) -> None:
    """Rows of images (n, 784) in [0, 1], each with its name, drawn as one strip a row."""
    names, strips = list(rows), [framed_strip(images) for images in rows.values()]
    count = max(len(images) for images in rows.values())
    height = (width - 1.6) / count * len(rows) + 0.15
    alt = f"Rows of images: {'; '.join(' '.join(name.split()) for name in names)}."
    with canvas(rows=len(rows), width=width, height=height, alt=alt, squeeze=False) as grid:
        for axes, name, strip in zip(grid[:, 0], names, strips, strict=True):
            axes.imshow(strip, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            axes.spines[:].set_visible(False)


def framed_strip(images: Tensor) -> np.ndarray:
    """Images (n, 784) beside each other, each in a thin frame."""
    framed = torch.nn.functional.pad(images.detach().float().view(-1, 28, 28), (1, 1, 1, 1), value=0.25)
    return torch.cat(list(framed), 1).numpy()


@figure
def latent_plane(model: Any, images: Tensor, labels: Tensor, count: int = 1_500) -> None:
    """The mean of q(z|x) of many digits, each drawn as its own numeral; circles at the prior's 1, 2 and 3 standard deviations."""
    with torch.no_grad():
        m, _ = model.enc(images[:count])  # (count, 2)
    angle = np.linspace(0, 2 * np.pi, 200)
    with canvas(width=8, height=6.6) as axes:
        for radius in (1, 2, 3):
            axes.plot(radius * np.cos(angle), radius * np.sin(angle), "--", color=COLOURS["faint"], lw=1)
        for digit in range(10):
            at = m[labels[:count] == digit]
            axes.scatter(at[:, 0], at[:, 1], marker=f"${digit}$", s=42, color=DIGITS[digit], lw=0.3, alpha=0.85)
        axes.set(xlabel="first latent: mean m₁ of q(z|x)", ylabel="second latent: m₂", aspect="equal")
        axes.set(title="circles: 1, 2 and 3 sd of the prior")  # words at the circles would hide digits
        axes.set(xlim=(-4.2, 4.2), ylim=(-3.8, 3.8))
