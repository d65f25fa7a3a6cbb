"""Exercises of lesson 01: drawing from a Gaussian so that gradients flow to its mean and variance."""

import math

import torch
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal, Normal

from vae_course.exercises.checks import (
    close,
    constant_matches,
    equals_truth,
    gradients_match,
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

LESSON = "01_reparameterization"


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
    lesson=LESSON,
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

predict_noise = Exercise(
    name="predict_noise",
    lesson=LESSON,
    number="1.2",
    title="Predict before you run",
    points=1,
    minutes=5,
    difficulty=1,
    lines="3 numbers",
    truth=lambda: {"slope": 0.5, "mean": 0.5, "variance": 1 / 12},
    stub={"slope": None, "mean": None, "variance": None},
    checks=(
        Check("the slope dz/dv", constant_matches("slope"), points=0.5),
        Check("the mean of uniform noise", constant_matches("mean"), points=0.25),
        Check("the variance of uniform noise", constant_matches("variance"), points=0.25),
    ),
    misconceptions=(
        Misconception(
            "slope-of-standard-deviation",
            {"slope": 2},
            "2 is dz/d(sd) = ε. The question asks for dz/dv, and sd = sqrt(v): one more factor, 1 / (2 sqrt(v)).",
        ),
        Misconception(
            "slope-without-half",
            {"slope": 1},
            "1 is ε / sqrt(v). The derivative of sqrt(v) is 1 / (2 sqrt(v)): a ½ is missing.",
        ),
        Misconception(
            "slope-divides-by-variance",
            {"slope": 0.25},
            "0.25 is ε / (2 v). The derivative of sqrt(v) is 1 / (2 sqrt(v)), and sqrt(4) is 2.",
        ),
        Misconception(
            "standard-deviation-for-variance",
            {"variance": math.sqrt(1 / 12)},
            "0.289 is the standard deviation of uniform noise. Its square is the variance.",
        ),
        Misconception(
            "second-moment-for-variance",
            {"variance": 1 / 3},
            "1/3 is E[u²]. The variance subtracts the squared mean: 1/3 − 1/4.",
        ),
        Misconception(
            "mean-of-normal",
            {"mean": 0},
            "0 is the mean of randn. rand is uniform between 0 and 1, so it is never negative.",
        ),
    ),
    hints=(
        "z = m + sqrt(v) · ε. Hold ε still and differentiate with respect to v.",
        "d sqrt(v) / dv = 1 / (2 sqrt(v)). For the uniform: E[u] = ∫ u du and E[u²] = ∫ u² du from 0 to 1.",
        "The slope is ε / (2 sqrt(v)) = 2 / (2 · 2). The variance is E[u²] − E[u]² = 1/3 − 1/4.",
    ),
)

choose_estimator = Exercise(
    name="choose_estimator",
    lesson=LESSON,
    number="1.3",
    title="Which estimator may you use?",
    points=1,
    minutes=6,
    difficulty=2,
    lines="3 choices",
    truth=lambda: {"square": "pathwise", "step": "score function", "moving edge": "neither"},
    stub={"square": None, "step": None, "moving edge": None},
    checks=(
        Check("the square", constant_matches("square"), points=0.25),
        Check("the step", constant_matches("step"), points=0.25),
        Check("the moving edge", constant_matches("moving edge"), points=0.5),
    ),
    misconceptions=(
        Misconception(
            "score-for-the-square",
            {"square": "score function"},
            "The score function would be unbiased here, yet z² is smooth, and then the pathwise estimate is there with "
            "far less variance. The question asks for the better one.",
        ),
        Misconception(
            "pathwise-through-a-step",
            {"step": "pathwise"},
            "A step is flat wherever it has a slope, so the pathwise estimate is always 0, while the true derivative is not.",
        ),
        Misconception(
            "score-at-a-moving-edge",
            {"moving edge": "score function"},
            "The density of U(0, θ) jumps at θ, and that jump moves with θ. The score −1/θ never sees it, so the estimate "
            "even has the wrong sign.",
        ),
        Misconception(
            "pathwise-at-a-moving-edge",
            {"moving edge": "pathwise"},
            "z = θ u is a fine reparameterization, but the integrand is a step: its slope is 0 almost everywhere, "
            "while the true derivative is 1/θ².",
        ),
    ),
    hints=(
        (
            "Pathwise differentiates the integrand: it must have a useful slope. The score function differentiates "
            "log density: the density must be smooth in the parameter."
        ),
        "Draw each integrand and each density as the parameter moves. What moves: the height, or an edge?",
        "One integrand is smooth; one is a step under a smooth density; one is a step under a density whose edge moves.",
    ),
)


def draw_scored(generator: Generator) -> Arguments:
    """fz (n,), z (n, dim), m and v (dim,)."""
    n, dim = int(torch.randint(5, 9, (), generator=generator)), 3
    m = torch.randn(dim, generator=generator)
    v = torch.exp(torch.rand(dim, generator=generator) - 1)
    z = m + v.sqrt() * torch.randn(n, dim, generator=generator)
    return (z.square()).sum(-1), z, m, v


score_function_gradient = Exercise(
    name="score_function_gradient",
    lesson=LESSON,
    number="1.4",
    title="The other way: the score-function estimate",
    points=0,
    minutes=15,
    difficulty=3,
    lines="2 lines",
    optional=True,
    arguments=draw_scored,
    truth=lambda fz, z, m, v: torch.einsum("n,nd->d", fz, (z - m) / v) / len(fz),
    checks=(
        Check("one slope per dimension", shape_matches),
        Check("the value", equals_truth),
        Check("still differentiable", gradients_match),
    ),
    misconceptions=(
        Misconception(
            "sum-over-draws",
            lambda fz, z, m, v: (fz[:, None] * (z - m) / v).sum(0),
            "An expectation is estimated by the mean over the n draws; you take their sum.",
        ),
        Misconception(
            "divides-by-standard-deviation",
            lambda fz, z, m, v: (fz[:, None] * (z - m) / v.sqrt()).mean(0),
            "d log N / dm is (z − m) / v: divide by the variance, not by its root.",
        ),
        Misconception(
            "sign",
            lambda fz, z, m, v: (fz[:, None] * (m - z) / v).mean(0),
            "The sign is flipped: moving m towards z raises log N(z; m, v).",
        ),
        Misconception(
            "score-alone",
            lambda fz, z, m, v: ((z - m) / v).mean(0),
            "This is the mean score, which is 0 in expectation. Each score is weighted by its f(z).",
        ),
    ),
    correct={
        "broadcast": lambda fz, z, m, v: (fz.unsqueeze(-1) * (z - m) / v).mean(0),
        "matmul": lambda fz, z, m, v: fz @ ((z - m) / v) / fz.shape[0],
    },
    hints=(
        "Start from d/dm ∫ N(z; m, v) f(z) dz and move the derivative inside: it meets only the density.",
        "dN/dm = N · d log N/dm, and d log N(z; m, v)/dm = (z − m) / v.",
        "Multiply each f(z) with its own score (z − m) / v (mind the axes: (n, 1) times (n, dim)), then average over n.",
    ),
)

EXERCISES = (sample_gaussian, predict_noise, choose_estimator, score_function_gradient)
