"""Make the data behind the figures of lesson 04: the detective's wrong models, the collapse toy, decoders of three kinds.

    python -m vae_course.teach.authoring.nelbo_data [detective] [collapse] [decoders]

Writes vae_course/figures/data/nelbo_NAME.npz for each. Everything is seeded; on another machine the last digits differ, as with
every training. About two minutes on one idle core.
"""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae_course.checks.lessons.collapse.detective import CULPRITS
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.figures import wrong_models as shown
from vae_course.nns import gaussian_parameters
from vae_course.teach.reference import VAE, kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian
from vae_course.training import Curves, TrainingDiverged, fit, start_at_mean_pixel

HIDDEN, Z_DIM, STEPS, LR = 200, 20, 600, 3e-3


class Encoder(nn.Sequential):
    """784 -> 200 tanh -> m, v."""

    def __init__(self, z_dim: int) -> None:
        super().__init__(nn.Linear(784, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 2 * z_dim))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return gaussian_parameters(super().forward(x))


class Decoder(nn.Sequential):
    """z -> 200 tanh -> logits."""

    def __init__(self, z_dim: int) -> None:
        super().__init__(nn.Linear(z_dim, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 784))


NETWORK = SimpleNamespace(Encoder=Encoder, Decoder=Decoder)


def objective(
    z_of: Callable[[Tensor, Tensor], Tensor] = sample_gaussian,
    kl_of: Callable[[Tensor, Tensor], Tensor] = lambda m, v: kl_normal(m, v, torch.zeros(1), torch.ones(1)),
    rec_of: Callable[[Tensor, Tensor], Tensor] = lambda x, logits: -log_bernoulli_with_logits(x, logits),
    beta: float = 1.0,
) -> Callable[[Any, Tensor], tuple[Tensor, dict[str, Tensor]]]:
    """A NELBO with one part replaced; what it reports as kl and rec is what the wrong code would print."""

    def loss(model: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        m, v = model.enc(x)
        kl, rec = kl_of(m, v).mean(), rec_of(x, model.dec(z_of(m, v))).mean()
        return rec + beta * kl, {"gen/kl_z": kl, "gen/rec": rec}

    return loss


def _kl(m: Tensor, v: Tensor) -> Tensor:
    return kl_normal(m, v, torch.zeros(1), torch.ones(1))


OBJECTIVES = {
    "right": objective(),
    "v as std": objective(z_of=lambda m, v: m + v * torch.randn_like(m)),
    "uniform noise": objective(z_of=lambda m, v: m + v.sqrt() * torch.rand_like(m)),
    "no noise": objective(z_of=lambda m, v: m),
    "z detached": objective(z_of=lambda m, v: sample_gaussian(m, v).detach()),
    "z from the prior": objective(z_of=lambda m, v: torch.randn_like(m)),
    "one noise for the batch": objective(z_of=lambda m, v: m + v.sqrt() * torch.randn(m.shape[1])),
    "sigmoid twice": objective(rec_of=lambda x, logits: -log_bernoulli_with_logits(x, torch.sigmoid(logits))),
    "KL swapped": objective(kl_of=lambda m, v: kl_normal(torch.zeros_like(m), torch.ones_like(v), m, v)),
    "KL sign": objective(beta=-1),
    "no KL": objective(beta=0),
    "rec mean over pixels": objective(rec_of=lambda x, logits: -log_bernoulli_with_logits(x, logits) / 784),
    "KL mean over latents": objective(kl_of=lambda m, v: _kl(m, v) / Z_DIM),
}
"""The detective's suspects, by the names of the exercise."""


def detective() -> dict[str, np.ndarray]:
    """For each suspect: reported kl and rec (every 10 steps), the true kl, rec and NELBO, pictures."""
    train, test = load_mnist("train"), load_mnist("test")
    x = binarize(test.images, torch.Generator().manual_seed(1))  # (10000, 784): the first 2,000 are easier by 7 nats
    z = torch.randn(shown.PICTURES, Z_DIM, generator=torch.Generator().manual_seed(5))
    found: dict[str, np.ndarray] = {"digits": _bytes(x[: shown.PICTURES])}
    case_of = {suspect: case for case, suspect in CULPRITS.items()}
    for suspect, loss in OBJECTIVES.items():
        name = case_of.get(suspect, suspect)
        torch.manual_seed(0)
        model = VAE(nn=NETWORK, z_dim=Z_DIM)
        start_at_mean_pixel(model, train)
        try:
            curves = fit(model, train, objective=loss, steps=STEPS, lr=LR, warmup=1, progress=False)
        except TrainingDiverged as diverged:
            curves = diverged.curves
        true = evaluate(model, x)
        kl, rec = (_blocks(curves, key) for key in ("gen/kl_z", "gen/rec"))
        found[f"{name}/curves"] = np.stack([kl, rec]).astype(np.float32)
        found[f"{name}/true"] = np.array([true.kl, true.rec, true.nll])
        with torch.no_grad():
            pictures = torch.sigmoid(model.dec(torch.cat([model.enc(x[: shown.PICTURES])[0], z])))
        found[f"{name}/pictures"] = _bytes(pictures)  # reconstructions, then samples
        print(f"{suspect:24s} reported rec {rec[-5:].mean():8.2f} kl {kl[-5:].mean():8.3g}   true {true}", flush=True)
    return found


def _blocks(curves: Curves, key: str, block: int = 10) -> np.ndarray:
    values = np.array(curves[key])
    return values[: len(values) // block * block].reshape(-1, block).mean(1)


def _bytes(pictures: Tensor) -> np.ndarray:
    return (pictures * 255).nan_to_num().round().to(torch.uint8).numpy()


def collapse(hidden: int = 32, steps: int = 1_500, batch: int = 200) -> dict[str, np.ndarray]:
    """A VAE with one latent and a diagonal Gaussian decoder on a 2-D Gaussian (sd 2 and 0.5), turned by an angle."""
    found: dict[str, np.ndarray] = {}
    for angle in shown.ANGLES:
        turn = math.radians(angle)
        rotation = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        mix = rotation @ torch.diag(torch.tensor([2.0, 0.5]))  # x = mix · noise
        torch.manual_seed(0)
        enc = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 2))
        dec = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 4))
        optimizer = torch.optim.Adam([*enc.parameters(), *dec.parameters()], lr=2e-3)

        def terms(x: Tensor, enc: nn.Module = enc, dec: nn.Module = dec) -> tuple[Tensor, Tensor]:
            m, v = gaussian_parameters(enc(x))
            return _kl(m, v), -log_normal(x, *gaussian_parameters(dec(sample_gaussian(m, v))))

        for _ in range(steps):
            kl, rec = terms(torch.randn(batch, 2) @ mix.T)
            optimizer.zero_grad()
            (kl + rec).mean().backward()
            optimizer.step()
        with torch.no_grad():
            x = torch.randn(20_000, 2) @ mix.T
            kl, rec = terms(x)
            m, v = gaussian_parameters(dec(torch.randn(400, 1)))
            samples = sample_gaussian(m, v)
            line, _ = gaussian_parameters(dec(torch.linspace(-2, 2, 41)[:, None]))
        # −log p(x) of the data's own density, averaged over the same x: no model can be better.
        noise = torch.linalg.solve(mix, x.T).T
        truth = 0.5 * noise.square().sum(1).mean() + math.log(2 * math.pi) + math.log(2 * 0.5)
        numbers = [kl.mean().item(), rec.mean().item(), truth.item()]
        found[f"{angle}/numbers"] = np.array(numbers)
        found[f"{angle}/data"] = x[:400].numpy().astype(np.float16)
        found[f"{angle}/samples"] = samples.numpy().astype(np.float16)
        found[f"{angle}/line"] = line.numpy().astype(np.float16)
        print(
            f"{angle:3d}°  kl {numbers[0]:.3f}  nelbo {numbers[0] + numbers[1]:.3f}  truth {numbers[2]:.3f}", flush=True
        )
    return found


