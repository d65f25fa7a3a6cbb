"""Exercise 4b.1: the derivation's lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines, Step

LINES = Lines(
    {
        "A": Line("≥ E_q[ log ( p(x, z) / q(z|x) ) ]", "the logarithm is concave: Jensen's inequality", rests_on="G"),
        "B": Line("= E_q[ log p(x|z) ] − KL( q(z|x) ‖ p(z) )", "what KL means", rests_on="H"),
        "C": Line("= log ∫ q(z|x) · p(x, z) / q(z|x) dz", "multiply and divide by q(z|x)", rests_on="E"),
        "D": Line(
            "= E_q[ log ( p(x, z) / q(z|x) ) ]",
            "the logarithm moves inside the expectation",
            used="You use line D, which says that log E[w] = E[log w].",
            false="log E[w] and E[log w] are different numbers: ln 2 = 0.69 and ½ ln 3 = 0.55 for weights 1 and 3.",
        ),
        "E": Line("log p(x) = log ∫ p(x, z) dz", "sum over all z that could have been"),
        "F": Line(
            "= E_q[ log p(x|z) ] − KL( p(z) ‖ q(z|x) )",
            "what KL means",
            used="You end on KL( p(z) ‖ q(z|x) ).",
            false="The expectation is under q, so E_q[ log q − log p ] is KL( q ‖ p ); the KL is not symmetric.",
        ),
        "G": Line("= log E_q[ p(x, z) / q(z|x) ]", "what an expectation under q means", rests_on="C"),
        "H": Line(
            "= E_q[ log p(x|z) + log p(z) − log q(z|x) ]",
            "p(x, z) = p(x|z) p(z), and the log of a product",
            rests_on="A",
        ),
    },
    order="ECGAHB",
    begin="Start from log p(x) alone; each line follows from the one before.",
    steps=(
        Step("Jensen's step", "D", "GA", "Jensen's inequality turns log E[...] into E[log ...]."),
        Step("the last line", "F", "B", "The derivation ends on the two terms that you compute."),
    ),
)
"""Six make the derivation, two (D and F) do not belong."""

MISTAKES = {
    ("equality-for-jensen", "ECGDHB"): "The sign is ≥, as in line A, and that is the whole point of the bound: the "
    "difference is KL( q(z|x) ‖ p(z|x) ), which is 0 only when q is the posterior.",
    ("kl-the-other-way", "ECGAHF"): "All is right but the last line: the average of log q − log p is taken under q, "
    "so it is KL( q(z|x) ‖ p(z) ).",
    ("both-distractors", "ECGDHF"): "Two lines do not belong: D keeps = where Jensen gives ≥, and F has the KL the "
    "other way round.",
    ("expectation-before-q", "EGCAHB"): "Line G speaks of an expectation under q before q has appeared: first "
    "multiply and divide by q (C).",
    ("jensen-before-expectation", "ECAGHB"): "Jensen (A) needs the logarithm of an expectation to work on: line G "
    "comes first.",
    ("two-terms-before-the-product-rule", "ECGABH"): "The two terms of the last line come out of splitting log p(x, "
    "z) = log p(x|z) + log p(z): H before B.",
    ("upside-down", "BHAGCE"): "Your order runs from the result back to log p(x): turn it round.",
}
"""(name, order) -> what is said of it."""

derivation = Constant(
    name="derivation",
    lesson="04b_collapse",
    number="4b.1",
    title="Put the derivation in order",
    minutes=10,
    difficulty=2,
    lines="6 letters",
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Start from what you want to bound, log p(x), with z summed out. Which line says only that?",
        "To bring in an expectation under q, q must appear: multiply and divide. Then name the expectation, then Jensen.",
        "Two pairs differ in one sign or one order only: A and D, B and F. Of each pair one is false: is log E[w] equal to "
        "E[log w]? Under which distribution is the average of log q − log p taken?",
    ),
)
