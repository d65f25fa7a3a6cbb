"""Exercise 1.2: what a pencil tells about noise."""

import math

from vae_course.checks.engine.constants import constant_matches
from vae_course.checks.engine.exercise import Check, Constant, Misconception

predict_noise = Constant(
    name="predict_noise",
    lesson="01_reparameterization",
    number="1.2",
    title="Predict before you run",
    minutes=5,
    difficulty=1,
    lines="3 numbers",
    right={"slope": 0.5, "mean": 0.5, "variance": 1 / 12},
    stub={"slope": None, "mean": None, "variance": None},
    checks=(
        Check("the slope dz/dv", constant_matches("slope"), points=0.5),
        Check("the mean of uniform noise", constant_matches("mean"), points=0.25),
        Check("the variance of uniform noise", constant_matches("variance"), points=0.25),
    ),
    misconceptions=(
        Misconception(
            "slope-of-standard-deviation",
            {"slope": 2},
            "2 is dz/d(sd) = ε. The question asks for dz/dv, and sd = sqrt(v): one more factor, 1 / (2 sqrt(v)).",
        ),
        Misconception(
            "slope-without-half",
            {"slope": 1},
            "1 is ε / sqrt(v). The derivative of sqrt(v) is 1 / (2 sqrt(v)): a ½ is missing.",
        ),
        Misconception(
            "slope-divides-by-variance",
            {"slope": 0.25},
            "0.25 is ε / (2 v). The derivative of sqrt(v) is 1 / (2 sqrt(v)), and sqrt(4) is 2.",
        ),
        Misconception(
            "standard-deviation-for-variance",
            {"variance": math.sqrt(1 / 12)},
            "0.289 is the standard deviation of uniform noise. Its square is the variance.",
        ),
        Misconception(
            "second-moment-for-variance",
            {"variance": 1 / 3},
            "1/3 is E[u²]. The variance subtracts the squared mean: 1/3 − 1/4.",
        ),
        Misconception(
            "variance-of-normal",
            {"variance": 1},
            "1 is the variance of randn. rand stays between 0 and 1, so no draw is further than ½ from the mean.",
        ),
        Misconception(
            "mean-of-normal",
            {"mean": 0},
            "0 is the mean of randn. rand is uniform between 0 and 1, so it is never negative.",
        ),
    ),
    hints=(
        "z = m + sqrt(v) · ε. Hold ε still and differentiate with respect to v.",
        "d sqrt(v) / dv = 1 / (2 sqrt(v)). For the uniform: E[u] = ∫ u du and E[u²] = ∫ u² du from 0 to 1.",
        "The slope is ε / (2 sqrt(v)) = 2 / (2 · 2). The variance is E[u²] − E[u]² = 1/3 − 1/4.",
    ),
)
