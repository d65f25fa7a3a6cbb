"""The checks of `mixture_bound`: rec in *apart*, without chance; kl and bound for the z that were decoded in *clusters* and in *close*."""

import torch
from torch import Tensor

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import averages, mixture
from vae_course.checks.worlds.averages import must_add_up, must_hold_on_average, slopes_must_hold_on_average
from vae_course.checks.worlds.bound_tools import (
    bound_must_carry_a_gradient,
    decoder_gradient,
    must_be_near,
    must_be_numbers,
    must_be_one_number,
    must_be_scalars,
    must_leave_backward_to_others,
    must_leave_the_model,
    near,
    number,
    rec_must_be_finite,
    rec_must_cost_a_wrong_pixel,
    same_gradient,
    slopes_in_x,
)
from vae_course.checks.worlds.elbo import must_draw_anew
from vae_course.checks.worlds.models import Case, rec_without_z, sure_of_a_pixel, wrong_of_a_pixel
from vae_course.checks.worlds.own_z import EXACT, decoded, must_be_own, shares_noise
from vae_course.checks.worlds.valleys import TRIPLETS
from vae_course.runner.answers import Call

NAMES = "nelbo, kl, rec"
ENCODER = "enc.net.2.bias"
PARTS = {"mixture_m": "the mixture", "mixture_raw": "the mixture", ENCODER: "the encoder"}
WITHIN = f"for {TRIPLETS} images whose q(z|x) lies within the mixture"


@per_trial
def apart_call(trial: Trial) -> tuple[Case, Call]:
    case = mixture.apart_mixed(trial.generator("apart"))
    return case, trial.call(case.model, case.x, seed=1)


@per_trial
def clusters_call(trial: Trial) -> Call:
    rows = mixture.clusters()
    return trial.call(rows.model, rows.x, seed=50)


@per_trial
def close_call(trial: Trial) -> Call:
    rows = mixture.close()
    return trial.call(rows.model, rows.x, seed=51)


@per_trial
def single_calls(trial: Trial) -> list[tuple[Call, Tensor | None]]:
    """Two with a single image, and the z behind rec: with seeds by which log q − log p is likely to be below 0."""
    rows, by_seed = mixture.single(), {trial.seed_of(i): i for i in range(100, 150)}
    found = mixture.falls_below_0(by_seed)[:2]
    calls = [trial.call(rows.model, rows.x, seed=by_seed[seed]) for seed in found]
    return [(call, _z_of_rec(rows, call)) for call in calls]


@per_trial
def z_in_clusters(trial: Trial) -> Tensor | None:
    return _z_of_rec(mixture.clusters(), clusters_call(trial))


@per_trial
def z_in_close(trial: Trial) -> Tensor | None:
    return _z_of_rec(mixture.close(), close_call(trial))


@per_trial
def many_calls(trial: Trial) -> list[Call]:
    """In *close*, where no gradient tells the z."""
    rows = mixture.close()
    return [trial.call(rows.model, rows.x, seed=200 + i) for i in range(averages.CALLS)]


def _z_of_rec(rows: mixture.Rows, call: Call) -> Tensor | None:
    """The z behind rec, where one draw of each image explains it; else None. By the slope of rec in x, or by the bound's."""
    for gradient in slopes_in_x(call, "2"):
        z = decoded(gradient)
        if z is not None and near(number(call, "2"), mixture.rec_at(rows, z).mean().item(), EXACT):
            return z
    return None


@per_trial
def form(trial: Trial) -> str:
    """Of log q in kl, see `mixture.FORMS`: the one that kl agrees with in *clusters*, else the draw's."""
    rows, call, z = mixture.clusters(), clusters_call(trial), z_in_clusters(trial)
    if z is None:
        return mixture.FORMS[0]
    off = {form: abs(number(call, "1") - mixture.kl_at(rows, z, form).mean().item()) for form in mixture.FORMS}
    return min((form for form in off if off[form] < EXACT), key=lambda form: off[form], default=mixture.FORMS[0])


def returns_three_numbers(trial: Trial) -> None:
    """A gate: three outputs, for five images and for one, and x left as it was."""
    case, call = apart_call(trial)
    must_be_numbers(call, NAMES)
    must_leave_the_model(call)
    must_be_numbers(trial.call(case.model, case.x[:1], seed=3), NAMES)


def rec_is_right(trial: Trial) -> None:
    case, call = apart_call(trial)
    must_be_one_number(call, "2")
    must_be_near("rec", number(call, "2"), rec_without_z(case).mean().item(), "for five images under a small model")
    sure, wrong = sure_of_a_pixel(case), wrong_of_a_pixel(case)
    rec_must_be_finite(trial.call(sure.model, sure.x, seed=6))
    rec_must_cost_a_wrong_pixel(wrong, trial.call(wrong.model, wrong.x, seed=7))
    must_be_scalars(call)


