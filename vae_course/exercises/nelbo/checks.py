"""The checks of `negative_elbo_bound`, on two designed models: *apart*, where rec needs no luck, and *mild*."""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from vae_course.answers import Call
from vae_course.exercises.bound_tools import (
    LOG,
    NAMES,
    bent_kl_tolerance,
    decoder_gradient,
    lipschitz_tolerance,
    many_rows,
    must_be_near,
    near,
    number,
    rows_agree,
    slopes,
    three_numbers,
)
from vae_course.exercises.core import Trial, Wrong
from vae_course.exercises.models import Case, apart, kl_terms, mild, rec_without_z

ROWS = 512  # draws of z in *mild*: tolerances are 0.27 of a Lipschitz constant, mistakes move rec by 0.34 and more


@lru_cache(maxsize=4)
def apart_call(trial: Trial) -> tuple[Case, Call]:
    """Five different images; the same call serves every check."""
    case = apart(trial.generator("apart"))
    return case, trial.call(case.model, case.x, seed=1)


@lru_cache(maxsize=4)
def mild_call(trial: Trial) -> Call:
    case = mild().rows(ROWS)
    return trial.call(case.model, case.x, seed=2)


@lru_cache(maxsize=4)
def mild_slopes(trial: Trial) -> dict[str, Tensor | None]:
    return slopes(mild_call(trial))


@lru_cache(maxsize=4)
def two_calls(trial: Trial) -> tuple[Call, Call]:
    case = mild().rows(2)
    return trial.call(case.model, case.x, seed=10), trial.call(case.model, case.x, seed=11)


@lru_cache(maxsize=4)
def uses_closed_kl(trial: Trial, name: str) -> bool:
    """True if output `name` ("0": inside the bound) has no chance in its kl."""
    case, call = apart_call(trial)
    rec = 0.0 if name == "1" else rec_without_z(case).mean().item()
    return near(number(call, name), rec + kl_terms(case)[2].mean().item())


def returns_three_numbers(trial: Trial) -> None:
    """Three tensors of one number each, for five images and for one, and x left as it was."""
    case, call = apart_call(trial)
    three_numbers(call)
    if call.changed:
        raise Wrong("Your method changed x or the model in place.", "Compute into new tensors.")
    three_numbers(trial.call(case.model, case.x[:1], seed=3))


def are_scalars(trial: Trial) -> None:
    """Shape (), which adds, prints and backpropagates as a number does."""
    _, call = apart_call(trial)
    for name, label in zip("012", NAMES, strict=True):
        if call.outputs[name].ndim:
            raise Wrong(
                f"Your {label} has shape {tuple(call.outputs[name].shape)}.", "It should be a scalar, shape ()."
            )


def value_of(name: str) -> Callable[[Trial], None]:
    """The check of one output: "0" the bound, "1" kl, "2" rec."""

    def test(trial: Trial) -> None:
        case, call = apart_call(trial)
        label = NAMES[int(name)]
        kl = kl_terms(case)[2].mean().item() if name != "2" else 0.0
        rec = rec_without_z(case).mean().item() if name != "1" else 0.0
        where = "for five images under a small model"
        if name == "2" or uses_closed_kl(trial, name):
            must_be_near(label, number(call, name), kl + rec, where)
        else:  # perhaps a Monte Carlo estimate: many rows, and its exact tolerance
            repeated, right, tolerance = many_rows(case, 300)
            again = trial.call(repeated.model, repeated.x, seed=4)
            if _is_certain(trial, name) or not near(number(again, name), right + rec, tolerance):
                must_be_near(label, number(call, name), kl + rec, where)
        if name != "1":
            _matches_integral(trial, name, label)

    return test


def _is_certain(trial: Trial, name: str) -> bool:
    """True if three calls agree exactly, so that the output is no Monte Carlo estimate and has no excuse."""
    case, call = apart_call(trial)
    values = {number(trial.call(case.model, case.x, seed=seed), name) for seed in (40, 41)}
    return values == {number(call, name)}


@lru_cache(maxsize=4)
def shares_noise(trial: Trial) -> bool:
    """True if all rows of a batch share noise, yet calls differ: random, only not for each image."""
    return rows_agree(mild_slopes(trial)) and not _equal(*two_calls(trial))


def _equal(a: Call, b: Call) -> bool:
    return all(number(a, name) == number(b, name) for name in "02")


def _matches_integral(trial: Trial, name: str, label: str) -> None:
    call, model = mild_call(trial), mild()
    if shares_noise(trial):
        return  # every row saw the same ε: a mean over rows says nothing, and another check names it
    tolerance = lipschitz_tolerance(mild_slope(), ROWS)
    expected = mild_rec()
    if name == "0":
        expected += mild_kl()
        tolerance += 0.0 if uses_closed_kl(trial, "0") else bent_kl_tolerance(model, ROWS)
    must_be_near(label, number(call, name), expected, "on average over z", tolerance)


