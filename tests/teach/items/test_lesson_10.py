"""Lesson 10: every number of the model answers, and what they prove, by draws, by covariance matrices and in worlds of a few numbers."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def joint(variance: float, shares: list[float]) -> np.ndarray:
    """The covariance of x0, x_1, ..., x_T over all data, by walking step by step."""
    covariance, before = np.array([[variance]]), 1.0
    for share in shares:
        alpha, before = share / before, share
        kept = np.eye(len(covariance) + 1, len(covariance))
        kept[-1, -1] = math.sqrt(alpha)
        covariance = kept @ covariance @ kept.T
        covariance[-1, -1] += 1 - alpha
    return covariance


def kl_of_centred(one: np.ndarray, other: np.ndarray) -> float:
    ratio = np.linalg.solve(other, one)
    return 0.5 * float(np.trace(ratio) - len(one) - np.linalg.slogdet(ratio)[1])


def model_of_two(variance: float, shares: list[float]) -> np.ndarray:
    """The covariance of x0, x_1, x_2 as the model draws them: x_2, then x_1, then x0."""
    first, second = shares
    alpha = second / first
    c = joint(variance, shares)
    # the right step for the right x0, with the mean of x0 given x_2 in its place
    on_data = math.sqrt(first) * (1 - alpha) / (1 - second)
    on_later = math.sqrt(alpha) * (1 - first) / (1 - second)
    back = on_later + on_data * c[0, 2] / c[2, 2]
    open_ = (1 - first) * (1 - alpha) / (1 - second)
    x2 = np.array([1.0, 0.0, 0.0])  # in the coordinates of three independent draws
    x1 = back * x2 + np.array([0.0, math.sqrt(open_), 0.0])
    x0 = x1 / math.sqrt(first) + np.array([0.0, 0.0, math.sqrt((1 - first) / first)])
    rows = np.stack([x0, x1, x2])
    return rows @ rows.T


def test_every_number_of_the_answers() -> None:
    shares = [0.9, 0.1]
    c = joint(3, shares)
    entropy = 0.5 * math.log(2 * math.pi * math.e * c[0, 0])
    whole = kl_of_centred(c, model_of_two(3, shares))
    end = np.mean([0.5 * (0.9 + 0.1 * x * x - 1 - math.log(0.9)) for x in (-math.sqrt(3), math.sqrt(3))])
    x0, noise = np.meshgrid([-math.sqrt(3), math.sqrt(3)], [-1.0, 1.0])
    touch = np.mean(
        0.5
        * (np.log(2 * math.pi / 9) + 9 * (x0 - (math.sqrt(0.9) * x0 + math.sqrt(0.1) * noise) / math.sqrt(0.9)) ** 2)
    )
    hold("10", {"10.two-coarse-steps": {
        "0.153": float(end), "0.3": 0.1 * c[0, 0], "1.2": c[2, 2], "0.25": 0.1 * c[0, 0] / c[2, 2], "0.320": float(touch),
        "10.473": entropy + whole, "1.968": entropy, "8.505": whole,
    }})  # fmt: skip
    assert end + touch + 10 == pytest.approx(entropy + whole, abs=1e-3)
    says("10.two-coarse-steps", "= 40$", "The step costs 10 nats")


def test_a_chain_has_the_marginal_at_once_and_its_variance_goes_to_one() -> None:
    for variance in (0.2, 1.0, 6.0):
        shares = np.cumprod(RANDOM.uniform(0.6, 0.95, 8)).tolist()
        c = joint(variance, shares)
        for t, share in enumerate(shares, 1):
            slope = c[0, t] / c[0, 0]
            assert slope == pytest.approx(math.sqrt(share)) and c[t, t] - slope**2 * c[0, 0] == pytest.approx(1 - share)
        away = np.abs(np.diag(c)[1:] - 1)
        assert np.all(np.diff(away) <= 1e-12) and np.all(np.sign(np.diag(c)[1:] - 1).round(9) * (variance - 1) >= -1e-9)


def test_a_straight_schedule_is_the_cheapest_and_tends_to_the_lower_bound() -> None:
    for _ in range(200):
        falls = RANDOM.dirichlet(np.ones(9)) * 6
        assert np.expm1(falls).sum() >= 9 * math.expm1(6 / 9) - 1e-9 >= 6
    assert 1e6 * math.expm1(6 / 1e6) == pytest.approx(6, abs=1e-4)


def test_two_layers_are_one_with_another_prior_and_a_kl() -> None:
    for _ in range(50):
        p2, p1, px = RANDOM.dirichlet(np.ones(3)), RANDOM.dirichlet(np.ones(4), 3), RANDOM.dirichlet(np.ones(5), 4)
        q1, q2, x = RANDOM.dirichlet(np.ones(4)), RANDOM.dirichlet(np.ones(3), 4), 2
        prior = p2 @ p1
        posterior = (p2[:, None] * p1 / prior).T  # (z1, z2)
        two = (q1[:, None] * q2 * (np.log(q1[:, None] * q2) - np.log(p1.T * p2) - np.log(px[:, x])[:, None])).sum()
        one = (q1 * (np.log(q1 / prior) - np.log(px[:, x]))).sum()
        assert two == pytest.approx(one + (q1[:, None] * q2 * np.log(q2 / posterior)).sum()) and two >= one


def test_perfect_predictions_are_loose_by_one_over_the_number_of_steps() -> None:
    """The KL from the encoder's joint to the model's, by the widths of the steps back."""
    gaps = []
    for steps in (500, 1_000):
        shares = 1 / (1 + np.exp(-np.linspace(9, -9, steps)))
        spread = 2 * shares + 1 - shares
        alpha = shares[1:] / shares[:-1]
        true, own = spread[:-1] * (1 - alpha) / spread[1:], (1 - shares[:-1]) * (1 - alpha) / (1 - shares[1:])
        assert np.all(true > own)
        gaps.append(0.5 * (true / own - 1 - np.log(true / own)).sum())
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.02)
