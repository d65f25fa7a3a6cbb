"""Exercise 1.2: what a pencil tells about noise."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

MISTAKES = {
    ("slope-of-standard-deviation", "slope", 2): "2 is dz/d(sd) = ε. The question asks for dz/dv, and sd = sqrt(v): "
    "one more factor, 1 / (2 sqrt(v)).",
    ("slope-without-half", "slope", 1): "1 is ε / sqrt(v). The derivative of sqrt(v) is 1 / (2 sqrt(v)): a ½ is "
    "missing.",
    ("slope-divides-by-variance", "slope", 0.25): "0.25 is ε / (2 v). The derivative of sqrt(v) is 1 / (2 sqrt(v)), "
    "and sqrt(4) is 2.",
    ("slope-with-root-above", "slope", 4): "4 is ε · sqrt(v), and v itself. The derivative of sqrt(v) · ε in v is ε "
    "/ (2 sqrt(v)): the root stands below.",
    ("slope-of-a-quarter-root", "slope", 0.125): "0.125 is ε / (4 v). The derivative of sqrt(v) is 1 / (2 sqrt(v)), "
    "with sqrt(4) = 2 below, and ε = 2 above.",
    ("slope-sign", "slope", -0.5): "The size is right, and the sign is not: sqrt(v) grows with v, and ε = 2 is "
    "positive.",
    ("mean-is-the-end", "mean", 1): "1 is the upper end of rand's draws. Their mean lies in the middle of 0 and 1.",
    ("squared-mean-for-variance", "variance", 0.25): "1/4 is the squared mean. The variance is E[u²] minus it.",
    ("variance-doubled", "variance", 1 / 6): "1/6 is twice the variance. E[u²] = 1/3, and the squared mean is 1/4: "
    "what is their difference?",
    ("mean-for-variance", "variance", 0.5): "½ is the mean of uniform noise. The variance is E[u²] minus its square.",
    ("standard-deviation-for-variance", "variance", math.sqrt(1 / 12)): "0.289 is the standard deviation of uniform "
    "noise. Its square is the variance.",
    ("second-moment-for-variance", "variance", 1 / 3): "1/3 is E[u²]. The variance subtracts the squared mean: 1/3 − "
    "1/4.",
    ("variance-of-normal", "variance", 1): "1 is the variance of randn. rand stays between 0 and 1, so no draw is "
    "further than ½ from the mean.",
    ("mean-of-normal", "mean", 0): "0 is the mean of randn. rand is uniform between 0 and 1, so it is never negative.",
}

predict_noise = Constant(
    name="predict_noise",
    lesson="01_reparameterization",
    number="1.2",
    title="Predict before you run",
    minutes=5,
    difficulty=1,
    lines="3 numbers",
    right={"slope": 0.5, "mean": 0.5, "variance": 1 / 12},
    checks=(
        Check("the slope dz/dv", constant_matches("slope"), points=0.5),
        Check("the mean of uniform noise", constant_matches("mean"), points=0.25),
        Check("the variance of uniform noise", constant_matches("variance"), points=0.25),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "z = m + sqrt(v) · ε. Hold ε still and differentiate with respect to v.",
        "d sqrt(v) / dv = 1 / (2 sqrt(v)). For the uniform: E[u] = ∫ u du and E[u²] = ∫ u² du from 0 to 1.",
        "The slope is ε / (2 sqrt(v)) = 2 / (2 · 2). The variance is E[u²] − E[u]² = 1/3 − 1/4.",
    ),
)
