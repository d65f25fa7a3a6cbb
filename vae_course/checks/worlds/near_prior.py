"""A q near the prior, whose KL is small: what a bound counts there, and that nothing holds it up."""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor

from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import NAMES, monte_carlo_kl_tolerance, must_be_near, near, number
from vae_course.checks.worlds.models import Case, kl_terms, near_prior, rec_without_z, still
from vae_course.checks.worlds.parts import Ask

ROWS = 1024


def must_be_small(ask: Ask, name: str, *, certain: bool, once: Ask | None = None) -> None:
    """Raise `Wrong` unless kl ("1"), or the bound ("0") beyond rec, is the KL of 0.18 nats in *near_prior*: no floor, no absolute value.

    Args:
        ask: calls the answer on a model's images, with a seed.
        once: the same with one draw for each image, where `ask` takes several: of a mean of draws less shows.
        certain: it is no estimate. Of one, a mean over many rows is asked, to 0.12 nats; |log q − log p| in place of log q − log p adds 0.32, and its positive part 0.16.
    """
    case, kl, rec, chance = _numbers()
    images = case if certain else Case(case.model, case.x.expand(ROWS, -1).clone())
    where = f"for a q near the prior, whose KL is {kl:.2f}"
    expected = kl + (rec if name == "0" else 0.0)
    got = number(ask(images, 8), name)
    singles = partial(_singles, once or ask, case, name, rec if name == "0" else 0.0)
    closer = (
        partial(_never_below_zero, singles)
        if name == "1" and not certain
        else partial(_held_near_prior, ask, got - expected + kl, name)
    )
    must_be_near(NAMES[int(name)], got, expected, where, 0.0 if certain else chance, closer)
    if not certain:
        _must_not_be_held(singles(), kl)


def _held_near_prior(ask: Ask, kl: float, name: str) -> str:
    """`kl`: what an answer counts near the prior. Where q is the prior, kl is 0."""
    case = still(torch.Generator().manual_seed(8), batch=2)
    there = number(ask(case, 9), name) - (rec_without_z(case).mean().item() if name == "0" else 0.0)
    return f"Where q is the prior itself, kl is {there:.2f} nats too: something holds it." if near(there, kl) else ""


ONE_BY_ONE = 40
"""Estimates of the KL near the prior, one draw each, of which a right one is below 0 with probability 0.38: none of them with probability 4e-9."""
EXCESS, AT_ZERO = 0.18, 5
"""Nats. None of forty is below 0 *and* their mean is too large by so much with probability 4e-9 where each is one draw, and below 5e-7 where each
is a mean of several (of k draws they are normal, with deviation 0.6 / √k). And of forty right ones five lie within a thousandth of 0 with probability 3e-9."""


def _singles(ask: Ask, case: Case, name: str, rec: float) -> Tensor:
    """What calls with one image count as kl, (ONE_BY_ONE,)."""
    return torch.tensor([number(ask(case, 100 + i), name) - rec for i in range(ONE_BY_ONE)], dtype=torch.float64)


def _never_below_zero(singles: Callable[[], Tensor]) -> str:
    if singles().min() < 0:
        return ""
    return f"Of {ONE_BY_ONE} calls with a single image none gives a kl below 0, as one draw often does here: something holds it."


def _must_not_be_held(singles: Tensor, kl: float) -> None:
    """Raise `Wrong` if estimates of this KL are never below 0 and too large, or 0 again and again: a mean that is held shows in small batches alone."""
    at_zero, never_below = int((singles.abs() < 1e-3).sum()), bool(singles.min() > -1e-3)
    if at_zero >= AT_ZERO or (never_below and singles.mean() > kl + EXCESS):
        seen = ["none counts a kl below 0"] * never_below + [f"{at_zero} count a kl of 0"] * (at_zero > 0)
        raise Wrong(
            f"Of {ONE_BY_ONE} calls with a single image, whose q lies near the prior, {', and '.join(seen)}.",
            "One draw of log q(z|x) − log p(z) is often below 0 there, and hardly ever 0; the mean comes out right because it may be.",
        )


@cache
def _numbers() -> tuple[Case, float, float, float]:
    """A model, its KL and rec, and how far an estimate of the KL may stray over `ROWS`."""
    case = near_prior()
    m, v, kl = kl_terms(case)
    chance = monte_carlo_kl_tolerance(m.expand(ROWS, -1), v.expand(ROWS, -1))
    return case, kl.item(), rec_without_z(case).item(), chance
