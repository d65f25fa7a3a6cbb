"""Networks that are told the class beside the image, for models with labels (lesson 09): y is a row of numbers, 1 for its class and 0 else."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from vae_course.nns.gaussian import gaussian_parameters

PIXELS = 784
SIZES: dict[str, tuple[type[nn.Module], tuple[int, ...]]] = {"v1": (nn.ELU, (200, 200)), "tiny": (nn.Tanh, (32,))}
"""By name, what stands between the layers, and the hidden layers' sizes. "tiny" is for checks only."""


class LabelledEncoder(nn.Module):
    """x (..., 784), y (..., classes) -> m, v of q(z|x, y), each (..., z_dim)."""

    def __init__(self, z_dim: int, classes: int, size: str = "v1") -> None:
        super().__init__()
        self.net = _layers(PIXELS + classes, size, 2 * z_dim)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return gaussian_parameters(self.net(torch.cat([x, y], -1)))


class LabelledDecoder(nn.Module):
    """z (..., z_dim), y (..., classes) -> logits of p(x|z, y), (..., 784)."""

    def __init__(self, z_dim: int, classes: int, size: str = "v1") -> None:
        super().__init__()
        self.net = _layers(z_dim + classes, size, PIXELS)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.net(torch.cat([z, y], -1))


class Classifier(nn.Module):
    """x (..., 784) -> logits of q(y|x), (..., classes)."""

    def __init__(self, classes: int, size: str = "v1") -> None:
        super().__init__()
        self.net = _layers(PIXELS, size, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def _layers(inputs: int, size: str, outputs: int) -> nn.Sequential:
    """Linear layers with a bend between each two."""
    if size not in SIZES:
        raise ValueError(f"There is no network {size!r} with labels. Those that exist: {', '.join(sorted(SIZES))}.")
    bend, hidden = SIZES[size]
    found: list[nn.Module] = []
    for one, other in pairwise((inputs, *hidden, outputs)):
        found += [nn.Linear(one, other), bend()]
    return nn.Sequential(*found[:-1])
