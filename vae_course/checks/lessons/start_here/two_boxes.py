"""Exercise 0.2: the two boxes world, with a pencil."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

_GAP = math.log(0.55) - 0.5 * math.log(0.18)

MISTAKES = {
    ("evidence-without-prior", "evidence", 1.1): "1.1 is 0.2 + 0.9: no probability exceeds 1. Each box counts with "
    "its own chance of being chosen, ½.",
    ("evidence-is-one-term", "evidence", 0.45): "0.45 is p(z = 1) · p(red | z = 1), one of the two terms: a red ball "
    "may also come from box 0. (It is p(not red), too: the other column.)",
    ("evidence-as-product", "evidence", 0.18): "0.18 is 0.2 · 0.9, as if both boxes had to give red. Only one box is "
    "opened: the terms are added.",
    ("posterior-is-the-likelihood", "posterior", 0.9): "0.9 is p(red | z = 1), the chance of red if it was box 1. "
    "The question turns it round: the chance of box 1 if it was red.",
    ("evidence-in-per-cent", "evidence", 55): "The number is right in per cent. Give it between 0 and 1.",
    ("posterior-in-per-cent", "posterior", 900 / 11): "The number is right in per cent. Give the probability itself, "
    "between 0 and 1.",
    ("posterior-unnormalised", "posterior", 0.45): "0.45 is the joint probability p(z = 1, red). Divide it by "
    "p(red), so that both boxes together give 1.",
    ("posterior-of-the-other-box", "posterior", 2 / 11): "0.1818 is the posterior of box 0; the question is about "
    "box 1.",
    ("posterior-is-the-prior", "posterior", 0.5): "½ is the prior: what you knew before the ball. Seeing red favours "
    "the box with more red balls.",
    ("gap-in-bits", "gap", _GAP / math.log(2)): "0.3745: you used log2, which gives bits. Here every logarithm is "
    "natural, which gives nats.",
    ("gap-of-a-sum", "gap", math.log(0.55) - math.log(0.18)): "1.117: your ELBO adds the two logs. It averages them, "
    "each with its own a or 1 − a, here ½.",
    ("gap-reversed-kl", "gap", 9 / 11 * math.log(18 / 11) + 2 / 11 * math.log(4 / 11)): "0.219 is KL(posterior ‖ q). "
    "The gap is KL(q ‖ posterior): the average is under q.",
    ("gap-without-log-q", "gap", math.log(0.55) - 0.5 * math.log(0.045)): "0.953: your ELBO has log of the joint "
    "alone. The logarithm is of joint / q: the guess stands below the line.",
    ("gap-is-the-elbo", "gap", 0.5 * math.log(0.18)): "−0.8574 is the ELBO at ½ itself. The gap is how far it lies "
    "below log p(red).",
    ("gap-sign", "gap", -_GAP): "The sign is flipped. The ELBO lies below log p(red), so log p(red) − ELBO is not "
    "negative.",
    ("best-elbo-is-the-evidence", "best_elbo", 0.55): "0.55 is p(red). The ELBO is a bound on its logarithm.",
    ("best-elbo-at-half", "best_elbo", 0.5 * math.log(0.18)): "−0.8574 is the ELBO at a = ½; another a gives more. "
    "(Or is yours −0.8625? That is log2(0.55), in bits.)",
    ("best-elbo-at-one", "best_elbo", math.log(0.45)): "−0.7985 is the ELBO at a = 1: the best a is the posterior "
    "itself, which leaves box 0 a chance. (It is log p(not red), too.)",
    ("best-elbo-log10", "best_elbo", math.log10(0.55)): "This is log10(0.55). Use the natural logarithm, math.log: "
    "nats.",
    ("best-elbo-sign", "best_elbo", -math.log(0.55)): "0.5978 is −log p(red). The logarithm of a probability is "
    "never above 0.",
    ("best-elbo-is-zero", "best_elbo", 0): "It is the gap that becomes 0 at the best a. The ELBO itself then equals "
    "log p(red).",
}

two_boxes = Constant(
    name="two_boxes",
    lesson="00_start_here",
    number="0.2",
    title="Two boxes, with a pencil",
    minutes=15,
    difficulty=1,
    lines="4 numbers",
    right={"evidence": 0.55, "posterior": 9 / 11, "gap": _GAP, "best_elbo": math.log(0.55)},
    checks=(
        Check("the evidence p(red)", constant_matches("evidence"), points=0.5),
        Check("the posterior p(z = 1 | red)", constant_matches("posterior"), points=1),
        Check("the gap at a = ½", constant_matches("gap"), points=1),
        Check("the best ELBO", constant_matches("best_elbo"), points=0.5),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "Make the table of the four joint probabilities p(z, colour) = p(z) p(colour | z), then read one column of it.",
        "p(red) is the sum of its column; the posterior is one entry divided by that sum. "
        "ELBO(a) = a · log(joint of box 1 / a) + (1 − a) · log(joint of box 0 / (1 − a)).",
        "The column is 0.10 and 0.45. The ELBO at a = ½ is ½ log(0.45 / 0.5) + ½ log(0.10 / 0.5); subtract it from "
        "log p(red). The best a is the posterior, and there nothing is lost.",
    ),
)
