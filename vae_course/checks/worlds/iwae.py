"""The checks of `negative_iwae_bound`: exact where q = p, by Frullani's integral in *strong*, kl and rec as in lesson 04; and its prior.

Values are asked where weights are small numbers (`models.faint`): a bound that leaves log space is right there, and only the
check at ordinary images, whose weights are e^−500, takes its point.
"""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.around.scaffolds import right_bound
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.relations import Pair, relation
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import near_prior, parts
from vae_course.checks.worlds.bound_tools import (
    ALPHA,
    LOG,
    NAMES,
    bound_must_carry_a_gradient,
    decoder_gradient,
    lipschitz_tolerance,
    monte_carlo_kl_tolerance,
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
    off_by_log_k,
    rows_agree,
    same_gradient,
)
from vae_course.checks.worlds.drawn import MANY, must_follow_q, one_draw
from vae_course.checks.worlds.draws import (
    PAIRS,
    linear_call,
    pair_call,
    right_slope,
    slope_is_right,
    two_draws_weigh,
    weighs_its_own_draws,
)
from vae_course.checks.worlds.elbo import decodes_its_own_z, must_draw_anew
from vae_course.checks.worlds.models import Case, apart, faint, kl_terms, narrow, rec_without_z, still, under_posterior
from vae_course.checks.worlds.own_slopes import slopes_must_follow
from vae_course.checks.worlds.own_z import law_of
from vae_course.checks.worlds.valleys import mild, strong, triplets
from vae_course.given import log_mean_exp
from vae_course.runner.answers import Call
from vae_course.runner.answers.models import PRIOR

ROWS, DRAWS = 112, 8
"""In *strong* a right mean strays by 1.6 nats at most. ELBO and IWAE_8 lie 5.4 apart; rec and the log-mean-exp of eight log p(x|z) 2.1."""
COPIES = 24  # in *mild*, for fingerprints
VALUES = ("niwae where q is the prior",)
"""The check of the value that slopes rest on: where it fails, slopes that are wrong are no news."""


def draw_still(generator: Generator) -> Arguments:
    """A model, four images and six draws: batch ≠ iw, so that layouts cannot hide."""
    case = still(generator, batch=4)
    return case.model, case.x, 6


@per_trial
def still_call(trial: Trial) -> tuple[Case, Call]:
    """Four images, six draws, small weights."""
    case = faint(still(trial.generator("still"), batch=4))
    return case, trial.call(case.model, case.x, 6, seed=1)


@per_trial
def apart_call(trial: Trial) -> tuple[Case, Call]:
    case = apart(trial.generator("apart"))
    return case, trial.call(case.model, case.x, 3, seed=2)


@per_trial
def strong_call(trial: Trial) -> Call:
    case = strong().rows(ROWS)
    return trial.call(case.model, case.x, DRAWS, seed=3)


@per_trial
def mild_call(trial: Trial) -> Call:
    """Copies of an image with iw = 1: for what they share, for rec, and for the z that are decoded."""
    case = mild().rows(MANY)
    return trial.call(case.model, case.x, 1, seed=9)


@per_trial
def triplets_call(trial: Trial) -> Call:
    return trial.call(triplets().model, triplets().x, 1, seed=51)


@cache
def strong_numbers() -> tuple[float, float, float]:
    """−IWAE_8 in *strong*, and how far the mean of ROWS values of IWAE_8 may lie below and above, by the integrals."""
    truth = strong().truth
    return -truth.iwae(DRAWS), *truth.iwae_deviation(DRAWS, ROWS, LOG)


@cache
def rec_deviation() -> float:
    """How far the mean of ROWS values of rec may stray in *strong*."""
    return strong().truth.rec_deviation(ROWS, LOG)


@per_trial
def shares_noise(trial: Trial) -> bool:
    """True if copies of an image share their draws, yet calls differ."""
    return rows_agree(mild_call(trial).slopes) and not _repeats(trial)


def _repeats(trial: Trial) -> bool:
    first = number(pair_call(trial, 0), "0")
    return all(number(pair_call(trial, i), "0") == first for i in range(1, PAIRS))


def returns_three_numbers(trial: Trial) -> None:
    """Three outputs, the bound one number, for one image and one draw too."""
    case, call = still_call(trial)
    must_be_numbers(call)
    must_leave_the_model(call)
    must_be_numbers(linear_call(trial)[1])


def are_scalars(trial: Trial) -> None:
    _, call = still_call(trial)
    must_be_scalars(call)


def is_evidence_where_q_is_p(trial: Trial) -> bool:
    case, call = still_call(trial)
    return near(number(call, "0"), rec_without_z(case).mean().item())


