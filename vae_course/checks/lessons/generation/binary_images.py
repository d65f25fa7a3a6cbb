"""The methods of exercise 6.1 that return samples, black and white."""

from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.core import Check, Exercise, Misconception
from vae_course.checks.lessons.generation import designed
from vae_course.checks.lessons.generation.checks import (
    draw_batch,
    draw_latents,
    given_chances,
    given_independence,
    model_chances,
    others,
    right_sample_sigmoid,
    right_sample_x,
    right_sample_z,
    right_sigmoid_given,
    right_x_given,
    sample_z_from_prior,
    samples_gate,
    seeded,
    truth_shape,
)
from vae_course.checks.lessons.generation.designed import PIXELS
from vae_course.checks.lessons.generation.sentences import (
    LOGITS,
    MEAN_Z,
    NEW_Z,
    ONE_Z,
    PROBABILITIES,
    SEED,
    THRESHOLD,
    TWICE,
    UNIFORM,
)

LESSON = "06_generation"
TITLE = "Let the model draw"


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
    fingerprint=designed.fingerprint_given_z,
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
    fingerprint=designed.fingerprint_given_batch,
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