def z_is_drawn(trial: Trial) -> None:
    """From q(z|x) of its own image, anew for each image and call."""
    call = clusters_call(trial)
    must_be_own(next(slopes_in_x(call, "2"), None), number(call, "2"))
    rows, z = mixture.clusters(), z_in_clusters(trial)
    if z is not None:
        if shares_noise((z - rows.m) / rows.s):
            raise Wrong(
                "Two images of a batch got the same noise.",
                "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
            )
    few = [trial.call(rows.model, rows.x[:12], seed=60 + i, twice=True) for i in range(3)]
    if all(number(one, "2") == number(few[0], "2") for one in few):
        raise Wrong("Three calls gave exactly the same rec.", "Each call should draw new noise: z is random.")
    must_draw_anew(few, "02")


def kl_is_of_the_mixture(trial: Trial) -> None:
    """log q(z|x) − log p(z), the mean over the images, at the z that rec decoded."""
    _of_the_mixture(trial, "1", "kl")


def bound_is_right(trial: Trial) -> None:
    call = clusters_call(trial)
    bound_must_carry_a_gradient(call)
    _of_the_mixture(trial, "0", "nelbo")


def _of_the_mixture(trial: Trial, name: str, label: str) -> None:
    call, z = clusters_call(trial), z_in_clusters(trial)
    must_be_one_number(call, name)
    if z is None:
        must_hold_on_average(many_calls(trial), name, label, mixture.on_average(), WITHIN)
        if name == "0":
            must_add_up(many_calls(trial), "012", NAMES.split(", "))
        return
    where = f"for {len(z)} images under a mixture of {mixture.K} Gaussians, and the z that you decode"
    _for_these_z(trial, mixture.clusters(), call, z, name, label, where)
    call, z = close_call(trial), z_in_close(trial)
    must_be_one_number(call, name)
    if z is not None:
        below = int((mixture.kl_at(mixture.close(), z, form(trial)) < 0).sum())
        where = f"{WITHIN}, and the z that you decode; log q − log p is below 0 for {below} of these"
        _for_these_z(trial, mixture.close(), call, z, name, label, where)
    for call, z in single_calls(trial):
        must_be_one_number(call, name)
        if z is not None:
            where = "for a single image, and the z that you decode"
            _for_these_z(trial, mixture.single(), call, z, name, label, where)


def _for_these_z(trial: Trial, rows: mixture.Rows, call: Call, z: Tensor, name: str, label: str, where: str) -> None:
    kl, rec = mixture.kl_at(rows, z, form(trial)).mean().item(), mixture.rec_at(rows, z).mean().item()
    right = kl + (rec if name == "0" else 0.0)
    got = number(call, name)
    must_be_near(label, got, right, where, EXACT, lambda: _of_terms(got, kl, rec) if name == "0" else "")


def _of_terms(nelbo: float, kl: float, rec: float) -> str:
    return (
        f"For these z kl is {kl:.2f} and rec {rec:.2f}; nelbo = kl + rec." if not near(nelbo, kl + rec, EXACT) else ""
    )


def gradient_to_decoder(trial: Trial) -> None:
    """Exact in *apart*."""
    case, call = apart_call(trial)
    must_leave_backward_to_others(call)
    bound_must_carry_a_gradient(call)
    found, right = decoder_gradient(case, call)
    if found is None:
        raise Wrong("No gradient of your bound reaches the decoder.", "rec depends on it: is something detached?")
    if not same_gradient(found, right):
        i = int((found.double() - right).abs().argmax())
        raise Wrong(
            f"The bound's slope in a bias of the decoder is {found[i]:.4f}.",
            f"It should be {right[i]:.4f} there.",
            follows=("nelbo",),
        )


def gradient_to_mixture_and_encoder(trial: Trial) -> None:
    """For the z that were decoded, exactly: the mixture learns from kl alone, the encoder from both terms. Else on average."""
    call, rows, z = clusters_call(trial), mixture.clusters(), z_in_clusters(trial)
    for name, part in PARTS.items():
        if call.slopes.get(name) is None:
            raise Wrong(f"No gradient of your bound reaches {part}.", f"kl depends on {part}: is something detached?")
    if z is None:
        case, apart = apart_call(trial)
        if not near(number(apart, "2"), rec_without_z(case).mean().item()):
            return  # rec is wrong, and its check says so
        slopes_must_hold_on_average(many_calls(trial), mixture.on_average(), PARTS)
        return
    kl = mixture.kl_at(rows, z, form(trial)).mean().item()
    if not near(number(call, "0"), kl + mixture.rec_at(rows, z).mean().item(), EXACT):
        return  # another check says so
    for name, right in mixture.right_slopes(rows, z, form(trial)).items():
        got = call.slopes[name]
        assert got is not None
        if not close(got.double(), right, 0.02):
            i = int(torch.nan_to_num((got.double() - right).abs(), nan=torch.inf).argmax())
            raise Wrong(
                f"The bound's slope in a number of {PARTS[name]} is {got.flatten()[i]:.3f}.",
                f"For the z that you decode, as the gradient in x tells, it should be {right.flatten()[i]:.3f}.",
                follows=("nelbo",),
            )
