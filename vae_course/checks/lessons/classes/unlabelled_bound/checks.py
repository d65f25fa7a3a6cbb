"""The checks of `unlabelled_bound`: in *flat* without any chance; in *told* for the noise that the gradient in x tells."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

import torch
from torch import Tensor

from vae_course.checks.engine.noise import (
    allowed_distance,
    distance_to_standard_normal,
    has_unit_variance,
    must_have_tails,
)
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
    slopes_in_x,
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
from vae_course.checks.worlds.elbo import must_draw_anew
from vae_course.checks.worlds.labelled import (
    BIASES,
    CLASSES,
    LABELS,
    ROWS,
    Z_DIM,
    centred_log_v,
    decoded_noise,
    known_slopes,
    log_class,
    on_average,
    right_slopes,
    spread_by_v,
    spread_of_drawn_kl,
    sure,
    told_weights,
    undecided,
)
from vae_course.checks.worlds.labelled import told as told_case
from vae_course.checks.worlds.models import wrong_of_a_pixel
from vae_course.checks.worlds.own_z import must_count_by_logits
from vae_course.runner.answers import Call

ALPHA = 1e-8
SHARED = 1e-3
CELL, TWINS = 4e-4, 8
"""Of 1,200 independent rows of two latents less than one lies in a cell of this size with another, and more than TWINS with probability 1e-9."""


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


def z_is_drawn(trial: Trial) -> None:
    """Each z from the q(z|x, y) of its own image and class, anew for each image and call.

    An image's ten classes may share their noise: every class's term is right then. So each class is asked by itself: false alarms ALPHA
    for its mean and for its variance. Then all draws of several calls together, by which a spread that is a tenth off shows.
    """
    few = [trial.call(told_case().model, told_case().x[:6], seed=60 + i, twice=True) for i in range(3)]
    if all(number(one, name) == number(few[0], name) for one in few for name in "03"):
        raise Wrong(
            "Three calls gave exactly the same nelbo and rec.",
            "The decoder should get a z that is drawn anew in each call, and the y of its class.",
        )
    must_draw_anew(few, "03")
    known = known_slopes(next(slopes_in_x(told_call(trial)), None))
    if known is not None:
        must_count_by_logits(*known)
    found = told(trial)
    if found is None:
        return
    noise = found.noise
    if bool(((noise[1:] - noise[:-1]).abs().amax((1, 2)) < SHARED).any()):
        raise Wrong(
            "Two images of a batch got the same noise.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    if bool((noise[..., :1].abs() - noise.abs()).abs().max() < SHARED):
        raise Wrong("The latents of an image received the same noise.", "Each latent needs a draw of its own.")
    far = math.sqrt(2 * math.log(2 * CLASSES / ALPHA) / (ROWS * Z_DIM))
    for y in range(CLASSES):
        each = noise[:, y]
        if abs(each.mean().item()) > far or not has_unit_variance(each, ALPHA / CLASSES):
            raise Wrong(
                f"For y = {y} the z that you decode, read off how rec depends on x, lie at {each.mean():.2f} ± {each.std():.2f} spreads of q(z|x, y).",
                "They should come from q(z|x, y), with y the class whose term it is: at 0 ± 1.",
            )
    _spread_follows_v(noise)
    _all_are_normal(trial, noise)


def _all_are_normal(trial: Trial, first: Tensor) -> None:
    """The noise of several calls: no twins among images, and a standard normal. False alarms: ALPHA each, `TWINS`, `must_have_tails`."""
    if _twins(first[:, 0]) > TWINS or _twins(first.flatten(0, 1)) > TWINS and not _shared_by_classes(first):
        raise Wrong(
            "Images of a batch got the same noise, or its mirror image.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    shared = _shared_by_classes(first)
    calls = [trial.call(told_case().model, told_case().x, seed=70 + i) for i in range(10 if shared else 3)]
    more = [decoded_noise(next(slopes_in_x(call), None)) for call in calls]
    drawn = [noise[:, :1] if shared else noise for noise in (first, *more) if noise is not None]
    pooled = torch.cat([noise.flatten() for noise in drawn])
    far = math.sqrt(2 * math.log(2 / ALPHA) / len(pooled))
    if (
        abs(pooled.mean().item()) > far
        or not has_unit_variance(pooled, ALPHA)
        or distance_to_standard_normal(pooled) > allowed_distance(len(pooled), ALPHA)
    ):
        raise Wrong(
            f"Over {len(pooled):,} draws your noise, (z − m) / √v, has mean {pooled.mean():.2f} and standard deviation {pooled.std():.2f}.",
            "It should be standard normal: mean 0, standard deviation 1, bell-shaped.",
        )
    must_have_tails(pooled)


def _twins(noise: Tensor) -> int:
    """How many of these rows (rows, latents) lie in a cell with another, up to signs: the cells are as small as noise is known."""
    return len(noise) - len(torch.unique((noise.abs() / CELL).round(), dim=0))


def _shared_by_classes(noise: Tensor) -> bool:
    """Most images' noise is that of their first class, or its mirror image, in several classes."""
    alike = (noise.abs() - noise[:, :1].abs()).abs().amax(-1) < SHARED
    return bool((alike.sum(1) > 1).double().mean() > 0.5)


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
    if found is None:
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
