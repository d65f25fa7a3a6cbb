"""Exercise 9.3: a class summed out, with a pencil."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

JOINT = (0.12, 0.03)
"""p(x, y) of one image for two classes of prior ½: the likelihoods are 0.24 and 0.06."""
GUESS = (0.3, 0.7)
EVIDENCE = sum(JOINT)
POSTERIOR = JOINT[0] / EVIDENCE
NELBO = sum(q * math.log(q / p) for q, p in zip(GUESS, JOINT, strict=True))
GAP = NELBO + math.log(EVIDENCE)


def surprise(probabilities: tuple[float, float]) -> float:
    """The mean of −log p under the guess."""
    return -sum(q * math.log(p) for q, p in zip(GUESS, probabilities, strict=True))


MISTAKES = {
    (
        "evidence-without-prior",
        "evidence",
        0.3,
    ): "0.3 adds up the likelihoods. Each counts by its prior, ½: p(x) is their mean.",
    (
        "evidence-of-the-best",
        "evidence",
        0.12,
    ): "0.12 is the first class alone. Whoever does not know the class adds both.",
    ("evidence-of-the-worse", "evidence", 0.03): "0.03 is the second class alone. Both add up.",
    (
        "evidence-product",
        "evidence",
        0.0036,
    ): "0.0036 multiplies the two. The image has one class *or* the other: add.",
    (
        "evidence-under-the-guess",
        "evidence",
        0.3 * 0.24 + 0.7 * 0.06,
    ): "0.114 averages the likelihoods under the guess q. p(x) knows no guess: each counts by its prior, ½.",
    ("evidence-in-nats", "evidence", math.log(0.15)): "−1.8971 is log p(x). Asked is p(x) itself.",
    (
        "posterior-joint",
        "posterior",
        0.12,
    ): "0.12 is p(x, y = 1). Divide by p(x): of what is left, which part is the first class?",
    (
        "posterior-likelihood",
        "posterior",
        0.24,
    ): "0.24 is p(x | y = 1): how likely the image is if the class is known, and not the other way round.",
    ("posterior-other-class", "posterior", 0.2): "0.2 is the second class' share. Asked is that of the first.",
    (
        "posterior-with-the-guess-for-the-prior",
        "posterior",
        0.3 * 0.24 / (0.3 * 0.24 + 0.7 * 0.06),
    ): "0.6316 is Bayes' rule with the guess q in the place of the prior, ½.",
    ("posterior-odds", "posterior", 4.0): "4 is the odds, first to second. As a probability that is 4 in 5.",
    ("posterior-is-prior", "posterior", 0.5): "½ is the prior, before the image was seen.",
    (
        "posterior-is-guess",
        "posterior",
        0.3,
    ): "0.3 is the guess q. The posterior is what Bayes' rule makes of prior and likelihoods.",
    (
        "nelbo-is-evidence",
        "nelbo",
        -math.log(0.15),
    ): "1.8971 is −log p(x). The bound is that only where q is the posterior, and here q is another.",
    (
        "nelbo-without-entropy",
        "nelbo",
        surprise(JOINT),
    ): "3.0907 is the mean of −log p(x, y) alone. log q(y) is missing: its mean, −0.611, makes the bound smaller.",
    (
        "nelbo-entropy-added",
        "nelbo",
        surprise(JOINT) + surprise(GUESS),
    ): "3.7015 has log q(y) with the other sign. The average is of log q(y) − log p(x, y).",
    (
        "nelbo-without-prior",
        "nelbo",
        surprise((0.24, 0.06)) - surprise(GUESS),
    ): "1.7867 has the likelihoods in the place of p(x, y): the prior's ½ is missing, which is ln 2.",
    (
        "nelbo-of-likelihoods-alone",
        "nelbo",
        surprise((0.24, 0.06)),
    ): "2.3975 is the mean of −log p(x|y) alone: the KL from q to the prior is missing.",
    (
        "nelbo-log-outside",
        "nelbo",
        -math.log(0.3 * 0.24 + 0.7 * 0.06),
    ): "2.1716 is −log of the average of p(x|y) under the guess. In the bound the average stands outside of the log.",
    ("nelbo-in-bits", "nelbo", NELBO / math.log(2)): "3.5776 is in bits (log2). Nats use ln.",
    ("nelbo-sign", "nelbo", -NELBO): "−2.4798 is the ELBO. The NELBO has the other sign.",
    ("gap-sign", "gap", -GAP): "The gap is NELBO + log p(x), and never negative.",
    (
        "gap-other-way-round",
        "gap",
        0.8 * math.log(0.8 / 0.3) + 0.2 * math.log(0.2 / 0.7),
    ): "0.5341 is the KL from the posterior to the guess. The bound's gap begins with the guess: KL( q ‖ p(y|x) ).",
    ("gap-in-bits", "gap", GAP / math.log(2)): "0.8406 is in bits (log2). Nats use ln.",
    ("gap-is-difference", "gap", 0.5): "0.5 is the difference of the two probabilities. The gap is a KL, in nats.",
}

summed_out = Constant(
    name="summed_out",
    lesson="09_classes",
    number="9.3",
    title="Two classes with a pencil",
    minutes=8,
    difficulty=2,
    lines="4 numbers",
    right={"evidence": EVIDENCE, "posterior": POSTERIOR, "nelbo": NELBO, "gap": GAP},
    checks=(
        Check("p(x)", constant_matches("evidence", pointer="Sum p(y) p(x|y) over the two classes."), points=0.5),
        Check(
            "p(y = 1 | x)", constant_matches("posterior", pointer="Which part of p(x) is the first class?"), points=0.5
        ),
        Check("the NELBO", constant_matches("nelbo", pointer="Average log q(y) − log p(x, y) over q."), points=0.5),
        Check(
            "the gap", constant_matches("gap", pointer="How far is the guess from the posterior, as a KL?"), points=0.5
        ),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "Multiply each likelihood by its prior: that is p(x, y), two numbers. All four answers are made of these two and of q.",
        "p(x) is their sum, and the posterior is a share of it. The NELBO is an average over q of log q(y) − log p(x, y): two terms, "
        "with weights 0.3 and 0.7.",
        "gap: what the NELBO is above −log p(x). Check it against KL( q ‖ p(y|x) ), with 0.3 and 0.7 in the place of q, and the posterior's two "
        "shares.",
    ),
)
