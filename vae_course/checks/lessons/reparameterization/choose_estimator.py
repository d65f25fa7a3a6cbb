"""Exercise 1.3: which estimator when."""

from vae_course.checks.engine.constants import constant_matches
from vae_course.checks.engine.exercise import Check, Constant, Misconception

MISTAKES = {
    (
        "score-for-the-square",
        "square",
        "score function",
    ): "the score function is right on average here, yet z² is smooth, "
    "and then the pathwise estimate is there with far less variance.",
    ("pathwise-through-a-step", "step", "pathwise"): "it is flat wherever it has a slope, so the pathwise estimate "
    "is always 0, while the true derivative is not. The density is smooth in m, which is all that the score function "
    "needs.",
    ("score-at-a-moving-edge", "moving edge", "score function"): "the density of U(0, θ) jumps at θ, and that jump "
    "moves with θ. The score −1/θ never sees it, so the estimate even has the wrong sign.",
    ("pathwise-at-a-moving-edge", "moving edge", "pathwise"): "z = θ u is a fine reparameterization, but the "
    "integrand is a step: its slope is 0 almost everywhere, while the true derivative is 1/θ².",
}
"""(name, integrand, choice) -> why it is not the one."""

choose_estimator = Constant(
    name="choose_estimator",
    lesson="01_reparameterization",
    number="1.3",
    title="Which estimator may you use?",
    minutes=6,
    difficulty=2,
    lines="3 choices",
    tries=3,
    right={"square": "pathwise", "step": "score function", "moving edge": "neither"},
    checks=(Check("all three choices", constant_matches(""), points=1),),
    misconceptions=tuple(
        Misconception(name, {entry: guess}, reason=f"{entry}: {reason}")
        for (name, entry, guess), reason in MISTAKES.items()
    ),
    hints=(
        "Pathwise differentiates the integrand: it must have a useful slope. The score function differentiates "
        "log density: the density must be smooth in the parameter.",
        "Draw each integrand and each density as the parameter moves. What moves: the height, or an edge?",
        "One integrand is smooth; one is a step under a smooth density; one is a step under a density whose edge moves.",
    ),
)
