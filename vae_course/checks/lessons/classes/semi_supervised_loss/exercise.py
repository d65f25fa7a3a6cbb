"""Exercise 9.6: the loss of a few images with labels and many without."""

from functools import cache

import torch
from torch import Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.around.scaffolds import known_unlabelled
from vae_course.checks.engine.diagnosis import fact
from vae_course.checks.engine.exercise import Arguments, Check, Method
from vae_course.checks.engine.trial import generator
from vae_course.checks.lessons.classes.semi_supervised_loss import checks
from vae_course.checks.lessons.classes.semi_supervised_loss.mistakes import MISTAKES
from vae_course.checks.worlds.labelled import CLASSES
from vae_course.runner.answers import Answer


@cache
def _fingerprint_case() -> Arguments:
    return checks.draw_case(generator(5, "fingerprint"))


def loss_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """The loss for several weights, and its slope in the classifier's bias."""
    arguments = _fingerprint_case()
    found: dict[str, Tensor] = {}
    for weight in (0.0, 1.0, 3.0):
        call = answer.call(*arguments[:4], weight, seed=1)
        if call.error is not None or "0" not in call.outputs:
            return {}
        found[f"loss at {weight:g}"] = call.outputs["0"].double()
    certain = answer.call(*checks.where_certain(arguments), seed=1)
    found["no number where certain"] = fact(
        "0" not in certain.outputs or not bool(certain.outputs["0"].isfinite().all())
    )
    slope = call.slopes.get(checks.BIAS)
    found["slope"] = torch.zeros(CLASSES) if slope is None else slope
    return found


semi_supervised_loss = Method(
    name="semi_supervised_loss",
    lesson="09_classes",
    number="9.6",
    title="A hundred labels",
    minutes=8,
    difficulty=2,
    lines="3 lines",
    arguments=checks.draw_case,
    parameters=("model", "x", "labelled", "y", "weight"),
    scaffold={**FORMULAS, "SSVAE.unlabelled_bound": known_unlabelled},
    fingerprint=loss_fingerprint,
    checks=(
        Check("one number", checks.returns_a_scalar),
        Check("nelbo + weight · surprise at the labels", checks.is_the_sum, points=1.5),
        Check("both terms teach the classifier", checks.reaches_the_classifier, points=0.5),
    ),
    misconceptions=MISTAKES,
    hints=(
        "Two batches come in, one with labels and one without. Which term needs which?",
        "The first term is the first of the four numbers of model.unlabelled_bound. The second is a cost on the classifier's logits for `labelled`: how surprised is q(y|x) at "
        "the labels?",
        "torch.nn.functional.cross_entropy takes logits (batch, 10) and labels (batch,), and returns the mean of −log q(y|x). It is multiplied by "
        "weight, and added.",
    ),
)
