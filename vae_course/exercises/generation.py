"""Exercises of lesson 06: drawing from the trained model, and walking through its latent space."""

from functools import partial

import torch
from torch import Generator, Tensor
from torch.distributions import Normal

from vae_course.exercises import samplers
from vae_course.exercises.binary_images import sample_x, sample_x_given
from vae_course.exercises.checks import equals_truth, shape_matches
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception
from vae_course.exercises.probability_images import compute_sigmoid_given, sample_sigmoid
from vae_course.exercises.samplers import Z_DIM
from vae_course.exercises.sampling_checks import (
    draw_batch,
    others,
    right_sample_z,
    z_follows_its_prior,
    z_is_standard_normal,
    z_shape,
)

LESSON = "06_generation"

_fixed = partial(torch.Generator().manual_seed, 0)

sample_z = Exercise(
    name="VAE.sample_z",
    lesson=LESSON,
    number="6.1",
    title="Let the model draw",
    points=1,
    minutes=4,
    difficulty=2,
    lines="2 lines",
    arguments=draw_batch,
    scaffold=others("VAE.sample_z"),
    truth=lambda model, batch: torch.zeros(batch, Z_DIM),  # only its shape: the value is random
    checks=(
        Check("one z per image", z_shape),
        Check("z is drawn from N(0, I)", z_is_standard_normal, points=0.75),
        Check("self.z_prior is used", z_follows_its_prior, points=0.25),
    ),
    fingerprint=samplers.z_fingerprint,
    agreement=0.06,
    misconceptions=(
        Misconception(
            "variance-as-standard-deviation",
            lambda self, batch: self.z_prior[0] + self.z_prior[1] * torch.randn(batch, self.z_dim),
            "z_prior holds mean and variance: multiply the noise by the square root of the variance. With the standard "
            "prior nobody notices, because the root of 1 is 1.",
        ),
        Misconception(
            "prior-ignored",
            lambda self, batch: torch.randn(batch, self.z_dim),
            "Right for the standard prior, which you wrote in by hand. Read mean and variance from self.z_prior, and the "
            "method stays right when the prior changes.",
        ),
        Misconception(
            "uniform-noise",
            lambda self, batch: self.z_prior[0] + self.z_prior[1].sqrt() * torch.rand(batch, self.z_dim),
            "Your z are uniform: torch.rand lies between 0 and 1. Standard normal noise is torch.randn.",
        ),
        Misconception(
            "one-z-for-the-batch",
            lambda self, batch: right_sample_z(self, 1).expand(batch, -1),
            "All rows are the same z, so all images will be the same digit. Draw a z for each image.",
        ),
        Misconception(
            "one-number-per-image",
            lambda self, batch: right_sample_z(self, batch)[:, :1].expand(-1, self.z_dim),
            "All dimensions of a z are the same number, so you stay on a diagonal. Each dimension needs noise of its own.",
        ),
        Misconception(
            "returns-the-mean",
            lambda self, batch: self.z_prior[0].expand(batch, self.z_dim) * 1.0,
            "You return the prior's mean, without noise: every image will be the same average digit.",
        ),
        Misconception(
            "prior-not-expanded",
            lambda self, batch: Normal(self.z_prior[0], self.z_prior[1].sqrt()).sample(),
            "You drew one number, because the prior's mean and variance have shape (1,). Expand both to (batch, z_dim) "
            "before you draw.",
        ),
        Misconception(
            "axes-swapped",
            lambda self, batch: right_sample_z(self, batch).T,
            "Your result is (z_dim, batch). Rows are images: (batch, z_dim).",
        ),
        Misconception(
            "seed-inside",
            lambda self, batch: (
                self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch, self.z_dim, generator=_fixed())
            ),
            "A seed inside makes every call draw the same z. Leave the seed to whoever calls you.",
        ),
    ),
    correct={
        "expand and randn": lambda self, batch: (
            self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch, self.z_dim)
        ),
        "torch.normal": lambda self, batch: torch.normal(
            self.z_prior[0].expand(batch, self.z_dim), self.z_prior[1].sqrt().expand(batch, self.z_dim)
        ),
        "buffers": lambda self, batch: self.z_prior_m + self.z_prior_v**0.5 * torch.randn(batch, self.z_dim),
        "one column at a time": lambda self, batch: torch.stack(
            [self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch) for _ in range(self.z_dim)], 1
        ),
    },
    hints=(
        "The prior says what a z looks like before any image is seen. self.z_prior gives its mean and its variance.",
        "Both have shape (1,). You need (batch, self.z_dim) numbers: expand them, or broadcast against noise of that shape.",
        "m, v = self.z_prior; expand each to (batch, self.z_dim); hand both to sample_gaussian of lesson 01.",
    ),
)


