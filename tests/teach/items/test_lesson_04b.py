"""Lesson 04, second half: every number of the model answers, and what they prove, in worlds of a few numbers."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def tilt_gap(s: float) -> float:
    """KL(q ‖ posterior) of the best axis-parallel Gaussian, by the general formula for two dimensions."""
    precision = np.eye(2) + 1 / s**2
    q = np.diag(1 / np.diag(precision))
    return float(0.5 * (np.trace(precision @ q) - 2 - np.log(np.linalg.det(precision @ q))))


def test_every_number_of_the_answers() -> None:
    v, second = 0.05, 0.95
    true = 0.5 * (v + second - 1 - math.log(v))
    from_prior = -0.5 * (math.log(v) + 1 / v + second / v - 1)
    noise = np.random.default_rng(0).standard_normal((2, 400_000))
    z = math.sqrt(second) * noise[0] + math.sqrt(v) * noise[1]
    term = -0.5 * math.log(v) - 0.5 * noise[1] ** 2 + 0.5 * z**2
    assert term.mean() == pytest.approx(true, abs=0.01) and term.std() < 1.4143
    hold(
        "04b",
        {
            "04b.tilt": {"0.144": tilt_gap(1), "1.96": tilt_gap(0.1)},
            "04b.clipped-report": {"12.5": 25 / 2},
            "04b.negative-kl": {
                "1.498": true,
                "29.96": 20 * true,
                "2.996": math.log(v),
                "17.5": from_prior,
                "1.4": math.sqrt(2),
                "0.1": 0.1,
            },
        },
    )
    says("04b.negative-kl", "−350 nats", "about 6", "less than 0.1")
    assert round(20 * from_prior) == -350 and round(math.sqrt(20) * math.sqrt(2)) == 6
    assert math.sqrt(20) * math.sqrt(2) / math.sqrt(10_000) < 0.1
    upside_down = 0.5 * (v + second - 1 + math.log(v))
    assert 20 * upside_down == pytest.approx(-20 * true)


def test_the_bound_holds_for_every_q_and_no_q_without_x_beats_the_best_one() -> None:
    for _ in range(20):
        prior, likelihood = RANDOM.dirichlet(np.ones(4)), RANDOM.dirichlet(np.ones(6), 4)  # (z,), (z, x)
        evidence = prior @ likelihood
        free = np.stack([prior * likelihood[:, x] / evidence[x] for x in range(6)])
        blind = RANDOM.dirichlet(np.ones(4), 2)  # one q for even x, one for odd x
        for x in range(6):
            by_s, by_x = (_nelbo(q, prior, likelihood[:, x]) for q in (blind[x % 2], free[x]))
            assert by_s >= -math.log(evidence[x]) - 1e-12
            assert by_x <= by_s and by_x == pytest.approx(-math.log(evidence[x]))


def _nelbo(q: np.ndarray, prior: np.ndarray, likelihood: np.ndarray) -> float:
    """KL(q ‖ prior) − E_q[log p(x|z)] of one x; every array is over z."""
    return float((q * (np.log(q / prior) - np.log(likelihood))).sum())


def test_a_collapsed_model_and_one_that_uses_z_both_reach_the_entropy() -> None:
    data = np.array([0.1, 0.2, 0.3, 0.4])
    entropy = -(data * np.log(data)).sum()
    prior = np.array([0.3, 0.7])
    collapsed = np.tile(data, (2, 1))
    uses = np.array([[1 / 3, 2 / 3, 0, 0], [0, 0, 3 / 7, 4 / 7]])  # z says which half
    assert prior @ uses == pytest.approx(data)
    for likelihood in (collapsed, uses):
        total = 0.0
        for x, share in enumerate(data):
            q = prior * likelihood[:, x] / (prior @ likelihood[:, x])
            used = q > 0
            total += share * (q[used] * (np.log(q[used] / prior[used]) - np.log(likelihood[used, x]))).sum()
        assert total == pytest.approx(entropy)


def test_the_gap_of_a_tilted_posterior() -> None:
    for s in (0.1, 0.5, 1.0, 3.0):
        a = 1 + 1 / s**2
        assert tilt_gap(s) == pytest.approx(0.5 * math.log(a * a / (a * a - 1 / s**4)))
        assert a * a - 1 / s**4 == pytest.approx(1 + 2 / s**2)
        precision = np.eye(2) + 1 / s**2
        for scale in (0.9, 1.1):  # the variances are the best ones
            q = np.diag(scale / np.diag(precision))
            assert 0.5 * (np.trace(precision @ q) - 2 - np.log(np.linalg.det(precision @ q))) > tilt_gap(s)
    says("04b.tilt", r"\frac{101^2}{201}", r"\tfrac12\log\frac43")
    assert 0.5 * math.log(101**2 / 201) == pytest.approx(tilt_gap(0.1)) and 0.5 * math.log(4 / 3) == pytest.approx(
        tilt_gap(1)
    )
    turn = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    assert (turn @ (np.eye(2) + 100) @ turn.T)[0, 1] == pytest.approx(
        0, abs=1e-9
    )  # the cure: no tilt in the new coordinates


def test_which_of_three_reports_is_a_bound() -> None:
    for _ in range(200):
        kls, rec, floor = 4 * RANDOM.random(5) * (RANDOM.random(5) > 0.4), 80 * RANDOM.random(), RANDOM.random()
        nelbo = rec + kls.sum()
        clipped = rec + np.maximum(kls, floor).sum()
        assert nelbo <= clipped <= nelbo + 5 * floor
        assert clipped - nelbo == pytest.approx(np.maximum(0, floor - kls).sum())
        assert rec + 0.5 * kls.sum() <= nelbo <= rec + 4 * kls.sum()
