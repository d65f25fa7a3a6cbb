"""The swiss roll of lesson 10: points along a spiral, with a little noise, and their exact density; and pictures of noise that comes and goes."""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.figures.small_digits import recording
from vae_course.figures.style import COLOURS, canvas, figure

SPREAD = 0.1
"""The standard deviation of the noise across the spiral."""
TURNS = (1.5 * math.pi, 4.5 * math.pi)
SCALE = 7.0
FIRST, LAST = 9.0, -9.0
MOMENTS = 13
"""Of the recorded paths: log SNR from `FIRST` to `LAST`, at equal distances."""


def _spiral(angle: Tensor) -> Tensor:
    return torch.stack([angle.cos(), angle.sin()], -1) * angle.unsqueeze(-1) / SCALE


def draw(n: int, seed: int) -> Tensor:
    """Points of the roll, (n, 2): an angle from a uniform distribution, and Gaussian noise in both directions."""
    generator = torch.Generator().manual_seed(seed)
    low, high = TURNS
    at = _spiral(low + (high - low) * torch.rand(n, generator=generator))
    return at + SPREAD * torch.randn(n, 2, generator=generator)


def true_nll(x: Tensor, places: int = 4_000) -> Tensor:
    """−log p of the roll itself in nats, (n, 2) -> (n,): the mean of so many narrow Gaussians along the spiral."""
    low, high = TURNS
    angles = low + (high - low) * (torch.arange(places, dtype=torch.float64) + 0.5) / places
    centres, found = _spiral(angles), []
    for part in x.double().split(500):
        squares = torch.cdist(part, centres).square() / (2 * SPREAD**2)
        found.append(math.log(places) - torch.logsumexp(-squares, 1))
    return torch.cat(found) + math.log(2 * math.pi * SPREAD**2)


def gaussian_nll(x: Tensor, fitted_to: Tensor) -> Tensor:
    """−log p under the Gaussian with the mean and covariance of other points, (n, 2) -> (n,): a control."""
    law = torch.distributions.MultivariateNormal(fitted_to.double().mean(0), fitted_to.double().T.cov())
    return -law.log_prob(x.double())


@cache
def paths() -> tuple[np.ndarray, np.ndarray]:
    """400 points at `MOMENTS` moments, (MOMENTS, 400, 2) each: on their way into noise, and others on their way back."""
    return recording()["roll/forward"].astype(float), recording()["roll/backward"].astype(float)


def _cloud(axes: Axes, points: np.ndarray | Tensor, colour: str, title: str) -> None:
    axes.plot(*np.asarray(points).T, ".", color=COLOURS[colour], ms=3, alpha=0.7)
    axes.set(xlim=(-3.1, 3.1), ylim=(-3.1, 3.1), aspect="equal", xticks=[], yticks=[])
    axes.set_title(title)
    for spine in axes.spines.values():
        spine.set(visible=True, color=COLOURS["faint"], linewidth=0.6)


@figure
def there_and_back(moment: int = 4) -> None:
    """Left points of a spiral to which noise was added; right points that began as noise, and are led back step by step."""
    forward, backward = paths()
    log_snr = FIRST + (LAST - FIRST) * (moment - 1) / (MOMENTS - 1)
    share = 100 / (1 + math.exp(-log_snr))
    with canvas(columns=2, width=9, height=4.5) as (left, right):
        _cloud(left, forward[moment - 1], "q", f"q: {share:.3g} % of the variance is data")
        _cloud(right, backward[moment - 1], "p", "p: on the way back from noise")


@figure
def beside_the_data(points: Tensor) -> None:
    """Points of the roll, and beside them the points that a model drew."""
    with canvas(columns=2, width=9, height=4.5) as (left, right):
        _cloud(left, draw(1_000, 5), "truth", "the roll")
        _cloud(right, points, "p", "drawn by your model")


@figure
def clouds(points: Mapping[str, Tensor]) -> None:
    """Clouds of points side by side, each with its title."""
    with canvas(columns=len(points), width=4 * len(points), height=4.3) as axes:
        for one, (title, cloud) in zip(axes, points.items(), strict=True):
            _cloud(one, cloud, "q", title)
