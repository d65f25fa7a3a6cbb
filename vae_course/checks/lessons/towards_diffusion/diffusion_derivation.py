"""Exercise 10.4, optional: the bound of T layers, its lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line(
            "q(x_1, ..., x_T | x0) = q(x_T | x0) · Π_{t≥2} q(x_{t−1} | x_t, x0)",
            "the chain rule from the last step to the first; given x_t and x0, later steps say nothing more of x_{t−1}",
        ),
        "B": Line(
            "q(x_1, ..., x_T | x0) = q(x_T | x0) · Π_{t≥2} q(x_{t−1} | x_t)",
            "the chain rule from the last step to the first; a step depends on its neighbour alone",
            used="You use line B, which leaves x0 out of the steps back.",
            false="x0 is given on the left, and whoever knows x0 knows more of x_{t−1} than x_t alone tells.",
        ),
        "C": Line(
            "−log p(x0) ≤ E_q[ log q(x_1, ..., x_T | x0) − log p(x0, x_1, ..., x_T) ]",
            "the NELBO (lesson 04), with x_1 to x_T for z",
        ),
        "D": Line(
            "−log p(x0) ≤ E_q[ log q(x_T|x0) − log p(x_T) + Σ_{t≥2} ( log q(x_{t−1}|x_t, x0) − log p(x_{t−1}|x_t) ) − log p(x0|x_1) ]",
            "put in both products; logs of products are sums",
            rests_on="CAE",
        ),
        "E": Line(
            "p(x0, x_1, ..., x_T) = p(x_T) · Π_{t≥2} p(x_{t−1} | x_t) · p(x0 | x_1)",
            "what the model is: it begins at x_T and goes back step by step",
        ),
        "F": Line(
            "−log p(x0) ≤ KL( q(x_T|x0) ‖ p(x_T) ) + Σ_{t≥2} E KL( q(x_{t−1}|x_t, x0) ‖ p(x_{t−1}|x_t) ) + E[ −log p(x0|x_1) ]",
            "average over x_{t−1} first, given x_t and x0: that is what KL means",
            rests_on="D",
        ),
        "G": Line(
            "−log p(x0) ≤ KL( q(x_T|x0) ‖ p(x_T) ) + Σ_{t≥2} E KL( p(x_{t−1}|x_t) ‖ q(x_{t−1}|x_t, x0) ) + E[ −log p(x0|x_1) ]",
            "average over x_{t−1} first, given x_t and x0: that is what KL means",
            used="You use line G, which has the KL of each step the wrong way round.",
            false="The average runs over q's draws, so that q comes first.",
        ),
    },
    order="CEADF",
    begin="One line is lesson 04's bound, two take q and p apart into steps, one puts them in, the last finds KLs in it.",
)
"""Five make the derivation, two (B and G) do not belong."""

MISTAKES = {
    ("data-left-out", "CEBDF"): "All is right but line B: line D, below it, has steps back that know x0.",
    ("kl-backwards", "CEADG"): "All is right but line G: it has the KLs of line D the other way round.",
    ("upside-down", "FDAEC"): "Your order runs from the result back to the bound: turn it round.",
    ("put-in-before-the-model", "CADEF"): "Line D puts both products in, and one of them is named only below it.",
    ("put-in-before-the-encoder", "CEDAF"): "Line D puts both products in, and one of them is named only below it.",
    ("kls-first", "CEAFD"): "Line F finds KLs in a sum that only line D, below it, writes down.",
    ("stops-before-the-result", "CEAD"): "Every line follows, and the last one is missing.",
}
"""(name, order) -> what is said of it."""

diffusion_derivation = Constant(
    name="diffusion_derivation",
    lesson="10_towards_diffusion",
    number="10.4",
    title="The bound of T layers",
    minutes=8,
    difficulty=2,
    lines="5 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Begin with the bound that you know, for any latents. What are the latents here?",
        "p goes from x_T to x0. To compare step with step, q is written in the same direction, though it was made in the other.",
        "Whoever goes back along q has to know x0. Both products are put into the bound before any KL can be seen; and the average is one over q's draws, so which of the "
        "two stands first in each KL?",
    ),
)
