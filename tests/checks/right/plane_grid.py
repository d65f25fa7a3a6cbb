"""Exercise 6.3: in how many ways it may be written right."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_course.checks.lessons.generation.plane_grid.mistakes import decoded, one, places


@torch.no_grad()
def _by_rows(model: Any, n: int, width: float) -> Tensor:
    t = torch.linspace(-width, width, n)
    rows = [torch.sigmoid(model.dec(torch.stack([t, z_2.expand(n)], 1))).view(n, 28, 28) for z_2 in t.flip(0)]
    return torch.cat([torch.cat(list(row), 1) for row in rows])


@torch.no_grad()
def _into_a_page(model: Any, n: int, width: float) -> Tensor:
    page = torch.zeros(28 * n, 28 * n)
    for i in range(n):
        for j in range(n):
            z = torch.tensor([[2 * width * j / (n - 1) - width, width - 2 * width * i / (n - 1)]])
            page[28 * i : 28 * i + 28, 28 * j : 28 * j + 28] = model.dec(z).sigmoid().view(28, 28)
    return page


def _in_numpy(model: Any, n: int, width: float) -> np.ndarray:
    images = decoded(model, places(n, width)).detach().numpy()
    return np.block([[images[i, j] for j in range(n)] for i in range(n)])


CORRECT = {
    "permute": lambda model, n, width: one(decoded(model, places(n, width))),
    "row by row": _by_rows,
    "into an empty page": _into_a_page,
    "numpy": _in_numpy,
    "swapaxes": lambda model, n, width: decoded(model, places(n, width)).data.swapaxes(1, 2).reshape(n * 28, n * 28),
}

RIGHT = {"plane_grid": CORRECT}
