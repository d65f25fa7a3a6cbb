"""Digits of 14 × 14 pixels for lesson 10, and what was trained on them.

Made by `python -m vae_course.teach.authoring.diffusion_data`. A pixel of an image is −1 (white) or 1 (black); log SNR runs in a straight line from
`FIRST` to `LAST`.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, silu, softplus

from vae_course.data import load_mnist
from vae_course.nns import gaussian_parameters

FILE = Path(__file__).parent / "data" / "small_digits.npz"
SIDE = 14
PIXELS = SIDE * SIDE
FIRST, LAST = 3.0, -8.0
HIDDEN, LATENTS, TOP = 384, 30, 10
VAE_STEPS, STEPS = 6_000, 15_000
"""For how many steps VAEs and denoisers were trained."""


@cache
def recording() -> dict[str, np.ndarray]:
    with np.load(FILE) as arrays:
        return dict(arrays)


@cache
def grey(split: str) -> Tensor:
    """MNIST with the mean of each 2 × 2 pixels in their place: (n, 196), between 0 and 1."""
    images = load_mnist(split).images.float().reshape(-1, 1, 2 * SIDE, 2 * SIDE) / 255
    return avg_pool2d(images, 2).flatten(1)


def black_and_white(images: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Each pixel 1 with the probability of its grey, else 0: (n, 196)."""
    return torch.bernoulli(images, generator=generator)


def schedule(steps: int) -> Tensor:
    """ᾱ_1 to ᾱ_T, (steps,): log SNR falls in a straight line."""
    return torch.sigmoid(torch.linspace(FIRST, LAST, steps))


class Denoiser(nn.Module):
    """What noise is in x_t? (batch, 196) and ᾱ (batch, 1) -> (batch, 196).

    Inside the network guesses the clean pixels. For a pixel of ±1 by itself, with the log-odds 2b, Bayes' rule gives the mean
    tanh(b + √ᾱ x_t / (1 − ᾱ)); here the whole noised image chooses every b.
    """

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.first = nn.Linear(PIXELS + 16, hidden)
        self.middle = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(2)])
        self.last = nn.Linear(hidden, PIXELS)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def clean(self, x_t: Tensor, alpha_bar: Tensor) -> Tensor:
        """The mean of x0, given x_t: (batch, 196), between −1 and 1."""
        waves = torch.logit(alpha_bar) * torch.tensor([0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])  # (batch, 8)
        h = silu(self.first(torch.cat([x_t, waves.sin(), waves.cos()], -1)))
        for layer in self.middle:
            h = h + silu(layer(h))
        return torch.tanh(self.last(h) + _evidence(x_t, alpha_bar))

    def forward(self, x_t: Tensor, alpha_bar: Tensor) -> Tensor:
        return _noise(x_t, self.clean(x_t, alpha_bar), alpha_bar)


class IndependentPixels(nn.Module):
    """The best prediction of the noise where pixels are independent: a control, whose −log p is known exactly."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        mean = images.mean(0).clamp(1e-3, 1 - 1e-3)
        self.register_buffer("log_odds", torch.logit(mean))

    def forward(self, x_t: Tensor, alpha_bar: Tensor) -> Tensor:
        clean = torch.tanh(self.log_odds / 2 + _evidence(x_t, alpha_bar))  # type: ignore[operator]
        return _noise(x_t, clean, alpha_bar)

    def nll(self, images: Tensor) -> Tensor:
        """−log p of images of 0 and 1, in nats: (n, 196) -> (n,)."""
        return softplus((1 - 2 * images) * self.log_odds).sum(-1)  # type: ignore[operator]


def _evidence(x_t: Tensor, alpha_bar: Tensor) -> Tensor:
    """Half of the log-odds that x_t gives to a pixel."""
    return torch.sqrt(alpha_bar) * x_t / (1 - alpha_bar)


def _noise(x_t: Tensor, clean: Tensor, alpha_bar: Tensor) -> Tensor:
    return (x_t - torch.sqrt(alpha_bar) * clean) / torch.sqrt(1 - alpha_bar)


class TwoLayers(nn.Module):
    """The networks of a VAE with two layers of latents: q(z1|x), q(z2|z1), p(z1|z2), and the logits of p(x|z1)."""

    def __init__(self, first: int = LATENTS, second: int = TOP) -> None:
        super().__init__()
        self.encoder, self.second_encoder = _three(PIXELS, 200, 2 * first), _three(first, 100, 2 * second)
        self.second_decoder, self.decoder = _three(second, 100, 2 * first), _three(first, 200, PIXELS)

    def q1(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """m, v of q(z1|x): (..., 196) -> (..., 30) each."""
        return gaussian_parameters(self.encoder(x))

    def q2(self, z1: Tensor) -> tuple[Tensor, Tensor]:
        """m, v of q(z2|z1): (..., 30) -> (..., 10) each."""
        return gaussian_parameters(self.second_encoder(z1))

    def p1(self, z2: Tensor) -> tuple[Tensor, Tensor]:
        """m, v of p(z1|z2): (..., 10) -> (..., 30) each."""
        return gaussian_parameters(self.second_decoder(z2))


class OneLayer(nn.Module):
    """The same with one layer of 20 latents: a control."""

    def __init__(self, latents: int = 20) -> None:
        super().__init__()
        self.encoder, self.decoder = _three(PIXELS, 200, 2 * latents), _three(latents, 200, PIXELS)


def _three(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.ELU(), nn.Linear(hidden, outputs)
    )


def trained(name: str) -> nn.Module:
    """ "denoiser" or "two layers", with the weights of the recording."""
    model: nn.Module = Denoiser() if name == "denoiser" else TwoLayers()
    stored = {n: torch.from_numpy(recording()[f"{name}/{n}"]).float() for n in model.state_dict()}
    model.load_state_dict(stored)
    return model.eval()


def numbers(name: str) -> tuple[float, ...]:
    """What was measured on all test images, in nats: of a denoiser its bound; of independent pixels bound and −log p; of VAEs, run by
    run, the NELBO and (on 2,000 images) the bound of 500 draws."""
    return tuple(float(one) for one in recording()[f"{name}/numbers"].ravel())


def bits(nats: float) -> float:
    """Of an image's nats: bits for each of its pixels."""
    return nats / (PIXELS * math.log(2))