def exact_where_q_is_p(trial: Trial) -> None:
    """Every log weight is log p(x) of its image, so that the bound is the mean of −log p(x), for every iw, and 1 among them."""
    case, call = still_call(trial)
    right, got = rec_without_z(case).mean().item(), number(call, "0")
    where = "where every log weight of an image equals its log p(x)"
    must_be_near(
        "bound", got, right, where, closer=lambda: off_by_log_k(got, right, len(case.x), 6) or _of_evidence(trial)
    )
    must_be_near(
        "bound",
        number(trial.call(case.model, case.x, 1, seed=8), "0"),
        right,
        f"{where}, with iw = 1 (with iw = 6 it is right)",
    )


OF_EVIDENCE = ("-mean(log_p, 0)", "-mean(log(exp(log_p)), 0)")
SIZES = ((4, 6), (3, 5), (2, 3), (5, 2))
"""Images and draws."""


def _of_evidence(trial: Trial) -> Reading:
    """The formula of log p(x) that the bound follows in *still*, where it is every log weight of an image; or how it misses."""
    cases = [faint(still(torch.Generator().manual_seed(41 + i), batch=batch)) for i, (batch, _) in enumerate(SIZES)]
    evidence = [-rec_without_z(case) for case in cases]
    calls = [trial.call(case.model, case.x, iw, seed=90) for case, (_, iw) in zip(cases, SIZES, strict=True)]
    got = torch.tensor([number(call, "0") for call in calls], dtype=torch.float64)
    inside = torch.stack([math.log(len(log_p)) - torch.logsumexp(log_p, 0) for log_p in evidence])
    if torch.allclose(got, inside, rtol=parts.EXACT):
        return Reading.of(
            "It is −log of the mean of p(x) over the images: they are averaged inside the logarithm, which belongs to the draws."
        )
    related = parts.held_at(got) or relation([Pair(got, torch.stack([-log_p.mean() for log_p in evidence]))])
    examples = [Example({"log_p": log_p}, value) for log_p, value in zip(evidence, got, strict=True)]
    return Reading.of(related) if related else formula_read_off(OF_EVIDENCE, examples, parts.EXACT)


def stays_finite(trial: Trial) -> None:
    """For ordinary images a weight is e^−500, which is 0 in float32: the bound is near the ELBO, and neither infinite nor cut.

    Asked is what changes with the size of the weights: a number, no floor (the same one where weights are e^−40), and the right
    one if it is right there. A bound with another fault keeps this mark.

    There log w = log p(x) − KL − δ, with δ as in `monte_carlo_kl_tolerance` for a single row; the mean over images of a
    log-mean-exp lies between the extremes of fifteen δ, so that chance allows 110 nats, of the 500 that count.
    """
    case, call = apart_call(trial)
    m, v, kl = kl_terms(case)
    got, right = number(call, "0"), (kl + rec_without_z(case)).mean().item()
    chance = max(monte_carlo_kl_tolerance(m[i : i + 1], v[i : i + 1], ALPHA / m.numel()) for i in range(len(m)))
    cut = not math.isfinite(got) or got == number(still_call(trial)[1], "0")
    if cut or (is_evidence_where_q_is_p(trial) and not abs(got - right) <= chance):
        small = " Weights are about e^−500 there, which is 0 in float32."
        other = number(trial.call(case.model, case.x.flip(0)[:2], 3, seed=63), "0")
        held = " For other images it is the same number: something holds it, a floor or a small number that is added to weights."
        raise Wrong(
            f"Your bound is {got:.0f} nats for images of 784 ordinary pixels.",
            f"It should be about {right:.0f}.{small if not math.isfinite(got) else held if near(got, other) else ''}",
        )


def equals_integral(trial: Trial) -> None:
    """The z come from q; and the mean of ROWS values with iw = 8, by Chernoff's bound with exact moments (`iwae_deviation`)."""
    if shares_noise(trial):
        return
    drawn = one_draw(mild_call(trial), closed=False)
    if drawn is not None:
        must_follow_q(drawn.z, mild().m[0], mild().v[0], closer=lambda: law_of(triplets_call(trial)))
    exact, evidence = under_posterior()
    got = number(trial.call(exact.model, exact.x, 5, seed=52), "0")
    where = "where q is the posterior itself, so that every weight is p(x), though each of its three terms depends on z"
    must_be_near("bound", got, evidence, where, 1e-2, lambda: off_by_log_k(got, evidence, len(exact.x), 5, 1e-2))
    right, below, above = strong_numbers()  # "below" is of the bound: the negative bound is above
    got = number(strong_call(trial), "0")
    if not -above <= got - right <= below:
        elbo = strong().rec + strong().kl
        reason = " That is near the ELBO's value." if near(got, elbo, below / 2) else ""
        raise Wrong(
            f"Your bound is {got:.2f} nats on average over z with iw = {DRAWS}.",
            f"It should be {right:.2f}, up to chance of {max(below, above):.2f}.{reason}",
        )
    takes_many_draws(trial)
    case, one = linear_call(trial)
    if number(trial.call(case.model, case.x, 2, seed=7), "0") == number(one, "0"):  # 7 is the seed of `one`
        raise Wrong(
            "From the same noise, your bound is the same number with iw = 1 and iw = 2.",
            "It takes iw draws of each image.",
        )
    weighs_its_own_draws(trial)
    two_draws_weigh(trial)


