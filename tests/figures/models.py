"""What the tests of figures draw with: the two trained models, and the same black-and-white digits each time."""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from vae_course import given
from vae_course.data import MNIST, binarize, load_mnist
from vae_course.evaluation import evaluate, exact_log_likelihood


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


@cache
def exact_log_p() -> Tensor:
    """log p(x) of the first seven digits under the model with two latents, by the grid of the evaluation: (7,)."""
    return exact_log_likelihood(plane(), digits()[:7])


@cache
def elbo(row: int) -> float:
    """The ELBO of one digit under the model with two latents, by 5,000 draws: its error is a few hundredths of a nat."""
    return evaluate(plane(), digits()[row : row + 1], iw=5_000).bound
