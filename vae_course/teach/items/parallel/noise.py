"""What a pencil tells about noise and slopes (lesson 01)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def slope_in_v(draw: random.Random) -> list[Numeric]:
    """dz/dv for one draw, its noise told by the z that came out."""
    sd, eps = draw.choice((3, 5)), draw.choice((-2, 4, 6))
    v, m = sd**2, draw.choice((1, 2, -4))
    slope = eps / (2 * sd)
    return [
        numeric(
            "01.slope-in-v",
            f"$z = m + \\sqrt v\\,\\varepsilon$ with $m = {m}$ and $v = {v}$, and $z = {m + sd * eps}$ came out. What is $dz/dv$ for this draw?",
            slope,
            f"ε = (z − m)/√v = {eps}, and dz/dv = ε/(2√v) = {eps}/(2 · {sd}).",
            Slip(eps, "This is dz/d√v = ε. One more factor leads to v: 1/(2√v)."),
            Slip(eps / sd, "The ½ is missing: the slope of √v is 1/(2√v)."),
            Slip(eps / (2 * v), "You divide by v. The slope of √v is 1/(2√v)."),
            Slip(eps * sd, "The root stands below: dz/dv = ε/(2√v)."),
            Slip(eps * sd / 2, "You took z − m for the noise. The noise is (z − m)/√v."),
            Slip(-slope, "The size is right and the sign is not: z moves away from m when v grows, on its own side."),
        )
    ]


def uniform_noise(draw: random.Random) -> list[Numeric]:
    """The variance of uniform noise of another width."""
    low, high = draw.choice(((-1, 2), (-2, 3), (1, 5), (-3, 3)))
    width = high - low
    variance, mean = width**2 / 12, (low + high) / 2
    return [
        numeric(
            "01.uniform-variance",
            f"Somebody draws noise uniformly between {low} and {high}. What is its variance?",
            variance,
            f"The width squared over 12: {width}²/12.",
            Slip(math.sqrt(variance), "This is the standard deviation."),
            Slip(variance + mean**2, "This is E[u²]. The variance subtracts the squared mean."),
            Slip(1 / 12, "This is for a width of 1. A width of w multiplies the variance by w²."),
            Slip(width / 12, "The width has to be squared: a variance has the unit squared."),
            Slip(width**2 / 4, "This is the squared half width, the largest squared distance, not the average one."),
            Slip(1, "This is the variance of standard normal noise."),
        )
    ]


def two_estimates(draw: random.Random) -> list[Numeric]:
    """One draw's estimate of a slope by the score function."""
    m, v = draw.choice((1, 2)), draw.choice((4, 5))
    z = m + draw.choice((2, 3))
    estimate = z**3 * (z - m) / v
    return [
        numeric(
            "01.score-estimate",
            f"$z \\sim N(m, v)$ with $m = {m}$, $v = {v}$, and $f(z) = z^3$. One draw came out as $z = {z}$. What does the score function estimate "
            f"from it for the slope of $\\mathbb E[f(z)]$ in $m$?",
            estimate,
            f"f(z) (z − m)/v = {z**3} · {z - m}/{v}.",
            Slip(3 * z**2, "This is the pathwise estimate, f'(z)."),
            Slip(z**3 * (z - m) / math.sqrt(v), "The score divides by the variance itself, not by its root."),
            Slip((z - m) / v, "This is the score alone. It is multiplied by f(z)."),
            Slip(-estimate, "The sign: log N grows with m where z lies above m."),
            Slip(3 * m**2 + 3 * v, "This is the exact slope. Asked is what this draw estimates."),
        )
    ]


def draws_for_a_slope(draw: random.Random) -> list[Numeric]:
    """How many draws a slope needs."""
    v, error = draw.choice((9, 16, 25)), draw.choice((0.02, 0.05, 0.1))
    needed = 4 * v / error**2
    return [
        numeric(
            "01.draws-needed",
            f"$z \\sim N(m, v)$ with $v = {v}$ and $f(z) = z^2$. The slope of $\\mathbb E[f(z)]$ in $m$ is estimated pathwise, by the average of "
            f"$2z$ over $n$ draws. Which $n$ makes the standard deviation of this average {error:g}?",
            needed,
            f"One term has standard deviation 2√v = {2 * math.sqrt(v):g}; over √n it shall be {error:g}, so n = ({2 * math.sqrt(v):g}/{error:g})².",
            Slip(2 * math.sqrt(v) / error, "The standard deviation falls like 1/√n: square this."),
            Slip(v / error**2, "The factor 2 in 2z is missing: it makes 4 of the variance."),
            Slip(4 * v**2 / error**2, "v is the variance: the standard deviation of z is √v."),
            Slip(4 * v / error, "The error has to be squared: variances fall like 1/n."),
        )
    ]


FAMILIES = (slope_in_v, uniform_noise, two_estimates, draws_for_a_slope)
