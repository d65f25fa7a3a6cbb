"""What a newcomer wrote, and what the card says: each of these once got a sentence that was not true of it."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.share import one_in
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.nelbo.negative_elbo_bound.mistakes import with_kl


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


def density_weights(model: Any, x: Tensor, z: Tensor) -> Tensor:
    """log w (batch, iw) for these z (batch, iw, z_dim), with q's true density."""
    m, v = (t[:, None] for t in model.enc(x))
    likelihood = given.log_bernoulli_with_logits(x[:, None], model.dec(z))
    return likelihood + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)


def drawing(name: str, draw: Any) -> Any:
    """A right answer to this exercise, but for z = draw(m, v)."""

    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(draw(m, v))).mean()
        return kl + rec, kl, rec

    def log_weights(model, x, iw):
        m, v = (t[:, None].expand(-1, iw, -1) for t in model.enc(x))
        return density_weights(model, x, draw(m, v))

    def negative_iwae_bound(self, x, iw):
        niwae = -given.log_mean_exp(log_weights(self, x, iw), 1).mean()
        m, v = self.enc(x)
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return niwae, given.kl_normal(m, v, *self.z_prior).mean(), rec

    return {f.__name__: f for f in (negative_elbo_bound, log_weights, negative_iwae_bound)}[name.removeprefix("VAE.")]


BOUNDS = ("VAE.negative_elbo_bound", "log_weights", "VAE.negative_iwae_bound")


@pytest.mark.parametrize("seed", one_in(2, range(2)))
@pytest.mark.parametrize("factor", ["half", "one and a half", "twice", "the root of"])
@pytest.mark.parametrize("name", BOUNDS)
def test_z_that_do_not_come_from_q_are_seen_whatever_the_seed(name: str, factor: str, seed: int) -> None:
    wrong = {
        "half": lambda v: 0.5 * v,
        "one and a half": lambda v: 1.5 * v,
        "twice": lambda v: 2 * v,
        "the root of": torch.sqrt,
    }
    found = said(name, drawing(name, lambda m, v: given.sample_gaussian(m, wrong[factor](v))), seed)
    assert found.status == "wrong" and "they should come from q(z|x)" in found.message.lower()


@pytest.mark.parametrize("name", BOUNDS)
def test_a_right_draw_written_the_same_way_passes(name: str) -> None:
    assert all(said(name, drawing(name, given.sample_gaussian), seed) for seed in range(3))


@pytest.mark.parametrize("name", BOUNDS[:2])
def test_the_root_of_the_variance_handed_to_the_draw_is_named(name: str) -> None:
    found = said(name, drawing(name, lambda m, v: given.sample_gaussian(m, v.sqrt())))
    assert found.misconception == "standard-deviation-into-the-draw"


def test_a_mean_that_is_a_little_off_shows_in_the_gradient_of_the_bound() -> None:
    name = "VAE.negative_elbo_bound"
    found = said(name, drawing(name, lambda m, v: given.sample_gaussian(1.1 * m, v)))
    assert found.points == 10 and "slope in a" in found.message and not found.misconception


def test_a_variance_that_is_a_little_off_shows_in_the_spread_of_z_where_the_variance_is_small() -> None:
    name = "VAE.negative_elbo_bound"
    found = said(name, drawing(name, lambda m, v: given.sample_gaussian(m, v + 0.1)))
    assert found.points == 9 and "the z that you decode spread" in found.message and not found.misconception


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_noise_that_is_a_tenth_too_narrow_or_too_wide_is_seen(factor: float) -> None:
    assert not any(
        said("sample_gaussian", lambda m, v: m + factor * v.sqrt() * torch.randn_like(m), s) for s in range(5)
    )


OTHER_KL = {
    "scaled up": lambda m, v: 1.02 * _kl(m, v),
    "scaled down": lambda m, v: 0.9 * _kl(m, v),
    "shifted": lambda m, v: _kl(m, v) + 0.1,
    "with another mean": lambda m, v: _kl(1.05 * m, v),
    "with another variance": lambda m, v: _kl(m, v + 0.01),
}


def _kl(m: Tensor, v: Tensor) -> Tensor:
    return given.kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v))


@pytest.mark.parametrize("kl", OTHER_KL.values(), ids=list(OTHER_KL))
def test_a_kl_that_is_a_little_off_gets_no_name_that_is_not_its_own(kl: Any) -> None:
    found = said("VAE.negative_elbo_bound", with_kl(lambda m, v, z: kl(m, v)))
    assert found.status == "wrong" and found.misconception == ""


def failed(found: Outcome) -> set[str]:
    return {check.name for check in found.checks if not check.passed}


def test_a_fault_takes_the_points_of_its_own_check_and_leaves_the_others() -> None:
    shared = said("sample_gaussian", lambda m, v: m + v.sqrt() * torch.randn(m.shape[-1]))
    assert failed(shared) == {"noise of its own for each entry"}
    scaled = said("sample_gaussian", lambda m, v: m * (1 + torch.randn_like(m)))
    assert "new noise at each call" not in failed(scaled)
    assert failed(said("training_step", step("backward", "step"))) == {"steps that follow"}

    def no_log_k(self, x, iw):
        niwae, kl, rec = drawing("negative_iwae_bound", given.sample_gaussian)(self, x, iw)
        return niwae - math.log(iw), kl, rec

    assert "uses self.z_prior" not in failed(said("VAE.negative_iwae_bound", no_log_k))


def test_three_numbers_are_no_pair_of_a_loss_and_a_dictionary() -> None:
    found = said("VAE.loss", lambda self, x: self.negative_elbo_bound(x))
    assert "You returned 3 values" in found.message and "a pair" in found.message


