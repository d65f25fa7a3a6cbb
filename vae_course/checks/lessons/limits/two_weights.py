"""Exercise 5b.1: the two-weight world."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

TWO_AND_EIGHT = "{} belongs to the world of 2 and 8 in the text above. Here a weight is 1 or 3."


def iwae_of_two_weights(k: int, low: float = 1, high: float = 3) -> float:
    """E[log 1/k Σ w] for k independent weights that are `low` or `high` with probability ½."""
    return sum(math.comb(k, j) / 2**k * math.log(((k - j) * low + j * high) / k) for j in range(k + 1))


MISTAKES = {
    ("limit-for-elbo", "elbo", math.log(2)): "This is the log of the mean weight, which is log p(x). The ELBO is the "
    "mean of the two logs.",
    ("elbo-in-bits", "elbo", 0.5 * math.log2(3)): "0.7925 is in bits (log2). Nats use ln.",
    ("elbo-with-log10", "elbo", 0.5 * math.log10(3)): "0.2386 is made with log10. Nats use ln.",
    ("elbo-sign", "elbo", -0.5 * math.log(3)): "This is the negative, the NELBO. Here the bound itself is asked: an "
    "average of ln 1 and ln 3, and neither is below 0.",
    ("elbo-of-two-and-eight", "elbo", iwae_of_two_weights(1, 2, 8)): TWO_AND_EIGHT.format("1.3863"),
    ("elbo-without-half", "elbo", math.log(3)): "ln 3 is the log of one of two equally likely weights. The other "
    "counts as much.",
    ("elbo-without-log", "elbo", math.sqrt(3)): "1.7321 is the geometric mean of the weights, exp of the ELBO. The "
    "ELBO is the mean of the logs itself.",
    ("one-mixed-pair-alone", "iwae_2", math.log(2) / 4): "0.1733 counts one mixed pair of the four alone. The other "
    "mixed pair counts as much, and the pair of two threes counts more.",
    ("limit-without-end", "limit", math.inf): "The bound rises, and not without end: the mean weight settles at its "
    "expectation, and the bound at the log of it.",
    ("elbo-for-iwae", "iwae_2", 0.5 * math.log(3)): "0.5493 is the ELBO again: you average the logs. IWAE_2 averages "
    "the two weights first, then takes the log.",
    ("limit-for-iwae", "iwae_2", math.log(2)): "ln 2 is what a mixed pair gives. The pairs (1, 1) and (3, 3) happen "
    "half of the time.",
    ("mixed-pair-once", "iwae_2", (math.log(1) + math.log(2) + math.log(3)) / 3): "0.5973 counts three cases as "
    "equally likely. (1, 3) and (3, 1) are two of four.",
    ("log-k-missing", "iwae_2", iwae_of_two_weights(2) + math.log(2)): "1.3144 uses the sum of the two weights. The "
    "bound uses their mean.",
    ("iwae-in-bits", "iwae_2", iwae_of_two_weights(2) / math.log(2)): "0.8962 is in bits (log2). Nats use ln.",
    ("iwae-with-log10", "iwae_2", iwae_of_two_weights(2) / math.log(10)): "0.2698 is made with log10. Nats use ln.",
    ("iwae-sign", "iwae_2", -iwae_of_two_weights(2)): "This is −IWAE_2. Here the bound itself is asked: all weights "
    "are at least 1, so no log of a mean is below 0.",
    ("iwae-of-two-and-eight", "iwae_2", iwae_of_two_weights(2, 2, 8)): TWO_AND_EIGHT.format("1.4979"),
    ("limit-in-bits", "limit", 1): "1 is a log to base 2, in bits. Nats use ln.",
    ("limit-with-log10", "limit", math.log10(2)): "0.3010 is made with log10. Nats use ln.",
    ("limit-sign", "limit", -math.log(2)): "This is what *minus* the bound tends to. The bound itself rises to the "
    "log of the mean weight, which is above 0.",
    ("limit-of-two-and-eight", "limit", math.log(5)): TWO_AND_EIGHT.format("1.6094"),
    ("limit-is-largest", "limit", math.log(3)): "ln 3 belongs to the largest weight. With many samples their mean "
    "settles at the average weight.",
    ("limit-without-log", "limit", 2): "2 is the mean weight, p(x); the bound tends to its log. (Toy numbers: read "
    "p(x) as a density. Of a black and white image it is at most 1.)",
}

two_weights = Constant(
    name="two_weights",
    lesson="05b_limits",
    number="5b.1",
    title="The bound with a pencil: two weights",
    minutes=8,
    difficulty=2,
    lines="3 numbers",
    right={"elbo": iwae_of_two_weights(1), "iwae_2": iwae_of_two_weights(2), "limit": math.log(2)},
    checks=(
        Check("the ELBO", constant_matches("elbo"), points=0.5),
        Check("IWAE with two samples", constant_matches("iwae_2"), points=1),
        Check("the limit", constant_matches("limit"), points=0.5),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "The ELBO averages the logs. IWAE_2 averages two weights first, then takes the log, and then the expectation.",
        "For two samples there are four equally likely pairs: (1,1), (1,3), (3,1), (3,3). Their means are 1, 2, 2, 3.",
        "Take the log of each of the four means, and average the four logs. With many samples the mean weight scatters no more: "
        "what number does it settle at, and what is its log?",
    ),
)
