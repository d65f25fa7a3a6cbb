"""Lesson 05, first half: every number of the model answers, and what they prove, with weights that can be counted."""

import itertools
import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def test_every_number_of_the_answers() -> None:
    q, prior, likelihood = np.array([0.3, 0.7]), np.array([0.5, 0.5]), np.array([0.2, 0.8])
    kl = (q * np.log(q / prior)).sum()
    inside, evidence = q @ likelihood, prior @ likelihood
    a, b = -90.5, -88.7
    hold(
        "05",
        {
            "05.lucky-estimate": {"0.37": math.exp(-1), "0.000045": math.exp(-10)},
            "05.kl-in-the-weight": {
                "0.3": q[0],
                "0.5": evidence,
                "0.693": math.log(evidence),
                "0.62": inside,
                "0.478": math.log(inside),
                "1.4": q[1] / prior[1],
                "0.6": q[0] / prior[0],
                "0.082": kl,
                "0.560": math.log(inside) - kl,
                "0.133": math.log(inside) - kl - math.log(evidence),
            },
            "05.spend-a-hundred": {"1.8": b - a, "88.5": b + (b - a) / 9},
        },
    )
    says("05.lucky-estimate", "once in 22,000 times")
    assert round(math.exp(10), -3) == 22_000


def worlds() -> list[tuple[np.ndarray, np.ndarray]]:
    """Joint probabilities of an x with each of four z, and a q."""
    return [(RANDOM.dirichlet(np.ones(4)) * RANDOM.random(4), RANDOM.dirichlet(np.ones(4))) for _ in range(30)]


def test_the_second_moment_of_a_weight() -> None:
    for joint, q in worlds():
        w, evidence = joint / q, joint.sum()
        posterior = joint / evidence
        assert q @ w**2 == pytest.approx(evidence * (posterior @ w))
        assert (q @ w**2 - evidence**2) / evidence**2 == pytest.approx(posterior @ (posterior / q) - 1)


def test_half_of_the_draws_wasted_leaves_half_of_them() -> None:
    posterior, q = np.array([0.2, 0.8, 1e-300]), np.array([0.1, 0.4, 0.5])
    assert 1 / (posterior @ (posterior / q)) == pytest.approx(0.5)
    seldom = np.array([0.999, 0.001 - 1e-9, 1e-9])  # and where the posterior is, seldom: no limit
    assert 1 / (np.array([0.5, 0.4, 0.1]) @ (np.array([0.5, 0.4, 0.1]) / seldom)) < 1e-6


def ess(w: np.ndarray) -> float:
    return float(w.sum() ** 2 / (w**2).sum())


def test_the_range_of_the_effective_sample_size() -> None:
    for k in (1, 2, 7, 50):
        for _ in range(50):
            w = RANDOM.random(k) ** RANDOM.integers(1, 20)
            assert 1 - 1e-12 <= ess(w) <= k + 1e-12
            assert ess(np.concatenate([w, w])) == pytest.approx(2 * ess(w))
        assert ess(np.full(k, 0.3)) == pytest.approx(k) and ess(np.eye(k)[0]) == 1


def test_an_estimate_is_hardly_ever_far_above() -> None:
    for joint, q in worlds()[:8]:
        w, log_p = joint / q, math.log(joint.sum())
        for k in (1, 2, 3):
            for excess in (0.1, 1.0, 2.0):
                above = 0.0
                for places in itertools.product(range(4), repeat=k):
                    if math.log(np.mean([w[z] for z in places])) > log_p + excess:
                        above += math.prod(q[z] for z in places)
                assert above <= math.exp(-excess)


def test_with_the_closed_form_inside_one_draw_is_right_and_many_are_no_bound() -> None:
    q, prior, likelihood = np.array([0.3, 0.7]), np.array([0.5, 0.5]), np.array([0.2, 0.8])
    kl = (q * np.log(q / prior)).sum()
    elbo = (q * np.log(prior * likelihood / q)).sum()
    assert (q * (np.log(likelihood) - kl)).sum() == pytest.approx(elbo)
    draws = RANDOM.random((200, 20_000)) < 0.7
    many = np.log(np.exp(np.log(np.where(draws, 0.8, 0.2)) - kl).mean(1)).mean()
    assert many == pytest.approx(-0.560, abs=1e-3) and many > math.log(0.5) + 0.1


def test_a_hundred_inside_lie_above_ten_times_ten() -> None:
    for spread in (0.1, 1.0, 5.0):
        log_w = spread * RANDOM.standard_normal((500, 100))
        whole = np.log(np.exp(log_w).mean(1))
        groups = np.log(np.exp(log_w.reshape(500, 10, 10)).mean(2)).mean(1)
        assert (whole >= groups - 1e-12).all()
    truth, c = -88.0, 7.0
    a, b = truth - c / 10, truth - c / 100
    assert b + (b - a) / 9 == pytest.approx(truth)


def test_a_model_that_ignores_z_has_the_best_count() -> None:
    assert ess(np.full(1000, 1e-90)) == pytest.approx(1000)
    says("05.even-weights", "the ESS 1,000")