@lru_cache(maxsize=1)
def mild_slope() -> float:
    """How fast log p(x|z) may move with ε in *mild*; beyond |ε| = 9 it is flatter still."""
    return mild().truth.slope()


@lru_cache(maxsize=1)
def mild_rec() -> float:
    return mild().truth.rec()


@lru_cache(maxsize=1)
def mild_kl() -> float:
    m, v = (torch.tensor(entry).double() for entry in (mild().m, mild().v))
    p = torch.distributions.Normal(torch.zeros(()).double(), 1.0)
    return torch.distributions.kl_divergence(torch.distributions.Normal(m, v.sqrt()), p).sum().item()


def noise_is_own(trial: Trial) -> None:
    """Identical images are decoded from different z, and calls do not all give the same numbers.

    False alarms: neighbouring floats of rec are 6e-5 nats apart and its spread is above 0.01 for any mean over up to
    10⁴ draws, so that three coincidences have a chance below (6e-5 / 0.01 / 2)³ < 1e-7; the gradients' chance is far less.
    """
    if rows_agree(mild_slopes(trial)) and shares_noise(trial):
        raise Wrong(
            "Two copies of the same image in a batch got the same z.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    first, second = two_calls(trial)
    case = mild().rows(2)
    if _equal(first, second) and all(_equal(first, trial.call(case.model, case.x, seed=12 + i)) for i in range(2)):
        raise Wrong("Four calls gave exactly the same numbers.", "Each call should draw new noise: is z random at all?")


def gradient_to_decoder(trial: Trial) -> None:
    """The bound's gradient in the decoder's biases, exact where the decoder ignores z."""
    case, call = apart_call(trial)
    if "0" not in call.differentiable:
        raise Wrong(
            "Your bound carries no gradient.",
            "Training needs one: no .item(), numpy, .detach() or torch.no_grad() on the way.",
        )
    found, right = decoder_gradient(case, call)
    if found is None:
        raise Wrong("No gradient of your bound reaches the decoder.", "rec depends on it.")
    if not torch.allclose(found.double(), right, rtol=1e-3, atol=1e-5):
        i = int((found.double() - right).abs().argmax())
        raise Wrong(
            f"The bound's slope in a bias of the decoder is {found[i]:.4f}.", f"It should be {right[i]:.4f} there."
        )


def gradient_to_encoder(trial: Trial) -> None:
    """The bound's gradient in the encoder's bias for v, through z and through kl.

    With slope C of log p(x|z) in z, the part through z is a mean of terms below C |ε| / (2 sqrt(v)), whose moments meet
    Bernstein's condition with variance and scale both C / (2 sqrt(v)); a Monte Carlo kl adds terms (ε² − 1) / 2 + b ε.
    """
    model, found = mild(), mild_slopes(trial).get("enc.net.2.bias")
    if found is None:
        raise Wrong("No gradient of your bound reaches the encoder.", "Both kl and z depend on it.")
    if shares_noise(trial):
        return
    v, m = model.v[0], model.m[0]
    through_kl, through_z = 0.5 * (1 - 1 / v), _slope_in_variance()
    scale = mild_slope() / (2 * v)  # mild_slope is per unit of ε, i.e. sqrt(v) times that in z
    tolerance = scale * (math.sqrt(2 * LOG / ROWS) + LOG / ROWS)
    if not uses_closed_kl(trial, "0"):
        tolerance += math.sqrt(2 * (0.5 + (m / (2 * math.sqrt(v))) ** 2) * LOG / ROWS) + LOG / ROWS
    per_raw = 1 - math.exp(-v)  # dv / d(raw) of softplus
    got = found[len(model.m)].double().item() / per_raw
    if not near(got, through_kl + through_z, tolerance):
        reason = " That is kl's share alone: z is cut off from the graph." if near(got, through_kl, 1e-3) else ""
        raise Wrong(
            f"The bound's slope in a variance of q is {got:.3f}.",
            f"It should be {through_kl + through_z:.3f} ({through_kl:.3f} through kl, {through_z:.3f} through z).{reason}",
        )


@lru_cache(maxsize=1)
def _slope_in_variance() -> float:
    """d rec / dv = E[ rec(z) (ε² − 1) ] / (2 v), Stein's identity, by the integral."""
    truth = mild().truth
    noise, weight = truth.noise()
    values = -truth.log_likelihood(truth.z(noise))
    return (weight * values * (noise.square() - 1)).sum().item() / (2 * truth.v)
