"""Errors, sizes and passes of a report (lesson 07)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def combined_error(draw: random.Random) -> list[Numeric]:
    """The standard error of a NELBO of many images less a gap of few."""
    spread, many, gap, few = draw.choice(((30, 10_000, 1.6, 40), (28, 4_900, 2.1, 90), (32, 6_400, 1.2, 25)))
    truth = math.sqrt(spread**2 / many + gap**2 / few)
    return [
        numeric(
            "07.combined-error",
            f"The NELBO varies by {spread} nats from image to image (one standard deviation) and is averaged over {many:,} images; the gap to "
            f"$-\\mathrm{{IWAE}}_{{5000}}$ varies by {gap} and is averaged over {few}. What is the standard error of the difference of the two means, if "
            "they are treated as independent?",
            truth,
            f"√({spread}²/{many} + {gap}²/{few}).",
            Slip(spread / math.sqrt(many) + gap / math.sqrt(few), "Variances add up, standard errors do not."),
            Slip(spread / math.sqrt(many), "The gap's part is missing."),
            Slip(gap / math.sqrt(few), "The NELBO's part is missing."),
            Slip(truth**2, "This is the variance."),
            Slip(2 * truth, "These are two standard errors."),
            Slip(spread / math.sqrt(few), "This is what the few images alone would give, without the cheap NELBO."),
        )
    ]


def layers(draw: random.Random) -> list[Numeric]:
    """The parameters of an encoder."""
    hidden, z_dim = draw.choice((128, 256, 400)), draw.choice((16, 32))
    truth = 784 * hidden + hidden + hidden * 2 * z_dim + 2 * z_dim
    return [
        numeric(
            "07.parameters",
            f"An encoder for 784 pixels has one hidden layer of {hidden} units and then a linear layer that gives means and variances of {z_dim} latents. "
            "How many parameters has it?",
            truth,
            f"784 · {hidden} + {hidden} + {hidden} · {2 * z_dim} + {2 * z_dim}.",
            Slip(
                784 * hidden + hidden + hidden * z_dim + z_dim,
                f"The last layer has {2 * z_dim} outputs: means and variances.",
            ),
            Slip(784 * hidden, "This is the first layer's matrix alone."),
            Slip(hidden * 2 * z_dim + 2 * z_dim, "This is the last layer alone."),
            Slip(2 * truth, "This would be encoder and decoder."),
        )
    ]


def memory(draw: random.Random) -> list[Numeric]:
    """The size of one tensor of a bound."""
    batch, k = draw.choice(((50, 2_000), (200, 1_000), (64, 500)))
    truth = batch * k * 784 * 4 / 1e6
    return [
        numeric(
            "07.memory",
            f"The logits of {batch} images with {k:,} draws each are kept as float32, 784 for each draw. How many megabytes (10⁶ bytes) is this "
            "tensor?",
            truth,
            f"{batch} · {k:,} · 784 · 4 bytes.",
            Slip(truth / 4, "A float32 has four bytes."),
            Slip(truth / 784, "Each draw has 784 logits."),
            Slip(truth / batch, "This is one image."),
            Slip(truth / 1e3, "These are gigabytes.", 50),
            Slip(truth * 8, "These are megabits.", 50),
        )
    ]


def passes(draw: random.Random) -> list[Numeric]:
    """How often an image was seen."""
    steps, batch, images = draw.choice(((6_000, 100, 50_000), (9_000, 50, 60_000), (3_000, 200, 50_000)))
    truth = steps * batch / images
    return [
        numeric(
            "07.passes",
            f"A model is trained for {steps:,} steps of {batch} images, out of {images:,}. How many passes over the images is that?",
            truth,
            f"{steps:,} · {batch} / {images:,}.",
            Slip(steps / images, "Each step sees a whole batch."),
            Slip(1 / truth, "Upside down."),
            Slip(images / batch, "These are the steps of one pass."),
            Slip(steps / batch, "A pass is as many steps as there are batches in all images."),
        )
    ]


FAMILIES = (combined_error, layers, memory, passes)
