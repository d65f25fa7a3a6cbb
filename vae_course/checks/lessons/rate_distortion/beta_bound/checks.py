"""The checks of `beta_bound`: with weight 1 it is the negative ELBO, and is examined as such; with other weights only the kl's share changes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import elbo
from vae_course.checks.worlds.bound_tools import (
    decoder_gradient,
    must_be_near,
    must_be_numbers,
    must_be_one_number,
    must_leave_backward_to_others,
    must_leave_the_model,
    near,
    number,
    same_gradient,
)
from vae_course.checks.worlds.drawn import MANY, decoded_z, must_follow_q, rec_at
from vae_course.checks.worlds.models import Case, encode
from vae_course.checks.worlds.valleys import mild
from vae_course.runner.answers import Answer, Call

HEAVY = 3.0
OTHERS = (0.0, 0.5, HEAVY, 15.0)
"""Weights besides 1, as far as the lesson goes. By 0 a kl is left out, by 3 it counts three times; a square or a root of them is another number."""
NAMES = "loss, kl, rec"
BIAS = "enc.net.2.bias"


class AtWeight:
    """An answer whose weight is fixed: it is called as a `negative_elbo_bound` is."""

    def __init__(self, answer: Answer, beta: float) -> None:
        self.value: Any = answer.value
        self._answer = answer
        self._beta = beta

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call:
        return self._answer.call(*inputs, self._beta, seed=seed, twice=twice)

    def method(self, name: str) -> Answer:
        return self._answer.method(name)


@per_trial
def at_one(trial: Trial) -> Trial:
    """The same answer with weight 1, as a trial of its own."""
    return Trial(trial.exercise, AtWeight(trial.answer, 1.0), trial.seed)


@per_trial
def weighted_call(trial: Trial, beta: float) -> Call:
    """In *apart*, where rec needs no luck."""
    case, _ = elbo.apart_call(at_one(trial))
    return trial.call(case.model, case.x, beta, seed=30 + OTHERS.index(beta))


@per_trial
def same_noise_call(trial: Trial, beta: float) -> Call:
    """The call with weight 1 that draws what `weighted_call` draws: an estimated kl is the same in both."""
    case, _ = elbo.apart_call(at_one(trial))
    return trial.call(case.model, case.x, 1.0, seed=30 + OTHERS.index(beta))


def notes(trial: Trial) -> str:
    return elbo.notes(at_one(trial))


def returns_three_numbers(trial: Trial) -> None:
    """A gate, for a weight that is a plain number, at 1 and at 3."""
    case, call = elbo.apart_call(at_one(trial))
    must_be_numbers(call, NAMES)
    must_leave_the_model(call)
    must_be_numbers(trial.call(case.model, case.x[:1], 1.0, seed=3), NAMES)
    must_be_numbers(weighted_call(trial, HEAVY), NAMES)


def is_the_nelbo_at_one(trial: Trial) -> None:
    """All that lesson 04 asked: the value, noise of its own for each image, gradients to decoder and encoder."""
    one = at_one(trial)
    elbo.are_scalars(one)
    elbo.value_of("0")(one)
    elbo.noise_is_own(one)
    elbo.gradient_to_decoder(one)
    elbo.gradient_to_encoder(one)


def kl_and_rec_without_weight(trial: Trial) -> None:
    """The terms that are returned beside the loss are the same for every weight. A wrong z costs the loss's points, and not rec's too."""
    elbo.value_of("1")(at_one(trial))
    if _passes(elbo.value_of("0"), at_one(trial)):
        elbo.value_of("2")(at_one(trial))
    kl, rec = elbo.apart_truth(at_one(trial))
    closed = elbo.uses_closed_kl(at_one(trial), "1")
    for beta in OTHERS:
        call = weighted_call(trial, beta)
        where = f"with beta = {beta:g}, for five images under a small model"
        right_kl, where_kl = (
            (kl, where)
            if closed
            else (number(same_noise_call(trial, beta), "1"), f"{where}, and the noise of a call with beta = 1")
        )
        for name, label, right, there in (("1", "kl", right_kl, where_kl), ("2", "rec", rec, where)):
            must_be_one_number(call, name)
            must_be_near(label, number(call, name), right, there)


def loss_at_other_weights(trial: Trial) -> None:
    """rec + beta · kl in *apart*, exactly where kl is the closed form; else by the kl of a call with weight 1 and the same noise."""
    kl, rec = elbo.apart_truth(at_one(trial))
    closed = elbo.uses_closed_kl(at_one(trial), "0")
    for beta in OTHERS:
        call = weighted_call(trial, beta)
        must_be_one_number(call, "0")
        counted = kl if closed else number(same_noise_call(trial, beta), "1")
        must_be_near(
            "loss",
            number(call, "0"),
            rec + beta * counted,
            f"with beta = {beta:g}, for five images whose kl is {counted:.2f} and rec {rec:.2f}",
            closer=partial(_share_of_kl, number(call, "0"), counted, rec, beta),
        )
    case = mild().rows(MANY)
    call = trial.call(case.model, case.x, HEAVY, seed=40)
    z = decoded_z(call.slopes.get("1"))
    one_draw = z is not None and near(number(call, "2"), rec_at(z).mean().item())
    if (
        z is not None
        and one_draw
        and not elbo.shares_noise(at_one(trial))
        and _passes(elbo.value_of("0"), at_one(trial))
    ):
        _must_draw_as_with_one(z)


def _passes(check: Callable[[Trial], None], trial: Trial) -> bool:
    try:
        check(trial)
    except Wrong:
        return False
    return True


def _must_draw_as_with_one(z: Tensor) -> None:
    """With another weight z comes from q(z|x) still."""
    try:
        must_follow_q(z, mild().m[0], mild().v[0])
    except Wrong as wrong:
        raise Wrong(f"With beta = {HEAVY:g}: {wrong.finding.got}", wrong.finding.expected, wrong.closer) from None


def _share_of_kl(loss: float, kl: float, rec: float, beta: float) -> str:
    """How often kl counts in a loss, if rec counts once."""
    return f"If rec counts once in it, kl counts {(loss - rec) / kl + 0.0:.2f} times." if beta else ""


def gradient_at_other_weights(trial: Trial) -> None:
    """In *apart* z does not reach rec, so that the encoder's slope is that of beta · kl alone: of an estimate, beta times that of a call with
    weight 1 and the same noise. In *mild* it has what rec adds, too."""
    case, call = elbo.apart_call(at_one(trial))[0], weighted_call(trial, HEAVY)
    must_leave_backward_to_others(call)
    decoders, expected = decoder_gradient(case, call)
    if decoders is not None and not same_gradient(decoders, expected):
        i = int((decoders.double() - expected).abs().argmax())
        raise Wrong(
            f"With beta = {HEAVY:g} your loss's slope in a bias of the decoder is {decoders[i]:.4f}.",
            f"It should be {expected[i]:.4f} there, as with every beta: rec alone depends on the decoder.",
        )
    closed = elbo.uses_closed_kl(at_one(trial), "0")
    once = _kl_slope(case) if closed else same_noise_call(trial, HEAVY).slopes.get(BIAS)
    found = call.slopes.get(BIAS)
    if once is None:
        return  # the check of weight 1 says so
    right = HEAVY * once.double()
    if found is None:
        raise Wrong(
            f"With beta = {HEAVY:g} no gradient of your loss reaches the encoder.", "beta times the kl depends on it."
        )
    if not close(found.double(), right, 2e-3):
        i = int((found.double() - right).abs().argmax())
        taken_once = near(found[i].item(), right[i].item() / HEAVY)
        raise Wrong(
            f"With beta = {HEAVY:g} your loss's slope in a bias of the encoder is {found[i]:.4f}.",
            f"It should be {right[i]:.4f} there, beta times the slope of the kl.",
            lambda: "That is the slope of the kl taken once." if taken_once else "",
            follows=("the loss is rec + beta · kl",),
        )
    case = mild().rows(MANY)
    one, heavy = (trial.call(case.model, case.x, beta, seed=40).slopes.get(BIAS) for beta in (1.0, HEAVY))
    if one is None or heavy is None or not closed:
        return  # of an estimate the kl's part is not known
    expected = one.double() + (HEAVY - 1) * _kl_slope(case)
    if not close(heavy.double(), expected, 2e-3):
        i = int((heavy.double() - expected).abs().argmax())
        raise Wrong(
            f"For the same noise, your loss's slope in a bias of the encoder is {one[i]:.3f} with beta = 1 and {heavy[i]:.3f} with {HEAVY:g}.",
            f"It should be {expected[i]:.3f} with {HEAVY:g}: beta multiplies the slope of kl alone, and rec's part, through z, is the same for every beta.",
            follows=("the loss is rec + beta · kl",),
        )


def _kl_slope(case: Case) -> Tensor:
    """The slope of the mean KL in the encoder's last bias, (2 z_dim,), by autograd through the weights."""
    bias = case.model.weights[BIAS].double().requires_grad_()
    m, v = encode(replace(case.model, weights={**case.model.weights, BIAS: bias}), case.x)
    (slope,) = torch.autograd.grad((0.5 * (v + m.square() - 1 - v.log())).sum(-1).mean(), bias)
    return slope
