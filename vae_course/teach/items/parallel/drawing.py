"""Lengths, holes and walks (lesson 06)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def cheap_hole(draw: random.Random) -> list[Numeric]:
    """What a hole costs."""
    share = draw.choice((0.2, 0.25, 0.3, 0.4))
    truth = -math.log(1 - share)
    return [
        numeric(
            "06.hole",
            f"The aggregate posterior leaves out a region that holds {share:g} of the prior, and is proportional to the prior elsewhere. What is "
            "$\\mathrm{KL}(q(z)\\,\\|\\,p(z))$, in nats?",
            truth,
            f"Elsewhere q/p = 1/(1 − {share:g}), so the KL is −log(1 − {share:g}).",
            Slip(-math.log(share), "The log is of what is left, 1 − h."),
            Slip(share, "This is right for a small hole only."),
            Slip(-truth, "The sign: a KL is not negative."),
            Slip(truth / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        )
    ]


def lengths(draw: random.Random) -> list[Numeric]:
    """The squared length of a place on a straight walk between two draws."""
    dims, t = draw.choice((10, 32, 50)), draw.choice((0.25, 0.2, 0.1))
    truth = dims * ((1 - t) ** 2 + t**2)
    return [
        numeric(
            "06.walk-length",
            f"Two ends of a straight walk are independent draws from $N(0, I)$ in {dims} dimensions. What is the mean squared length of the place where a "
            f"share {t:g} of the way is done?",
            truth,
            f"Each coordinate has variance {1 - t:g}² + {t:g}²; times {dims}.",
            Slip(dims, "This is the squared length of the ends. Between them the walk is nearer to the origin."),
            Slip(dims / 2, "This is the middle of the walk."),
            Slip(math.sqrt(truth), "This is about the length. Asked is its square."),
            Slip(dims * (1 - 2 * t) ** 2, "The two ends are independent: variances add, they do not subtract."),
            Slip(truth / dims, "This is one coordinate."),
        )
    ]


def judges_bound(draw: random.Random) -> list[Numeric]:
    """What a judge proves."""
    p, q = draw.choice(((0.7, 0.3), (0.8, 0.4), (0.9, 0.35), (0.6, 0.2)))
    truth = q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))
    other = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    return [
        numeric(
            "06.judge-proves",
            f"A judge says 'prior' of {100 * p:g} in 100 draws of the prior and of {100 * q:g} in 100 draws of the aggregate posterior. How large is "
            "$\\mathrm{KL}(q(z)\\,\\|\\,p(z))$ at least, in nats?",
            truth,
            f"{q:g} log({q:g}/{p:g}) + {1 - q:g} log({1 - q:g}/{1 - p:g}).",
            Slip(other, "This bounds KL(p ‖ q). The average is under q."),
            Slip(q * math.log(q / p), "The draws of which it says 'encoder' count, too."),
            Slip(-truth, "The sign: a KL is not negative."),
            Slip(truth / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
            Slip(p - q, "This is the difference of the shares. In nats it is the KL of two coins."),
        )
    ]


def perfect_variance(draw: random.Random) -> list[Numeric]:
    """The KL of a model whose aggregate posterior is the prior."""
    dims, v = draw.choice((10, 16, 30)), draw.choice((0.1, 0.2, 0.3))
    truth = -0.5 * dims * math.log(v)
    return [
        numeric(
            "06.perfect-kl",
            f"In a perfect model of {dims} latents every $q(z \\mid x)$ has the variance {v:g} in each dimension, and the aggregate posterior is the "
            "prior. What is the mean KL to the prior, in nats?",
            truth,
            f"½ E[v + m² − 1 − log v] with E[m²] = 1 − v leaves −½ log v: {dims} times −½ log {v:g}.",
            Slip(-dims * math.log(v), "The ½ is missing."),
            Slip(truth / dims, "This is one dimension."),
            Slip(
                0.5 * dims * (v - 1 - math.log(v)),
                "The means are forgotten. They are spread with variance 1 − v, or the mixture is too narrow.",
            ),
            Slip(-truth, "The sign: log v is negative."),
        )
    ]


def stations(draw: random.Random) -> list[Numeric]:
    """A coordinate of a station on a walk."""
    start, end, n, j = draw.choice(((-1.5, 2.5, 9, 6), (2, -1, 7, 3), (0.4, 3.4, 6, 2), (-2, 4, 13, 8)))
    truth = start + (end - start) * (j - 1) / (n - 1)
    return [
        numeric(
            "06.station",
            f"A straight walk of {n} stations, both ends included, goes from {start:g} to {end:g} in the first coordinate. Where is that coordinate at the "
            f"station number {j}, the start being number 1?",
            truth,
            f"{j - 1} of {n - 1} gaps are behind it: {start:g} + ({end:g} − {start:g}) · {j - 1}/{n - 1}.".replace(
                "− -", "+ "
            ),
            Slip(start + (end - start) * (j - 1) / n, f"{n} stations have {n - 1} gaps between them."),
            Slip(start + (end - start) * j / (n - 1), "The start is number 1, with no gap behind it."),
            Slip(start + (end - start) * j / n, "The start is number 1, and there is one gap fewer than stations."),
            Slip(end + (start - end) * (j - 1) / (n - 1), "This is the walk in the other direction."),
        )
    ]


FAMILIES = (cheap_hole, lengths, judges_bound, perfect_variance, stations)
