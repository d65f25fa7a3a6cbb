"""Exercise 2.1: the log density of a diagonal Gaussian."""

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Check, Formula
from vae_course.checks.lessons.kl_divergence.log_normal.checks import (
    DENSITY_FORMULAS,
    density_extremes,
    density_layouts,
    density_truth,
    draw_density,
)
from vae_course.checks.lessons.kl_divergence.log_normal.mistakes import MISCONCEPTIONS
from vae_course.checks.lessons.kl_divergence.log_normal.variants import CORRECT

log_normal = Formula(
    name="log_normal",
    lesson="02_kl_divergence",
    number="2.1",
    title="The log density of a Gaussian",
    minutes=12,
    difficulty=2,
    lines="3 lines",
    arguments=draw_density,
    truth=density_truth,
    checks=(
        Check("one value per example", shape_matches),
        Check("the value", equals_truth, points=2.5),
        Check("the gradients", gradients_match, points=1),
        Check("a batch of one, leading axes, broadcasting", holds_for(density_layouts), points=0.5),
        Check("tiny and huge variances, far tails", stays_finite(density_extremes), points=1),
    ),
    fingerprint=case_fingerprint(draw_density, density_truth, density_layouts, density_extremes),
    formulas=DENSITY_FORMULAS,
    misconceptions=MISCONCEPTIONS,
    correct=CORRECT,
    hints=(
        "Start in one dimension: N(x; m, v) = exp(−(x − m)² / (2v)) / sqrt(2πv). Take the logarithm on paper before you code.",
        "log of a product is a sum of logs: −½ log 2π − ½ log v − ½ (x − m)² / v. Which of these differ between dimensions?",
        "Independent dimensions: add the three terms for each dimension (they broadcast), multiply by −½, then .sum(-1) once.",
    ),
)
