"""Exercise 3.4, optional: from a coin to a cost that cannot overflow, its lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line("log(1 − p) = −log(1 + e^a)", "the log of a fraction, and log 1 = 0", rests_on="C"),
        "B": Line("log(1 + e^a) = max(a, 0) + log(1 + e^(−|a|))", "take the larger of 1 and e^a out of the sum"),
        "C": Line("p = e^a / (1 + e^a), 1 − p = 1 / (1 + e^a)", "the sigmoid, and what is left of 1"),
        "D": Line(
            "log P(x) = x a − (1 − x) log(1 + e^a)",
            "weigh the two logs with x and 1 − x",
            used="You use line D, in which log(1 + e^a) stands with paper alone.",
            false="It belongs to both logs. For ink, x = 1, line D says log P = a, and a may be above 0: no probability has a log "
            "like that.",
        ),
        "E": Line(
            "−log P(x) = max(a, 0) − x a + log(1 + e^(−|a|))",
            "the other sign, and no exponential above 1",
            rests_on="HB",
        ),
        "F": Line("log P(x) = x log p + (1 − x) log(1 − p)", "a coin that shows ink with probability p"),
        "G": Line(
            "log(1 + e^a) = max(a, 0)",
            "the smaller of 1 and e^a does not count",
            used="You use line G, which is nearly true far from a = 0, and false.",
            false="At a = 0 the left side is log 2 = 0.69, the right side 0.",
        ),
        "H": Line(
            "log P(x) = x a − log(1 + e^a)",
            "weigh the two logs with x and 1 − x, which add up to 1",
            rests_on="FIA",
        ),
        "I": Line("log p = a − log(1 + e^a)", "the log of a fraction, and log e^a = a", rests_on="C"),
        "J": Line(
            "log(1 − p) = log(1 + e^a) − a",
            "log 1 − log p, and log 1 = 0",
            used="You use line J, which takes log(1 − p) for log 1 − log p.",
            false="The log of a difference is another number: at a = 0, where p = ½, the left side is log ½ = −0.69, and line J says "
            "+0.69.",
        ),
    },
    order="FCIAHBE",
    begin="First the coin and the sigmoid, then one log for each side of the coin, then both together.",
)
"""Seven make the derivation, three (D, G and J) do not belong."""

MISTAKES = {
    ("weights-on-one-side", "FCIADBE"): "All is right but line D, and line E does not follow from it: E has all of "
    "log(1 + e^a), whatever x is.",
    ("max-for-softplus", "FCIAHGE"): "All is right but line G. What it leaves out, log(1 + e^(−|a|)), stands in line "
    "E beside the maximum.",
    ("log-of-a-difference", "FCIJHBE"): "All is right but line J. Start it from 1 − p = 1 / (1 + e^a) instead: the "
    "log of a fraction is a difference of logs.",
    ("max-for-softplus-as-well", "FCIAHGBE"): "Lines B and G say two things about log(1 + e^a). They differ by log(1 "
    "+ e^(−|a|)), which is above 0.",
    ("upside-down", "EBHAICF"): "Your order runs from the cost back to the coin: turn it round.",
    ("logs-before-the-sigmoid", "FIACHBE"): "Lines I and A are logs of fractions, and the fractions stand in line C, "
    "below them.",
    ("weighed-before-the-second-log", "FCIHABE"): "Line H weighs both logs. That of 1 − p, line A, stands below it.",
    ("cost-before-softplus", "FCIAHEB"): "Line E has softplus taken apart, and line B, which does that, stands below "
    "it.",
    ("stops-at-softplus", "FCIAH"): "Every line follows, and you end on log P(x) with softplus in it. Asked is the "
    "cost in which nothing can overflow.",
}
"""(name, order) -> what is said of it."""

softplus_derivation = Constant(
    name="softplus_derivation",
    lesson="03_reconstruction",
    number="3.4",
    title="Put the coin's cost in order",
    minutes=8,
    difficulty=2,
    lines="7 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Two lines stand on nothing but what a coin and a sigmoid are. They come before any line with log p worked out.",
        "Each side of the coin has its own log. Two lines say what log(1 − p) is: put in a = 0, where p = ½. Which of them is below "
        "0?",
        "Two lines weigh the logs, and two rewrite softplus. Try x = 1 in the first pair, where log p must come out, and a = 0 in the "
        "second, where log 2 must. The last line needs one of each pair, with the sign turned.",
    ),
)
