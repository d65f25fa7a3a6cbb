"""How far a bound and its gradients scatter: between images, and between draws of z for one image."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Spread = tuple[float, float]
"""Variance between draws of z for one image (mean over the images), and variance between images (each averaged over z)."""


def of_bound(model: Any, x: Tensor) -> dict[str, Spread]:
    """The scatter of `model.negative_elbo_bound`, and of its gradients, for the images x (n, 784).

    Of a gradient, variances are summed over its entries. Two draws for each image suffice: half the mean square of their
    difference is the variance between draws.

    Returns:
        "the NELBO" (nats²), "its gradient to the encoder" and "its gradient to the decoder".
    """
    networks = {"encoder": list(model.enc.parameters()), "decoder": list(model.dec.parameters())}

    def ask(image: Tensor) -> dict[str, Tensor]:
        nelbo = model.negative_elbo_bound(image)[0]
        slopes = torch.autograd.grad(nelbo, [p for some in networks.values() for p in some])
        flat = torch.cat([slope.flatten() for slope in slopes]).double()
        encoder = sum(p.numel() for p in networks["encoder"])
        return {
            "the NELBO": nelbo.detach().double().reshape(1),
            "its gradient to the encoder": flat[:encoder],
            "its gradient to the decoder": flat[encoder:],
        }

    return spread(ask, x)


def spread(ask: Callable[[Tensor], dict[str, Tensor]], x: Tensor) -> dict[str, Spread]:
    """The scatter of each vector that `ask` returns for a batch of one image, with noise of its own at every call."""
    # Of long vectors only sums are kept: the mean of two draws has the variance between images plus half that between draws.
    apart: dict[str, float] = defaultdict(float)
    square: dict[str, float] = defaultdict(float)
    total: dict[str, Tensor] = {}
    for image in x.split(1):
        one, other = ask(image), ask(image)
        for name, a in one.items():
            b = other[name]
            pair = (a + b) / 2
            apart[name] += 0.5 * (a - b).square().sum().item()
            square[name] += pair.square().sum().item()
            total[name] = total[name] + pair if name in total else pair
    n = len(x)
    found: dict[str, Spread] = {}
    for name, pairs in total.items():
        draws = apart[name] / n
        found[name] = draws, (square[name] - pairs.square().sum().item() / n) / (n - 1) - draws / 2
    return found
