"""Pixels of other images, and other arithmetic (lesson 03)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric

FORMATS = {"float16": 11, "bfloat16": 8}


def other_images(draw: random.Random) -> list[Numeric]:
    """What knowing nothing costs, and a mean over pixels, for images of another size."""
    side = draw.choice((16, 20, 32, 64))
    pixels = side**2
    truth = pixels * math.log(2)
    return [
        numeric(
            "03.uniform",
            f"A model gives every pixel of a black-and-white image of {side} × {side} pixels the probability ½. What does an image cost, in nats?",
            truth,
            f"{pixels} pixels, each log 2.",
            Slip(pixels, "This is in bits. One bit is log 2 nats.", 50),
            Slip(math.log(2), "This is one pixel. Independent costs add up."),
            Slip(pixels / 2, "The probabilities are added. What adds up is −log ½."),
            Slip(-truth, "This is log p(x). A cost is −log p(x)."),
            Slip(side * math.log(2), f"The image has {side} · {side} pixels."),
            Slip(pixels * math.log(256), "A pixel is black or white here: two values."),
        ),
        numeric(
            "03.beta",
            f"A VAE for images of {side} × {side} pixels is trained with kl + rec, but rec is averaged over the pixels. Training with which $\\beta$ "
            "in $\\beta \\cdot \\mathrm{kl} + \\mathrm{rec}$, rec summed, is the same?",
            pixels,
            f"kl + rec/{pixels}, multiplied by {pixels}, is {pixels} kl + rec; a constant factor does not move the minimum.",
            Slip(1 / pixels, "This is what rec is multiplied with. Multiply all of it, so that rec stands alone."),
            Slip(side, "This is one side. The mean runs over all pixels."),
            Slip(1, "β = 1 is the ELBO itself."),
        ),
    ]


def other_arithmetic(draw: random.Random) -> list[Numeric]:
    """The logit at which another number format gives up."""
    name, digits = draw.choice(sorted(FORMATS.items()))
    truth = digits * math.log(2)
    return [
        numeric(
            "03.edge-logit",
            f"The format {name} keeps {digits} binary digits, and $1 + 2^{{-{digits}}}$ is rounded to 1. From which logit $a$ on does "
            "$1 / (1 + e^{-a})$ come out as 1?",
            truth,
            f"e^(−a) = 2^(−{digits}), so a = {digits} log 2.",
            Slip(digits, "These are the binary digits. The logit enters by exp: multiply by log 2."),
            Slip(digits * math.log10(2), "These are decimal digits. The logit needs the natural logarithm."),
            Slip((digits - 1) * math.log(2), "One digit early: 1 plus this much is still more than 1."),
            Slip(24 * math.log(2), "This is float32, which keeps 24 digits."),
            Slip(-truth, "There p is tiny and well kept. What is lost is 1 − p, where p comes near 1."),
        )
    ]


def one_pixel(draw: random.Random) -> list[Numeric]:
    """The price of one pixel."""
    a = draw.choice((1.5, 2, 2.5, 3))
    truth = math.log1p(math.exp(a))
    return [
        numeric(
            "03.one-pixel",
            f"A decoder gives a pixel the logit {a:g}, and the pixel is paper (0). What does it cost, in nats?",
            truth,
            f"−log(1 − p) = log(1 + e^{a:g}).",
            Slip(truth - a, "This is the cost if the pixel is ink."),
            Slip(-truth, "This is the log-likelihood. A cost is its negative."),
            Slip(a, "This is right for large logits only: the cost is log(1 + e^a)."),
            Slip(truth / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
            Slip(1 / (1 + math.exp(-a)), "This is the probability of ink. Its cost is a logarithm."),
        )
    ]


def log_of_a_mean(draw: random.Random) -> list[Numeric]:
    """A log-mean-exp in which one entry is far ahead."""
    k, best = draw.choice((20, 50, 200, 1000)), draw.choice((-88, -95, -110))
    truth = best - math.log(k)
    return [
        numeric(
            "03.log-mean-exp",
            f"Of {k} log probabilities one is {best}, and all others are below {best - 60}. What is their log-mean-exp?",
            truth,
            f"Only the largest counts: log(e^({best})/{k}) = {best} − log {k}.",
            Slip(best, "This is the log of the sum. Subtract log k."),
            Slip(best + math.log(k), "log k is added. A mean divides by k, which subtracts log k."),
            Slip(best / k, "The logarithms are averaged as if the others were 0. The average is of the probabilities."),
        )
    ]


def overconfident(draw: random.Random) -> list[Numeric]:
    """What a pixel costs on average to somebody who is too sure."""
    p, right = draw.choice((0.98, 0.99, 0.995)), draw.choice((0.9, 0.92, 0.95))
    truth = -right * math.log(p) - (1 - right) * math.log(1 - p)
    own = -right * math.log(right) - (1 - right) * math.log(1 - right)
    return [
        numeric(
            "03.sure-and-wrong",
            f"A model says of each pixel which colour it will have, with probability {p:g}, and is right in {right:g} of the cases. What does a "
            "pixel cost it on average, in nats?",
            truth,
            f"−{right:g} log {p:g} − {1 - right:g} log {1 - p:g}. (Had it said {right:g}: {own:.4f}.)",
            Slip(own, f"This is what it would cost to say {right:g}. The model says {p:g}."),
            Slip(-math.log(p), "This is the cost where it is right. Where it is wrong it pays −log(1 − p)."),
            Slip(truth - own, "This is the KL, what is paid for being too sure. The entropy comes on top."),
            Slip(truth / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
            Slip(
                -p * math.log(right) - (1 - p) * math.log(1 - right),
                "The average runs over what happens, the logarithm is of what was said.",
            ),
        )
    ]


FAMILIES = (other_images, other_arithmetic, one_pixel, log_of_a_mean, overconfident)
