"""Models trained side by side in a lesson: equal to the last digit of their seed, and different in one line of the loss."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vae_course import given
from vae_course.data import MNIST
from vae_course.figures.digits import images_in_rows
from vae_course.training import fit, start_at_mean_pixel

Objective = Callable[[nn.Module, Tensor], Tensor]


def train_two(data: MNIST, steps: int = 1_000) -> tuple[Any, Any]:
    """A plain autoencoder, whose code is m and whose loss is the picture alone; and a VAE of the same size."""

    def picture_alone(model: Any, x: Tensor) -> Tensor:
        m, _ = model.enc(x)
        return _rec(model.dec(m), x)

    def picture_and_kl(model: Any, x: Tensor) -> Tensor:
        kl, rec = two_terms(model, x)
        return kl + rec

    return _trained(data, picture_alone, steps, progress=True), _trained(data, picture_and_kl, steps, progress=True)


def train_three(data: MNIST, steps: int = 200) -> dict[str, tuple[Any, float, float]]:
    """Three VAEs that differ by one `.mean`. Each: (model, mean KL, mean rec), both summed as they should be, in nats."""
    found: dict[str, tuple[Any, float, float]] = {}
    test = torch.bernoulli(data.images[-1000:] / 255, generator=torch.Generator().manual_seed(0))
    for name, rec_scale, kl_scale in (
        ("all sums", 1.0, 1.0),
        ("rec: mean over 784 pixels", 1 / 784, 1.0),
        ("KL: mean over 20 latents", 1.0, 1 / 20),
    ):

        def objective(model: nn.Module, x: Tensor, a: float = rec_scale, b: float = kl_scale) -> Tensor:
            kl, rec = two_terms(model, x)
            return a * rec + b * kl

        model = _trained(data, objective, steps)
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            kl, rec = two_terms(model, test)
        found[name] = (model, kl.item(), rec.item())
    return found


def _trained(data: MNIST, objective: Objective, steps: int, progress: bool = False) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = given.VAE(nn="v1", z_dim=20)
        start_at_mean_pixel(model, data)
        fit(model, data, objective=objective, steps=steps, lr=3e-3, progress=progress)
    return model


def two_terms(model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """kl and rec of a batch in nats, each a mean over the images, from one z per image."""
    m, v = model.enc(x)
    kl = 0.5 * (v + m.square() - 1 - v.log()).sum(-1)
    return kl.mean(), _rec(model.dec(m + v.sqrt() * torch.randn_like(m)), x)


def _rec(logits: Tensor, x: Tensor) -> Tensor:
    return (softplus(logits) - x * logits).sum(-1).mean()


def one_mean(found: dict[str, tuple[Any, float, float]], images: Tensor) -> None:
    """What each of the three models makes of some images, and its KL. images: (n, 784) in [0, 1]."""
    rows = {"the images": images}
    with torch.no_grad():
        for name, (model, kl, _) in found.items():
            m, _ = model.enc(images)
            rows[f"{name}\nKL {kl:.1f} nats"] = torch.sigmoid(model.dec(m))
    images_in_rows(rows)
