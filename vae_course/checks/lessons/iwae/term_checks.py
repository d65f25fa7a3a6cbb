"""The checks of what `negative_iwae_bound` returns beside the bound, and of the prior that all three numbers stand on."""

from collections.abc import Callable
from functools import partial

import torch

from vae_course.checks.engine.core import Trial, Wrong
from vae_course.checks.lessons.iwae.checks import DRAWS, apart_call, mild_call, rec_deviation, shares_noise, strong_call
from vae_course.checks.worlds.bound_tools import (
    NAMES,
    as_sum,
    lipschitz_tolerance,
    must_be_near,
    narrow_numbers,
    near,
    number,
)
from vae_course.checks.worlds.drawn import MANY
from vae_course.checks.worlds.models import apart, faint, kl_terms, narrow, rec_without_z, still
from vae_course.checks.worlds.valleys import mild, strong
from vae_course.runner.answers import Call
from vae_course.runner.answers.models import PRIOR


def term(name: str) -> Callable[[Trial], None]:
    """The check of kl ("1") or rec ("2"): the ELBO's terms, unweighted."""

    def test(trial: Trial) -> None:
        case, call = apart_call(trial)
        right = (kl_terms(case)[2] if name == "1" else rec_without_z(case)).mean().item()
        label, got = NAMES[int(name)], number(call, name)
        # A Monte Carlo kl may be near by chance, and then something else is asked of it elsewhere.
        closed = near(got, right) and (name == "2" or _is_certain(trial, name))
        if not closed and (name == "2" or _is_certain(trial, name) or not _estimates_kl(trial)):
            made_to_fit = name == "1" and near(got, number(call, "0") - number(call, "2"))
            read = _made_to_fit if made_to_fit else partial(_read_off, trial, name)
            must_be_near(label, got, right, "for five images under a small model", closer=read)
        if shares_noise(trial):
            return
        found = number(strong_call(trial), name)  # with eight draws, so that terms weighted by importance show
        if name == "2":
            must_be_near(label, found, strong().rec, "on average over z ~ q", rec_deviation())
            tolerance = lipschitz_tolerance(mild().slope, MANY)
            must_be_near(label, number(mild_call(trial), "2"), mild().rec, "on average over z ~ q", tolerance)
        elif closed:
            must_be_near(label, found, strong().kl, "for one image, many times")

    return test


def _read_off(trial: Trial, name: str) -> str:
    """The sum of kl and rec that a number is, if it is the same one under two models: once it may be by chance."""
    other = apart(trial.generator("apart, again"))
    calls = (apart_call(trial), (other, trial.call(other.model, other.x, 3, seed=22)))
    found = {
        as_sum(
            NAMES[int(name)],
            number(call, name),
            kl_terms(case)[2].mean().item(),
            rec_without_z(case).mean().item(),
            len(case.x),
            case.model.z_dim,
        )
        for case, call in calls
    }
    return found.pop() if len(found) == 1 else ""


def _made_to_fit() -> str:
    return "Read off your numbers: your kl is niwae − rec. For iw > 1 they do not add up: kl is the ELBO's term."


def _is_certain(trial: Trial, name: str) -> bool:
    case, call = apart_call(trial)
    return all(number(trial.call(case.model, case.x, 3, seed=40 + i), name) == number(call, name) for i in range(2))


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
    if near(moved[0] / (1 + abs(right)), 0.0) and abs(moved[1]) <= 2e-4 * (1 + abs(kl)):
        return
    if not (near(number(usual, "0"), right) and near(kl, 0.0, 1e-4)) and _depends_on_prior(call):
        return
    raise Wrong(
        f"With another prior, N(1, ¼), your bound is {number(call, '0'):.2f} and your kl {number(call, '1'):.2f}.",
        f"They should be {right:.2f} and 0.00: take the prior from self.z_prior instead of writing N(0, I).",
    )


def _depends_on_prior(call: Call) -> bool:
    """True if gradients of the bound and of its two terms reach mean and variance of self.z_prior."""
    for names in ("0", "12"):
        found = call.pull_back({n: torch.ones_like(call.outputs[n]) for n in names if n in call.differentiable})
        if any(found.get(part) is None for part in PRIOR):
            return False
    return True
