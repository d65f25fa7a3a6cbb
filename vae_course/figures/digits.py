"""Images of digits in rows: the drawing that every lesson needs."""

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.style import canvas, figure


@figure
def images_in_rows(rows: dict[str, Tensor], width: float = 9.5) -> None:
    """Rows of images (n, 784) in [0, 1], each with its name, drawn as one strip a row."""
    names, strips = list(rows), [_strip(images) for images in rows.values()]
    count = max(len(images) for images in rows.values())
    height = (width - 1.6) / count * len(rows) + 0.15
    alt = f"Rows of images: {'; '.join(' '.join(name.split()) for name in names)}."
    with canvas(rows=len(rows), width=width, height=height, alt=alt, squeeze=False) as grid:
        for axes, name, strip in zip(grid[:, 0], names, strips, strict=True):
            axes.imshow(strip, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            axes.spines[:].set_visible(False)


def _strip(images: Tensor) -> np.ndarray:
    framed = torch.nn.functional.pad(images.detach().float().view(-1, 28, 28), (1, 1, 1, 1), value=0.25)
    return torch.cat(list(framed), 1).numpy()
