"""Exercise 7.4: ten statements of a published text; eight contain a slip, each of another kind."""

from typing import NamedTuple

from vae_course.checks.engine.constants import constant_matches
from vae_course.checks.engine.exercise import Check, Constant, Misconception

OVERLOOKED = 'A slip is still to be found where you wrote "fine": build exactly what the words say, and compare it with your own code.'


class Statement(NamedTuple):
    """One statement of the published text.

    Attributes:
        right: the kind of slip that it contains, or "fine".
        mistake, wrong: the mistake that people make with it, and the word that shows it.
        pointer: where to look, without the answer.
        reason: the answer, for whoever has passed or used up the tries.
    """

    right: str
    mistake: str
    pointer: str
    reason: str
    wrong: str = "fine"


STATEMENTS = {
    "A": Statement(
        "sign",
        "sign-overlooked",
        "Imagine a model that reconstructs perfectly: does this sum reward it?",
        "NELBO = KL + E_q[log p(x|z)] would reward a bad reconstruction. The expectation is subtracted.",
    ),
    "B": Statement(
        "variance",
        "spread-overlooked",
        "What is `v`, and what does a reader take the letter in its place for?",
        "What follows m in N(m, ·) is the variance. A text that writes N(μ, σ) invites you to forget a root.",
    ),
    "C": Statement(
        "order",
        "order-overlooked",
        "Build it from the words alone, one step after the other, and feed it one logit.",
        "The sigmoid comes before the cross-entropy, and binary_cross_entropy_with_logits contains it already.",
    ),
    "D": Statement(
        "unneeded",
        "expand-as-is-crucial",
        "Try it both ways with given.kl_normal, and compare the numbers.",
        "Broadcasting gives the same numbers without expand_as. It matters only where terms are summed one by one: then "
        "Σ log v of the prior would count once.",
    ),
    "E": Statement(
        "prior",
        "prior-overlooked",
        "Write the same line with what the model has, as your own log_weights does: when would the two differ?",
        "The weight uses N(0, I) although the model has a z_prior: right only while they are equal.",
    ),
    "F": Statement(
        "objective",
        "objective-overlooked",
        "Follow the call from `loss` on: which of your methods are reached, and which never?",
        "`loss` calls the ELBO alone. Training by IWAE needs another way in.",
    ),
    "G": Statement(
        "signature",
        "signature-overlooked",
        "Type the two lines and run them: what does Python say?",
        "The method's argument is called batch. sample_x(batch_size=64) raises a TypeError.",
    ),
    "H": Statement(
        "data",
        "data-overlooked",
        "What exactly is `batch` in the first turn of the loop, and what does `loss` take?",
        "A loader yields (images, labels), images (batch, 1, 28, 28): take the images and flatten them first.",
    ),
    "I": Statement(
        "fine",
        "frozen-parameters-suspected",
        "Build such a model, and look: is the pair saved, does it move along, is it trained?",
        "Fine: parameters with requires_grad=False move with the model and are not trained. Buffers do the same.",
        wrong="prior",
    ),
    "J": Statement(
        "fine",
        "view-suspected",
        "Try it on a small tensor: which numbers change, and what does a decoder want to see?",
        "Fine: view gives the same numbers another shape, and the decoder wants one z a row.",
        wrong="unneeded",
    ),
}

slips = Constant(
    name="slips",
    lesson="07_capstone",
    number="7.4",
    title="Find the slips in the published text",
    minutes=15,
    difficulty=2,
    lines="10 words",
    tries=3,
    right={letter: statement.right for letter, statement in STATEMENTS.items()},
    checks=tuple(
        Check(f"statement {letter}", constant_matches(letter, pointer=statement.pointer), points=0.1)
        for letter, statement in STATEMENTS.items()
    ),
    misconceptions=tuple(
        Misconception(
            statement.mistake,
            {letter: statement.wrong},
            OVERLOOKED if statement.wrong == "fine" else statement.pointer,
            reason=f"{letter}: {statement.reason}",
        )
        for letter, statement in STATEMENTS.items()
    ),
    hints=(
        "Read each statement against the code that you wrote, not against what it surely means.",
        "Eight statements contain a slip, each of another kind; two are fine.",
        "Check A with a model that reconstructs perfectly, C with its order in time, F by reading `loss`. Run D, G and H. Of what "
        "remains, ask what a reader would build who has only the words: something else than your class, or the same?",
    ),
)
