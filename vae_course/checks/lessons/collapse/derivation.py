"""Exercise 4b.1: the derivation's lines to put in order. The lesson prints LINES."""

from vae_course.checks.engine.exercise import Check, Constant, Misconception
from vae_course.checks.engine.trial import Trial, Wrong

LINES = {
    "A": ("≥ E_q[ log ( p(x, z) / q(z|x) ) ]", "the logarithm is concave: Jensen's inequality"),
    "B": ("= E_q[ log p(x|z) ] − KL( q(z|x) ‖ p(z) )", "what KL means"),
    "C": ("= log ∫ q(z|x) · p(x, z) / q(z|x) dz", "multiply and divide by q(z|x)"),
    "D": ("= E_q[ log ( p(x, z) / q(z|x) ) ]", "the logarithm moves inside the expectation"),
    "E": ("log p(x) = log ∫ p(x, z) dz", "the sum rule"),
    "F": ("= E_q[ log p(x|z) ] − KL( p(z) ‖ q(z|x) )", "what KL means"),
    "G": ("= log E_q[ p(x, z) / q(z|x) ]", "what an expectation under q means"),
    "H": ("= E_q[ log p(x|z) + log p(z) − log q(z|x) ]", "the product rule, and log of a product"),
}
"""Letter -> (line, its reason). Six make the derivation, two (D and F) do not belong."""

ORDER = ["E", "C", "G", "A", "H", "B"]


def _letters(trial: Trial) -> list[str]:
    value = trial.answer.value
    return [str(letter).strip().upper() for letter in value] if isinstance(value, str | list | tuple) else []


def are_letters(trial: Trial) -> None:
    """A gate: nothing but letters of lines, none of them left empty."""
    value, letters = trial.answer.value, _letters(trial)
    unknown = [i for i, letter in enumerate(letters) if letter not in LINES]
    if letters and unknown and value[unknown[0]] is None:
        raise Wrong(f"Place {unknown[0] + 1} of your list is still empty.", "It should be six letters out of A to H.")
    if not letters or unknown:
        raise Wrong(f"Your answer is {value!r}.", "It should be a list of six letters out of A to H.")


def jensen_step(trial: Trial) -> None:
    """The inequality stands right after the logarithm of an expectation, and the false equality stands nowhere."""
    letters = _letters(trial)
    if "D" in letters:
        raise Wrong(
            "You use line D, which says that log E[w] = E[log w].",
            "log E[w] and E[log w] are different numbers: ln 2 = 0.69 and ½ ln 3 = 0.55 for weights 1 and 3.",
        )
    if "".join(letters).find("GA") < 0:
        raise Wrong(
            "Line A does not follow line G in your order.", "Jensen's inequality turns log E[...] into E[log ...]."
        )


def kl_step(trial: Trial) -> None:
    """The derivation ends on the KL from q to the prior."""
    letters = _letters(trial)
    if "F" in letters:
        raise Wrong(
            "You end on KL( p(z) ‖ q(z|x) ).",
            "The expectation is under q, so E_q[ log q − log p ] is KL( q ‖ p ); the KL is not symmetric.",
        )
    if letters[-1] != "B":
        raise Wrong(f"Your last line is {letters[-1]}.", "The derivation ends on the two terms that you compute.")


def whole_order(trial: Trial) -> None:
    """All six lines, in order."""
    letters = _letters(trial)
    if len(letters) != len(ORDER):
        raise Wrong(
            f"Your order has {len(letters)} {'letter' if len(letters) == 1 else 'letters'}.",
            "Six lines make the derivation, each of them once.",
        )
    twice = next((letter for letter in letters if letters.count(letter) > 1), "")
    if twice:
        raise Wrong(
            f"Your order has line {twice} {letters.count(twice)} times.",
            "Six lines make the derivation, each of them once.",
        )
    in_place = sum(a == b for a, b in zip(letters, ORDER, strict=True))
    if in_place < len(ORDER):
        raise Wrong(
            f"Your order is {' '.join(letters)}. In their places, of six lines: {in_place}.",
            "Start from log p(x) alone; each line follows from the one before.",
        )


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
    right=ORDER,
    checks=(
        Check("letters of lines", are_letters),
        Check("Jensen's step", jensen_step, points=1),
        Check("the last line", kl_step, points=1),
        Check("the whole order", whole_order, points=1),
    ),
    correct={"a string": "ECGAHB", "a tuple": ("E", "C", "G", "A", "H", "B"), "small letters": list("ecgahb")},
    misconceptions=tuple(Misconception(name, list(order), message) for (name, order), message in MISTAKES.items()),
    hints=(
        "Start from what you want to bound, log p(x), with z summed out. Which line says only that?",
        "To bring in an expectation under q, q must appear: multiply and divide. Then name the expectation, then Jensen.",
        "Two pairs differ in one sign or one order only: A and D, B and F. Of each pair one is false: is log E[w] equal to "
        "E[log w]? Under which distribution is the average of log q − log p taken?",
    ),
)
