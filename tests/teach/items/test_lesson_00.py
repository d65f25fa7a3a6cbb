"""Lesson 00: every number of the model answers, and what they prove, on random worlds."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def elbo(q: np.ndarray, joint: np.ndarray) -> float:
    """Σ q log(joint / q), where q may have zeros."""
    used = q > 0
    return float((q[used] * np.log(joint[used] / q[used])).sum())


def kl(q: np.ndarray, p: np.ndarray) -> float:
    return -elbo(q, p)


def test_every_number_of_the_answers() -> None:
    red_a, red_b = np.array([0.1, 0.7]) / 2, np.array([0.3, 0.3]) / 2
    half = np.array([0.5, 0.5])
    posterior = red_a / red_a.sum()
    quarter = np.array([0.25, 0.75])
    hold(
        "00",
        {
            "00.impossible-report": {"0.5": 1 / 2},
            "00.when-to-be-sure": {"0.288": kl(np.array([0.0, 1.0]), quarter), "0.144": kl(half, quarter)},
            "00.two-models-one-guess": {
                "0.05": red_a[0],
                "0.35": red_a[1],
                "0.15": red_b[0],
                "0.40": red_a.sum(),
                "0.30": red_b.sum(),
                "0.92": math.log(red_a.sum()),
                "0.875": posterior[1],
                "0.41": kl(half, posterior),
                "0.29": math.log(red_a.sum() / red_b.sum()),
            },
            "00.right-on-average": {"0.99": (1 - 1e-6) ** 10_000, "0.01": 1 - (1 - 1e-6) ** 10_000},
        },
    )
    assert round(elbo(half, red_a), 2) == -1.33 and round(elbo(half, red_b), 2) == -1.20
    assert kl(half, red_b / red_b.sum()) == pytest.approx(0)


def test_the_elbo_has_one_top_at_the_posterior_with_the_height_of_the_log_evidence() -> None:
    for joint in RANDOM.uniform(0.01, 0.5, (50, 2)):
        a = np.linspace(1e-4, 1 - 1e-4, 20_001)
        curve = a * np.log(joint[1] / a) + (1 - a) * np.log(joint[0] / (1 - a))
        assert (np.diff(curve, 2) < 0).all()
        assert a[curve.argmax()] == pytest.approx(joint[1] / joint.sum(), abs=1e-4)
        assert curve.max() == pytest.approx(math.log(joint.sum()), abs=1e-6)


def test_the_average_posterior_is_the_prior() -> None:
    prior, likelihood = RANDOM.dirichlet(np.ones(4)), RANDOM.dirichlet(np.ones(5), 4)  # (4,), (4, 5)
    joint = prior[:, None] * likelihood
    evidence = joint.sum(0)
    assert ((joint / evidence) * evidence).sum(1) == pytest.approx(prior)


def test_the_border_of_the_sure_guess_is_four_fifths() -> None:
    says("00.when-to-be-sure", r"r > \tfrac45")
    for r, higher in ((0.79, False), (0.81, True)):
        joint = np.array([1 - r, r]) * 0.3
        assert (elbo(np.array([0.0, 1.0]), joint) > elbo(np.array([0.5, 0.5]), joint)) == higher


def test_the_border_of_the_third_box() -> None:
    says("00.third-box", r"\varepsilon < \tfrac1{110}", "less than 1/55")
    a, b = np.array([1.0, 0, 0]), np.full(3, 1 / 3)
    for eps, sure_is_cheaper in ((1 / 111, True), (1 / 109, False)):
        posterior = np.array([0.5 - eps, 0.5 - eps, 2 * eps])
        assert (kl(a, posterior) < kl(b, posterior)) == sure_is_cheaper


def test_a_run_is_nothing_or_a_hundred_times_too_high() -> None:
    says("00.right-on-average", "a hundred times too high", "average is $10^{-4}$")
    assert 1 / 10_000 / 1e-6 == pytest.approx(100)
    hits = RANDOM.binomial(10_000, 1e-6, 2_000_000)
    assert hits.mean() / 10_000 == pytest.approx(1e-6, rel=0.05)
