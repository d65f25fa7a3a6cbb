"""The gap, its two parts, and free bits (lesson 04b)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def toy_gap(draw: random.Random) -> list[Numeric]:
    """The gap where the posterior is known."""
    x, m, v = draw.choice((2, 4)), draw.choice((0.5, 1.5)), draw.choice((0.2, 0.3, 1.2))
    gap = 0.5 * (math.log(0.5 / v) + v / 0.5 + (m - x / 2) ** 2 / 0.5 - 1)
    prior = 0.5 * (v + m**2 - 1 - math.log(v))
    reverse = 0.5 * (math.log(v / 0.5) + 0.5 / v + (m - x / 2) ** 2 / v - 1)
    return [
        numeric(
            "04b.toy-gap",
            f"$p(z) = N(0, 1)$, $p(x \\mid z) = N(x; z, 1)$, $x = {x}$; the posterior is then $N({x / 2:g}, 0.5)$. For $q = N({m}, {v})$, how far "
            "does the ELBO lie below $\\log p(x)$, in nats?",
            gap,
            f"KL(q ‖ posterior) = ½[log(0.5/{v}) + {v}/0.5 + ({m} − {x / 2:g})²/0.5 − 1].",
            Slip(prior, "This is the KL to the prior, a part of the ELBO. The gap is the KL to the posterior."),
            Slip(reverse, "This is KL(posterior ‖ q): the average of the gap is under q."),
            Slip(2 * gap, "The ½ in front is missing."),
            Slip(gap + 0.5, "The −1 is missing."),
            Slip(-gap, "The sign: the ELBO lies below."),
            Slip(gap / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        )
    ]


def tilted(draw: random.Random) -> list[Numeric]:
    """What an axis-parallel q loses on a tilted posterior, however good its encoder."""
    rho = draw.choice((0.6, 0.7, 0.8, 0.9))
    gap = -0.5 * math.log(1 - rho**2)
    return [
        numeric(
            "04b.shape",
            f"The posterior of an image is a Gaussian in two dimensions with variances 1 and correlation {rho:g}. The best $q$ with independent "
            f"dimensions has its mean and the variances $1 - {rho:g}^2$. How large is its gap, in nats?",
            gap,
            f"log det of the posterior's covariance is log(1 − {rho:g}²), that of q's is 2 log(1 − {rho:g}²); the other terms of the KL cancel: "
            f"−½ log(1 − {rho:g}²).",
            Slip(2 * gap, "The ½ is missing."),
            Slip(-gap, "A gap is not negative: q has the smaller area."),
            Slip(0, "With the best variances too a tilted posterior is no axis-parallel ellipse."),
            Slip(-0.5 * math.log(1 - rho), "The correlation has to be squared."),
            Slip(
                rho**2 / (1 - rho**2) + 0.5 * math.log(1 - rho**2),
                "This is for variances of 1. The best ones are smaller.",
            ),
        )
    ]


def free_bits(draw: random.Random) -> list[Numeric]:
    """What a loss with free bits counts, and what is true."""
    kls = draw.choice(((0.0, 0.1, 1.5, 3.0), (0.05, 0.2, 2.0, 2.5), (0.0, 0.4, 0.8, 4.0)))
    floor, rec = draw.choice((0.5, 1.0)), draw.choice((82, 90))
    clipped, true = sum(max(kl, floor) for kl in kls), sum(kls)
    return [
        numeric(
            "04b.free-bits",
            f"Four latent dimensions have a KL of {', '.join(map(str, kls))} nats, averaged over the batch, and rec is {rec}. The loss is trained with "
            f"free bits, $\\lambda = {floor}$ for each dimension. What does this loss count, in nats?",
            rec + clipped,
            f"Each KL below {floor} counts as {floor}: {clipped:g} + {rec}. The NELBO is {true + rec:g}.",
            Slip(rec + true, "This is the NELBO, and what a report says. The loss counts λ where a KL is below it."),
            Slip(rec + sum(kl for kl in kls if kl >= floor), "A KL below λ is not dropped: it counts as λ."),
            Slip(rec + sum(max(kl - floor, 0) for kl in kls), "λ is not taken off: the larger of λ and the KL counts."),
            Slip(rec + max(true, floor), "λ holds for each dimension, not for the sum."),
            Slip(clipped, "This is the KL's part. rec is missing."),
        )
    ]


def two_parts(draw: random.Random) -> list[Numeric]:
    """Amortisation and shape from three numbers."""
    log_p, best, ours = draw.choice(((-98.2, -99.1, -103.4), (-121.5, -122.3, -124.9), (-87.6, -89.2, -92.5)))
    return [
        numeric(
            "04b.amortisation",
            f"For one image $\\log p(x) = {log_p}$. The encoder's Gaussian has the ELBO {ours}, the best Gaussian for this image {best}. How many "
            "nats of the gap are due to amortisation?",
            best - ours,
            f"{best} − ({ours}): what the best Gaussian of this kind wins over the encoder's. The rest, {log_p - best:.1f}, is due to the shape.",
            Slip(log_p - ours, "This is the whole gap."),
            Slip(log_p - best, "This is the part of the shape: what is left with the best Gaussian."),
            Slip(ours - best, "The sign: the best Gaussian has the higher ELBO."),
        )
    ]


FAMILIES = (toy_gap, tilted, free_bits, two_parts)
