"""Exercise 6.1, its first method: z from the prior."""

import torch
from torch.distributions import Normal

from vae_course.checks.engine.core import Check, Exercise, Misconception
from vae_course.checks.lessons.generation import designed
from vae_course.checks.lessons.generation.checks import (
    draw_batch,
    others,
    right_sample_z,
    seeded,
    z_follows_its_prior,
    z_is_standard_normal,
    z_shape,
)
from vae_course.checks.lessons.generation.designed import Z_DIM
from vae_course.given import sample_gaussian

LESSON = "06_generation"

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
        Check("the right spread and centre under another prior", z_follows_its_prior, points=0.25),
    ),
    fingerprint=designed.z_fingerprint,
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
            "noise-not-scaled",
            lambda self, batch: self.z_prior[0] + torch.randn(batch, self.z_dim),
            "The mean is right, and the variance is left out: multiply the noise by the square root of the prior's variance.",
        ),
        Misconception(
            "mean-left-out",
            lambda self, batch: self.z_prior[1].sqrt() * torch.randn(batch, self.z_dim),
            "The spread is right, and the mean is left out: add the prior's mean.",
        ),
        Misconception(
            "uniform-noise",
            lambda self, batch: self.z_prior[0] + self.z_prior[1].sqrt() * torch.rand(batch, self.z_dim),
            "Your z are uniform: torch.rand lies between 0 and 1. Standard normal noise is torch.randn.",
        ),
        Misconception(
            "uniform-noise-alone",
            lambda self, batch: torch.rand(batch, self.z_dim),
            "Your z are uniform between 0 and 1, whatever the prior says. Standard normal noise is torch.randn, and the prior's mean "
            "and variance stand in self.z_prior.",
        ),
        Misconception(
            "one-z-for-the-batch",
            lambda self, batch: right_sample_z(self, 1).expand(batch, -1),
            "All rows are the same z, so all images will be the same digit. Draw a z for each image.",
        ),
        Misconception(
            "drawn-before-expanding",
            lambda self, batch: sample_gaussian(*self.z_prior).expand(batch, self.z_dim),
            "You drew one number and expanded it, so all images and all dimensions share it. Expand mean and variance to "
            "(batch, self.z_dim), and draw then.",
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
                self.z_prior[0] + self.z_prior[1].sqrt() * torch.randn(batch, self.z_dim, generator=seeded())
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