@pytest.mark.parametrize(
    ("entry", "value", "name"), [("gap", 0.37, "gap-in-bits"), ("posterior", 0.18, "posterior-of-the-other-box")]
)
def test_a_number_given_to_two_digits_is_diagnosed(entry: str, value: float, name: str) -> None:
    assert said("two_boxes", {**EXERCISES["two_boxes"].right, entry: value}).misconception == name


# ---------------------------------------------------------------- whose z an image is decoded from

OF_ANOTHER = {
    "flipped": lambda z: z.flip(0),
    "rolled by one": lambda z: z.roll(1, 0),
    "permuted": lambda z: z[torch.randperm(len(z))],
}


@pytest.mark.parametrize("change", one_in(2, OF_ANOTHER.values(), OF_ANOTHER))
@pytest.mark.parametrize("name", BOUNDS)
def test_an_image_that_is_decoded_from_the_z_of_another_is_seen(name: str, change: Any) -> None:
    assert not any(
        said(name, drawing(name, lambda m, v: change(given.sample_gaussian(m, v))), seed) for seed in range(2)
    )


@pytest.mark.parametrize("name", BOUNDS)
def test_a_z_around_the_mean_of_all_images_is_seen(name: str) -> None:
    answer = drawing(name, lambda m, v: given.sample_gaussian(m.mean(0, keepdim=True).expand_as(m), v))
    assert not any(said(name, answer, seed) for seed in range(2))


def elbo(encode: Any = lambda x: x, decode: Any = lambda z: z, cost: Any = None) -> Any:
    """A right `negative_elbo_bound` but for what is encoded, what is decoded, and what a pixel costs."""
    cost = cost or (lambda x, logits: -given.log_bernoulli_with_logits(x, logits))

    def negative_elbo_bound(self, x):
        m, v = self.enc(encode(x))
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = cost(x, self.dec(decode(given.sample_gaussian(m, v)))).mean()
        return kl + rec, kl, rec

    return negative_elbo_bound


def test_a_roll_is_seen_where_rec_hands_no_gradient_back() -> None:
    def negative_elbo_bound(self, x):
        nelbo, kl, rec = elbo(decode=lambda z: z.roll(1, 0))(self, x)
        return nelbo, kl.detach(), rec.detach()

    assert not any(said("VAE.negative_elbo_bound", negative_elbo_bound, seed) for seed in range(2))


@pytest.mark.parametrize("name", ["VAE.negative_elbo_bound", "VAE.negative_iwae_bound", "log_weights"])
def test_a_wrong_sign_is_no_z_of_another_image(name: str) -> None:
    """It costs the points of the value; the check of the noise says what is true of the noise."""

    def negated(*arguments):
        found = drawing(name, given.sample_gaussian)(*arguments)
        return (-found[0], *found[1:]) if isinstance(found, tuple) else -found

    outcome = said(name, negated)
    passed = {check.name: check.passed for check in outcome.checks}
    assert (
        outcome.status == "wrong"
        and passed["independent draws" if name == "log_weights" else "noise of its own for each image"]
    )


def test_pixels_dropped_before_the_encoder_are_seen() -> None:
    for share in (0.2, 0.5):
        answer = elbo(encode=lambda x, p=share: torch.nn.functional.dropout(x, p))
        assert not any(said("VAE.negative_elbo_bound", answer, seed) for seed in range(5))


def test_a_mean_over_several_draws_is_no_draw_of_another_image() -> None:
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        draws = [-given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean() for _ in range(4)]
        rec = sum(draws) / 4
        return kl + rec, kl, rec

    assert all(said("VAE.negative_elbo_bound", negative_elbo_bound, seed) for seed in range(3))


def test_a_pixel_of_which_the_decoder_is_sure_and_wrong_costs_its_logit_and_no_cut_off_log() -> None:
    def cost(x, logits):
        return torch.nn.functional.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(-1)

    found = said("VAE.negative_elbo_bound", elbo(cost=cost))
    assert found.points == 9 and "sure of a pixel and wrong" in found.message
    assert found.misconception == "bce-of-probabilities"


@pytest.mark.parametrize("name", BOUNDS)
def test_backward_inside_costs_a_point_and_no_more(name: str) -> None:
    right = drawing(name, given.sample_gaussian)

    def answer(self, x, *iw):
        found = right(self, x, *iw)
        (found[0] if isinstance(found, tuple) else found.sum()).backward(retain_graph=True)
        return found

    answer.__name__ = name.removeprefix("VAE.")
    found = said(name, answer)
    assert found.status == "wrong" and found.points == found.max_points - 1 and "calls backward()" in found.message


# ---------------------------------------------------------------- noise that is not drawn entry by entry

TIED = {
    "the mean over the batch is taken off": lambda e: e - e.mean(0, keepdim=True),
    "the mean over each example is taken off": lambda e: e - e.mean(1, keepdim=True),
    "the mean over the call is taken off": lambda e: e - e.mean(),
    "divided by its spread": lambda e: e / e.std(),
    "cut off at 2": lambda e: e.clamp(-2, 2),
    "cut off at 3": lambda e: e.clamp(-3, 3),
    "cut off above": lambda e: e.clamp(max=2),
}


@pytest.mark.parametrize("change", TIED.values(), ids=TIED)
def test_noise_that_is_tied_or_cut_off_is_seen(change: Any) -> None:
    answer = lambda m, v: m + v.sqrt() * change(torch.randn_like(m))  # noqa: E731
    assert not any(said("sample_gaussian", answer, seed) for seed in range(5))


def test_where_no_gradient_is_promised_numpy_is_as_good_as_torch() -> None:
    import numpy as np

    assert said("interpolate", lambda z0, z1, n: torch.from_numpy(np.linspace(z0.numpy(), z1.numpy(), n)).float())
