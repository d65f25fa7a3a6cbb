"""Exercise 8.4, optional: how the rate splits, its lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line(
            "R = E_x E_q(z|x)[ log q(z|x) − log q(z) ] + E_x E_q(z|x)[ log q(z) − log p(z) ]",
            "subtract log q(z) and add it again",
            rests_on="F",
        ),
        "B": Line(
            "E_x E_q(z|x)[ log q(z) − log p(z) ] = 0",
            "q(z) is the average of q(z|x), so that the average of log q(z) is that of log p(z)",
            used="You use line B, which says that the aggregate posterior is the prior.",
            false="Nothing makes them equal: of a model that sends every image to a far place, q(z) is far from p(z).",
        ),
        "C": Line("E_x E_q(z|x)[ f(z) ] = E_q(z)[ f(z) ] for every f", "what q(z) means: draw an image, then z"),
        "D": Line(
            "E_x E_q(z|x)[ log q(z) − log p(z) ] = KL( q(z) ‖ p(z) )",
            "f(z) = log q(z) − log p(z), and what KL means",
            rests_on="C",
        ),
        "E": Line(
            "R = I(x; z) + KL( q(z) ‖ p(z) )",
            "put in both",
            rests_on="AGD",
        ),
        "F": Line("R = E_x E_q(z|x)[ log q(z|x) − log p(z) ]", "what the rate is: the mean KL to the prior"),
        "G": Line(
            "E_x E_q(z|x)[ log q(z|x) − log q(z) ] = I(x; z)",
            "what mutual information is: the mean KL of q(z|x) to its average q(z)",
        ),
        "H": Line(
            "E_x E_q(z|x)[ log q(z) − log p(z) ] = KL( p(z) ‖ q(z) )",
            "f(z) = log q(z) − log p(z), and what KL means",
            used="You use line H, which has the KL the wrong way round.",
            false="The average runs over z from q(z), so that q(z) comes first.",
        ),
    },
    order="FACDGE",
    begin="One line says what the rate is, one splits it, two say what its second part is, one what its first is, and the last puts them in.",
)
"""Six make the derivation, two (B and H) do not belong."""

MISTAKES = {
    (
        "prior-for-aggregate",
        "FACBGE",
    ): "All is right but line B. With it R would be I, and the KL in line E could not be there.",
    ("kl-backwards", "FACHGE"): "All is right but line H: line E, below it, has the KL the other way round.",
    ("upside-down", "EGDCAF"): "Your order runs from the result back to the definition: turn it round.",
    ("split-before-the-definition", "AFCDGE"): "Line A splits the rate, which line F, below it, defines.",
    ("kl-before-the-average", "FADCGE"): "Line D averages over q(z); that this is allowed stands in line C, below it.",
    ("result-before-its-parts", "FACDEG"): "Line E puts both parts in, and the first is named only below it.",
    ("stops-before-the-result", "FACDG"): "Every line follows, and the last one is missing.",
}
"""(name, order) -> what is said of it."""

rate_derivation = Constant(
    name="rate_derivation",
    lesson="08_rate_distortion",
    number="8.4",
    title="Split the rate",
    minutes=8,
    difficulty=2,
    lines="6 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Begin with what the rate is. Then a term is added that is not there, and taken away again: which?",
        "Of the two parts one asks how far each q(z|x) is from their average, the other how far the average is from the prior.",
        "Before the second part is a KL, its average over images and z has to become one over z alone: that is a line of its own. Two of the lines are "
        "false: one says that the average of all q is the prior, one turns a KL round.",
    ),
)
