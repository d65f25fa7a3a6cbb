"""The bound and a training step with a pencil (lesson 04)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def toy_bound(draw: random.Random) -> list[Numeric]:
    """The NELBO of a model whose every part is a Gaussian in one dimension."""
    x, m, v = draw.choice((3, 2, -2)), draw.choice((0.5, -0.5)), draw.choice((0.3, 0.4, 0.6))
    kl = 0.5 * (v + m**2 - 1 - math.log(v))
    rec = 0.5 * (math.log(2 * math.pi) + (x - m) ** 2 + v)
    return [
        numeric(
            "04.toy-nelbo",
            f"$p(z) = N(0, 1)$, $p(x \\mid z) = N(x; z, 1)$, $x = {x}$, and $q = N({m}, {v})$. What is the NELBO, in nats?",
            kl + rec,
            f"kl = ½[v + m² − 1 − log v] = {kl:.4f}; rec = ½[log 2π + (x − m)² + v] = {rec:.4f}, as the average of (x − z)² is (x − m)² + v.",
            Slip(kl + rec - v / 2, "You put z = m into rec. On average (x − z)² is larger than (x − m)², by v."),
            Slip(kl, "This is kl alone."),
            Slip(rec, "This is rec alone."),
            Slip(rec - kl, "The KL is added: both terms are costs."),
            Slip(-(kl + rec), "This is the ELBO."),
            Slip(
                0.5 * math.log(4 * math.pi) + x**2 / 4, "This is −log p(x), for which q would have to be the posterior."
            ),
            Slip(
                kl + rec - 0.5 * math.log(2 * math.pi),
                "½ log 2π is missing in rec. In kl it cancels, here it does not.",
            ),
        )
    ]


def slopes_that_add(draw: random.Random) -> list[Numeric]:
    """What forgotten slopes do to a parameter."""
    slope, steps, rate = draw.choice((2, 3, 5)), draw.choice((4, 6, 10)), draw.choice((0.01, 0.1))
    pushes = steps * (steps + 1) // 2
    truth = rate * slope * pushes
    return [
        numeric(
            "04.forgotten-slopes",
            f"A loss has the slope {slope} in a parameter everywhere. Plain gradient descent with rate {rate:g} takes {steps} steps, but "
            "`zero_grad()` is never called. By how much does the parameter fall in all?",
            truth,
            f"In step t the slope in .grad is {slope} t: {rate:g} · {slope} · (1 + 2 + … + {steps}) = {rate:g} · {slope} · {pushes}.",
            Slip(rate * slope * steps, "This is right with zero_grad(). Without it the slopes add up."),
            Slip(rate * slope * steps**2, "Only the last step has all the slopes; the first has one."),
            Slip(slope * pushes, "The rate is missing."),
            Slip(-truth, "Asked is by how much it falls."),
        )
    ]


def draws_or_images(draw: random.Random) -> list[Numeric]:
    """Whether a second draw pays at equal cost."""
    ratio, draws = draw.choice((0.5, 2, 3, 6)), draw.choice((3, 4))
    truth = (1 + draws) * (1 + ratio / draws) / (2 * (1 + ratio))
    return [
        numeric(
            "04.draws-or-images",
            f"A gradient scatters {ratio:g} times as much (in variance) between draws of $z$ for one image as between images. Encoder and decoder cost "
            f"the same, and the encoder runs once for an image. At equal cost of a step, by which factor is the variance with {draws} draws an "
            "image that with one?",
            truth,
            f"(1 + K)(s_x² + s_z²/K) with K = {draws}, over 2(s_x² + s_z²).",
            Slip((1 + ratio / draws) / (1 + ratio), "This is for the same number of images, which costs more."),
            Slip(draws * (1 + ratio / draws) / (1 + ratio), "The encoder costs too: a step costs B(1 + K), not B · K."),
            Slip(1 / truth, "Upside down."),
            Slip(1 / draws, "Draws lower only their own part of the variance, and cost images."),
        )
    ]


def weighted_terms(draw: random.Random) -> list[Numeric]:
    """What a mean over latents reports."""
    kl, rec, dims = draw.choice((24, 30, 36)), draw.choice((70, 75, 80)), draw.choice((10, 20, 40))
    return [
        numeric(
            "04.honest-sum",
            f"A program averages the KL over its {dims} latent dimensions and sums rec over the pixels. It reports {kl / dims + rec:g} nats, {rec} of "
            "them rec. What is the NELBO of this model, in nats?",
            kl + rec,
            f"The KL is a sum: {dims} · {kl / dims:g} = {kl}, and {kl} + {rec}.",
            Slip(kl / dims + rec, "This is the reported number: its KL is an average."),
            Slip(kl, "This is the KL alone."),
            Slip((kl / dims + rec) * dims, "Only the KL was divided. rec is a sum already."),
        )
    ]


FAMILIES = (toy_bound, slopes_that_add, draws_or_images, weighted_terms)
