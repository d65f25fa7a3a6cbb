"""The checks of `negative_elbo_bound`, on two designed models: *apart*, where rec needs no luck, and *mild*."""

import math
from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import near_prior, parts
from vae_course.checks.worlds.bound_tools import (
    LOG,
    NAMES,
    bent_kl_tolerance,
    bound_must_carry_a_gradient,
    decoder_gradient,
    lipschitz_tolerance,
    must_be_near,
    must_be_numbers,
    must_be_one_number,
    must_be_scalars,
    must_leave_backward_to_others,
    must_leave_the_model,
    narrow_numbers,
    near,
    notes_of_a_bound,
    number,
    rec_must_be_finite,
    rec_must_cost_a_wrong_pixel,
    rows_agree,
    same_gradient,
)
from vae_course.checks.worlds.drawn import MANY, OneDraw, left_for_kl, must_follow_q, one_draw
from vae_course.checks.worlds.models import (
    Case,
    apart,
    kl_terms,
    narrow,
    rec_without_z,
    sure_of_a_pixel,
    wrong_of_a_pixel,
)
from vae_course.checks.worlds.own_slopes import slopes_must_follow
from vae_course.checks.worlds.own_z import law_of, must_be_own
from vae_course.checks.worlds.valleys import mild, triplets
from vae_course.runner.answers import Call

VALUE = ("nelbo",)
"""The check of the bound's value: where it fails, slopes that are not those of the right bound are no news."""
ROWS = 24  # copies of an image in *mild*, to see what they share


@per_trial
def apart_call(trial: Trial) -> tuple[Case, Call]:
    """Five different images; the same call serves every check."""
    case = apart(trial.generator("apart"))
    return case, trial.call(case.model, case.x, seed=1)


@per_trial
def apart_truth(trial: Trial) -> tuple[float, float]:
    """kl and rec in *apart*."""
    case, _ = apart_call(trial)
    return kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()


@per_trial
def mild_call(trial: Trial, index: int = 0) -> Call:
    """All but the first are two calls in a row, see `LocalAnswer.call`."""
    case = mild().rows(ROWS)
    return trial.call(case.model, case.x, seed=10 + index, twice=index > 0)


@per_trial
def many_call(trial: Trial) -> tuple[Call, OneDraw | None]:
    """Many copies: their mean is compared with the integral, and the z that they decoded with q."""
    case = mild().rows(MANY)
    call = trial.call(case.model, case.x, seed=20)
    return call, one_draw(call, closed=uses_closed_kl(trial, "0"))


@per_trial
def triplets_call(trial: Trial) -> Call:
    return trial.call(triplets().model, triplets().x, seed=50)


@per_trial
def uses_closed_kl(trial: Trial, name: str) -> bool:
    """True if output `name` ("0": inside the bound) has no chance in its kl: right, and the same at every call."""
    _, call = apart_call(trial)
    kl, rec = apart_truth(trial)
    return near(number(call, name), kl + (0.0 if name == "1" else rec)) and is_certain(trial, name)


def notes(trial: Trial) -> str:
    """What a card adds to a right bound."""
    return notes_of_a_bound(apart_call(trial)[1], kl_is_closed=uses_closed_kl(trial, "1"))


def returns_three_numbers(trial: Trial) -> None:
    """Three outputs, the bound one number, for five images and for one, and x left as it was."""
    case, call = apart_call(trial)
    must_be_numbers(call)
    must_leave_the_model(call)
    must_be_numbers(trial.call(case.model, case.x[:1], seed=3))


def are_scalars(trial: Trial) -> None:
    _, call = apart_call(trial)
    must_be_scalars(call)


def value_of(name: str) -> Callable[[Trial], None]:
    """The check of one output: "0" the bound, "1" kl, "2" rec."""

    def test(trial: Trial) -> None:
        _, call = apart_call(trial)
        label = NAMES[int(name)]
        must_be_one_number(call, name)
        kl, rec = apart_truth(trial)
        right = {"0": kl + rec, "1": kl, "2": rec}[name]
        exact = name == "2" or uses_closed_kl(trial, name)
        if exact or is_certain(trial, name) or not _estimates_kl(trial, name):
            where = "for five images under a small model"
            must_be_near(label, number(call, name), right, where, closer=partial(parts.read_off, ask(trial), name))
        if name == "2":
            sure = sure_of_a_pixel(apart_call(trial)[0])
            rec_must_be_finite(trial.call(sure.model, sure.x, seed=6))
            wrong = wrong_of_a_pixel(apart_call(trial)[0])
            rec_must_cost_a_wrong_pixel(wrong, trial.call(wrong.model, wrong.x, seed=7))
        if name != "2":
            near_prior.must_be_small(ask(trial), name, certain=uses_closed_kl(trial, name))
        if name != "1":
            _matches_integral(trial, name, label)

    return test


