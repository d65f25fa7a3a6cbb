"""The methods of exercise 6.1 that return probabilities."""

import torch

from vae_course.checks.engine.core import Check, Exercise, Misconception
from vae_course.checks.lessons.generation import designed
from vae_course.checks.lessons.generation.checks import (
    draw_batch,
    draw_latents,
    one_decode_per_image,
    others,
    probability_z_from_prior,
    right_sample_sigmoid,
    right_sample_x,
    right_sample_z,
    right_sigmoid_given,
    right_x_given,
    seeded,
    sigmoid_gate,
    sigmoid_value,
    truth_shape,
)
from vae_course.checks.lessons.generation.designed import probabilities
from vae_course.checks.lessons.generation.sentences import (
    LOGITS,
    MEAN_Z,
    NEW_Z,
    ONE_Z,
    ROUNDED,
    SAMPLES,
    SEED,
    TWICE,
    UNIFORM,
)

LESSON = "06_generation"
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
    fingerprint=designed.fingerprint_given_z,
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
    fingerprint=designed.fingerprint_given_batch,
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
