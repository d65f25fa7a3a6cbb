"""The checks of `unlabelled_bound`: in *flat* without any chance; in *told* for the noise that the gradient in x tells."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.classes.unlabelled_bound.seen import (
    EXACT,
    NAMES,
    flat_call,
    flat_terms,
    flat_truth,
    kl_is_drawn,
    many_calls,
    told,
    told_call,
)
from vae_course.checks.worlds.averages import (
    CALLS,
    ERRORS,
    must_add_up,
    must_hold_on_average,
    slopes_must_hold_on_average,
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
from vae_course.checks.worlds.labelled import (
    BIASES,
    LABELS,
    ROWS,
    log_class,
    on_average,
    right_slopes,
    spread_of_drawn_kl,
    sure,
    told_weights,
    undecided,
    without_chance,
)
from vae_course.checks.worlds.labelled import told as told_case
from vae_course.checks.worlds.models import wrong_of_a_pixel
from vae_course.runner.answers import Call


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
        elif name in "01" and _kl_alone_is_estimated(trial):
            _on_average_in_flat(trial, name, label)
        else:
            _no_class_is_drawn(trial, name)
            must_be_near(
                label,
                number(call, name),
                flat_truth(trial)[int(name)],
                "for five images under a small model, whose decoder ignores z",
                closer=lambda: _of_terms((call, told_call(trial)), name),
            )
            _in_extremes(trial, name, label)
        if name == "2":
            one = trial.call(case.model, case.x[:1], seed=4)
            right = flat_terms(replace(case, x=case.x[:1]))[2].item()
            must_be_near(label, number(one, name), right, "for one image")
        _in_told(trial, name, label)

    return test


def _kl_alone_is_estimated(trial: Trial) -> bool:
    """Two calls in *flat* differ in kl_z, and not in rec: no class is drawn."""
    case, call = flat_call(trial)
    again = trial.call(case.model, case.x, seed=41)
    return near(number(call, "3"), number(again, "3")) and not near(number(call, "1"), number(again, "1"))


def _on_average_in_flat(trial: Trial, name: str, label: str) -> None:
    case, _ = flat_call(trial)
    calls = [trial.call(case.model, case.x, seed=300 + i) for i in range(CALLS)]
    mean = sum(number(call, name) for call in calls) / len(calls)
    chance = ERRORS * spread_of_drawn_kl(case) / math.sqrt(len(calls))
    where = f"on average over {len(calls)} calls with five images"
    must_be_near(label, mean, flat_truth(trial)[int(name)], where, chance)


def _no_class_is_drawn(trial: Trial, name: str) -> None:
    case, call = flat_call(trial)
    again = trial.call(case.model, case.x, seed=41)
    if number(call, name) != number(again, name) and not near(number(call, name), number(again, name)):
        got, other = (f"{number(each, name):.2f}" for each in (call, again))
        raise Wrong(
            f"For a decoder that ignores z, two calls gave {LABELS[int(name)]} = {got} and {other}.",
            "There is no chance in it: the classes are summed, not drawn, and z makes no difference there.",
        )


def _in_extremes(trial: Trial, name: str, label: str) -> None:
    """Where the classifier is sure, or knows nothing; where q(z|x, y) lies far off, or is nearly the prior; where the decoder is sure and wrong."""
    case, _ = flat_call(trial)
    for other, where in (
        (sure(case), "where the classifier is all but certain, and q(z|x, y) lies far from N(0, I)"),
        (undecided(case), "where q(y|x) and q(z|x, y) are nearly their priors"),
        (wrong_of_a_pixel(case), "where a decoder is sure of a pixel and wrong (logit 20, x = 0)"),
    ):
        right = flat_terms(other)[int(name)].item()
        must_be_near(label, number(trial.call(other.model, other.x, seed=8), name), right, where)


def _in_told(trial: Trial, name: str, label: str) -> None:
    call, found = told_call(trial), told(trial)
    where = f"for {ROWS} images"
    if found is None:
        if name in "12" and near(number(call, name), without_chance()[name]):
            return
        must_hold_on_average(many_calls(trial), name, label, on_average(), where)
        if name == "0":
            must_add_up(many_calls(trial), "0123", LABELS)
        return
    where = f"{where} and the z that you decode"
    right = found.four[int(name)].item()
    must_be_near(label, number(call, name), right, where, EXACT, lambda: _of_terms((call, flat_call(trial)[1]), name))


def _of_terms(calls: Sequence[Call], name: str) -> str:
    """How a bound is made of the answer's own terms in these calls, where it is not their sum."""
    each = [[number(call, n) for n in "0123"] for call in calls]
    if name != "0" or not all(math.isfinite(value) for values in each for value in values):
        return ""
    if all(near(nelbo, sum(own)) for nelbo, *own in each):
        return "Your nelbo is the sum of your three terms, as it should be: what is off is in them."
    words = [
        f"your nelbo is {' '.join(f'{sign} {label}' for sign, label in zip(signs, LABELS[1:], strict=True)).removeprefix('+ ')}"
        for signs in (("+", "−", "+"), ("−", "+", "+"), ("−", "−", "+"), ("+", "+", "−"), ("−", "−", "−"))
        if all(
            near(nelbo, sum(-term if sign == "−" else term for sign, term in zip(signs, own, strict=True)))
            for nelbo, *own in each
        )
    ]
    return f"Read off your numbers: {words[0]}. Asked is kl_z + kl_y + rec." if words else ""


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
    if found is None:
        if not near(number(first, "3"), flat_truth(trial)[3]):
            return  # rec is wrong, and its check says so
        slopes_must_hold_on_average(many_calls(trial), on_average(), BIASES)
        return
    if not near(number(call, "0"), found.four[0].item(), EXACT):
        return  # another check says so
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


@cache
def _slope_of_kl_y() -> Tensor:
    bias = told_weights()["cls.net.2.bias"].clone().requires_grad_()
    log_q = log_class({**told_weights(), "cls.net.2.bias": bias}, told_case().x)
    (slope,) = torch.autograd.grad((log_q.exp() * log_q).sum(-1).mean(), bias)
    return slope


def is_slope_of_kl_y(slope: Tensor | None) -> bool:
    """Of kl_y alone, in the classifier's last bias."""
    return slope is not None and close(slope.double(), _slope_of_kl_y(), 2e-3)


def _through_weights(name: str, got: Tensor, right: Tensor) -> str:
    """Where the classifier hears of kl_y alone, or of the weighted terms alone."""
    if name != "cls.net.2.bias":
        return ""
    if is_slope_of_kl_y(got):
        return (
            "That is the slope of kl_y alone: the weights q(y|x) of the other terms are detached, and the classifier does not hear which "
            "class costs less."
        )
    return (
        "That is the slope of the weighted terms alone: kl_y gives none. In Σ q (log q + log 10) both q and its log need one."
        if close(got, right - _slope_of_kl_y(), 2e-3)
        else ""
    )
