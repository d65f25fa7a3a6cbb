"""The checks of `mixture_bound`: rec in *apart*, without chance; kl and bound for the z that were decoded in *clusters* and in *close*."""

import torch
from torch import Tensor

from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import mixture
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
    same_gradient,
)
from vae_course.checks.worlds.elbo import must_draw_anew
from vae_course.checks.worlds.models import Case, rec_without_z, sure_of_a_pixel
from vae_course.checks.worlds.own_z import EXACT, decoded, must_be_own
from vae_course.runner.answers import Call

NAMES = "nelbo, kl, rec"
SHARED = 1e-3
ENCODER = "enc.net.2.bias"


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


def _z_of_rec(rows: mixture.Rows, call: Call) -> Tensor | None:
    """The z behind rec, where one draw of each image explains it; else None."""
    if "2" not in call.differentiable:
        return None
    z = decoded(call.pull_back({"2": torch.ones_like(call.outputs["2"])}).get("1"))
    return z if z is not None and near(number(call, "2"), mixture.rec_at(rows, z).mean().item()) else None


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
    sure = sure_of_a_pixel(case)
    rec_must_be_finite(trial.call(sure.model, sure.x, seed=6))
    must_be_scalars(call)


def z_is_drawn(trial: Trial) -> None:
    """From q(z|x) of its own image, anew for each image and call."""
    call = clusters_call(trial)
    if "2" in call.differentiable:
        must_be_own(call.pull_back({"2": torch.ones_like(call.outputs["2"])}).get("1"), number(call, "2"))
    rows, z = mixture.clusters(), z_in_clusters(trial)
    if z is not None:
        noise = (z - rows.m) / rows.s
        if bool(((noise[1:] - noise[:-1]).abs().amax(-1) < SHARED).any()):
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
        kl, rec, chance = mixture.on_average()
        must_be_near(label, number(call, name), kl + (rec if name == "0" else 0.0), "on average over z", chance)
        return
    where = f"for {len(z)} images under a mixture of {mixture.K} Gaussians, and the z that you decode"
    _for_these_z(mixture.clusters(), call, z, name, label, where)
    call, z = close_call(trial), z_in_close(trial)
    must_be_one_number(call, name)
    if z is not None:
        below = int((mixture.kl_at(mixture.close(), z) < 0).sum())
        where = f"for {len(z)} images whose q(z|x) lies within the mixture, and the z that you decode; log q − log p is below 0 for {below} of these"
        _for_these_z(mixture.close(), call, z, name, label, where)
    for call, z in single_calls(trial):
        must_be_one_number(call, name)
        if z is not None:
            _for_these_z(mixture.single(), call, z, name, label, "for a single image, and the z that you decode")


def _for_these_z(rows: mixture.Rows, call: Call, z: Tensor, name: str, label: str, where: str) -> None:
    kl, rec = mixture.kl_at(rows, z).mean().item(), mixture.rec_at(rows, z).mean().item()
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
    """For the z that were decoded, exactly: the mixture learns from kl alone, the encoder from both terms."""
    call, rows, z = clusters_call(trial), mixture.clusters(), z_in_clusters(trial)
    found = {name: call.slopes.get(name) for name in ("mixture_m", "mixture_raw", ENCODER)}
    for name, what in (("mixture_m", "the mixture"), ("mixture_raw", "the mixture"), (ENCODER, "the encoder")):
        if found[name] is None:
            raise Wrong(f"No gradient of your bound reaches {what}.", f"kl depends on {what}: is something detached?")
    kl = 0.0 if z is None else mixture.kl_at(rows, z).mean().item()
    if z is None or not near(number(call, "0"), kl + mixture.rec_at(rows, z).mean().item(), EXACT):
        return  # another check says so, or several draws are averaged
    for name, right in mixture.right_slopes(rows, z).items():
        got = found[name]
        assert got is not None
        if not close(got.double(), right, 0.02):
            i = int(torch.nan_to_num((got.double() - right).abs(), nan=torch.inf).argmax())
            what = "the encoder" if name == ENCODER else "the mixture"
            raise Wrong(
                f"The bound's slope in a number of {what} is {got.flatten()[i]:.3f}.",
                f"For the z that you decode, as the gradient in x tells, it should be {right.flatten()[i]:.3f}.",
                follows=("nelbo",),
            )
