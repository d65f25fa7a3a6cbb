"""A sample of the mutants; `make check-the-checks` tries all of them, and sixty pairs of each formula."""

from dataclasses import replace

import pytest

from tests.mutants import ELSE, PASSED
from tests.mutants.closed_forms import CLOSED_FORMS, Mutant, fate, mutants, pairs, reason_holds
from vae_course.checks.engine.cases import stays_finite
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.kl_divergence.gaussians import kl_extremes

EVERY = 211


@pytest.mark.parametrize("exercise", CLOSED_FORMS)
def test_no_formula_with_a_slip_passes_and_what_is_said_of_it_is_true(exercise: str):
    for mutant in mutants(exercise)[::EVERY] + pairs(exercise, 3, seed=1):
        became, found = fate(mutant)
        assert became != PASSED, mutant.text
        assert reason_holds(mutant, found), f"{mutant.text}: {found.misconception}"


@pytest.mark.slow
@pytest.mark.parametrize("exercise", CLOSED_FORMS)
def test_most_slips_are_named_or_read_off(exercise: str):
    became = [fate(mutant)[0] for mutant in mutants(exercise)[7::15]]
    assert became.count(ELSE) <= 0.2 * len(became)


def test_a_hole_in_the_checks_is_found(monkeypatch: pytest.MonkeyPatch):
    """Without means that lie far from 0 a clamp at ±1000 passes."""
    kl, near = EXERCISES["kl_normal"], kl_extremes()[:-1]
    tiny = next(check for check in kl.checks if "tiny" in check.name)
    holed = replace(
        kl, checks=tuple(replace(c, test=stays_finite(lambda: near)) if c is tiny else c for c in kl.checks)
    )
    clamped = Mutant(
        "kl_normal", "0.5 * sum(log(pv) - log(qv) + qv / pv + (qm - clamp(pm, -1000, 1000)) ** 2 / pv - 1, -1)"
    )
    assert fate(clamped)[0] != PASSED
    monkeypatch.setitem(EXERCISES, "kl_normal", holed)
    assert fate(clamped)[0] == PASSED
