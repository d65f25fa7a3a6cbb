"""Lesson 05, second half: every number of the model answers, and what they prove, by sums over a grid and by many draws."""

import math

import numpy as np
import pytest
import torch

from tests.teach.items.claims import hold, says

Z = np.linspace(-60, 60, 1_200_001)
STEP = Z[1] - Z[0]


def normal(m: float, v: float) -> np.ndarray:
    return np.exp(-0.5 * (Z - m) ** 2 / v) / math.sqrt(2 * math.pi * v)


def share(m: float, v: float) -> float:
    """E[w]²/E[w²] of q = N(m, v), where the posterior is N(0, 1), by a sum."""
    exponent = -(Z**2) + 0.5 * (Z - m) ** 2 / v
    return 1 / float((np.exp(exponent) * math.sqrt(2 * math.pi * v) / (2 * math.pi)).sum() * STEP)


def test_every_number_of_the_answers() -> None:
    wide, narrow = share(0, 2), share(0, 0.6)
    shares = np.array([0.7, 0.2, 0.05, 0.05])
    squares = shares**2
    hold(
        "05b",
        {
            "05b.width-exactly": {
                "0.866": wide,
                "0.056": wide**20,
                "0.2": 2 * 0.6 - 1,
                "0.745": narrow,
                "0.0028": narrow**20,
                "0.5": 0.5,
            },
            "05b.moved-bell": {"2.5": 0.5 * 20 * 0.25, "0.0067": math.exp(-5)},
            "05b.one-over-ess": {
                "0.49": squares[0],
                "0.04": squares[1],
                "0.0025": squares[2],
                "0.535": squares.sum(),
                "1.87": 1 / squares.sum(),
                "0.916": squares[0] / squares.sum(),
            },
        },
    )
    says("05b.width-exactly", "one draw in 18", "one in 360")
    assert round(wide**-20) == 18 and round(narrow**-20, -1) == 360
    says("05b.moved-bell", "34 of 5,000", "a factor of about 7")
    assert round(5_000 * math.exp(-5)) == 34 and round(math.exp(2)) == 7


@pytest.mark.parametrize("r", [0.55, 0.6, 0.9, 1.0, 1.4, 2.0, 5.0])
def test_the_width_by_a_sum(r: float) -> None:
    assert 1 / share(0, r) == pytest.approx(r / math.sqrt(2 * r - 1), rel=1e-6)
    assert 1 / share(0, r) >= 1 - 1e-9 and (share(0, r) < 1 - 1e-6) == (r != 1)


def test_at_half_the_width_there_is_no_share() -> None:
    exponent = -(Z**2) + Z**2 / (2 * 0.5)
    assert exponent.max() == exponent.min() == 0  # it does not fall


@pytest.mark.parametrize("delta", [0.1, 0.5, 1.0])
def test_a_moved_bell_by_a_sum_and_by_draws(delta: float) -> None:
    assert share(delta, 1) == pytest.approx(math.exp(-(delta**2)), rel=1e-6)
    z = delta + np.random.default_rng(0).standard_normal((200_000, 4))
    log_w = (-0.5 * z**2 + 0.5 * (z - delta) ** 2).sum(1)
    assert log_w.mean() == pytest.approx(-0.5 * 4 * delta**2, abs=0.02)
    assert log_w.var() == pytest.approx(4 * delta**2, rel=0.02)


def test_a_cut_posterior_has_even_weights_and_a_bound_that_never_moves() -> None:
    p_x, inside = 0.02, (Z > -5) & (Z < -0.3)
    posterior = normal(0, 1)
    alpha = float(posterior[inside].sum() * STEP)
    q = posterior[inside] / alpha
    assert q.sum() * STEP == pytest.approx(1)
    w = p_x * posterior[inside] / q
    assert w == pytest.approx(alpha * p_x) and w.sum() ** 2 / (w**2).sum() == pytest.approx(len(w))
    for k in (1, 10, 1_000):
        assert math.log(w[:k].mean()) == pytest.approx(math.log(p_x) + math.log(alpha))


def test_the_laws_of_signal_and_noise() -> None:
    says("05b.more-draws-better-gradients", "to a sixteenth", "to a quarter", "16 times as large", "256 times the cost")
    factor = 1024 / 64
    assert (
        factor == 16
        and (1 / factor) / (1 / math.sqrt(factor)) == 1 / 4
        and math.sqrt(16) / 4 == 1
        and factor * 16 == 256
    )


def test_weights_of_a_mixture_with_the_prior_are_bounded_and_right_on_average() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        prior, q, likelihood = random.dirichlet(np.ones(5)), random.dirichlet(0.1 * np.ones(5)), random.random(5)
        mixed = 0.5 * prior + 0.5 * q
        w = prior * likelihood / mixed
        assert mixed @ w == pytest.approx(prior @ likelihood)
        assert (w <= 2 * likelihood + 1e-12).all() and (
            w <= 2 * prior * likelihood / np.maximum(q, 1e-300) + 1e-12
        ).all()


def test_dregs_factors_shrink_and_its_gradient_is_right() -> None:
    """z ~ N(0, 1), x = 1 with noise 1, q = N(m, 2/3): the slope of IWAE_k in m by DReG and by the plain path."""
    torch.manual_seed(0)
    m, v = 0.9, 2 / 3
    for k in (2, 8):
        eps = torch.randn(400_000, k, dtype=torch.float64)
        z = m + math.sqrt(v) * eps
        log_w = -0.5 * z**2 - 0.5 * (1 - z) ** 2 + 0.5 * eps**2
        tilde = torch.softmax(log_w, 1)
        along = -z + (1 - z) + (z - m) / v
        plain, dreg = (tilde * (-z + (1 - z))).sum(1), (tilde**2 * along).sum(1)
        error = math.sqrt((plain.var() + dreg.var()) / 400_000)
        assert abs(plain.mean() - dreg.mean()) < 5 * error
        assert tilde.square().sum(1) == pytest.approx(1 / (log_w.exp().sum(1) ** 2 / (2 * log_w).exp().sum(1)))
