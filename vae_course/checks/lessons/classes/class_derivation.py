"""Exercise 9.5, optional: the bound of an image without a label, its lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line(
            "−log p(x) ≤ E_q(y, z|x)[ log q(y, z|x) − log p(x, y, z) ]",
            "the bound of lesson 04, with (y, z) in the place of z",
        ),
        "B": Line(
            "q(y, z|x) = q(y|x) q(z|x, y)   and   p(x, y, z) = p(y) p(z) p(x|z, y)",
            "how guess and model are made",
        ),
        "C": Line(
            "−log p(x) ≤ E_q(y|x) E_q(z|x,y)[ log q(y|x)/p(y) + log q(z|x,y)/p(z) − log p(x|z,y) ]",
            "put in, and the log of a product is a sum of logs",
            rests_on="AB",
        ),
        "D": Line(
            "E_q(y|x) E_q(z|x,y)[ log q(y|x)/p(y) ] = KL( q(y|x) ‖ p(y) )",
            "nothing in it depends on z, and what KL means",
            rests_on="C",
        ),
        "E": Line(
            "E_q(y|x) E_q(z|x,y)[ log q(z|x,y)/p(z) ] = KL( Σ_y q(y|x) q(z|x,y) ‖ p(z) )",
            "averaging q over y first",
            used="You use line E, which averages the q(z|x, y) inside the KL.",
            false="That is smaller: the KL of a mean is at most the mean of the KLs.",
        ),
        "F": Line(
            "E_q(y|x) f(y) = Σ_y q(y|x) f(y), a sum of ten terms",
            "y has ten values",
        ),
        "G": Line(
            "−log p(x) ≤ KL( q(y|x) ‖ p(y) ) + Σ_y q(y|x) ( KL( q(z|x,y) ‖ p(z) ) + E_q(z|x,y)[ −log p(x|z,y) ] )",
            "put the two in",
            rests_on="CDF",
        ),
        "H": Line(
            "E_q(y|x)[ −log p(x|z,y) ] = −log Σ_y q(y|x) p(x|z,y)",
            "averaging over y inside the log",
            used="You use line H, which moves the average over y into the log.",
            false="Jensen: the right-hand side is smaller, and what is smaller than a bound need not be one.",
        ),
    },
    order="ABCDFG",
    begin="Begin with the bound that you know, say what the two joint distributions are, put them in, and then treat what is left.",
)
"""Six make the derivation, two (E and H) do not belong."""

MISTAKES = {
    (
        "kl-of-the-mean",
        "ABCDEG",
    ): "All is right but line E, in the place of the sum over ten classes: the KL of a mean is no mean of KLs.",
    (
        "average-in-the-log",
        "ABCDHG",
    ): "All is right but line H, in the place of the sum over ten classes: the average stays outside of the log.",
    ("upside-down", "GFDCBA"): "Your order runs from the result back to the bound: turn it round.",
    ("put-in-before-said", "ACBDFG"): "Line C puts in what line B, below it, says.",
    ("kl-before-the-bound", "ABDCFG"): "Line D treats a term that line C, below it, brings.",
    (
        "result-before-its-parts",
        "ABCDGF",
    ): "Line G has a sum over the ten classes; that the average is one stands in line F, below it.",
    ("stops-before-the-result", "ABCDF"): "Every line follows, and the last one is missing.",
}
"""(name, order) -> what is said of it."""

class_derivation = Constant(
    name="class_derivation",
    lesson="09_classes",
    number="9.5",
    title="The bound without a label",
    minutes=8,
    difficulty=2,
    lines="6 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Nothing is new in the first line: what is hidden is a pair now, (y, z).",
        "Guess and model are products. Put in, the logarithm has three parts; which of them does not depend on z?",
        "The average over y is a sum with ten weights, and stands outside of everything. Two of the lines are false: one averages the q inside a KL, one moves "
        "the average into a log.",
    ),
)
