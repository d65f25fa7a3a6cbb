"""What the tests of figures draw with: the two trained models, and the same black-and-white digits each time."""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from vae_course import given
from vae_course.data import MNIST, binarize, load_mnist


@cache
def plane() -> Any:
    """The trained model with two latents."""
    return given.trained("v1_z2")


@cache
def good() -> Any:
    """The trained model with twenty latents."""
    return given.trained("v1_z20")


@cache
def held_out() -> MNIST:
    return load_mnist("test")


@cache
def digits(count: int = 20) -> Tensor:
    """The first test images, black and white: (count, 784)."""
    return binarize(held_out().images[:count], torch.Generator().manual_seed(0))