def ask(trial: Trial) -> parts.Ask:
    return lambda case, seed: trial.call(case.model, case.x, seed=seed)


def _estimates_kl(trial: Trial, name: str) -> bool:
    """True if the output may contain a Monte Carlo kl: right over many draws, up to its exact tolerance."""
    kl, rec, tolerance = narrow_numbers()
    case = narrow()
    got = number(trial.call(case.model, case.x, seed=4), name)
    return near(got, kl + (0.0 if name == "1" else rec), tolerance)


@per_trial
def is_certain(trial: Trial, name: str) -> bool:
    """True if three calls agree exactly, so that the output is no Monte Carlo estimate and has no excuse."""
    case, call = apart_call(trial)
    return all(number(trial.call(case.model, case.x, seed=seed), name) == number(call, name) for seed in (40, 41))


@per_trial
def shares_noise(trial: Trial) -> bool:
    """True if all rows of a batch share noise, yet calls differ: random, only not for each image."""
    return rows_agree(mild_call(trial).slopes) and not _equal(mild_call(trial), mild_call(trial, 1))


def _equal(a: Call, b: Call) -> bool:
    return all(number(a, name) == number(b, name) for name in "02")


def _matches_integral(trial: Trial, name: str, label: str) -> None:
    if shares_noise(trial):
        return  # every row saw the same ε: a mean over rows says nothing, and another check names it
    (call, drawn), model = many_call(trial), mild()
    if drawn is not None and (name == "0" or near(number(call, "2"), drawn.rec)):
        must_follow_q(drawn.z, model.m[0], model.v[0], closer=lambda: law_of(triplets_call(trial)))
    tolerance = lipschitz_tolerance(model.slope, MANY)
    expected = model.rec
    if name == "0":
        expected += model.kl
        tolerance += 0.0 if uses_closed_kl(trial, "0") else bent_kl_tolerance(model, MANY)
    must_be_near(label, number(call, name), expected, "on average over z", tolerance, partial(left_for_kl, call, name))


