"""Exercise 1.1: a draw that gradients flow through."""

from functools import partial

import torch
from torch import Generator

from vae_course.checks.engine.checks import output, shape_matches, worst
from vae_course.checks.engine.exercise import Arguments, Check, Formula
from vae_course.checks.engine.noise import (
    noise_is_fresh,
    noise_is_independent,
    noise_is_not_normalised,
    noise_is_standard_normal,
    noise_of,
    sampler_fingerprint,
)
from vae_course.checks.engine.relations import close, told_apart
from vae_course.checks.engine.spread import law
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.reparameterization.sample_gaussian.mistakes import MISCONCEPTIONS


def draw_gaussian(generator: Generator) -> Arguments:
    """m and v, (batch, dim) each, with variances well away from 1."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 7
    m = 2 * torch.randn(batch, dim, generator=generator)
    v = torch.exp(2 * torch.rand(batch, dim, generator=generator) - 1.5)
    return m, v


def one_z_for_each_m(trial: Trial) -> None:
    """A gate: z has the shape of m, for a batch of one too."""
    shape_matches(trial)
    m, v = (argument[:1] for argument in trial.arguments)
    z = output(trial.call(m, v, seed=1))
    if z.shape != m.shape:
        raise Wrong(
            f"You returned shape {tuple(z.shape)} for inputs of shape {tuple(m.shape)}, a batch of one.",
            f"The shape should be {tuple(m.shape)}.",
        )
    if not bool(torch.isfinite(z).all()):
        raise Wrong(
            f"Your z is {z.flatten()[0].item()} for a batch of one, m = {m.flatten()[0]:.2f} and v = {v.flatten()[0]:.2f}.",
            "It should be a number: a spread over a batch of one is none.",
        )


def each_entry_has_its_own(trial: Trial) -> None:
    noise_is_independent(trial)
    noise_is_not_normalised(trial)


def gradient_to_mean(trial: Trial) -> None:
    """dz/dm = 1, exactly, whatever the noise."""
    call = trial.call()
    z = output(call)
    grad = call.pull_back({"0": torch.ones_like(z)}).get("0")
    if grad is None:
        raise Wrong(
            "No gradient reaches m.",
            "z = m + ..., so dz/dm should be 1: m is cut off from the graph.",
            partial(law, trial),
        )
    if not close(grad, torch.ones_like(grad)):
        got, expected = told_apart(*worst(grad, torch.ones_like(grad)))
        raise Wrong(f"dz/dm is {got}.", f"It should be {expected}.", partial(law, trial))


def gradient_to_variance(trial: Trial) -> None:
    """dz/dv = ε / (2 sqrt(v)) = (z − m) / (2 v), exactly, with the noise that the answer itself drew."""
    call = trial.call()
    z = output(call)
    m, v = trial.arguments
    grad = call.pull_back({"0": torch.ones_like(z)}).get("1")
    if grad is None:
        raise Wrong("No gradient reaches v.", "z moves when v does: dz/dv should be ε / (2 √v).", partial(law, trial))
    right = noise_of(z, m, v) / (2 * v.double().sqrt())
    if not close(grad, right, 1e-3):
        got, expected = told_apart(*worst(grad, right))
        raise Wrong(
            f"dz/dv is {got} at one place.",
            f"For your z it should be ε / (2 √v) = {expected} there.",
            partial(law, trial),
        )


sample_gaussian = Formula(
    name="sample_gaussian",
    lesson="01_reparameterization",
    number="1.1",
    title="Draw a sample that gradients flow through",
    minutes=15,
    difficulty=2,
    lines="2 lines",
    arguments=draw_gaussian,
    truth=lambda m, v: m,  # only its shape is used
    draws=True,
    checks=(
        Check("one z for each m", one_z_for_each_m),
        Check("the gradient to m", gradient_to_mean, points=1),
        Check("the gradient to v", gradient_to_variance, points=2),
        Check("new noise at each call", noise_is_fresh, points=1),
        Check("noise of its own for each entry", each_entry_has_its_own, points=1),
        Check("the noise is standard normal", noise_is_standard_normal, points=2),
    ),
    fingerprint=sampler_fingerprint,
    agreement=0.06,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Where is the randomness? Draw it from a distribution that has no parameters, ε from N(0, I). Then m and v take "
        "part by ordinary arithmetic: one moves the noise, the other stretches it. Which function of torch draws such an "
        "ε, of m's shape?",
        "torch.randn_like draws it, with noise of its own for each entry: mean 0, variance 1. Move it by m and stretch it "
        "by a number s. Which mean, and which variance, has m + s · ε?",
        "Its mean is m, whatever s is. Its variance is s², and it shall be v. Solve that for s, and write s in torch as a "
        "function of v, so that the gradient reaches v through it.",
    ),
)
