"""How a network's output becomes a mean and a variance."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

# In float32 softplus(-104) is exactly 0, and a variance of 0 makes log p infinite.
VARIANCE_FLOOR = 1e-8


def gaussian_parameters(h: Tensor) -> tuple[Tensor, Tensor]:
    """Split the last axis in two: a mean, and a variance made positive by softplus.

        m = h[..., :dim],   v = log(1 + exp(h[..., dim:])) + 1e-8

    Args:
        h: (..., 2 dim), any real numbers.

    Returns:
        m, v: (..., dim) each; v is at least 1e-8.

    Raises:
        ValueError: the last axis cannot be split in two.
    """
    if h.ndim == 0 or h.shape[-1] % 2:
        raise ValueError(
            f"gaussian_parameters needs an even last axis (mean and variance side by side); h is {tuple(h.shape)}."
        )
    m, raw = torch.chunk(h, 2, dim=-1)
    return m, softplus(raw) + VARIANCE_FLOOR
