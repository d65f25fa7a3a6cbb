"""What a newcomer wrote, and what the card says: each of these once got a sentence that was not true of it."""

from typing import Any

import pytest

from vae_course.exercises import EXERCISES
from vae_course.exercises.examine import Outcome, examine


def said(name: str, answer: Any, seed: int = 3) -> Outcome:
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed)


def step(*order: str) -> Any:
    """A training step that calls these in this order."""

    def training_step(model, x, optimizer):
        loss, _ = model.loss(x)
        actions = {"zero": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}
        for name in order:
            actions[name]()
        return loss

    return training_step


STEPS = {
    "zero backward": "optimizer.step() is not called",
    "backward zero": "optimizer.step() is not called",
    "zero step": "loss.backward() is not called",
    "zero step backward": "step() comes before backward(), so it finds no gradients",
    "step backward zero": "step() comes before backward(), so it finds no gradients",
    "backward zero step": "cleared between backward() and step()",
    "zero": "neither loss.backward() nor optimizer.step()",
    "step backward": "these pile up",
}


@pytest.mark.parametrize(("order", "words"), STEPS.items(), ids=list(STEPS))
def test_weights_that_stand_still_are_told_which_call_is_missing_or_misplaced(order: str, words: str) -> None:
    message = said("training_step", step(*order.split())).message
    assert words in message
    assert [w for w in set(STEPS.values()) if w in message] == [words]


def test_a_step_without_return_is_asked_for_the_return_and_no_pair_is_spoken_of() -> None:
    def training_step(model, x, optimizer):
        step("zero", "backward", "step")(model, x, optimizer)

    message = said("training_step", training_step).message
    assert "is the `return` missing" in message and "pair" not in message


def test_a_step_that_returns_the_pair_is_told_so() -> None:
    def training_step(model, x, optimizer):
        both = model.loss(x)
        optimizer.zero_grad()
        both[0].backward()
        optimizer.step()
        return both

    assert "model.loss(x) gives a pair, return its first" in said("training_step", training_step).message
