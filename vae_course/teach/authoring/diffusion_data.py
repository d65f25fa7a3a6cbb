"""Make the recordings behind lesson 10: VAEs of one and of two layers and two denoisers on 14 × 14 digits, and paths of the swiss roll.

    python -m vae_course.teach.authoring.diffusion_data

Writes vae_course/figures/data/small_digits.npz: the weights of the networks that the lesson uses in half precision, and what was measured with these.
Everything is seeded; on another machine the last digits differ, as with every training. About a quarter of an hour on one idle core.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae_course.figures import gaussian_diffusion, small_digits, swiss_roll
from vae_course.figures.small_digits import Denoiser, IndependentPixels, OneLayer, TwoLayers, black_and_white, grey
from vae_course.nns import gaussian_parameters
from vae_course.teach.reference import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian
from vae_course.training import fit

T = 1_000
SEEDS = (0, 1, 2)
ROLL_STEPS = 6_000
DRAWS, IMAGES = 500, 2_000  # of the importance-weighted bound
EACH = 50  # noised versions of each test image, by which the bound of diffusion is measured
SHOWN = 20
BINS = 44
PRIOR = torch.zeros(1), torch.ones(1)

Loss = Callable[[Any, Tensor], Tensor]


# ---------------------------------------------------------------- VAEs


def log_weight(model: Any, x: Tensor) -> Tensor:
    """log p(x, z) − log q(z|x) of one draw for each image, (n,)."""
    if isinstance(model, OneLayer):
        m, v = gaussian_parameters(model.encoder(x))
        z = sample_gaussian(m, v)
        latents = log_normal(z, *PRIOR) - log_normal(z, m, v)
    else:
        q1 = model.q1(x)
        z = sample_gaussian(*q1)
        q2 = model.q2(z)
        top = sample_gaussian(*q2)
        latents = log_normal(z, *model.p1(top)) - log_normal(z, *q1)
        latents = latents + log_normal(top, *PRIOR) - log_normal(top, *q2)
    return latents + log_bernoulli_with_logits(x, model.decoder(z))


def vae_loss(model: Any, images: Tensor) -> Tensor:
    x = black_and_white(images)
    if isinstance(model, TwoLayers):
        return -log_weight(model, x).mean()
    m, v = gaussian_parameters(model.encoder(x))
    return (kl_normal(m, v, *PRIOR) - log_bernoulli_with_logits(x, model.decoder(sample_gaussian(m, v)))).mean()


def drawn_by(model: Any) -> Tensor:
    """Probabilities of black, (SHOWN, 196), for latents from the prior."""
    if isinstance(model, OneLayer):
        return model.decoder(torch.randn(SHOWN, 20)).sigmoid()
    return model.decoder(sample_gaussian(*model.p1(torch.randn(SHOWN, small_digits.TOP)))).sigmoid()


def vaes(x: Tensor) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for name, network in (("one layer", OneLayer), ("two layers", TwoLayers)):
        rows = []
        for seed in SEEDS:
            model = trained(network, vae_loss, steps=small_digits.VAE_STEPS, lr=3e-3, seed=seed)
            with torch.no_grad():
                nelbo = -torch.stack([log_weight(model, x).mean() for _ in range(10)]).mean()
                weights = torch.stack([log_weight(model, x[:IMAGES]) for _ in range(DRAWS)])
                iwae = math.log(DRAWS) - weights.logsumexp(0).mean()
                rows.append([nelbo.item(), iwae.item()])
                if seed == SEEDS[0]:
                    found[f"{name}/pictures"] = as_bytes(drawn_by(model))
                    if network is TwoLayers:
                        found |= stored(name, model)
            print(name, seed, rows[-1], flush=True)
        found[f"{name}/numbers"] = np.array(rows)
    return found


# ---------------------------------------------------------------- diffusion


def noised(x: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """x_t and the noise in it."""
    noise = torch.randn_like(x)
    return noise.mul((1 - alpha_bar).sqrt()) + alpha_bar.sqrt() * x, noise


def squared_error(model: Any, x: Tensor, alpha_bar: Tensor) -> Tensor:
    """Of the predicted noise, summed over the pixels: (n,)."""
    x_t, noise = noised(x, alpha_bar)
    return (model(x_t, alpha_bar) - noise).square().sum(-1)


def loss_on(schedule: Tensor, weight: float = 1.0) -> Loss:
    """The error of the noise at a random step of this schedule, every step alike."""

    def loss(model: Any, images: Tensor) -> Tensor:
        x = 2 * black_and_white(images) - 1
        t = torch.randint(1, len(schedule), (len(x), 1))
        return weight * squared_error(model, x, schedule[t]).mean()

    return loss


def bound_of(model: Any, x: Tensor) -> float:
    """In nats, over images of −1 and 1, with the schedule of `small_digits`."""
    schedule = small_digits.schedule(T)
    log_snr = torch.logit(schedule.double())
    weight = 0.5 * torch.expm1(log_snr[0] - log_snr[1]).item()
    steps = 0.0
    for _ in range(
        EACH
    ):  # every step equally often, and by images in another order each time: the later test digits are harder
        t = 1 + torch.randperm(len(x))[:, None] % (T - 1)
        steps += weight * (T - 1) * squared_error(model, x, schedule[t]).mean().item() / EACH
    first, last = schedule[0], schedule[-1].item()
    x_1, _ = noised(x, first)
    end = nn.functional.softplus(-2 * first.sqrt() * x_1 * x / (1 - first)).sum(-1).mean().item()
    return end + steps - 0.5 * small_digits.PIXELS * math.log1p(-last)


def errors(model: Any, x: Tensor) -> np.ndarray:
    """The mean error in `BINS` places of log SNR, (BINS,)."""
    places = torch.linspace(small_digits.FIRST, small_digits.LAST, BINS).sigmoid()
    return np.array([squared_error(model, x, a.expand(len(x), 1)).mean().item() for a in places])


def walked_back(model: Any, x: Tensor, schedule: Tensor, kept: list[int]) -> list[Tensor]:
    """From x at the last step back to the first; x at the steps that are kept, and at the end."""
    path = {len(schedule) - 1: x}
    for t in range(len(schedule) - 1, 0, -1):
        a, before = schedule[t].reshape(1, 1), schedule[t - 1].reshape(1, 1)
        alpha = a / before
        noise = model(x, a.expand(len(x), 1))
        v = (1 - alpha) * (1 - before) / (1 - a)
        x = (x - (1 - alpha) / (1 - a).sqrt() * noise) / alpha.sqrt() + v.sqrt() * torch.randn_like(x)
        path[t - 1] = x
    return [path[t] for t in kept]


def denoisers(x: Tensor) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    own, published = small_digits.schedule(T), gaussian_diffusion.betas(T).float()
    weight = 0.5 * (small_digits.FIRST - small_digits.LAST)  # so that the loss is in nats
    for name, loss in (("denoiser", loss_on(own, weight)), ("simple", loss_on(published))):
        model = trained(Denoiser, loss, steps=small_digits.STEPS, lr=2e-3, seed=0)
        if name == "denoiser":
            found |= stored(name, model)
        with torch.no_grad():
            torch.manual_seed(0)
            found[f"{name}/numbers"] = np.array([bound_of(model, x)])
            if name == "denoiser":
                found[f"{name}/errors"] = errors(model, x)
            torch.manual_seed(1)  # the same noise for both
            [end] = walked_back(model, torch.randn(SHOWN, small_digits.PIXELS), small_digits.schedule(250), [0])
            first = small_digits.schedule(250)[0]
            found[f"{name}/pictures"] = as_bytes(torch.sigmoid(2 * first.sqrt() * end / (1 - first)))
        print(name, found[f"{name}/numbers"], flush=True)
    control = IndependentPixels(grey("train"))
    torch.manual_seed(0)
    found["independent/numbers"] = np.array([bound_of(control, x), control.nll((x + 1) / 2).mean().item()])
    found["independent/errors"] = errors(control, x)
    print("independent", found["independent/numbers"], flush=True)
    return found


# ---------------------------------------------------------------- the swiss roll


class RollNoise(nn.Module):
    """The lesson's network for points of the plane."""

    def __init__(self, hidden: int = 128) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(10, hidden), nn.SiLU()]
        for _ in range(2):
            layers += [nn.Linear(hidden, hidden), nn.SiLU()]
        self.net = nn.Sequential(*layers, nn.Linear(hidden, 2))

    def forward(self, x_t: Tensor, alpha_bar: Tensor) -> Tensor:
        waves = torch.logit(alpha_bar) * torch.tensor([0.1, 0.25, 0.5, 1.0])
        return self.net(torch.cat([x_t, waves.sin(), waves.cos()], -1))


