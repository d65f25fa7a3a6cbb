"""Exercise 6.1: the five methods by which the model draws."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.core import Check, Exercise, Misconception
from vae_course.checks.lessons.generation.drawing.mistakes import (
    LOGITS,
    MEAN_Z,
    NEW_Z,
    ONE_Z,
    PROBABILITIES,
    ROUNDED,
    SAMPLES,
    SEED,
    THRESHOLD,
    TWICE,
    UNIFORM,
)
from vae_course.checks.worlds import decoders
from vae_course.checks.worlds.decoders import PIXELS, Z_DIM, probabilities
from vae_course.checks.worlds.sampling import (
    draw_batch,
    draw_latents,
    given_chances,
    given_independence,
    model_chances,
    one_decode_per_image,
    others,
    probability_z_from_prior,
    right_sample_sigmoid,
    right_sample_x,
    right_sample_z,
    right_sigmoid_given,
    right_x_given,
    sample_z_from_prior,
    samples_gate,
    seeded,
    sigmoid_gate,
    sigmoid_value,
    truth_shape,
    z_follows_its_prior,
    z_is_standard_normal,
    z_shape,
)
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
    fingerprint=decoders.z_fingerprint,
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

TITLE = "Let the model draw"

compute_sigmoid_given = Exercise(
    name="VAE.compute_sigmoid_given",
    lesson=LESSON,
    number="6.1",
    title=TITLE,
    points=1,
    minutes=3,
    difficulty=2,
    lines="1 line",
    arguments=draw_latents,
    truth=lambda model, z: probabilities(model, z),
    scaffold=others("VAE.compute_sigmoid_given"),
    checks=(Check("probabilities, one row per z", sigmoid_gate), Check("the value", sigmoid_value, points=1)),
    fingerprint=decoders.fingerprint_given_z,
    agreement=0.06,
    misconceptions=(
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
        Misconception(
            "ignores-z",
            lambda self, z: right_sigmoid_given(self, right_sample_z(self, len(z))),
            NEW_Z,
        ),
        Misconception("threshold", lambda self, z: (self.dec(z) > 0).float(), ROUNDED),
    ),
    correct={
        "torch.sigmoid": lambda self, z: torch.sigmoid(self.dec(z)),
        "method": lambda self, z: self.dec(z).sigmoid(),
        "formula": lambda self, z: 1 / (1 + torch.exp(-self.dec(z))),
        "Bernoulli.probs": lambda self, z: torch.distributions.Bernoulli(logits=self.dec(z)).probs,
        "tanh": lambda self, z: 0.5 + 0.5 * torch.tanh(self.dec(z) / 2),
        "no_grad": torch.no_grad()(lambda self, z: torch.sigmoid(self.dec(z))),
    },
    hints=(
        "self.dec(z) gives one logit per pixel: log(p / (1 − p)). You want p.",
        "Solve logit = log(p / (1 − p)) for p: p = 1 / (1 + e^(−logit)). This function is called the sigmoid, and torch has it.",
        "One line: the sigmoid of what the decoder returns for this z. Take it once; a second one would make fog.",
    ),
)

sample_sigmoid = Exercise(
    name="VAE.sample_sigmoid",
    lesson=LESSON,
    number="6.1",
    title=TITLE,
    points=1,
    minutes=3,
    difficulty=2,
    lines="1 line",
    arguments=draw_batch,
    truth=truth_shape,
    scaffold=others("VAE.sample_sigmoid"),
    checks=(
        Check("probabilities, one row per image", sigmoid_gate),
        Check("each image is decoded from one z", one_decode_per_image, points=0.5),
        Check("z is drawn from the prior", probability_z_from_prior, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_batch,
    agreement=0.06,
    misconceptions=(
        Misconception("samples-for-probabilities", right_sample_x, SAMPLES),
        Misconception("returns-logits", lambda self, batch: self.dec(self.sample_z(batch)), LOGITS),
        Misconception(
            "one-z-for-the-batch", lambda self, batch: right_sample_sigmoid(self, 1).expand(batch, -1), ONE_Z
        ),
        Misconception(
            "z-is-the-mean",
            lambda self, batch: right_sigmoid_given(self, self.z_prior[0].expand(batch, self.z_dim)),
            MEAN_Z,
        ),
        Misconception(
            "uniform-z", lambda self, batch: right_sigmoid_given(self, torch.rand(batch, self.z_dim)), UNIFORM
        ),
        Misconception("threshold", lambda self, batch: (self.dec(self.sample_z(batch)) > 0).float(), ROUNDED),
        Misconception(
            "seed-inside",
            lambda self, batch: right_sigmoid_given(self, torch.randn(batch, self.z_dim, generator=seeded())),
            SEED,
        ),
        Misconception(
            "sigmoid-twice", lambda self, batch: torch.sigmoid(self.compute_sigmoid_given(self.sample_z(batch))), TWICE
        ),
    ),
    correct={
        "by the methods": lambda self, batch: self.compute_sigmoid_given(self.sample_z(batch)),
        "by hand": lambda self, batch: torch.sigmoid(self.dec(torch.randn(batch, self.z_dim))),
    },
    hints=(
        "Two steps, and you have written both: draw a z, then turn it into probabilities.",
        "Which of your methods takes a batch size and returns z? Which takes z and returns probabilities?",
        "Call the two one inside the other: what sample_z returns is what compute_sigmoid_given is given.",
    ),
)


def _shared_between_images(self: object, z: Tensor) -> Tensor:
    p = right_sigmoid_given(self, z)
    return (torch.rand(PIXELS) < p).float()


def _shared_between_pixels(self: object, z: Tensor) -> Tensor:
    p = right_sigmoid_given(self, z)
    return (torch.rand(len(p), 1) < p).float()


sample_x_given = Exercise(
    name="VAE.sample_x_given",
    lesson=LESSON,
    number="6.1",
    title=TITLE,
    points=1,
    minutes=4,
    difficulty=2,
    lines="1 line",
    arguments=draw_latents,
    truth=truth_shape,
    scaffold=others("VAE.sample_x_given"),
    checks=(
        Check("black and white, one row per z", samples_gate),
        Check("each pixel tossed on its own", given_independence, points=0.5),
        Check("each pixel with its own chance", given_chances, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_z,
    agreement=0.025,
    misconceptions=(
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
            _shared_between_images,
            "All images share the same 784 random numbers. Each image needs its own.",
        ),
        Misconception(
            "one-toss-per-image",
            _shared_between_pixels,
            "All pixels of an image share one random number, so that they switch on together. Toss for each pixel.",
        ),
        Misconception("ignores-z", lambda self, z: right_x_given(self, right_sample_z(self, len(z))), NEW_Z),
        Misconception(
            "seed-inside", lambda self, z: torch.bernoulli(right_sigmoid_given(self, z), generator=seeded()), SEED
        ),
    ),
    correct={
        "bernoulli": lambda self, z: torch.bernoulli(self.compute_sigmoid_given(z)),
        "distributions": lambda self, z: torch.distributions.Bernoulli(logits=self.dec(z)).sample(),
        "rand": lambda self, z: (torch.rand(len(z), PIXELS) < torch.sigmoid(self.dec(z))).float(),
        "p.bernoulli": lambda self, z: torch.sigmoid(self.dec(z)).bernoulli(),
        "le": lambda self, z: torch.rand(z.shape[0], PIXELS).le(self.compute_sigmoid_given(z)).to(z.dtype),
    },
    hints=(
        "compute_sigmoid_given tells each pixel's probability of being 1. How do you toss a coin that is 1 with "
        "probability p?",
        "A uniform number u between 0 and 1 is below p with probability p. torch also has a function that does it all.",
        "Two steps, and torch.bernoulli is the second. It wants probabilities: which of your methods gives those of this z?",
    ),
)


def _shared_z(self: object, batch: int) -> Tensor:
    return right_x_given(self, right_sample_z(self, 1).expand(batch, -1))


def _seed_inside(self: Any, batch: int) -> Tensor:
    generator = seeded()
    z = torch.randn(batch, self.z_dim, generator=generator)
    return torch.bernoulli(right_sigmoid_given(self, z), generator=generator)


sample_x = Exercise(
    name="VAE.sample_x",
    lesson=LESSON,
    number="6.1",
    title=TITLE,
    points=1,
    minutes=4,
    difficulty=2,
    lines="1 line",
    arguments=draw_batch,
    truth=truth_shape,
    scaffold=others("VAE.sample_x"),
    checks=(
        Check("black and white, one row per image", samples_gate),
        Check("each pixel is tossed, with its own chance", model_chances, points=0.5),
        Check("z is drawn from the prior", sample_z_from_prior, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_batch,
    agreement=0.025,
    misconceptions=(
        Misconception("probabilities-for-samples", right_sample_sigmoid, PROBABILITIES),
        Misconception("returns-logits", lambda self, batch: self.dec(self.sample_z(batch)), LOGITS),
        Misconception("threshold", lambda self, batch: (self.sample_sigmoid(batch) > 0.5).float(), THRESHOLD),
        Misconception("one-z-for-the-batch", _shared_z, ONE_Z),
        Misconception(
            "one-image-for-the-batch",
            lambda self, batch: right_sample_x(self, 1).expand(batch, -1),
            "All your images are one and the same. Draw a z, and toss the pixels, for each image.",
        ),
        Misconception(
            "z-is-the-mean",
            lambda self, batch: right_x_given(self, self.z_prior[0].expand(batch, self.z_dim)),
            MEAN_Z,
        ),
        Misconception("uniform-z", lambda self, batch: right_x_given(self, torch.rand(batch, self.z_dim)), UNIFORM),
        Misconception(
            "sigmoid-twice", lambda self, batch: torch.bernoulli(torch.sigmoid(self.sample_sigmoid(batch))), TWICE
        ),
        Misconception("seed-inside", _seed_inside, SEED),
    ),
    correct={
        "by the methods": lambda self, batch: self.sample_x_given(self.sample_z(batch)),
        "from probabilities": lambda self, batch: torch.bernoulli(self.sample_sigmoid(batch)),
        "by hand": lambda self, batch: torch.bernoulli(torch.sigmoid(self.dec(torch.randn(batch, self.z_dim)))),
    },
    hints=(
        "The model tells a story in two steps: first z, from the prior; then x, given z.",
        "You have a method for each step. Which one returns z for a batch, which one returns samples for a z?",
        "Call the two one inside the other: what sample_z returns is what sample_x_given is given.",
    ),
)
