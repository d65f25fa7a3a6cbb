"""The checks of `negative_iwae_bound`: exact where q = p, by Frullani's integral in *strong*, kl and rec as in lesson 04."""

from collections.abc import Callable
from functools import lru_cache

import torch

from vae_course.answers import Call
from vae_course.exercises.bound_tools import (
    NAMES,
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
from vae_course.exercises.iwae.draws import right_slope, slope_is_right, two_draws_weigh
from vae_course.exercises.models import (
    Case,
    apart,
    kl_terms,
    linear_weights,
    rec_without_z,
    still,
    strong,
)

ROWS, DRAWS = 192, 8  # in *strong* tolerances are 0.45 of a Lipschitz constant; ELBO and IWAE_8 lie 1.04 of it apart
REACH = 6.9  # P(some |ε| > REACH) < 2 · 1536 · Φ(−6.9) = 1.1e-8: there log w is not flatter than in the middle


@lru_cache(maxsize=4)
def still_call(trial: Trial) -> tuple[Case, Call]:
    case = still(trial.generator("still"), batch=4)
    return case, trial.call(case.model, case.x, 6, seed=1)


@lru_cache(maxsize=4)
def apart_call(trial: Trial) -> tuple[Case, Call]:
    case = apart(trial.generator("apart"))
    return case, trial.call(case.model, case.x, 3, seed=2)


@lru_cache(maxsize=4)
def strong_call(trial: Trial) -> Call:
    case = strong().rows(ROWS)
    return trial.call(case.model, case.x, DRAWS, seed=3)


@lru_cache(maxsize=1)
def strong_numbers() -> dict[str, float]:
    """−IWAE_8, rec and their Lipschitz constants in *strong*, by the integrals."""
    truth = strong().truth
    return {
        "niwae": -truth.iwae(DRAWS),
        "rec": truth.rec(),
        "slope": truth.weight_slope(REACH),
        "rec slope": truth.slope(),
    }


@lru_cache(maxsize=4)
def shares_noise(trial: Trial) -> bool:
    """True if copies of an image share their draws, yet calls differ."""
    return rows_agree(slopes(_small_call(trial, 0))) and not _repeats(trial)


@lru_cache(maxsize=16)
def _small_call(trial: Trial, index: int) -> Call:
    case = strong().rows(2)
    return trial.call(case.model, case.x, 2, seed=10 + index)


def _repeats(trial: Trial) -> bool:
    first = number(_small_call(trial, 0), "0")
    return all(number(_small_call(trial, i), "0") == first for i in range(1, 4))


def returns_three_numbers(trial: Trial) -> None:
    """Three tensors of one number each, for one image and one draw too."""
    case, call = still_call(trial)
    three_numbers(call)
    if call.changed:
        raise Wrong("Your method changed x or the model in place.", "Compute into new tensors.")
    three_numbers(trial.call(case.model, case.x[:1], 1, seed=4))


def are_scalars(trial: Trial) -> None:
    _, call = still_call(trial)
    for name, label in zip("012", NAMES, strict=True):
        if call.outputs[name].ndim:
            raise Wrong(
                f"Your {label} has shape {tuple(call.outputs[name].shape)}.", "It should be a scalar, shape ()."
            )


def exact_where_q_is_p(trial: Trial) -> None:
    """Every log weight is log p(x) of its image, so that the bound is the mean of −log p(x), for every iw."""
    case, call = still_call(trial)
    right = rec_without_z(case).mean().item()
    must_be_near("bound", number(call, "0"), right, "where every log weight of an image equals its log p(x)")


def equals_integral(trial: Trial) -> None:
    """The mean of 192 values of the bound with iw = 8, by Gaussian concentration (`lipschitz_tolerance`).

    log-mean-exp of log weights moves by at most the largest slope of log w; beyond REACH, where that slope is larger, a
    draw falls with probability 1.1e-8 in all.
    """
    if shares_noise(trial):
        return
    right = strong_numbers()
    tolerance = lipschitz_tolerance(right["slope"], ROWS)
    got = number(strong_call(trial), "0")
    if not near(got, right["niwae"], tolerance):
        elbo = right["rec"] + strong().truth.kl()
        reason = (
            " That is the ELBO's value: your bound does not rise with iw." if near(got, elbo, tolerance / 2) else ""
        )
        raise Wrong(
            f"Your bound is {got:.2f} nats on average over z with iw = {DRAWS}.",
            f"It should be {right['niwae']:.2f}, up to chance of {tolerance:.2f}.{reason}",
        )
    two_draws_weigh(trial)


def noise_is_own(trial: Trial) -> None:
    """Copies of an image have draws of their own, and calls differ; chances as in `nelbo.checks.noise_is_own`."""
    if shares_noise(trial):
        raise Wrong(
            "Two copies of the same image in a batch got the same draws of z.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    if _repeats(trial):
        raise Wrong("Four calls gave exactly the same bound.", "Each call should draw new noise: is z random at all?")


def term(name: str) -> Callable[[Trial], None]:
    """The check of kl ("1") or rec ("2"): the ELBO's terms, unweighted."""

    def test(trial: Trial) -> None:
        case, call = apart_call(trial)
        right = (kl_terms(case)[2] if name == "1" else rec_without_z(case)).mean().item()
        label, got = NAMES[int(name)], number(call, name)
        if not near(got, right):
            repeated, mean, tolerance = many_rows(case, 200)
            again = number(trial.call(repeated.model, repeated.x, 1, seed=5), name) if name == "1" else got
            twice = [number(trial.call(case.model, case.x, 3, seed=40 + i), name) for i in range(2)]
            if name == "2" or set(twice) == {got} or not near(again, mean, tolerance):
                must_be_near(label, got, right, "for five images under a small model")
        if name == "2" and not shares_noise(trial):
            numbers = strong_numbers()
            tolerance = lipschitz_tolerance(numbers["rec slope"], ROWS)
            must_be_near(label, number(strong_call(trial), "2"), numbers["rec"], "on average over z ~ q", tolerance)
        if name == "1" and near(got, right) and not shares_noise(trial):
            must_be_near(label, number(strong_call(trial), "1"), strong().truth.kl(), "for one image, many times", 0.0)

    return test


def prior_is_used(trial: Trial) -> None:
    """With prior and q both N(1, ¼), every log weight is log p(x) again and kl is 0: exact, unless N(0, I) is written in."""
    case = still(trial.generator("prior"), batch=3, prior=(1.0, 0.25))
    call = trial.call(case.model, case.x, 4, seed=6)
    right = rec_without_z(case).mean().item()
    if not near(number(call, "0"), right) or not near(number(call, "1"), 0.0, 1e-4):
        raise Wrong(
            f"With another prior, N(1, ¼), your bound is {number(call, '0'):.2f} and your kl {number(call, '1'):.2f}.",
            f"They should be {right:.2f} and 0.00: take the prior from self.z_prior instead of writing N(0, I).",
        )


def gradients(trial: Trial) -> None:
    """To the decoder, exact where q = p; to the encoder, for the ε that iw = 1 betrays: slope m + ε in m.

    log w = log p(x) − m ε − m²/2 at v = 1; the slope in v is ½ ((m + ε) ε − 1).
    """
    case, call = still_call(trial)
    if "0" not in call.differentiable:
        raise Wrong(
            "Your bound carries no gradient.",
            "Training needs one: no .item(), numpy, .detach() or torch.no_grad() on the way.",
        )
    found, right = decoder_gradient(case, call)
    if found is None or not torch.allclose(found.double(), right, rtol=1e-3, atol=1e-5):
        raise Wrong("The gradient of your bound in the decoder is not right.", "log p(x|z) depends on its logits.")
    single = linear_weights(trial.generator("linear"))
    one = trial.call(single.model, single.x, 1, seed=7)
    slope = slopes(one).get("enc.net.2.bias")
    if slope is None:
        raise Wrong("No gradient of your bound reaches the encoder.", "The weights depend on m and v, also through z.")
    if not slope_is_right(single, one):
        expected = right_slope(single, one)
        raise Wrong(
            f"The slopes of your bound in the encoder's two outputs are {slope[0]:.3f} and {slope[1]:.3f}.",
            f"For the z that you drew they should be {expected[0]:.3f} and {expected[1]:.3f}.",
        )
