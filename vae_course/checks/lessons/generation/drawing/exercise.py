"""Exercise 6.1: the five methods by which the model draws."""

from typing import Any

from vae_course.checks.engine.exercise import Check, Method
from vae_course.checks.lessons.generation.drawing import mistakes
from vae_course.checks.worlds import decoders
from vae_course.checks.worlds.sampling import (
    draw_batch,
    draw_latents,
    given_chances,
    given_independence,
    model_chances,
    one_decode_per_image,
    others,
    probability_z_from_prior,
    sample_z_from_prior,
    samples_gate,
    sigmoid_gate,
    sigmoid_value,
    z_follows_its_prior,
    z_is_standard_normal,
    z_shape,
)


def _drawing(name: str, **its_own: Any) -> Method:
    """One of the five."""
    return Method(
        name=f"VAE.{name}",
        lesson="06_generation",
        number="6.1",
        title="Let the model draw",
        difficulty=2,
        scaffold=others(f"VAE.{name}"),
        **its_own,
    )


sample_z = _drawing(
    "sample_z",
    minutes=4,
    lines="2 lines",
    arguments=draw_batch,
    parameters=("self", "batch"),
    checks=(
        Check("one z per image", z_shape),
        Check("z is drawn from N(0, I)", z_is_standard_normal, points=0.75),
        Check("the right spread and centre under another prior", z_follows_its_prior, points=0.25),
    ),
    fingerprint=decoders.z_fingerprint,
    agreement=0.06,
    misconceptions=mistakes.SAMPLE_Z,
    hints=(
        "The prior says what a z looks like before any image is seen. self.z_prior gives its mean and its variance.",
        "Both have shape (1,). You need (batch, self.z_dim) numbers: expand them, or broadcast against noise of that shape.",
        "m, v = self.z_prior; expand each to (batch, self.z_dim); hand both to sample_gaussian of lesson 01.",
    ),
)

compute_sigmoid_given = _drawing(
    "compute_sigmoid_given",
    minutes=3,
    lines="1 line",
    arguments=draw_latents,
    parameters=("self", "z"),
    checks=(Check("probabilities, one row per z", sigmoid_gate), Check("the value", sigmoid_value, points=1)),
    fingerprint=decoders.fingerprint_given_z,
    agreement=0.06,
    misconceptions=mistakes.COMPUTE_SIGMOID_GIVEN,
    hints=(
        "self.dec(z) gives one logit per pixel: log(p / (1 − p)). You want p.",
        "Solve logit = log(p / (1 − p)) for p: p = 1 / (1 + e^(−logit)). This function is called the sigmoid, and torch has it.",
        "One line: the sigmoid of what the decoder returns for this z. Take it once; a second one would make fog.",
    ),
)

sample_sigmoid = _drawing(
    "sample_sigmoid",
    minutes=3,
    lines="1 line",
    arguments=draw_batch,
    parameters=("self", "batch"),
    checks=(
        Check("probabilities, one row per image", sigmoid_gate),
        Check("each image is decoded from one z", one_decode_per_image, points=0.5),
        Check("z is drawn from the prior", probability_z_from_prior, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_batch,
    agreement=0.06,
    misconceptions=mistakes.SAMPLE_SIGMOID,
    hints=(
        "Two steps, and you have written both: draw a z, then turn it into probabilities.",
        "Which of your methods takes a batch size and returns z? Which takes z and returns probabilities?",
        "Call the two one inside the other: what sample_z returns is what compute_sigmoid_given is given.",
    ),
)

sample_x_given = _drawing(
    "sample_x_given",
    minutes=4,
    lines="1 line",
    arguments=draw_latents,
    parameters=("self", "z"),
    checks=(
        Check("black and white, one row per z", samples_gate),
        Check("each pixel tossed on its own", given_independence, points=0.5),
        Check("each pixel with its own chance", given_chances, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_z,
    agreement=0.025,
    misconceptions=mistakes.SAMPLE_X_GIVEN,
    hints=(
        "compute_sigmoid_given tells each pixel's probability of being 1. How do you toss a coin that is 1 with "
        "probability p?",
        "A uniform number u between 0 and 1 is below p with probability p. torch also has a function that does it all.",
        "Two steps, and torch.bernoulli is the second. It wants probabilities: which of your methods gives those of this z?",
    ),
)

sample_x = _drawing(
    "sample_x",
    minutes=4,
    lines="1 line",
    arguments=draw_batch,
    parameters=("self", "batch"),
    checks=(
        Check("black and white, one row per image", samples_gate),
        Check("each pixel is tossed, with its own chance", model_chances, points=0.5),
        Check("z is drawn from the prior", sample_z_from_prior, points=0.5),
    ),
    fingerprint=decoders.fingerprint_given_batch,
    agreement=0.025,
    misconceptions=mistakes.SAMPLE_X,
    hints=(
        "The model tells a story in two steps: first z, from the prior; then x, given z.",
        "You have a method for each step. Which one returns z for a batch, which one returns samples for a z?",
        "Call the two one inside the other: what sample_z returns is what sample_x_given is given.",
    ),
)
