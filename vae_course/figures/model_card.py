"""A card to show: what a model copies and draws, and how good it is. It takes no number: it measures its own."""

import math
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_course.data import Images, binarize
from vae_course.data.images import FEW_TESTS
from vae_course.evaluation import evaluate
from vae_course.figures.digits import framed_strip
from vae_course.figures.style import canvas, figure

SHOWN = 10
_met: dict[int, list[int]] = {}  # test images -> the models that were measured on them since Python began


@dataclass(frozen=True)
class Measured:
    """What a card says. Nats per image; `..._error` is one standard error over the test images.

    Attributes:
        bound, error: a lower bound on log p(x), by `draws` draws of z for each of `images` test images.
        without_z: log p(x) of the mean-pixel model: each pixel is a coin with its frequency in the training images.
        worth, worth_error: bound − without_z, and the error of this difference, image by image.
        models: how many models have been measured on these test images in this session, this one included.
    """

    bound: float
    error: float
    without_z: float
    worth: float
    worth_error: float
    draws: int
    images: int
    models: int

    def __str__(self) -> str:
        met = "The first model" if self.models == 1 else f"Model number {self.models}"
        lines = (
            f"Our model: {self.bound:.1f} ± {self.error:.1f} nats per image",
            f"log p(x), a bound by {self.draws:,} draws of z (in expectation too low), on {self.images:,} test images",
            f"Without z, by the mean pixel: {self.without_z:.1f}. So z is worth {self.worth:.1f} ± {self.worth_error:.1f} nats",
            f"± is one standard error. {met} that met these test images in this session",
        )
        few = (f"Too few test images for a number: {self.images}, and below {FEW_TESTS} it says little",)
        return "\n".join(lines[:1] + few * (self.images < FEW_TESTS) + lines[1:]).replace("-", "−")

    __repr__ = __str__


@figure
def model_card(title: str, model: Any, images: Images, *, iw: int = 100, file: str | Path | None = None) -> Measured:
    """A card: a title, the log-likelihood of test images and how it was measured; test images, their means decoded, and samples.

    Args:
        title: of the card, in a few words.
        model: as `evaluate` wants it.
        images: from `load_images`. The model learned from `images.train`; the card measures on `images.test`.
        iw: draws of z for each test image.
        file: where to write the card as a PNG; None: it is only shown.

    Returns:
        the numbers on the card, which `evaluate` found in this call.

    Raises:
        TypeError: images are not from `load_images`.
        ValueError: a test image is among the others; what `evaluate` refuses.
    """
    if not isinstance(images, Images):
        raise TypeError(
            f"model_card: expected images from load_images, whose test part it measures on, got a {type(images).__name__}. "
            "It takes no number either."
        )
    seen = {row.numpy().tobytes() for part in (images.train, images.valid) for row in part}
    if known := sum(row.numpy().tobytes() in seen for row in images.test):
        raise ValueError(
            f"model_card: expected test images that are in no other part, got {known} that are. Let load_images split them."
        )
    x = binarize(images.test, torch.Generator().manual_seed(0))  # (n, 784)
    measured = _measure(model, images.train, x, iw)
    said = str(measured).replace("$", r"\$")
    alt = f"{title}. {measured}. Below, rows of test images, of their means decoded, and of samples of the model."
    shown = {
        "test images": x[:SHOWN],
        "their means,\ndecoded": _copies(model, x[:SHOWN]),
        "samples": _samples(model, x),
    }
    with canvas(rows=4, width=7.6, height=4.1, alt=alt, height_ratios=[2.1, 1, 1, 1]) as (text, *strips):
        text.axis("off")
        text.text(0, 1, textwrap.shorten(title, 60).replace("$", r"\$"), va="top", fontsize=12, weight="bold")
        first, rest = said.split("\n", 1)
        text.text(0, 0.70, first, va="top", fontsize=12)
        text.text(0, 0.44, rest, va="top", fontsize=9)
        for axes, (name, some) in zip(strips, shown.items(), strict=True):
            axes.imshow(framed_strip(some), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            axes.spines[:].set_visible(False)
        if file is not None:
            text.figure.savefig(file, format="png")
    return measured


def _measure(model: Any, train: Tensor, x: Tensor, iw: int) -> Measured:
    found = evaluate(model, x, "iwae", iw)
    p = ((train.double() / 255).sum(0) + 0.5) / (len(train) + 1)  # (784,), never 0 or 1
    control = (x * p.log() + (1 - x) * (1 - p).log()).sum(1)  # (n,)
    difference = found.per_image.double().cpu() - control
    models = _met.setdefault(hash(x.numpy().tobytes()), [])
    weights = hash(tuple(tensor.detach().cpu().numpy().tobytes() for tensor in model.state_dict().values()))
    if weights not in models:
        models.append(weights)
    return Measured(
        bound=found.bound,
        error=found.standard_error,
        without_z=control.mean().item(),
        worth=difference.mean().item(),
        worth_error=difference.std(correction=0).item() / math.sqrt(len(x)),
        draws=iw,
        images=len(x),
        models=models.index(weights) + 1,
    )


@torch.no_grad()
def _copies(model: Any, x: Tensor) -> Tensor:
    """Pixel probabilities at the means of q(z|x): (n, 784) -> (n, 784)."""
    return torch.sigmoid(model.dec(model.enc(x.to(model.z_prior_m))[0])).cpu()


@torch.no_grad()
def _samples(model: Any, x: Tensor) -> Tensor:
    """Black and white images of the model: (10, 784)."""
    generator = torch.Generator().manual_seed(0)
    m, v = model.z_prior_m, model.z_prior_v
    z_dim = model.enc(x[:1].to(m))[0].shape[1]
    z = m + v.sqrt() * torch.randn(SHOWN, z_dim, generator=generator).to(m)
    return torch.bernoulli(torch.sigmoid(model.dec(z)).cpu(), generator=generator)