def roll() -> dict[str, np.ndarray]:
    schedule = gaussian_diffusion.schedule(T, swiss_roll.FIRST, swiss_roll.LAST).float()

    def loss(model: Any, x: Tensor) -> Tensor:
        t = torch.randint(1, T, (len(x), 1))
        return 0.5 * (swiss_roll.FIRST - swiss_roll.LAST) * squared_error(model, x, schedule[t]).mean()

    torch.manual_seed(0)
    model = RollNoise()
    fit(model, swiss_roll.draw(20_000, 0), objective=loss, steps=ROLL_STEPS, batch_size=500, lr=3e-3, progress=False)
    kept = np.linspace(0, T - 1, swiss_roll.MOMENTS).round().astype(int).tolist()
    torch.manual_seed(0)
    x0, noise = swiss_roll.draw(400, 2), torch.randn(400, 2)
    there = [schedule[t].sqrt() * x0 + noise * (1 - schedule[t]).sqrt() for t in kept]
    with torch.no_grad():
        back = walked_back(model, torch.randn(400, 2), schedule, kept)
    return {
        "roll/forward": torch.stack(there).half().numpy(),
        "roll/backward": torch.stack(back).half().numpy(),
    }


# ---------------------------------------------------------------- all


def trained(network: Callable[[], Any], loss: Loss, steps: int, lr: float, seed: int) -> Any:
    torch.manual_seed(seed)
    model = network()
    fit(model, grey("train"), objective=loss, steps=steps, batch_size=200, lr=lr, seed=seed, progress=False)
    with torch.no_grad():
        for parameter in model.parameters():  # as they are stored
            parameter.copy_(parameter.half().float())
    return model


def stored(name: str, model: Any) -> dict[str, np.ndarray]:
    return {f"{name}/{n}": t.half().numpy() for n, t in model.state_dict().items()}


def as_bytes(pictures: Tensor) -> np.ndarray:
    return (pictures * 255).round().to(torch.uint8).numpy()


def main() -> None:
    x = black_and_white(grey("test"), torch.Generator().manual_seed(1))  # (10000, 196)
    found = roll() | vaes(x) | denoisers(2 * x - 1)
    np.savez_compressed(Path(small_digits.FILE), **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
