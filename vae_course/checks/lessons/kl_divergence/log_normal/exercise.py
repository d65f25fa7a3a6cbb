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
    hints=(
        "One entry first, with a pencil. Its density is a product: 1 / sqrt(2πv) times an exponential. The log of a product is a "
        "sum, so take the log of each factor by itself.",
        "The log of the exponential is its argument, −(x − m)² / (2v). The other factor is (2πv) to the power of −½, and the log "
        "brings the power down in front. −½ is now a factor of everything; what is left in the bracket?",
        "Three terms: log 2π, log v, and the squared distance over v. They broadcast to one number per entry. The log of the "
        "product over the entries is a sum: .sum(-1), once, and do not forget the −½.",
    ),
)
