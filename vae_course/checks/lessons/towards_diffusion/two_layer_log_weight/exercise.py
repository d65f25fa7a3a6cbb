"""Exercise 10.1: the log weight of a VAE with two layers of latents."""

from vae_course import given
from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Check, Formula
from vae_course.checks.lessons.towards_diffusion.two_layer_log_weight.layers import (
    draw_layers,
    extremes,
    layouts,
    true_weight,
)
from vae_course.checks.lessons.towards_diffusion.two_layer_log_weight.mistakes import MISCONCEPTIONS

two_layer_log_weight = Formula(
    name="two_layer_log_weight",
    lesson="10_towards_diffusion",
    number="10.1",
    title="Two layers of latents",
    minutes=12,
    difficulty=2,
    lines="3 lines",
    arguments=draw_layers,
    truth=true_weight,
    formulas=(
        "log_p_x + log_normal(z1, pm, pv) - 0.5 * sum(log(2 * pi) + z2 ** 2, -1) - log_normal(z1, m1, v1) - log_normal(z2, m2, v2)",
    ),
    checks=(
        Check("one log weight for each draw", shape_matches),
        Check("the value", equals_truth, points=2),
        Check("one image, draws in front, one latent", holds_for(layouts)),
        Check("far from where p expects them", stays_finite(extremes)),
        Check("the gradients", gradients_match, points=1),
    ),
    fingerprint=case_fingerprint(draw_layers, true_weight, layouts, extremes),
    scaffold={"log_normal": given.log_normal},
    misconceptions=MISCONCEPTIONS,
    hints=(
        "The weight is p(x, z1, z2) / q(z1, z2 | x). Write both as products: the model draws z2, then z1, then x; the encoder z1, then z2.",
        "Its logarithm has five terms: three of the model, with a plus, and two of the encoder, with a minus. Which Gaussian belongs to which of them?",
        "log_normal gives each of the four Gaussians' terms: twice at z1, twice at z2. The prior of z2 has mean 0 and variance 1, as tensors: torch.zeros(1) and torch.ones(1). log_p_x is added as it is.",
    ),
)
