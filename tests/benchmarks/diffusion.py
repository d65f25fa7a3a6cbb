"""The numbers of lesson 10 once more, by other code than the lesson's: a table to be held against its printed cells.

    python -m tests.benchmarks.diffusion            two to three minutes on one core
    python -m vae_course.teach.authoring.diffusion_data       trains all again, and writes the recording anew (a quarter of an hour)

The bounds of Gaussian data are the entropy and a KL of two joint Gaussians of T + 1 variables, by their covariance matrices. What stands on digits is measured
with the stored weights on all 10,000 test digits. Never part of `make test`.
"""

import math

import numpy as np
import torch

from tests.figures.test_gaussian_diffusion import joints
from vae_course.figures import gaussian_diffusion, small_digits, swiss_roll
from vae_course.teach.authoring.diffusion_data import bound_of, log_weight


def gaussian(variance: float, steps: int) -> tuple[float, float]:
    """The bound and the entropy of N(0, variance), nats."""
    alpha_bar = 1 / (1 + np.exp(-np.linspace(9, -9, steps)))
    q, p = joints(variance, alpha_bar)
    ratio = np.linalg.solve(p, q)
    entropy = 0.5 * (1 + math.log(2 * math.pi * variance))
    return entropy + 0.5 * (np.trace(ratio) - len(q) - np.linalg.slogdet(ratio)[1]), entropy


def main() -> None:
    torch.set_grad_enabled(False)
    for steps in (10, 100, 1_000):
        bound, entropy = gaussian(4.0, steps)
        other = gaussian_diffusion.bound(4.0, gaussian_diffusion.schedule(steps))
        print(f"N(0, 4), T = {steps:5,d}: bound {bound:.4f} (term by term {other:.4f}), entropy {entropy:.4f}")
    beta = np.linspace(1e-4, 0.02, 1_000)
    share = np.cumprod(1 - beta)
    weight = (share[:-1] / (1 - share[:-1]) * (1 - share[1:]) / share[1:] - 1) / 2
    print(f"Ho et al.: weights from {weight.min():.4f} to {weight.max():.4f}, ratio {weight.max() / weight.min():.1f}")
    train, test = swiss_roll.draw(20_000, 0), swiss_roll.draw(20_000, 1)
    true, control = swiss_roll.true_nll(test).mean(), swiss_roll.gaussian_nll(test, train).mean()
    print(f"swiss roll: exact {true:.2f}, one Gaussian {control:.2f}")

    x = small_digits.black_and_white(small_digits.grey("test"), torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    layers = small_digits.trained("two layers")
    nelbo = -torch.stack([log_weight(layers, x).mean() for _ in range(10)]).mean()
    print(f"two layers: NELBO {nelbo:.2f}, recorded {small_digits.numbers('two layers')[0]:.2f}")
    for name, model in (
        ("denoiser", small_digits.trained("denoiser")),
        ("independent", small_digits.IndependentPixels(small_digits.grey("train"))),
    ):
        print(f"{name}: bound {bound_of(model, 2 * x - 1):.2f}, recorded {small_digits.numbers(name)[0]:.2f}")


if __name__ == "__main__":
    main()
