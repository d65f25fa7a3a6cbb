"""Exercise 2.6, optional: the lines of the closed form of a KL, to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line(
            "E_q[ (z − pm)² ] = qv + (qm − pm)²",
            "average the three terms: the first is known, and E_q[ z − qm ] = 0",
            rests_on="FJ",
        ),
        "B": Line(
            "KL = ½ log pv − ½ log qv + E_q[ (z − pm)² ] / (2 pv) − E_q[ (z − qm)² ] / (2 qv)",
            "what holds no z leaves the average",
            rests_on="H",
        ),
        "C": Line(
            "E_q[ (z − pm)² ] = qv",
            "what variance means",
            used="You use line C, which takes qv for the average of (z − pm)².",
            false="qv is the average square around q's own mean. Around another place it is larger: for q = N(1, 1) and "
            "pm = 0 it is 2, and qv is 1.",
        ),
        "D": Line("KL = E_q[ log q(z) − log p(z) ]", "what KL means"),
        "E": Line(
            "KL = E_q[ log pv − log qv + (z − pm)² / (2 pv) − (z − qm)² / (2 qv) ]",
            "put in both log densities: log 2π cancels",
            used="You use line E, which takes log v for the log of √v.",
            false="The bell has 1/√v in front, and log √v = ½ log v: half of log pv − log qv is right.",
        ),
        "F": Line(
            "(z − pm)² = (z − qm)² + 2 (z − qm)(qm − pm) + (qm − pm)²",
            "z − pm = (z − qm) + (qm − pm), squared",
        ),
        "G": Line(
            "KL = ½ [ log(pv / qv) + qv / pv + (qm − pm)² / pv − 1 ]",
            "put in the two averages",
            rests_on="BAJ",
        ),
        "H": Line(
            "KL = E_q[ ½ log pv − ½ log qv + (z − pm)² / (2 pv) − (z − qm)² / (2 qv) ]",
            "put in both log densities: log 2π cancels",
            rests_on="D",
        ),
        "I": Line(
            "E_q[ (z − pm)² ] = qv + 2 √qv (qm − pm) + (qm − pm)²",
            "average the three terms: the first is known, and z − qm has the size √qv",
            used="You use line I, which keeps the cross term.",
            false="√qv is the size of z − qm; its average is 0, for draws lie on both sides of qm. For q = N(1, 1) and pm = 0 "
            "the average square is 2, and line I says 4.",
        ),
        "J": Line("E_q[ (z − qm)² ] = qv", "what variance means"),
    },
    order="DHBJFAG",
    begin="Three lines lead from what KL means to two averages, three work these out, and the last puts them in.",
)
"""Seven make the derivation, three (C, E and I) do not belong."""

MISTAKES = {
    ("cross-term-kept", "DHBJFIG"): "All is right but line I, and line G does not follow from it: in G no cross term "
    "is left.",
    ("variance-around-the-wrong-mean", "DHBJFCG"): "All is right but line C. With it the closed form would have no "
    "(qm − pm)² at all, and a q far from p would cost nothing for that.",
    ("log-of-the-root", "DEBJFAG"): "All is right but line E. Line B, below it, has the two halves, and does not "
    "follow.",
    ("both-averages", "DHBJCFAG"): "Lines A and C say two things about one average. Both can be true only where qm = "
    "pm.",
    ("upside-down", "GAFJBHD"): "Your order runs from the closed form back to the definition: turn it round.",
    ("result-before-the-averages", "DHBGJFA"): "Line G has both averages put in, and they are worked out only below "
    "it.",
    ("average-before-the-square", "DHBJAFG"): "Line A averages three terms; they stand in line F, below it.",
    ("definition-late", "HDBJFAG"): "Line H puts the log densities into the definition, which is line D.",
    ("stops-before-the-result", "DHBJFA"): "Every line follows, and the last one is missing: both averages are "
    "known, and not yet put in.",
}
"""(name, order) -> what is said of it."""

kl_derivation = Constant(
    name="kl_derivation",
    lesson="02_kl_divergence",
    number="2.6",
    title="Put the closed form in order",
    minutes=8,
    difficulty=2,
    lines="7 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Begin with the line that says what is asked: an average of a difference of logs.",
        "Two lines put in the log densities, and they differ in a factor: the bell has 1/√v in front; what is the log of that? Then "
        "the average moves to where z stands.",
        "Three lines say what E_q[ (z − pm)² ] is. Try q = N(1, 1) and pm = 0: a variance of 1 and a mean of 1 make an average "
        "square of 2. The true one rests on two lines: what are they? All three stand above the line with the result.",
    ),
)
