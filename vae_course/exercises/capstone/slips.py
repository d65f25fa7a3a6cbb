"""Exercise 7.4: ten statements of a published text; eight contain a slip, each of another kind."""

from vae_course.exercises.constants import constant_matches
from vae_course.exercises.core import Check, Exercise, Misconception

LESSON = "07_capstone"

CHOICES = ("sign", "variance", "order", "unneeded", "prior", "objective", "signature", "data", "fine")
"""What a statement of the published text may be: the kind of slip, or "fine"."""

_RIGHT = dict(zip("ABCDEFGHIJ", (*CHOICES, "fine"), strict=True))

slips = Exercise(
    name="slips",
    lesson=LESSON,
    number="7.4",
    title="Find the slips in the published text",
    points=1,
    minutes=5,
    difficulty=2,
    lines="10 words",
    tries=3,
    truth=lambda: dict(_RIGHT),
    stub=dict.fromkeys(_RIGHT),
    checks=tuple(Check(f"statement {letter}", constant_matches(letter), points=0.1) for letter in _RIGHT),
    misconceptions=(
        Misconception(
            "sign-overlooked",
            {"A": "fine"},
            "A: NELBO = KL + E_q[log p(x|z)] would reward a bad reconstruction. The expectation is subtracted.",
        ),
        Misconception(
            "spread-overlooked",
            {"B": "fine"},
            "B: what follows m in N(m, ·) is the variance. A text that writes N(μ, σ) invites you to forget a root.",
        ),
        Misconception(
            "order-overlooked",
            {"C": "fine"},
            "C: the sigmoid comes before the cross-entropy, and binary_cross_entropy_with_logits contains it already.",
        ),
        Misconception(
            "expand-as-is-crucial",
            {"D": "fine"},
            "D: broadcasting gives the same numbers without expand_as. It matters only where terms are summed one by one: "
            "then Σ log v of the prior would count once.",
        ),
        Misconception(
            "prior-overlooked",
            {"E": "fine"},
            "E: the weight uses N(0, I) although the model has a z_prior: right only while they are equal.",
        ),
        Misconception(
            "objective-overlooked",
            {"F": "fine"},
            "F: `loss` calls the ELBO alone. Training by IWAE needs another objective.",
        ),
        Misconception(
            "signature-overlooked",
            {"G": "fine"},
            "G: the method's argument is called batch. sample_x(batch_size=64) raises a TypeError.",
        ),
        Misconception(
            "data-overlooked",
            {"H": "fine"},
            "H: a loader yields (image, label), images (batch, 1, 28, 28): take the image and flatten it first.",
        ),
        Misconception(
            "frozen-parameters-suspected",
            {"I": "prior"},
            "I is fine: parameters with requires_grad=False move with the model and are not trained. Buffers do the same.",
        ),
        Misconception(
            "view-suspected",
            {"J": "unneeded"},
            "J is fine: view gives the same numbers another shape, and the decoder wants one z a row.",
        ),
    ),
    hints=(
        "Read each statement against the code that you wrote, not against what it surely means.",
        "Eight statements contain a slip, each of another kind; two are fine.",
        "Check A with a model that reconstructs perfectly, C with its order in time, F by reading `loss`; the two about how "
        "tensors are stored and shaped are fine.",
    ),
)
