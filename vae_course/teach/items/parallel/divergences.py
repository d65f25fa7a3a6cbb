"""KL divergences and log densities with other numbers (lesson 02)."""

import math
import random
from statistics import NormalDist

from vae_course.teach.items.bank import Numeric, Slip, numeric


def _kl(qm: float, qv: float, pm: float, pv: float) -> float:
    return 0.5 * (math.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)


def two_gaussians(draw: random.Random) -> list[Numeric]:
    """The closed form, for a p that is not standard."""
    qm, pm = draw.choice((3, 4, -3)), draw.choice((1, -1))
    qv, pv = draw.choice((0.5, 1.5)), draw.choice((2, 3, 5))
    truth = _kl(qm, qv, pm, pv)
    return [
        numeric(
            "02.kl-of-two",
            f"What is $\\mathrm{{KL}}(q\\,\\|\\,p)$ for $q = N({qm}, {qv})$ and $p = N({pm}, {pv})$, in nats? (The second number is the variance.)",
            truth,
            f"½[log({pv}/{qv}) + {qv}/{pv} + ({qm} − {pm})²/{pv} − 1].".replace("− -", "+ "),
            Slip(2 * truth, "The ½ in front is missing."),
            Slip(truth + 0.5, "The −1 is missing: for q = p your formula would not give 0."),
            Slip(_kl(pm, pv, qm, qv), "This is KL(p ‖ q): the arguments changed places."),
            Slip(
                truth - math.log(pv / qv),
                "The log ratio is upside down: p's variance stands on top in the logarithm.",
            ),
            Slip(_kl(qm, qv, 0, 1), "This is the formula for p = N(0, 1)."),
            Slip(
                truth + 0.5 * (qm - pm) ** 2 * (1 - 1 / pv), "The squared distance has to be divided by p's variance."
            ),
            Slip(_kl(qm, qv**2, pm, pv**2), "You took the numbers for standard deviations. They are variances."),
            Slip(truth / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        )
    ]


def two_dimensions(draw: random.Random) -> list[Numeric]:
    """One image's KL to the prior, summed over its dimensions."""
    (m1, v1), (m2, v2) = draw.choice(((1.2, 0.3), (0.9, 0.2), (1.6, 0.4))), draw.choice(((-0.5, 0.6), (-0.8, 0.5)))
    one, two = _kl(m1, v1, 0, 1), _kl(m2, v2, 0, 1)
    return [
        numeric(
            "02.kl-to-the-prior",
            f"An encoder with two latent dimensions answers an image with means {m1} and {m2} and variances {v1} and {v2}. What is its KL to the "
            "prior $N(0, I)$, in nats?",
            one + two,
            f"½[v + m² − 1 − log v] is {one:.4f} in the first dimension and {two:.4f} in the second; they are added.",
            Slip((one + two) / 2, "Dimensions are summed, not averaged."),
            Slip(2 * (one + two), "The ½ in front is missing."),
            Slip(one + two + 0.5, "The −1 counts once for every dimension."),
            Slip(
                one + two + math.log(v1 * v2),
                "The logarithm has the wrong sign: a narrow q pays −log v.",
            ),
            Slip(
                _kl(m1, v1**2, 0, 1) + _kl(m2, v2**2, 0, 1),
                "You squared the variances: they were no standard deviations.",
            ),
            Slip(one, "This is the first dimension alone."),
        )
    ]


def log_density(draw: random.Random) -> list[Numeric]:
    """The log density of a diagonal Gaussian with equal dimensions."""
    dims, v, d = draw.choice((4, 6, 10)), draw.choice((0.1, 0.25, 4, 9)), draw.choice((0.5, 1, 2))
    truth = -0.5 * dims * (math.log(2 * math.pi * v) + d**2 / v)
    return [
        numeric(
            "02.log-density",
            f"$z$ has {dims} independent dimensions, each with mean 0 and variance {v:g}. What is the log density of the place that has {d:g} in "
            "every dimension, in nats?",
            truth,
            f"{dims} times −½[log 2π + log {v:g} + {d:g}²/{v:g}].",
            Slip(truth / dims, "This is one dimension. Independent ones add up."),
            Slip(truth + 0.5 * dims * math.log(2 * math.pi), "½ log 2π is missing, once for every dimension."),
            Slip(2 * truth, "The ½ in front is missing."),
            Slip(truth + dims * math.log(v), "The price of width has the wrong sign."),
            Slip(
                -0.5 * dims * (math.log(2 * math.pi * v**2) + d**2 / v**2),
                "You took the variance for a standard deviation.",
            ),
            Slip(-truth, "This is the surprise, −log p. Asked is the log density."),
        )
    ]


def negative_share(draw: random.Random) -> list[Numeric]:
    """How often a one-draw estimate of a KL is negative, with the means at another distance."""
    m = draw.choice((0.5, 1.5, 2, 3))
    phi = NormalDist().cdf
    return [
        numeric(
            "02.negative-share",
            f"$q = N({m:g}, 1)$ and $p = N(0, 1)$. Someone estimates $\\mathrm{{KL}}(q\\,\\|\\,p)$ by $\\log q(z) - \\log p(z)$ from one draw of $q$. "
            "With which probability is the estimate negative? (The standard normal distribution function may be looked up.)",
            phi(-m / 2),
            f"The estimate is {m:g} z − {m * m / 2:g}, negative below z = {m / 2:g}; z = {m:g} + ε lies there when ε < −{m / 2:g}.",
            Slip(0.5, "That would be right if the estimates were centred at 0. Their mean is the KL."),
            Slip(phi(m / 2), "This is the share of positive estimates."),
            Slip(phi(-m), "This is the chance that z itself is negative."),
            Slip(
                phi(-1.5 * m),
                "The sign of the constant: the estimate is negative below half of the mean, not below minus half of it.",
            ),
            Slip(100 * phi(-m / 2), "Right in per cent. Give the share itself.", 50),
        )
    ]


FAMILIES = (two_gaussians, two_dimensions, log_density, negative_share)