class DeepDecoder(nn.Sequential):
    """z -> 200 tanh -> 200 tanh -> 200 tanh -> logits: more layers, and pixels that are independent given z all the same."""

    def __init__(self, z_dim: int) -> None:
        layers = [nn.Linear(z_dim, HIDDEN), nn.Tanh()]
        for _ in range(2):
            layers += [nn.Linear(HIDDEN, HIDDEN), nn.Tanh()]
        super().__init__(*layers, nn.Linear(HIDDEN, 784))


def _kl_and_rec(model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Both terms of a model that may see the pixels before each pixel: by a matrix W, of which it uses what is below the diagonal."""
    m, v = model.enc(x)
    logits = model.dec(sample_gaussian(m, v))
    if hasattr(model, "W"):
        logits = logits + x @ torch.tril(model.W, -1).T
    return _kl(m, v).mean(), -log_bernoulli_with_logits(x, logits).mean()


def _nelbo(model: Any, x: Tensor) -> Tensor:
    kl, rec = _kl_and_rec(model, x)
    return kl + rec


def decoders(steps: int = 3_000) -> dict[str, np.ndarray]:
    """KL and NELBO on test images of a plain decoder, a deeper one, and one that sees the pixels before each (autoregressive)."""
    train, test = load_mnist("train"), load_mnist("test")
    x_test = binarize(test.images, torch.Generator().manual_seed(1))
    found: dict[str, np.ndarray] = {}
    for name in ("plain", "deeper", "autoregressive"):
        torch.manual_seed(0)
        model = VAE(
            nn=SimpleNamespace(Encoder=Encoder, Decoder=DeepDecoder if name == "deeper" else Decoder), z_dim=Z_DIM
        )
        start_at_mean_pixel(model, train)
        if name == "autoregressive":
            model.register_parameter("W", nn.Parameter(torch.zeros(784, 784)))
        fit(model, train, objective=_nelbo, steps=steps, lr=LR, progress=False)
        torch.manual_seed(1)
        with torch.no_grad():
            kl, rec = (term.item() for term in _kl_and_rec(model, x_test))
        found[f"{name}/numbers"] = np.array([kl, kl + rec])
        print(f"{name:16s} kl {kl:.1f}  nelbo {kl + rec:.1f}", flush=True)
    return found


def main(wanted: list[str]) -> None:
    makers = {"detective": detective, "collapse": collapse, "decoders": decoders}
    for name in wanted or makers:
        path = Path(shown.FOLDER) / f"nelbo_{name}.npz"
        np.savez_compressed(path, **makers[name]())  # type: ignore[arg-type]
        print(f"wrote {path.name}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
