"""1.1: a draw that gradients flow through."""

import torch
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal, Normal

from vae_course.exercises.checks import (
    close,
    output,
    shape_matches,
    worst,
)
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception, Trial, Wrong
from vae_course.exercises.noise import (
    noise_is_fresh,
    noise_is_independent,
    noise_is_standard_normal,
    noise_of,
    sampler_fingerprint,
)


def draw_gaussian(generator: Generator) -> Arguments:
    """m and v, (batch, dim) each, with variances well away from 1."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 7
    m = 2 * torch.randn(batch, dim, generator=generator)
    v = torch.exp(2 * torch.rand(batch, dim, generator=generator) - 1.5)
    return m, v


def gradient_to_mean(trial: Trial) -> None:
    """dz/dm = 1, exactly, whatever the noise."""
    call = trial.call()
    z = output(call)
    grad = call.pull_back({"0": torch.ones_like(z)}).get("0")
    if grad is None:
        raise Wrong("No gradient reaches m.", "z = m + ..., so dz/dm should be 1: is z cut off from the graph?")
    if not close(grad, torch.ones_like(grad)):
        raise Wrong(f"dz/dm is {worst(grad, torch.ones_like(grad))[0]:.4g}.", "It should be 1.")


def gradient_to_variance(trial: Trial) -> None:
    """dz/dv = ε / (2 sqrt(v)) = (z − m) / (2 v), exactly, with the noise that the answer itself drew."""
    call = trial.call()
    z = output(call)
    m, v = trial.arguments
    grad = call.pull_back({"0": torch.ones_like(z)}).get("1")
    if grad is None:
        raise Wrong("No gradient reaches v.", "z moves when v does: dz/dv should be ε / (2 sqrt(v)).")
    right = noise_of(z, m, v) / (2 * v.double().sqrt())
    if not close(grad, right, 1e-3):
        got, expected = worst(grad, right)
        raise Wrong(
            f"dz/dv is {got:.4g} at one place.", f"For your z it should be ε / (2 sqrt(v)) = {expected:.4g} there."
        )


def _shifted_uniform(m: Tensor, v: Tensor) -> Tensor:
    return m + v.sqrt() * torch.rand_like(m)


def _detached(m: Tensor, v: Tensor) -> Tensor:
    return Normal(m, v.sqrt()).sample()


def _fixed_noise(m: Tensor, v: Tensor) -> Tensor:
    return m + v.sqrt() * torch.randn(m.shape, generator=torch.Generator().manual_seed(0))


def _loops(m: Tensor, v: Tensor) -> Tensor:
    rows = [
        torch.stack([a + b**0.5 * torch.randn(()) for a, b in zip(x, y, strict=True)])
        for x, y in zip(m, v, strict=True)
    ]
    return torch.stack(rows)


sample_gaussian = Exercise(
    name="sample_gaussian",
    lesson="01_reparameterization",
    number="1.1",
    title="Draw a sample that gradients flow through",
    points=7,
    minutes=15,
    difficulty=2,
    lines="2 lines",
    arguments=draw_gaussian,
    truth=lambda m, v: m,  # only its shape is used: the value is random
    checks=(
        Check("one z for each m", shape_matches),
        Check("the gradient to m", gradient_to_mean, points=1),
        Check("the gradient to v", gradient_to_variance, points=2),
        Check("new noise at each call", noise_is_fresh, points=1),
        Check("noise of its own for each entry", noise_is_independent, points=1),
        Check("the noise is standard normal", noise_is_standard_normal, points=2),
    ),
    fingerprint=sampler_fingerprint,
    agreement=0.06,
    misconceptions=(
        Misconception(
            "variance-as-standard-deviation",
            lambda m, v: m + v * torch.randn_like(m),
            "v is a variance: with v = 9 the spread of z must be 3, yours is 9; take the square root once.",
        ),
        Misconception(
            "variance-as-log-variance",
            lambda m, v: m + torch.exp(v / 2) * torch.randn_like(m),
            "You treat v as a log-variance, as many codebases do. Here v is the variance itself: scale by sqrt(v).",
        ),
        Misconception(
            "uniform-noise",
            _shifted_uniform,
            "Your noise is uniform (mean 0.5, variance 1/12), so z sits at m + 0.5·√v and is far too narrow; "
            "standard normal noise is randn.",
        ),
        Misconception(
            "no-gradient",
            _detached,
            "The draw is right, but it is cut off from m and v: torch.normal(m, ...), .sample(), .detach(), .data and "
            "torch.no_grad() all stop the gradient. Write z as a formula of m, v and noise.",
        ),
        Misconception(
            "no-gradient-to-v",
            lambda m, v: m + v.sqrt().detach() * torch.randn_like(m),
            "The gradient reaches m and stops before v. Keep sqrt(v) in the formula, without detach or no_grad.",
        ),
        Misconception(
            "no-gradient-to-m",
            lambda m, v: m.detach() + v.sqrt() * torch.randn_like(m),
            "The gradient reaches v and stops before m. Add m itself, without detach or no_grad.",
        ),
        Misconception(
            "ignores-v", lambda m, v: m + torch.randn_like(m), "Your z spreads by 1 whatever v is: v is not used."
        ),
        Misconception(
            "ignores-m", lambda m, v: v.sqrt() * torch.randn_like(v), "Your z is centred at 0 whatever m is: add m."
        ),
        Misconception("returns-the-mean", lambda m, v: m * 1.0, "You return m, without noise: nothing is sampled."),
        Misconception(
            "same-noise-at-each-call",
            _fixed_noise,
            "A seed or a stored ε makes every call draw the same noise. Draw it anew inside the function, unseeded.",
        ),
        Misconception(
            "one-noise-for-the-batch",
            lambda m, v: m + v.sqrt() * torch.randn(m.shape[-1]),
            "ε has one row for the whole batch, so all examples move together. Give ε the shape of m.",
        ),
        Misconception(
            "one-noise-for-all-dimensions",
            lambda m, v: m + v.sqrt() * torch.randn(*m.shape[:-1], 1),
            "ε has one number per example, so all its dimensions move together. Give ε the shape of m.",
        ),
    ),
    correct={
        "randn_like": lambda m, v: m + v.sqrt() * torch.randn_like(v),
        "randn": lambda m, v: m + torch.sqrt(v) * torch.randn(*m.shape),
        "normal_": lambda m, v: m + v**0.5 * torch.empty_like(m).normal_(),
        "torch.normal": lambda m, v: m + v.pow(0.5) * torch.normal(0.0, 1.0, size=m.shape),
        "rsample": lambda m, v: Normal(m, v.sqrt()).rsample(),
        "MultivariateNormal": lambda m, v: MultivariateNormal(m, torch.diag_embed(v)).rsample(),
        "addcmul": lambda m, v: torch.addcmul(m, v.sqrt(), torch.randn_like(m)),
        "half-log": lambda m, v: m + torch.exp(0.5 * torch.log(v)) * torch.randn_like(m),
        "float64": lambda m, v: m.double() + v.double().sqrt() * torch.randn(m.shape, dtype=torch.float64),
        "negative noise": lambda m, v: m - v.sqrt() * torch.randn_like(m),
    },
    hints=(
        (
            "Where is the randomness? Draw it from a distribution that has no parameters; then m and v only move and "
            "stretch it."
        ),
        (
            "A standard normal ε has mean 0 and standard deviation 1. Multiplying it by a number s makes its standard "
            "deviation s. Which s turns it into variance v?"
        ),
        "Draw ε with torch.randn_like, give it m's shape, stretch it by the square root of v, add m, return that.",
    ),
)
