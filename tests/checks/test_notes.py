"""What a card adds to a right answer: a note costs nothing, and is said only of what was seen."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.checks.right import RIGHT
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.given import log_normal

DOUBLE, DRAWN, EVALUATION = (
    "You return float64",
    "Your kl is estimated from draws",
    "leaves the model in evaluation mode",
)


def passed(name: str, answer: Any) -> Outcome:
    outcome = examine(EXERCISES[name], EXERCISES[name].answer(answer), seed=3)
    assert outcome and outcome.points == outcome.max_points, outcome.message
    return outcome


def bound(draws: bool = False, dtype: torch.dtype = torch.float32) -> Any:
    def negative_elbo_bound(self: Any, x: Tensor) -> tuple[Tensor, ...]:
        m, v = self.enc(x)
        z = given.sample_gaussian(m, v)
        closed = given.kl_normal(m, v, *self.z_prior)
        kl = (log_normal(z, m, v) - log_normal(z, *self.z_prior)) if draws else closed
        rec = -given.log_bernoulli_with_logits(x, self.dec(z))
        return tuple(t.mean().to(dtype) for t in (kl + rec, kl, rec))

    return negative_elbo_bound


def step(evaluate: bool) -> Any:
    def training_step(model: Any, x: Tensor, optimizer: Any) -> Tensor:
        loss = model.loss(x)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if evaluate:
            model.eval()
        return loss

    return training_step


@pytest.mark.parametrize("name", [name for name in EXERCISES if "float64" in RIGHT[name]])
def test_a_result_in_double_precision_is_right_and_said_to_be_one(name: str) -> None:
    assert passed(name, RIGHT[name]["float64"]).message.startswith(DOUBLE)


@pytest.mark.parametrize(
    ("name", "answer", "note"),
    [
        ("VAE.negative_elbo_bound", bound(), ""),
        ("VAE.negative_elbo_bound", bound(dtype=torch.float64), DOUBLE),
        ("VAE.negative_elbo_bound", bound(draws=True), DRAWN),
        ("training_step", step(evaluate=False), ""),
        ("training_step", step(evaluate=True), EVALUATION),
    ],
)
def test_a_note_stands_where_it_is_true_and_nowhere_else(name: str, answer: Any, note: str) -> None:
    message = passed(name, answer).message
    assert note in message if note else message == ""


@pytest.mark.slow
def test_a_right_answer_in_another_style_has_no_note_but_those() -> None:
    for name, exercise in EXERCISES.items():
        for style, answer in RIGHT[name].items():
            message = examine(exercise, exercise.answer(answer), seed=3).message
            assert not message or any(note in message for note in (DOUBLE, DRAWN, EVALUATION)), (name, style, message)
