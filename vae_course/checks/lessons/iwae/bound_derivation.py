"""Exercise 5.4, optional: from one weight to the importance-weighted bound, the lines to put in order."""

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.lines import Line, Lines

LINES = Lines(
    {
        "A": Line("E[ log (1/k) Σ w_i ] ≤ log p(x)", "put the average of the mean weight into Jensen", rests_on="DI"),
        "B": Line("p(x) = E_q[ w ]", "what an expectation under q means", rests_on="G"),
        "C": Line(
            "E[ log Σ w_i ] ≤ log p(x)",
            "put the average of the weights into Jensen",
            used="You use line C, which has the sum of the weights where their mean belongs.",
            false="Its left side is log k above IWAE_k. In the world of 2 and 8, two draws make it 1.498 + log 2 = 2.191, above "
            "log p(x) = log 5 = 1.609.",
        ),
        "D": Line("E[ log (1/k) Σ w_i ] ≤ log E[ (1/k) Σ w_i ]", "the logarithm is concave: Jensen's inequality"),
        "E": Line("IWAE_k(x) ≤ log p(x)", "the left side is the bound of k draws", rests_on="A"),
        "F": Line(
            "p(x) = E_q[ p(x|z) ] e^(−KL)",
            "log w = log p(x|z) − KL( q(z|x) ‖ p(z) )",
            used="You use line F, which puts the KL, an average over q, into the weight of one draw.",
            false="Each draw has its own log p(z) − log q(z|x). Let z be 0 or 1, the prior (½, ½), q = (0.9, 0.1) and p(x|z) = (0.8, "
            "0.2): then p(x) is 0.5, and line F says 0.512.",
        ),
        "G": Line("p(x) = ∫ q(z|x) · p(x, z) / q(z|x) dz", "all z that could have been; multiply and divide by q(z|x)"),
        "H": Line(
            "log E[ (1/k) Σ w_i ] ≤ E[ log (1/k) Σ w_i ]",
            "the logarithm is concave: Jensen's inequality",
            used="You use line H, in which Jensen's sign is turned round.",
            false="In the world of 2 and 8 and with one draw the log of the average is log 5, the average of the logs only log 4.",
        ),
        "I": Line("E[ (1/k) Σ w_i ] = p(x)", "each w_i has the average of w; so has their mean", rests_on="B"),
        "J": Line(
            "E[ log (1/k) Σ w_i ] = log E[ (1/k) Σ w_i ]",
            "the variance of the mean is k times smaller",
            used="You use line J, which has = although the mean of k weights still scatters.",
            false="k times smaller is not 0. In the world of 2 and 8, two draws make the left side 1.498, and log 5 is 1.609.",
        ),
    },
    order="GBIDAE",
    begin="First one weight and its average, then the mean of k weights; Jensen may come before or after.",
)
"""Six make the derivation, four (C, F, H and J) do not belong."""

MISTAKES = {
    ("jensen-turned-round", "GBIHAE"): "All is right but line H, and line A does not follow from it: there log p(x), "
    "the log of the average, is the larger side.",
    ("equality-for-jensen", "GBIJAE"): "All is right but line J. With it the last line would be IWAE_k(x) = log p(x) "
    "for every k, and the ELBO, IWAE_1, would have no gap.",
    ("kl-in-the-weight", "GFIDAE"): "All is right but line F. The average of w is what line G says, read as an "
    "expectation.",
    ("sum-for-the-mean", "GBIDCE"): "All is right but line C, and line E does not follow from it: IWAE_k has the "
    "mean of the weights, with its 1/k.",
    ("equality-beside-jensen", "GBIDJAE"): "Lines D and J say ≤ and =. Both hold only if all weights are equal.",
    ("upside-down", "EADIBG"): "Your order runs from the bound back to p(x): turn it round.",
    ("bound-before-the-mean", "GBDAIE"): "Line A puts the average of the mean weight into Jensen, and line I, which "
    "says what that is, stands below it.",
    ("bound-before-jensen", "GBIADE"): "Line A needs Jensen's inequality, line D, which stands below it.",
    ("expectation-before-q", "BGIDAE"): "Line B is an expectation under q, and q first appears in line G.",
    ("name-before-the-bound", "GBIDEA"): "Line E gives a name to the left side of line A: A first.",
}
"""(name, order) -> what is said of it."""

bound_derivation = Constant(
    name="bound_derivation",
    lesson="05_iwae",
    number="5.4",
    title="Put the bound in order",
    minutes=8,
    difficulty=2,
    lines="6 letters",
    optional=True,
    right=list(LINES.order),
    checks=LINES.checks(),
    misconceptions=LINES.misconceptions(MISTAKES),
    hints=(
        "Which line only says how p(x) counts all z, and brings q in?",
        "From one weight to k: an average of one weight, then of the mean of k. No logarithm has appeared yet.",
        "Three lines have an expectation and a logarithm on both sides. Try them in the world of 2 and 8 with one draw: log 5 is the "
        "log of the average, log 4 the average of the logs. The true one meets the average of the mean weight, and the result gets "
        "its name.",
    ),
)
