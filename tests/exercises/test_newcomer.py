"""What a newcomer wrote, and what the card says: each of these once got a sentence that was not true of it."""

from typing import Any

import pytest
import torch

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


def test_a_maximum_that_kept_its_axis_is_told_from_an_axis_that_is_left_over() -> None:
    def log_mean_exp(x, dim):
        m = x.max(dim, keepdim=True).values
        return torch.log(torch.exp(x - m).mean(dim)) + m

    found = said("log_mean_exp", log_mean_exp)
    assert "m.squeeze(dim)" in found.message and "length 1" not in found.message and "summed" not in found.message


def test_a_maximum_squeezed_of_every_axis_is_refused_beside_an_axis_of_length_1() -> None:
    def log_mean_exp(x, dim):
        m = x.max(dim, keepdim=True).values
        return torch.log(torch.exp(x - m).mean(dim)) + m.squeeze()

    found = said("log_mean_exp", log_mean_exp)
    assert found.status == "wrong" and found.points == 4.5
    assert "For another axis of length 1" in found.message and "m.squeeze(dim)" in found.message


def test_a_power_that_is_a_half_of_v_is_told_so() -> None:
    found = said("sample_gaussian", lambda m, v: m + v**1 / 2 * torch.randn_like(m))
    assert "read as (v**1) / 2" in found.message


def test_the_smallest_input_is_one_with_a_finite_result_where_there_is_one() -> None:
    def kl_normal(qm, qv, pm, pv):  # the deviation of one entry is NaN
        return qm.std(-1) + qv.std(-1)

    message = said("kl_normal", kl_normal).message
    assert "The smallest input" in message and "nan" not in message


def test_an_input_that_was_changed_is_called_by_its_name() -> None:
    def sample_gaussian(m, v):
        v.data.sqrt_()
        return m + v * torch.randn_like(m)

    assert "Your code changed v in place." in said("sample_gaussian", sample_gaussian).message


def test_a_result_reduced_to_one_number_is_told_which_axis_should_stay() -> None:
    found = said("kl_normal", lambda qm, qv, pm, pv: (qm - pm).sum())
    assert "You reduced every axis: the axis of length" in found.message


def test_line_d_of_the_derivation_is_explained_once() -> None:
    message = said("derivation", list("ECGDHB")).message
    assert "as in line A" in message and message.count("line D") + message.count("Line D") == 1


def test_the_elbo_as_the_loss_beside_a_right_dictionary_is_named() -> None:
    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return -nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    assert "return nelbo itself" in said("VAE.loss", loss).message


def test_a_squared_error_as_reconstruction_is_named() -> None:
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        z = m + v.sqrt() * torch.randn_like(m)
        kl = 0.5 * (v + m**2 - 1 - v.log()).sum(-1).mean()
        rec = ((torch.sigmoid(self.dec(z)) - x) ** 2).sum(-1).mean()
        return kl + rec, kl, rec

    found = said("VAE.negative_elbo_bound", negative_elbo_bound)
    assert "squared error" in found.message, found.message
