"""Exercise 6.1: how it goes wrong, and what a tutor says."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.worlds.decoders import PIXELS
from vae_course.checks.worlds.sampling import (
    right_sample_sigmoid,
    right_sample_x,
    right_sample_z,
    right_sigmoid_given,
    right_x_given,
    seeded,
)
from vae_course.given import sample_gaussian

LOGITS = "You return logits: they run from minus to plus infinity. The probability that a pixel is 1 is their sigmoid."
PROBABILITIES = (
    "You return probabilities, shades of grey. A sample is black or white: toss a coin with that probability for each "
    "pixel, as torch.bernoulli does."
)
ROUNDED = "You round the probabilities, so that 0.6 becomes 1. Asked are the probabilities themselves, as the sigmoid gives them."
SEED = "Every call uses the same noise: a seed is set inside, or noise is kept from an earlier call. Draw it anew each time."
NEW_Z = "You draw a new z inside. The method is given a z: decode that one."
SAMPLES = "You return samples, black or white. Asked are the probabilities behind them: leave out the coin toss."
TWICE = (
    "The sigmoid is applied twice, so every probability lies between 0.5 and 0.73: a grey fog. self.dec gives logits; "
    "take one sigmoid."
)
THRESHOLD = "You round instead of tossing: a pixel with probability 0.6 is then always 1. In a sample it is 1 in six draws of ten."
ONE_Z = "All your images come from one z, so they show the same digit. Draw a z for each image."
MEAN_Z = (
    "Every image is decoded from the same z, or from z that hardly differ. Draw z from the prior: self.sample_z(batch)."
)
UNIFORM = "Your z are uniform between 0 and 1, one corner of the latent space. Draw them from the prior: self.sample_z."


def _seed_inside(self: Any, batch: int) -> Tensor:
    generator = seeded()
    z = torch.randn(batch, self.z_dim, generator=generator)
    return torch.bernoulli(right_sigmoid_given(self, z), generator=generator)


SAMPLE_Z = (
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
        otherwise="You drew one number, and all images and all dimensions share it: give the noise the shape (batch, self.z_dim).",
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
        otherwise="You drew one number, because the prior's mean and variance have shape (1,): give the noise the shape (batch, self.z_dim).",
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
        SEED,
    ),
)

COMPUTE_SIGMOID_GIVEN = (
    Misconception("returns-logits", lambda self, z: self.dec(z), LOGITS),
    Misconception("samples-for-probabilities", right_x_given, SAMPLES),
    Misconception("sigmoid-twice", lambda self, z: torch.sigmoid(torch.sigmoid(self.dec(z))), TWICE),
    Misconception(
        "softmax",
        lambda self, z: torch.softmax(self.dec(z), -1),
        "softmax makes the pixels compete for a total of 1. Each pixel is a coin of its own: sigmoid.",
    ),
    Misconception(
        "exponential",
        lambda self, z: torch.exp(self.dec(z)),
        "exp(logit) is the odds p / (1 − p), which can exceed 1. The probability is the sigmoid.",
    ),
    Misconception(
        "sign",
        lambda self, z: torch.sigmoid(-self.dec(z)),
        "This is the probability of a 0: ink and paper are exchanged. Take the logits as they are.",
    ),
    Misconception("ignores-z", lambda self, z: right_sigmoid_given(self, right_sample_z(self, len(z))), NEW_Z),
    Misconception("threshold", lambda self, z: (self.dec(z) > 0).float(), ROUNDED),
)

SAMPLE_SIGMOID = (
    Misconception("samples-for-probabilities", right_sample_x, SAMPLES),
    Misconception("returns-logits", lambda self, batch: self.dec(self.sample_z(batch)), LOGITS),
    Misconception("one-z-for-the-batch", lambda self, batch: right_sample_sigmoid(self, 1).expand(batch, -1), ONE_Z),
    Misconception(
        "z-is-the-mean",
        lambda self, batch: right_sigmoid_given(self, self.z_prior[0].expand(batch, self.z_dim)),
        MEAN_Z,
    ),
    Misconception("uniform-z", lambda self, batch: right_sigmoid_given(self, torch.rand(batch, self.z_dim)), UNIFORM),
    Misconception("threshold", lambda self, batch: (self.dec(self.sample_z(batch)) > 0).float(), ROUNDED),
    Misconception(
        "seed-inside",
        lambda self, batch: right_sigmoid_given(self, torch.randn(batch, self.z_dim, generator=seeded())),
        SEED,
    ),
    Misconception(
        "sigmoid-twice", lambda self, batch: torch.sigmoid(self.compute_sigmoid_given(self.sample_z(batch))), TWICE
    ),
)

SAMPLE_X_GIVEN = (
    Misconception("probabilities-for-samples", right_sigmoid_given, PROBABILITIES),
    Misconception("returns-logits", lambda self, z: self.dec(z), LOGITS),
    Misconception("threshold", lambda self, z: (self.dec(z) > 0).float(), THRESHOLD),
    Misconception(
        "sigmoid-twice", lambda self, z: torch.bernoulli(torch.sigmoid(self.compute_sigmoid_given(z))), TWICE
    ),
    Misconception(
        "inverted",
        lambda self, z: (torch.rand(len(z), PIXELS) > self.compute_sigmoid_given(z)).float(),
        "A uniform number lies *below* p with probability p: you have < and > exchanged, so ink becomes paper.",
    ),
    Misconception(
        "normal-noise",
        lambda self, z: (torch.randn(len(z), PIXELS) < self.compute_sigmoid_given(z)).float(),
        "You compare with normal noise. P(u < p) = p holds for a uniform u: torch.rand, or torch.bernoulli.",
    ),
    Misconception(
        "one-toss-for-the-batch",
        lambda self, z: (torch.rand(PIXELS) < right_sigmoid_given(self, z)).float(),
        "All images share the same 784 random numbers. Each image needs its own.",
    ),
    Misconception(
        "one-toss-per-image",
        lambda self, z: (torch.rand(len(z), 1) < right_sigmoid_given(self, z)).float(),
        "All pixels of an image share one random number, so that they switch on together. Toss for each pixel.",
    ),
    Misconception("ignores-z", lambda self, z: right_x_given(self, right_sample_z(self, len(z))), NEW_Z),
    Misconception(
        "seed-inside", lambda self, z: torch.bernoulli(right_sigmoid_given(self, z), generator=seeded()), SEED
    ),
)

SAMPLE_X = (
    Misconception("probabilities-for-samples", right_sample_sigmoid, PROBABILITIES),
    Misconception("returns-logits", lambda self, batch: self.dec(self.sample_z(batch)), LOGITS),
    Misconception("threshold", lambda self, batch: (self.sample_sigmoid(batch) > 0.5).float(), THRESHOLD),
    Misconception(
        "one-z-for-the-batch", lambda self, batch: right_x_given(self, right_sample_z(self, 1).expand(batch, -1)), ONE_Z
    ),
    Misconception(
        "one-image-for-the-batch",
        lambda self, batch: right_sample_x(self, 1).expand(batch, -1),
        "All your images are one and the same. Draw a z, and toss the pixels, for each image.",
    ),
    Misconception(
        "z-is-the-mean", lambda self, batch: right_x_given(self, self.z_prior[0].expand(batch, self.z_dim)), MEAN_Z
    ),
    Misconception("uniform-z", lambda self, batch: right_x_given(self, torch.rand(batch, self.z_dim)), UNIFORM),
    Misconception(
        "sigmoid-twice", lambda self, batch: torch.bernoulli(torch.sigmoid(self.sample_sigmoid(batch))), TWICE
    ),
    Misconception("seed-inside", _seed_inside, SEED),
)
