"""Exercise 10.3: one step back, for whoever knows the data."""

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Check, Formula
from vae_course.checks.lessons.towards_diffusion.posterior_mean_variance.mistakes import MISTAKES
from vae_course.checks.lessons.towards_diffusion.posterior_mean_variance.steps_back import (
    draw_pair,
    extremes,
    layouts,
    true_posterior,
    variance_of_early_steps,
)

posterior_mean_variance = Formula(
    name="posterior_mean_variance",
    lesson="10_towards_diffusion",
    number="10.3",
    title="One step back",
    minutes=18,
    difficulty=3,
    lines="4 lines",
    arguments=draw_pair,
    truth=true_posterior,
    checks=(
        Check("a mean and a variance for each entry", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("one example, one dimension, one step for all", holds_for(layouts)),
        Check("early and late steps", stays_finite(extremes)),
        Check("the variance of early steps", variance_of_early_steps),
        Check("the gradients", gradients_match, points=1),
    ),
    fingerprint=case_fingerprint(draw_pair, true_posterior, layouts, extremes),
    misconceptions=MISTAKES,
    hints=(
        "The step's own share is α = ᾱ / ᾱ before. The variance depends on the ᾱ alone, not on the data.",
        "Two Gaussians speak of x_before: one says it is near √ᾱ_before · x0, with the variance 1 − ᾱ_before; the other that √α times it is near x_t, with the "
        "variance 1 − α. Their precisions add up: α / (1 − α) and 1 / (1 − ᾱ_before).",
        "The sum of the precisions is 1 over v. The mean is v times the sum of √ᾱ_before x0 / (1 − ᾱ_before) and √α x_t / (1 − α). "
        "v is (batch, 1): expand_as gives it the shape of the mean, and torch.stack puts the two together.",
    ),
)
