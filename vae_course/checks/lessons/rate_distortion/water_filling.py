"""Exercise 8.2: the plane with a pencil, where everything is Gaussian."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

VARIANCES, NOISE = (9.0, 1.2), 0.6
"""Of the data along its two axes, and of the decoder. With these no usual mistake comes within 10 % of a right number. (The text above has 12 and 3, with noise 1.)"""


def rate(variances: tuple[float, ...], noise: float, beta: float) -> float:
    """Σ ½ log(λ / (β σ²)) over the axes with λ > β σ², in nats."""
    return sum(0.5 * math.log(one / (beta * noise)) for one in variances if one > beta * noise)


RATE = rate(VARIANCES, NOISE, 1)
FIRST, SECOND = VARIANCES
MISTAKES = {
    ("rate-in-bits", "rate", RATE / math.log(2)): "2.4534 is in bits (log2). Nats use ln.",
    ("rate-without-the-half", "rate", 2 * RATE): "3.4012 lacks the ½: the log of a ratio of variances is twice that of the spreads.",
    ("rate-of-the-first-axis", "rate", 0.5 * math.log(FIRST / NOISE)): "1.3540 is the first axis alone. At β = 1 the second is used as well: its variance 1.2 is above β σ² = 0.6.",
    ("rate-of-the-first-axis-in-bits", "rate", 0.5 * math.log2(FIRST / NOISE)): "1.9534 is the first axis alone, and in bits. At β = 1 the second is used as well; nats use ln.",
    ("rate-of-the-second-axis", "rate", 0.5 * math.log(SECOND / NOISE)): "0.3466 is the second axis alone.",
    ("rate-without-the-noise", "rate", 0.5 * math.log(FIRST * SECOND)): "1.1898 forgets the noise: λ is compared with β σ², and σ² is 0.6.",
    ("rate-with-the-spread", "rate", rate(VARIANCES, NOISE**2, 1)): "2.2114 takes σ² = 0.6 for σ, and squares it once more.",
    ("rate-as-posterior", "rate", 0.5 * math.log((1 + FIRST / NOISE) * (1 + SECOND / NOISE))): "1.9356 has 1 + λ/σ². λ is the variance of the data themselves, noise included: the best decoder leaves them just σ².",
    ("rate-less-the-noise", "rate", 0.5 * math.log((FIRST / NOISE - 1) * (SECOND / NOISE - 1))): "1.3195 has λ/σ² − 1. Nothing is subtracted: an axis pays ½ ln(λ / (β σ²)).",
    ("rate-of-the-sum", "rate", 0.5 * math.log((FIRST + SECOND) / NOISE)): "1.4166 adds up the variances, and then takes one logarithm. Each axis pays by itself: two logarithms, added.",
    ("rate-at-four", "rate", rate(VARIANCES, NOISE, 4)): "0.6609 is the rate at β = 4. This one is asked at β = 1.",
    ("rate-with-log10", "rate", RATE / math.log(10)): "0.7386 is made with log10. Nats use ln.",
    ("first-off-for-second", "second_off", FIRST / NOISE): "At 15 the *first* axis is given up, the last of all. The second goes first: its variance is smaller.",
    ("second-off-without-noise", "second_off", SECOND): "1.2 is the axis' variance. It is given up when β σ² reaches it, and σ² is 0.6.",
    ("second-off-upside-down", "second_off", NOISE / SECOND): "½ is σ²/λ. The larger the variance, the longer the axis is worth its price: λ/σ².",
    ("second-off-times", "second_off", SECOND * NOISE): "0.72 is λ σ². β σ² = λ is asked for: divide.",
    ("second-off-by-spreads", "second_off", (SECOND / NOISE) ** 0.5): "1.4142 is the ratio of the spreads. Variances are compared: β σ² with λ.",
    ("second-off-noise-squared", "second_off", SECOND / NOISE**2): "3.3333 squares σ² = 0.6 once more.",
    ("slope-positive", "slope", 4): "The curve falls: more rate, less distortion. Its slope is −β.",
    ("slope-one", "slope", -1): "−1 is the slope of the lines of equal NELBO, and of the curve where β = 1. At β = 4 it is steeper.",
    ("slope-times-noise", "slope", -4 * NOISE): "−2.4 is −β σ². D counts its nats with σ² in them already: the slope is −β.",
    ("slope-upside-down", "slope", -0.25): "−¼ is the slope when rate is drawn against distortion. Here the rate lies along, and the slope is −β.",
}  # fmt: skip

water_filling = Constant(
    name="water_filling",
    lesson="08_rate_distortion",
    number="8.2",
    title="Read the plane",
    minutes=8,
    difficulty=2,
    lines="3 numbers",
    right={"rate": RATE, "second_off": SECOND / NOISE, "slope": -4.0},
    checks=(
        Check(
            "the rate",
            constant_matches("rate", pointer="Each axis pays ½ ln(λ / (β σ²)) while that is above 0."),
            points=1,
        ),
        Check(
            "where the second axis is given up",
            constant_matches("second_off", pointer="Where is the level β σ² as high as the axis?"),
            points=0.5,
        ),
        Check(
            "the slope of the curve",
            constant_matches("slope", pointer="How does the loss D + β R choose its point on the curve?"),
            points=0.5,
        ),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "The level of the water is β σ². Which of the two axes stand out of it?",
        "An axis that stands out pays ½ ln(λ / (β σ²)) nats. One that does not pays nothing, and is painted as its mean.",
        "rate: two logarithms, added, with β = 1. second_off: the level reaches the axis' own variance. slope: at its point the loss D + β R can "
        "neither be lowered by a little more rate nor by a little less: what does that say of dD/dR?",
    ),
)