def draw_walk(generator: Generator) -> Arguments:
    """z0 and z1, (z_dim,) each, and a number of stations."""
    z_dim = int(torch.randint(2, 6, (), generator=generator))
    n = int(torch.randint(2, 9, (), generator=generator))
    return 2 * torch.randn(z_dim, generator=generator), 2 * torch.randn(z_dim, generator=generator), n


def _line(z0: Tensor, z1: Tensor, t: Tensor) -> Tensor:
    return (1 - t)[:, None] * z0 + t[:, None] * z1


def _sphere(z0: Tensor, z1: Tensor, n: int) -> Tensor:
    t = torch.linspace(0, 1, n)[:, None]
    angle = torch.acos((z0 @ z1 / (z0.norm() * z1.norm())).clamp(-1, 1))
    return (torch.sin((1 - t) * angle) * z0 + torch.sin(t * angle) * z1) / torch.sin(angle)


interpolate = Exercise(
    name="interpolate",
    lesson=LESSON,
    number="6.2",
    title="Mend the walk from one digit to another",
    points=1,
    minutes=8,
    difficulty=2,
    lines="2 lines",
    arguments=draw_walk,
    truth=lambda z0, z1, n: torch.stack([z0 + (z1 - z0) * (i / (n - 1)) for i in range(n)]),
    checks=(
        Check("n stations, one a row", shape_matches),
        Check("on the straight line, both ends included", equals_truth, points=1),
    ),
    misconceptions=(
        Misconception(
            "never-arrives",
            lambda z0, z1, n: _line(z0, z1, torch.arange(n) / n),
            "Your last station lies one step short of z1: n stations have n − 1 steps between them, so divide by n − 1.",
        ),
        Misconception(
            "never-starts",
            lambda z0, z1, n: _line(z0, z1, (torch.arange(n) + 1) / n),
            "Your first station has already left z0. The walk includes both ends: t runs from 0 to 1.",
        ),
        Misconception(
            "skips-both-ends",
            lambda z0, z1, n: _line(z0, z1, (torch.arange(n) + 1) / (n + 1)),
            "Your stations lie between z0 and z1 without them. The walk includes both ends.",
        ),
        Misconception(
            "backwards",
            lambda z0, z1, n: _line(z1, z0, torch.linspace(0, 1, n)),
            "You walk from z1 to z0: at t = 0 the weight 1 − t belongs to z0.",
        ),
        Misconception(
            "adds-instead-of-mixing",
            lambda z0, z1, n: z0 + torch.linspace(0, 1, n)[:, None] * z1,
            "You arrive at z0 + z1. The step from z0 to z1 is the difference z1 − z0.",
        ),
        Misconception(
            "spherical",
            _sphere,
            "This is the spherical walk, which turns about the origin. The exercise asks for the straight one; "
            "the lesson compares the two below.",
        ),
        Misconception(
            "axes-swapped",
            lambda z0, z1, n: _line(z0, z1, torch.linspace(0, 1, n)).T,
            "Your stations are columns. The decoder takes one z a row: (n, z_dim).",
        ),
        Misconception(
            "one-step-too-many",
            lambda z0, z1, n: _line(z0, z1, torch.arange(n + 1) / n),
            "You return n + 1 stations. For n of them, with both ends, there are n − 1 steps.",
        ),
    ),
    correct={
        "linspace": lambda z0, z1, n: _line(z0, z1, torch.linspace(0, 1, n)),
        "lerp": lambda z0, z1, n: torch.lerp(z0, z1, torch.linspace(0, 1, n).unsqueeze(1)),
        "arange": lambda z0, z1, n: z0 + torch.arange(n).unsqueeze(1) / (n - 1) * (z1 - z0),
        "stack": lambda z0, z1, n: torch.stack([z0 * (1 - t) + z1 * t for t in torch.linspace(0, 1, n)]),
        "outer": lambda z0, z1, n: z0 + torch.outer(torch.linspace(0, 1, n), z1 - z0),
    },
    hints=(
        "Print the given code's first and last row and compare them with z0 and z1. Which end is missing?",
        "A fence of n posts has n − 1 gaps. How large is a step of t, if t starts at 0 and must end at 1?",
        "Let t be torch.linspace(0, 1, n), turn it into a column (n, 1), and mix: weight 1 − t for z0 and t for z1.",
    ),
)

EXERCISES = (sample_z, compute_sigmoid_given, sample_sigmoid, sample_x_given, sample_x, interpolate)