def noise_is_own(trial: Trial) -> None:
    """Identical images are decoded from different z, and calls do not all give the same numbers, be it in a row or without gradients.

    False alarms: rec is below 1,024 nats, so that neighbouring floats are 6e-5 apart, and its spread is above 0.1 for any
    mean over up to 10⁴ rows: three coincidences have a chance below (6e-5 / 0.1 / 2)³ < 1e-10, two below 1e-7; the gradients'
    chance is far less.
    """
    if shares_noise(trial):
        raise Wrong(
            "Two copies of the same image in a batch got the same z.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    if all(_equal(mild_call(trial), mild_call(trial, i)) for i in (1, 2, 3)):
        raise Wrong("Four calls gave exactly the same numbers.", "Each call should draw new noise: z is random.")
    must_draw_anew([mild_call(trial, i) for i in (1, 2, 3)], "02")
    decodes_its_own_z(triplets_call(trial))


def must_draw_anew(calls: list[Call], names: str) -> None:
    """Raise `Wrong` if every second call of two in a row repeats the first, or the first ones, without gradients, are all the same."""
    if not all(f"first {n}" in call.outputs for call in calls for n in names):
        return
    if all(number(call, f"first {n}") == number(call, n) for call in calls for n in names):
        raise Wrong(
            "Of two calls in a row the second gave exactly the numbers of the first.",
            "Each call should draw new noise: is ε kept somewhere, or the generator put back?",
        )
    if all(number(call, f"first {n}") == number(calls[0], f"first {n}") for call in calls for n in names):
        raise Wrong(
            "Under torch.no_grad() all calls gave exactly the same numbers.",
            "z is drawn then too: a model is evaluated with the bound that it was trained with.",
        )


def decodes_its_own_z(call: Call) -> None:
    """In the bound and in rec, which may decode another z, or the same under other images; see `own_z.must_be_own`."""
    must_be_own(call.slopes.get("1"), number(call, "0"))
    if "2" in call.differentiable:
        must_be_own(call.pull_back({"2": torch.ones_like(call.outputs["2"])}).get("1"), number(call, "2"))


def gradient_to_decoder(trial: Trial) -> None:
    """The bound's gradient in the decoder's biases, exact where the decoder ignores z."""
    case, call = apart_call(trial)
    must_leave_backward_to_others(call)
    bound_must_carry_a_gradient(call)
    found, right = decoder_gradient(case, call)
    if found is None:
        raise Wrong(
            "No gradient of your bound reaches the decoder.",
            "rec depends on it: is the decoder called under torch.no_grad(), or what it gives detached?",
        )
    if not same_gradient(found, right):
        i = int((found.double() - right).abs().argmax())
        raise Wrong(
            f"The bound's slope in a bias of the decoder is {found[i]:.4f}.",
            f"It should be {right[i]:.4f} there.",
            follows=VALUE,
        )


def gradient_to_encoder(trial: Trial) -> None:
    """The bound's gradient in the encoder's biases, through z and through kl: exact for the z that were decoded.

    Where these are not known (several draws for each row, kl at the draw), the slope in v, averaged over rows and latents,
    is known up to chance. With slope C of log p(x|z) in z, the part through z is below C |ε| / (2 sqrt(v)), whose moments
    meet Bernstein's condition with variance and scale both C / (2 sqrt(v)); a Monte Carlo kl adds terms (ε² − 1) / 2 + b ε.
    """
    call, drawn = many_call(trial)
    model, found = mild(), call.slopes.get("enc.net.2.bias")
    if found is None:
        raise Wrong("No gradient of your bound reaches the encoder.", "Both kl and z depend on it.")
    if shares_noise(trial):
        return
    slopes_must_follow(triplets_call(trial), stopped=True)
    v = model.v[0]
    to_m, to_raw = found.double().chunk(2)
    to_v = to_raw / (1 - math.exp(-v))  # dv / d(raw) of softplus
    if drawn is not None and drawn.closed:
        right_m, right_v = drawn.encoder_slopes()
        _slope_must_be("mean", to_m, right_m)
        _slope_must_be("variance", to_v, right_v)
        return
    m, draws, through_kl, through_z = model.m[0], MANY * model.latents, 0.5 * (1 - 1 / v), _slope_in_variance()
    scale = model.truth.slope() / (2 * v)  # the slope is per unit of ε, i.e. sqrt(v) times that in z
    tolerance = scale * (math.sqrt(2 * LOG / draws) + LOG / draws)
    if not uses_closed_kl(trial, "0"):
        tolerance += math.sqrt(2 * (0.5 + (m / (2 * math.sqrt(v))) ** 2) * LOG / draws) + LOG / draws
    got = to_v.mean().item()
    if not near(got, through_kl + through_z, tolerance):
        raise Wrong(
            f"The bound's slope in a variance of q is {got:.3f}.",
            f"It should be {through_kl + through_z:.3f} ({through_kl:.3f} through kl, {through_z:.3f} through z).",
            follows=VALUE,
        )


def _slope_must_be(what: str, got: Tensor, right: Tensor) -> None:
    """Slopes in the means or variances of q, (latents,) each, with kl's own share known."""
    if close(got, right, 2e-3):
        return
    model = mild()
    through_kl = {"mean": model.m[0], "variance": 0.5 * (1 - 1 / model.v[0])}[what]
    i = int((got - right).abs().argmax())
    alone = "That is kl's share alone: none comes through z." if near(got[i].item(), through_kl, 1e-3) else ""
    raise Wrong(
        f"The bound's slope in a {what} of q is {got[i]:.3f}.",
        f"For the z that you decode, as the gradient in x tells, it should be {right[i]:.3f}, of which {through_kl:.3f} come through kl.",
        lambda: alone,
    )


@cache
def _slope_in_variance() -> float:
    """d rec / dv = E[ rec(z) (ε² − 1) ] / (2 v), Stein's identity, by the integral, for one latent."""
    truth = mild().truth
    noise, weight = truth.noise()
    values = -truth.log_likelihood(truth.z(noise))
    return (weight * values * (noise.square() - 1)).sum().item() / (2 * truth.v)