MANY_DRAWS, FEW_ROWS = 100, 24


@cache
def many_draws_numbers() -> tuple[float, float]:
    """−IWAE_100 in *strong*, and how far the mean of FEW_ROWS values may lie above, by the integrals."""
    truth = strong().truth
    return -truth.iwae(MANY_DRAWS), truth.iwae_deviation(MANY_DRAWS, FEW_ROWS, LOG)[0]


def takes_many_draws(trial: Trial) -> None:
    """With iw = 100 the bound is as tight as a hundred draws make it. One from draws in chunks of ten lies 2.8 nats above, 2.0 are allowed."""
    case = strong().rows(FEW_ROWS)
    got, (right, above) = number(trial.call(case.model, case.x, MANY_DRAWS, seed=53), "0"), many_draws_numbers()
    if got > right + above:
        raise Wrong(
            f"With iw = {MANY_DRAWS} your bound is {got:.2f} nats on average over z.",
            f"It should be {right:.2f}, up to chance of {above:.2f}: the mean over all {MANY_DRAWS} draws stands inside the logarithm.",
        )


def noise_is_own(trial: Trial) -> None:
    """Copies of an image have draws of their own, and calls differ; chances as in `nelbo.checks.noise_is_own`."""
    if shares_noise(trial):
        raise Wrong(
            "Two copies of the same image in a batch got the same draws of z.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    # One number under every model has another fault than noise: a constant, or a floor under the mean weight.
    moved = pair_call(trial, 0).slopes.get("enc.net.2.bias")
    held = moved is not None and not bool(moved.any())
    if _repeats(trial) and not held and number(pair_call(trial, 0), "0") != number(still_call(trial)[1], "0"):
        raise Wrong(
            "Four calls gave exactly the same bound, where the decoder ignores z.",
            "log p(z) − log q(z|x) changes with each z, and each call should draw new ones.",
        )
    if not _repeats(trial):
        case, _ = linear_call(trial)
        must_draw_anew([trial.call(case.model, case.x, 2, seed=60 + i, twice=True) for i in range(3)], "0")
    decodes_its_own_z(triplets_call(trial))


def gradients(trial: Trial) -> None:
    """To the decoder, exact where q = p; to the encoder, for the ε that iw = 1 betrays: slope m + ε in m.

    log w = log p(x) − m ε − m²/2 at v = 1; the slope in v is ½ ((m + ε) ε − 1).
    """
    case, call = still_call(trial)
    must_leave_backward_to_others(call)
    bound_must_carry_a_gradient(call)
    found, right = decoder_gradient(case, call)
    if found is None or not same_gradient(found, right):
        follows = ", as its value is not" if not is_evidence_where_q_is_p(trial) else ""
        raise Wrong(
            f"The gradient of your bound in the decoder is not right{follows}.",
            "log p(x|z) depends on its logits.",
            follows=VALUES,
        )
    single, one = linear_call(trial)
    slope = one.slopes.get("enc.net.2.bias")
    if slope is None:
        raise Wrong("No gradient of your bound reaches the encoder.", "The weights depend on m and v, also through z.")
    slopes_must_follow(triplets_call(trial))
    if not slope_is_right(single, one):
        expected = right_slope(single, one)
        own = (
            "From your bound's value it was worked out which z you drew: for this z the slopes should be "
            f"{expected[0]:.3f} and {expected[1]:.3f}."
        )
        raise Wrong(
            f"With iw = 1 the slopes of your bound in the encoder's two outputs are {slope[0]:.3f} and {slope[1]:.3f}.",
            own if is_evidence_where_q_is_p(trial) else "They are those of a bound that is not right.",
            follows=VALUES,
        )


def term(name: str) -> Callable[[Trial], None]:
    """The check of kl ("1") or rec ("2"): the ELBO's terms, unweighted."""

    def test(trial: Trial) -> None:
        case, call = apart_call(trial)
        must_be_one_number(call, name)
        right = (kl_terms(case)[2] if name == "1" else rec_without_z(case)).mean().item()
        label, got = NAMES[int(name)], number(call, name)
        # A Monte Carlo kl may be near by chance, and then something else is asked of it elsewhere.
        closed = near(got, right) and (name == "2" or is_certain(trial, name))
        if not closed and (name == "2" or is_certain(trial, name) or not _estimates_kl(trial)):
            made_to_fit = name == "1" and near(got, number(call, "0") - number(call, "2"))
            read = _made_to_fit if made_to_fit else partial(parts.read_off, ask(trial), name)
            must_be_near(label, got, right, "for five images under a small model", closer=read)
        if shares_noise(trial):
            return
        if name == "2":  # with eight draws, so that terms weighted by importance show
            found = number(strong_call(trial), "2")
            must_be_near(label, found, strong().rec, "on average over z ~ q", rec_deviation())
            tolerance = lipschitz_tolerance(mild().slope, MANY)
            must_be_near(label, number(mild_call(trial), "2"), mild().rec, "on average over z ~ q", tolerance)
        else:
            near_prior.must_be_small(ask(trial), name, certain=closed, once=ask(trial, 1))
        if name == "1" and closed:
            must_be_near(label, number(strong_call(trial), name), strong().kl, "for one image, many times")

    return test


def ask(trial: Trial, iw: int = 3) -> parts.Ask:
    return lambda case, seed: trial.call(case.model, case.x, iw, seed=seed)


def _made_to_fit() -> str:
    return "Read off your numbers: your kl is niwae − rec. For iw > 1 they do not add up: kl is the ELBO's term."


@per_trial
def is_certain(trial: Trial, name: str) -> bool:
    case, call = apart_call(trial)
    return all(number(trial.call(case.model, case.x, 3, seed=40 + i), name) == number(call, name) for i in range(2))


def notes(trial: Trial) -> str:
    """What a card adds to a right bound."""
    return notes_of_a_bound(apart_call(trial)[1], kl_is_closed=is_certain(trial, "1"))


def _estimates_kl(trial: Trial) -> bool:
    """True if kl may be a Monte Carlo estimate: right over many draws, up to its exact tolerance. niwae − rec is not."""
    kl, _, tolerance = narrow_numbers(copies=6)
    case = narrow()
    return near(number(trial.call(case.model, case.x.repeat(6, 1), DRAWS, seed=5), "1"), kl, tolerance)


def prior_is_used(trial: Trial) -> None:
    """With prior and q both N(1, ¼), every log weight is log p(x) again and kl is 0: what it was with both N(0, 1).

    So an answer is compared with itself: the same images, decoder and number of draws, and another prior. One that is wrong with
    the standard prior too has another fault, and keeps this mark if a gradient shows that its numbers depend on self.z_prior.
    """
    case, standard = (
        faint(still(trial.generator("prior"), batch=4, prior=prior)) for prior in ((1.0, 0.25), (0.0, 1.0))
    )
    call, usual = (trial.call(c.model, c.x, 6, seed=6) for c in (case, standard))
    moved = [number(call, name) - number(usual, name) for name in "012"]
    right, kl = rec_without_z(case).mean().item(), number(usual, "1")
    # Of a kl that is none nothing is asked.
    if near(moved[0] / (1 + abs(right)), 0.0) and not abs(moved[1]) > 2e-4 * (1 + abs(kl)):
        return
    if not (near(number(usual, "0"), right) and near(kl, 0.0, 1e-4)) and _depends_on_prior(call):
        return
    standard_kl = len(case.model.weights["enc.net.2.bias"]) / 2 * (0.5 * (0.25 + 1 - 1) - 0.5 * math.log(0.25))
    written = (
        " N(0, I) is written into kl: take mean and variance of the prior from self.z_prior."
        if near(number(call, "1"), standard_kl)
        else ""
    )
    raise Wrong(
        f"With another prior, N(1, ¼), your bound is {number(call, '0'):.2f} and your kl {number(call, '1'):.2f}.",
        f"They should be {right:.2f} and 0.00, for the mean and the variance of self.z_prior.{written}",
    )


def _depends_on_prior(call: Call) -> bool:
    """True if gradients of the bound and of its two terms reach mean and variance of self.z_prior."""
    for names in ("0", "12"):
        found = call.pull_back({n: torch.ones_like(call.outputs[n]) for n in names if n in call.differentiable})
        if any(found.get(part) is None for part in PRIOR):
            return False
    return True


def negative_log_mean(log_w: Tensor) -> Tensor:
    """The bound that is made of log weights (batch, iw)."""
    return -log_mean_exp(log_w, 1).mean()


def weighing(weigh: Callable[[Any, Tensor, int], Tensor]) -> Callable[[Any, Tensor, int], tuple[Any, Any, Any]]:
    """A bound whose log weights (batch, iw) are these, mistaken or written in another way; the rest is right."""
    return lambda self, x, iw: (negative_log_mean(weigh(self, x, iw)), *right_bound(self, x)[1:])
