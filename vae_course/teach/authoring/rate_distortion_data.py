"""Make the recordings behind the figures of lesson 08: one small model for each weight of the kl, and three ways of training one.

    python -m vae_course.teach.authoring.rate_distortion_data

Writes vae_course/figures/data/rate_distortion.npz. Everything is seeded; on another machine the last digits differ, as with every training.
About three minutes on one idle core.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_course.curves import Curves
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.figures import rate_distortion as shown
from vae_course.teach.reference import VAE, log_bernoulli_with_logits, sample_gaussian
from vae_course.training import fit

EVERY = 25  # steps between two points of a path
WATCHED = 1_000  # test images by which a path is measured

Loss = Callable[[Any, Tensor], Tensor]


def terms(model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """KL of each image and latent, (batch, z_dim), and rec of each image, (batch,)."""
    m, v = model.enc(x)
    rec = -log_bernoulli_with_logits(x, model.dec(sample_gaussian(m, v)))
    return 0.5 * (v + m.square() - 1 - v.log()), rec


def weighted(beta: float) -> Loss:
    def loss(model: Any, x: Tensor) -> Tensor:
        kl, rec = terms(model, x)
        return rec.mean() + beta * kl.sum(-1).mean()

    return loss


def warmed_up() -> Loss:
    """The weight rises from 0 to 1 over the first `shown.WARM` steps. Made anew for each run, whose steps it counts."""
    step = 0

    def loss(model: Any, x: Tensor) -> Tensor:
        nonlocal step
        step += model.training
        kl, rec = terms(model, x)
        return rec.mean() + min(1.0, step / shown.WARM) * kl.sum(-1).mean()

    return loss


def with_floor(model: Any, x: Tensor) -> Tensor:
    kl, rec = terms(model, x)
    return rec.mean() + kl.mean(0).clamp(min=shown.FLOOR).sum()


def trained(loss: Loss, watch: Callable[[int, Any], None] | None = None) -> Any:
    """A model trained with this loss; `watch` is called with each step's number and the model."""
    torch.manual_seed(0)
    model = VAE(nn="v1", z_dim=shown.Z_DIM)

    def look(step: int, curves: Curves) -> None:
        if watch:
            watch(step, model)

    fit(model, load_mnist("train"), objective=loss, steps=shown.STEPS, callback=look, progress=False)
    return model


def models(x: Tensor) -> dict[str, np.ndarray]:
    """Rate and distortion of each weight's model on all test images; reconstructions and samples."""
    z = torch.randn(shown.PICTURES, shown.Z_DIM, generator=torch.Generator().manual_seed(5))
    found = {"digits": _bytes(x[: shown.PICTURES])}
    for beta in shown.WEIGHTS:
        model = trained(weighted(beta))
        result = evaluate(model, x)
        with torch.no_grad():
            pictures = torch.sigmoid(model.dec(torch.cat([model.enc(x[: shown.PICTURES])[0], z])))
        found |= {f"{beta:g}/numbers": np.array([result.kl, result.rec]), f"{beta:g}/pictures": _bytes(pictures)}
        print(f"beta {beta:5g}: {result}", flush=True)
    return found


def paths(x: Tensor) -> dict[str, np.ndarray]:
    """Where models are on their way, (points, 2): rate and distortion every `EVERY` steps; and where they end."""
    found: dict[str, np.ndarray] = {}
    for name, loss in {"plain": weighted(1.0), "warm-up": warmed_up(), "free bits": with_floor}.items():
        model, points = watched(loss, x[:WATCHED])
        with torch.no_grad():
            each = terms(model, x)[0].mean(0).sort(descending=True).values
        result = evaluate(model, x)
        found |= {
            f"{name}/path": np.array(points, dtype=np.float32),
            f"{name}/latents": each.numpy(),
            f"{name}/numbers": np.array([result.kl, result.rec]),
        }
        print(f"{name}: {result}; latents {[round(one, 2) for one in each.tolist()]}", flush=True)
    return found


def watched(loss: Loss, x: Tensor) -> tuple[Any, list[tuple[float, float]]]:
    """A model trained with this loss, and its rates and distortions on x while it was."""
    points: list[tuple[float, float]] = []

    def watch(step: int, model: Any) -> None:
        if step in shown.EARLY or step % EVERY == 0:
            result = evaluate(model, x)
            points.append((result.kl, result.rec))

    return trained(loss, watch), points


def _bytes(pictures: Tensor) -> np.ndarray:
    return (pictures * 255).round().to(torch.uint8).numpy()


def main() -> None:
    x = binarize(load_mnist("test").images, torch.Generator().manual_seed(1))  # (10000, 784)
    np.savez_compressed(Path(shown.FILE), **models(x), **paths(x))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
