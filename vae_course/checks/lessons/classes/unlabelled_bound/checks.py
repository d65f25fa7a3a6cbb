"""The checks of `unlabelled_bound`: in *flat* without any chance; in *told* for the noise that the gradient in x tells."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from vae_course.checks.engine.noise import has_unit_variance
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.classes.unlabelled_bound.seen import (
    EXACT,
    LABELS,
    NAMES,
    flat_call,
    flat_terms,
    flat_truth,
    kl_is_drawn,
    told,
    told_call,
)
from vae_course.checks.worlds.bound_tools import (
    bound_must_carry_a_gradient,
    must_be_near,
    must_be_numbers,
    must_be_one_number,
    must_leave_backward_to_others,
    must_leave_the_model,
    near,
    number,
)
from vae_course.checks.worlds.elbo import must_draw_anew
from vae_course.checks.worlds.labelled import (
    CLASSES,
    ROWS,
    Z_DIM,
    centred_log_v,
    log_class,
    on_average,
    replay,
    spread_by_v,
    told_weights,
)
from vae_course.checks.worlds.labelled import told as told_case
from vae_course.runner.answers import Call

ALPHA = 1e-8
SHARED = 1e-3
BIASES = {"cls.net.2.bias": "the classifier", "enc.net.2.bias": "the encoder", "dec.net.2.bias": "the decoder"}


def returns_four_numbers(trial: Trial) -> None:
    """A gate: four outputs, for five images and for one, and x left as it was."""
    case, call = flat_call(trial)
    must_be_numbers(call, NAMES)
    must_leave_the_model(call)
    must_be_numbers(trial.call(case.model, case.x[:1], seed=3), NAMES)


def value_of(name: str) -> Callable[[Trial], None]:
    """The check of one output: "0" nelbo, "1" kl_z, "2" kl_y, "3" rec."""
    label = LABELS[int(name)]

    def test(trial: Trial) -> None:
        case, call = flat_call(trial)
        must_be_one_number(call, name, label)
        if name in "01" and kl_is_drawn(trial):
            pass  # right for the z that were drawn, which *flat* does not tell
        else:
            _no_class_is_drawn(trial, name)
            must_be_near(
                label,
                number(call, name),
                flat_truth(trial)[int(name)],
                "for five images under a small model, whose decoder ignores z",
                closer=lambda: _of_terms(call, name),
            )
        if name == "2":
            one = trial.call(case.model, case.x[:1], seed=4)
            right = flat_terms(replace(case, x=case.x[:1]))[2].item()
            must_be_near(label, number(one, name), right, "for one image")
        _in_told(trial, name, label)

    return test


def _no_class_is_drawn(trial: Trial, name: str) -> None:
    case, call = flat_call(trial)
    again = trial.call(case.model, case.x, seed=41)
    if number(call, name) != number(again, name) and not near(number(call, name), number(again, name)):
        got, other = (f"{number(each, name):.2f}" for each in (call, again))
        raise Wrong(
            f"For a decoder that ignores z, two calls gave {LABELS[int(name)]} = {got} and {other}.",
            "There is no chance in it: the classes are summed, not drawn, and z makes no difference there.",
        )


def _in_told(trial: Trial, name: str, label: str) -> None:
    call, found = told_call(trial), told(trial)
    if found is None:
        right, chance = on_average()
        must_be_near(label, number(call, name), right[int(name)].item(), "on average over z", chance)
        return
    where = f"for {ROWS} images and the z that you decode"
    must_be_near(label, number(call, name), found.four[int(name)].item(), where, EXACT, lambda: _of_terms(call, name))


def _of_terms(call: Call, name: str) -> str:
    """How a bound is made of the answer's own terms, where it is not their sum."""
    nelbo, *own = (number(call, n) for n in "0123")
    if name != "0" or not all(math.isfinite(each) for each in (nelbo, *own)):
        return ""
    if near(nelbo, sum(own)):
        return "Your nelbo is the sum of your three terms, as it should be: what is off is in them."
    words = [
        f"your nelbo is {' '.join(f'{sign} {label}' for sign, label in zip(signs, LABELS[1:], strict=True)).removeprefix('+ ')}"
        for signs in (("+", "−", "+"), ("−", "+", "+"), ("−", "−", "+"), ("+", "+", "−"), ("−", "−", "−"))
        if near(nelbo, sum(-each if sign == "−" else each for sign, each in zip(signs, own, strict=True)))
    ]
    return f"Read off your numbers: {words[0]}. Asked is kl_z + kl_y + rec." if words else ""


