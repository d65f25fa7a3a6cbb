"""Diffusion where all is Gaussian, and what its bound is worth (lesson 10)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def one_step(draw: random.Random) -> list[Numeric]:
    """The variance of a noised Gaussian, the error of the best prediction of its noise, and what the step costs."""
    data, share, before = draw.choice(((7, 0.3, 0.6), (0.4, 0.3, 0.7), (10, 0.15, 0.4), (6, 0.4, 0.8)))
    spread = share * data + 1 - share
    error = share * data / spread
    weight = 0.5 * (before / (1 - before) / (share / (1 - share)) - 1)
    where = (
        f"Data along one axis are Gaussian with mean 0 and the variance {data}. At some step of a diffusion $\\bar\\alpha_t = {share}$, and "
        f"$\\bar\\alpha_{{t-1}} = {before}$."
    )
    return [
        numeric(
            "10.noised-variance",
            f"{where} Which variance has $x_t$ over all data?",
            spread,
            f"Two independent parts: {share} · {data} of the data, and {1 - share:g} of the noise.",
            Slip(share * data, "The noise is missing."),
            Slip(data + 1 - share, "The data fade: only the share ᾱ of their variance is left."),
            Slip((1 - share) * data + share, "ᾱ is the share of the data, not that of the noise."),
            Slip(math.sqrt(spread), "This is the standard deviation."),
        ),
        numeric(
            "10.noise-error",
            f"{where} Which mean square error has the best prediction of the noise in $x_t$?",
            error,
            f"It is the data's part of the variance of x_t: {share * data:g} / {spread:g}.",
            Slip(1 - error, "This is the part of the noise that x_t explains."),
            Slip(1, "This is the error of predicting 0."),
            Slip(data * (1 - share) / spread, "This is the error of the best guess of the data."),
            Slip(math.sqrt(error), "This is the root of the mean square."),
        ),
        numeric(
            "10.step-nats",
            f"{where} The noise is predicted as well as possible. How many nats does the step cost?",
            weight * error,
            f"The weight ½ (SNR before / SNR − 1) = {weight:.4g}, times the error {error:.4g}.",
            Slip(weight, "This is the weight alone."),
            Slip(2 * weight * error, "The ½ is missing."),
            Slip((weight + 0.5) * error, "The −1 in the weight is missing."),
            Slip(weight * error / math.log(2), "This is in bits.", 50),
        ),
    ]


def bits_of_pixels(draw: random.Random) -> list[Numeric]:
    """Nats of an image as bits of a pixel, and back."""
    side, nats = draw.choice(((14, 44.5), (28, 96.2), (20, 61.3), (16, 39.8)))
    pixels = side * side
    return [
        numeric(
            "10.bits-per-pixel",
            f"The bound of a model is {nats} nats for each image of {side} × {side} black or white pixels. How many bits per pixel is that?",
            nats / pixels / math.log(2),
            f"{nats} / ({pixels} · ln 2).",
            Slip(nats / pixels, "This is in nats per pixel. A bit is ln 2 nats."),
            Slip(nats / pixels * math.log(2), "Divide by ln 2: a nat is more than a bit."),
            Slip(nats / side / math.log(2), f"An image has {side} rows: {pixels} pixels."),
            Slip(nats / math.log(2), "This is bits per image."),
        )
    ]


def more_steps(draw: random.Random) -> list[Numeric]:
    """How many steps a smaller gap takes, where it falls like 1/T."""
    steps, gap, wanted = draw.choice(((200, 0.6, 0.04), (250, 0.24, 0.03), (400, 0.5, 0.02), (150, 0.9, 0.06)))
    return [
        numeric(
            "10.steps-for-a-gap",
            f"With {steps} steps the bound of a diffusion model with perfect predictions lies {gap} nats above the entropy of the data; the ends of the schedule "
            f"cost nothing to speak of. About how many steps bring it down to {wanted} nats?",
            steps * gap / wanted,
            f"The gap falls like 1/T: {steps} · {gap} / {wanted}.",
            Slip(
                steps * math.sqrt(gap / wanted),
                "Each step errs by the square of its length, but there are more of them: 1/T, not 1/T².",
            ),
            Slip(
                steps * (gap / wanted) ** 2,
                "The noise of an average falls like 1/√n. This gap is no noise: it falls like 1/T.",
            ),
            Slip(steps * wanted / gap, "Upside down."),
        )
    ]


FAMILIES = (one_step, bits_of_pixels, more_steps)
