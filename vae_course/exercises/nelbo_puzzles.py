"""The puzzles of lesson 04: the derivation's lines to put in order, and wrong models to find the bug in.

The lesson prints LINES, CHOICES and the curves of `detective_curves`; the exercises mark the answers.
"""

from vae_course.exercises.checks import constant_matches
from vae_course.exercises.core import Check, Exercise, Misconception, Trial, Wrong

LESSON = "04_nelbo"

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
    letters = [str(letter).strip().upper() for letter in value] if isinstance(value, str | list | tuple) else None
    if not letters or any(letter not in LINES for letter in letters):
        raise Wrong(f"Your answer is {value!r}.", "It should be a list of six letters out of A to H.")
    return letters


def jensen_step(trial: Trial) -> None:
    """The inequality stands right after the logarithm of an expectation, and the false equality stands nowhere."""
    letters = _letters(trial)
    if "D" in letters:
        raise Wrong(
            "You use line D: the logarithm moves inside the expectation, and the sign stays =.",
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
    if letters != ORDER:
        first = next((i for i, (a, b) in enumerate(zip(letters, ORDER, strict=False)) if a != b), len(letters))
        raise Wrong(
            f"Your order is {' '.join(letters)}: {first} of its lines are in place, counted from the top.",
            "Six lines make the derivation: start from log p(x) alone; each line follows from the one before.",
        )


derivation = Exercise(
    name="derivation",
    lesson=LESSON,
    number="4.4",
    title="Put the derivation in order",
    points=3,
    minutes=10,
    difficulty=2,
    lines="6 letters",
    truth=lambda: ORDER,
    stub=[None] * 6,
    checks=(
        Check("Jensen's step", jensen_step, points=1),
        Check("the last line", kl_step, points=1),
        Check("the whole order", whole_order, points=1),
    ),
    correct={"a string": "ECGAHB", "a tuple": ("E", "C", "G", "A", "H", "B"), "small letters": list("ecgahb")},
    misconceptions=(
        Misconception(
            "equality-for-jensen",
            list("ECGDHB"),
            "Line D claims that log E[w] = E[log w]. That is the whole point of the bound: it is ≥, and the difference is "
            "KL( q(z|x) ‖ p(z|x) ), which is 0 only when q is the posterior.",
        ),
        Misconception(
            "kl-the-other-way",
            list("ECGAHF"),
            "All is right but the last line: the average of log q − log p is taken under q, so it is KL( q(z|x) ‖ p(z) ).",
        ),
        Misconception(
            "both-distractors",
            list("ECGDHF"),
            "Two lines do not belong: D keeps = where Jensen gives ≥, and F has the KL the other way round.",
        ),
        Misconception(
            "expectation-before-q",
            list("EGCAHB"),
            "Line G speaks of an expectation under q before q has appeared: first multiply and divide by q (C).",
        ),
        Misconception(
            "jensen-before-expectation",
            list("ECAGHB"),
            "Jensen (A) needs the logarithm of an expectation to work on: line G comes first.",
        ),
        Misconception(
            "two-terms-before-the-product-rule",
            list("ECGABH"),
            "The two terms of the last line come out of splitting log p(x, z) = log p(x|z) + log p(z): H before B.",
        ),
        Misconception(
            "upside-down", list("BHAGCE"), "Your order runs from the result back to log p(x): turn it round."
        ),
    ),
    hints=(
        "Start from what you want to bound, log p(x), with z summed out. Which line says only that?",
        "To bring in an expectation under q, q must appear: multiply and divide. Then name the expectation, then Jensen.",
        "Two pairs differ in one sign or one order only: A and D, B and F. Of each pair one is false: is log E[w] equal to "
        "E[log w]? Under which distribution is the average of log q − log p taken? Then E, C, G come first.",
    ),
)

CHOICES = {
    "v as std": "the noise is scaled by v instead of sqrt(v)",
    "uniform noise": "torch.rand where torch.randn belongs",
    "no noise": "z = m",
    "z detached": "no gradient flows through z",
    "z from the prior": "z ~ p(z) instead of q(z|x)",
    "one noise for the batch": "the same ε for every image of a batch",
    "sigmoid twice": "a sigmoid before the loss that expects logits",
    "KL swapped": "KL( p(z) ‖ q(z|x) )",
    "KL sign": "rec − kl",
    "no KL": "the KL is computed and left out of the loss",
    "rec mean over pixels": "rec averaged over 784 pixels instead of summed",
    "KL mean over latents": "kl averaged over the latent dimensions instead of summed",
}
"""The twelve suspects of the detective: name -> what the code does."""

CULPRITS = {
    "A": "sigmoid twice",
    "B": "no noise",
    "C": "KL mean over latents",
    "D": "rec mean over pixels",
    "E": "no KL",
}


def _mistaken(case: str, guess: str, message: str) -> Misconception:
    return Misconception(f"{case}-is-{guess.lower().replace(' ', '-')}", {case: guess}, message)


detective = Exercise(
    name="detective",
    lesson=LESSON,
    number="4.5",
    title="Detective: five wrong models",
    points=4,
    minutes=15,
    difficulty=3,
    lines="5 choices",
    truth=lambda: CULPRITS,
    stub=dict.fromkeys(CULPRITS),
    checks=tuple(Check(f"model {case}", constant_matches(case), points=0.8) for case in CULPRITS),
    misconceptions=(
        _mistaken(
            "A",
            "KL sign",
            "With the KL's sign wrong the loss runs away below zero: the kl explodes. Model A stands still instead, at "
            "543 = 784 ln 2 nats: every pixel's probability stays near one half.",
        ),
        _mistaken(
            "A",
            "z from the prior",
            "A model that knows nothing of x still learns the mean image, 199 nats. A is far worse: it cannot even draw "
            "black, because a sigmoid's output is never below 0, which as a logit means one half.",
        ),
        _mistaken(
            "A",
            "z detached",
            "A detached z still leaves the decoder free to learn the mean image, 199 nats. A cannot even do that.",
        ),
        _mistaken(
            "B",
            "no KL",
            "Without the KL in the loss, the kl grows into the hundreds. In B it nearly vanishes: m is squeezed to almost "
            "nothing, which costs no information as long as no noise is added.",
        ),
        _mistaken(
            "B",
            "uniform noise",
            "Uniform noise is at least noise: the kl stays at several nats. In B it falls below 2 with the best rec of "
            "all, which is possible only if z carries everything at no price.",
        ),
        _mistaken(
            "B",
            "v as std",
            "With v as standard deviation the reported numbers stay close to the true ones. B reports about 79 and is "
            "truly beyond 500: too good a bound is a bug.",
        ),
        _mistaken(
            "C",
            "no KL",
            "Left out entirely, the kl would reach hundreds. In C it is held back, only 20 times too gently.",
        ),
        _mistaken(
            "C",
            "rec mean over pixels",
            "That divides rec by 784 and lets the kl win: kl = 0. In C it is the kl that is reported too small: multiply it "
            "by z_dim = 20.",
        ),
        _mistaken(
            "C",
            "v as std",
            "Look at reported against true kl: they differ by a factor of exactly 20 = z_dim.",
        ),
        _mistaken(
            "D",
            "z from the prior",
            "The collapse fits, but the reported rec does not: D's is near 0.25 nats, a whole image's is about 200.",
        ),
        _mistaken(
            "D",
            "z detached",
            "The collapse fits, but the reported rec does not: D's is near 0.25 nats, a whole image's is about 200.",
        ),
        _mistaken(
            "D",
            "KL mean over latents",
            "That makes the kl cheap, and it grows. In D the kl is 0: next to a rec divided by 784 it weighs too much.",
        ),
        _mistaken(
            "E",
            "KL sign",
            "With the wrong sign the kl is rewarded and explodes by many powers of ten. In E nobody looks at it: it "
            "drifts to a few hundred.",
        ),
        _mistaken(
            "E",
            "no noise",
            "Without noise the reported kl nearly vanishes. In E it grows to hundreds: nothing in the loss holds it.",
        ),
        _mistaken(
            "E",
            "KL mean over latents",
            "A twentieth of the KL still holds it near 60. In E nothing holds it.",
        ),
    ),
    hints=(
        "Two numbers to know: a model that ignores x reaches about 199 nats, one that knows nothing at all 784 ln 2 = 543.",
        "Compare reported with true values. Is one of them off by a factor of 784, or of 20? Which kl is 0, which huge?",
        "No kl in the loss: kl in the hundreds. Divided by 20: true kl about 60. Rec divided by 784: kl 0, rec 0.25. Stuck "
        "at 543: logits that cannot be negative. Reported near 79, true beyond 500: z carries all, at no price.",
    ),
)