def z_is_drawn(trial: Trial) -> None:
    """Each z from the q(z|x, y) of its own image and class, anew for each image and call.

    An image's ten classes may share their noise: every class's term is right then. So each class is asked by itself: false alarms ALPHA
    for its mean and for its variance.
    """
    few = [trial.call(told_case().model, told_case().x[:6], seed=60 + i, twice=True) for i in range(3)]
    if all(number(one, name) == number(few[0], name) for one in few for name in "03"):
        raise Wrong(
            "Three calls gave exactly the same nelbo and rec.",
            "The decoder should get a z that is drawn anew in each call, and the y of its class.",
        )
    must_draw_anew(few, "03")
    found = told(trial)
    if found is None:
        return
    noise = found.noise
    if bool(((noise[1:] - noise[:-1]).abs().amax((1, 2)) < SHARED).any()):
        raise Wrong(
            "Two images of a batch got the same noise.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    far = math.sqrt(2 * math.log(2 * CLASSES / ALPHA) / (ROWS * Z_DIM))
    for y in range(CLASSES):
        each = noise[:, y]
        if abs(each.mean().item()) > far or not has_unit_variance(each, ALPHA / CLASSES):
            raise Wrong(
                f"For y = {y} the z that you decode, read off how rec depends on x, lie at {each.mean():.2f} ± {each.std():.2f} spreads of q(z|x, y).",
                "They should come from q(z|x, y), with y the class whose term it is: at 0 ± 1.",
            )
    _spread_follows_v(noise)


def _spread_follows_v(noise: Tensor) -> None:
    """The noise is as large where v is large as where it is small; false alarms ALPHA, by the bound of Laurent and Massart (2000, lemma 1)."""
    share = spread_by_v(noise)
    by = centred_log_v()
    size, largest, x = by.square().sum().item(), by.abs().max().item(), math.log(2 / ALPHA)
    if abs(share) * size > 2 * math.sqrt(size * x) + 2 * largest * x:
        raise Wrong(
            f"Where v is large your z scatter {'more' if share > 0 else 'less'}, and where it is small {'less' if share > 0 else 'more'}, than q(z|x, y) does.",
            "They should lie at m, give or take √v.",
        )


def gradients(trial: Trial) -> None:
    """To classifier, encoder and decoder, exactly for the noise that was drawn."""
    _, first = flat_call(trial)
    must_leave_backward_to_others(first)
    bound_must_carry_a_gradient(first)
    call, found = told_call(trial), told(trial)
    for name, part in BIASES.items():
        if call.slopes.get(name) is None:
            raise Wrong(
                f"No gradient of your bound reaches {part}.", f"The bound depends on {part}: is something detached?"
            )
    if found is None or not near(number(call, "0"), found.four[0].item(), EXACT):
        return  # another check says so, or several draws are averaged
    for name, right in right_slopes(found.noise, found.kl_is_drawn).items():
        got = call.slopes[name]
        assert got is not None
        if not close(got.double(), right, 2e-3):
            i = int(torch.nan_to_num((got.double() - right).abs(), nan=torch.inf).argmax())
            raise Wrong(
                f"The bound's slope in a bias of {BIASES[name]} is {got[i]:.4f}.",
                f"For the z that you decode it should be {right[i]:.4f} there.",
                partial(_through_weights, name, got.double(), right),
                follows=("nelbo",),
            )


def right_slopes(noise: Tensor, drawn: bool) -> dict[str, Tensor]:
    """The gradient of nelbo in *told* in the last bias of each network, for this noise, through z and through q(y|x)."""
    biases = {name: told_weights()[name].clone().requires_grad_() for name in BIASES}
    nelbo = replay({**told_weights(), **biases}, told_case().x, noise)[drawn].four()[0]
    return dict(zip(BIASES, torch.autograd.grad(nelbo, list(biases.values())), strict=True))


@cache
def _slope_of_kl_y() -> Tensor:
    bias = told_weights()["cls.net.2.bias"].clone().requires_grad_()
    log_q = log_class({**told_weights(), "cls.net.2.bias": bias}, told_case().x)
    (slope,) = torch.autograd.grad((log_q.exp() * log_q).sum(-1).mean(), bias)
    return slope


def _through_weights(name: str, got: Tensor, right: Tensor) -> str:
    """Where the classifier hears of kl_y alone, or of the weighted terms alone."""
    if name != "cls.net.2.bias":
        return ""
    if close(got, _slope_of_kl_y(), 2e-3):
        return (
            "That is the slope of kl_y alone: the weights q(y|x) of the other terms are detached, and the classifier does not hear which "
            "class costs less."
        )
    return (
        "That is the slope of the weighted terms alone: kl_y is detached."
        if close(got, right - _slope_of_kl_y(), 2e-3)
        else ""
    )
