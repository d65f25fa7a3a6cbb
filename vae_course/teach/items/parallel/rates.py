"""Rate, distortion and information (lesson 08)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def water(draw: random.Random) -> list[Numeric]:
    """The rate of Gaussian data with two axes, and the weight from which on one of them is given up."""
    first, second = draw.choice(((26, 5), (22, 7), (10, 4)))
    noise, beta = draw.choice((0.5, 2)), draw.choice((1, 1.5))
    level = beta * noise
    rate = 0.5 * math.log(first / level) + 0.5 * math.log(second / level)
    where = (
        f"Data are Gaussian, with the variances {first} and {second} along two axes. A linear VAE with the decoder's noise $\\sigma^2 = {noise}$ is "
        "trained to the optimum of $D + \\beta R$."
    )
    return [
        numeric(
            "08.water-rate",
            f"{where} What is its rate for $\\beta = {beta}$, in nats?",
            rate,
            f"Each axis pays ½ log(λ / (β σ²)): the level is {level:g}, and both stand out of it.",
            Slip(2 * rate, "The ½ is missing."),
            Slip(
                0.5 * math.log(first / level), "This is the first axis alone. The second stands out of the level, too."
            ),
            Slip(
                0.5 * math.log(first / noise) + 0.5 * math.log(second / noise),
                "The level is β σ²: the weight is missing.",
            ),
            Slip(
                0.5 * math.log(1 + first / level) + 0.5 * math.log(1 + second / level),
                "λ is the data's own variance: no 1 is added.",
            ),
            Slip(rate / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        ),
        numeric(
            "08.water-off",
            f"{where} From which $\\beta$ on does its rate stay 0?",
            first / noise,
            f"The last axis is given up where the level β σ² reaches its variance: β = {first} / {noise}.",
            Slip(second / noise, "There the second axis is given up. The first still pays."),
            Slip(first, "The level is β σ², not β."),
            Slip(first * noise, "Divide by σ²: a noisier decoder gives up sooner."),
            Slip(noise / first, "Upside down."),
        ),
    ]


def no_bound(draw: random.Random) -> list[Numeric]:
    """The NELBO behind a loss with a weight."""
    beta, rate, distortion = draw.choice(((0.4, 28.5, 76.2), (0.2, 36.4, 71.9), (2.5, 11.8, 103.4), (4, 7.6, 118.3)))
    loss = distortion + beta * rate
    return [
        numeric(
            "08.nelbo-behind",
            f"A VAE was trained with the loss $D + \\beta R$ and $\\beta = {beta}$. It reports a loss of {loss:.2f} nats and a KL of {rate} nats. "
            "What is its NELBO, in nats?",
            distortion + rate,
            f"D = {loss:.2f} − {beta} · {rate} = {distortion}; the NELBO is D + R.",
            Slip(loss, "This is the loss. The NELBO counts the KL once."),
            Slip(loss + rate, "The loss has a share of the KL already: take it out first."),
            Slip(distortion, "This is the distortion alone."),
            Slip(loss - rate, "Take β · KL off, and add the KL."),
        )
    ]


def certified(draw: random.Random) -> list[Numeric]:
    """What a batch can show, and how many images would be needed."""
    images, more = draw.choice(((64, 3), (256, 9), (512, 11), (2_000, 8)))
    return [
        numeric(
            "08.certified",
            f"The sampled lower bound of the information between image and latents is computed from batches of {images:,} images. What can it show at "
            "most, in nats?",
            math.log(images),
            f"log {images:,}: the average over the batch is at least the own image's share.",
            Slip(math.log2(images), "This is in bits.", 50),
            Slip(math.log10(images), "This is made with log10."),
            Slip(images, "The log of the number is asked."),
        ),
        numeric(
            "08.images-needed",
            f"How many images must a batch have at least, so that the sampled lower bound *can* show {more} nats?",
            math.ceil(math.exp(more)),
            f"log K ≥ {more}: K ≥ e^{more}, the next whole number.",
            Slip(2**more, "That would be bits: nats need e."),
            Slip(10**more, "Nats belong to e, not to 10."),
            Slip(more, "The bound is at most log K, not K."),
        ),
    ]


FAMILIES = (water, no_bound, certified)
