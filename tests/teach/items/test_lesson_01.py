"""Lesson 01: every number of the model answers, and what they prove, by integrals over the noise."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

# Gauss-Hermite: the average of a polynomial, and of any smooth function, of a standard normal number.
EPS, WEIGHT = np.polynomial.hermite_e.hermegauss(80)
WEIGHT = WEIGHT / WEIGHT.sum()
WORLDS = [(1.5, 4.0), (-0.7, 0.3), (10.0, 1.0), (0.2, 9.0)]


def mean(values: np.ndarray) -> float:
    return float((WEIGHT * values).sum())


def variance(values: np.ndarray) -> float:
    return mean(values**2) - mean(values) ** 2


def test_every_number_of_the_answers() -> None:
    z = 1.5 + 2 * EPS
    spread = variance(z * EPS / 2)
    hold("01", {"01.root-detached": {"1.5": 1.5, "2.56": spread, "0.016": math.sqrt(spread / 10_000)}})
    assert mean(z * EPS / 2) == pytest.approx(1)  # what the right program gives for v
    assert mean(2 * z) == pytest.approx(3)  # the control


@pytest.mark.parametrize("m, v", WORLDS)
def test_the_slope_in_the_variance_is_half_the_mean_curvature(m: float, v: float) -> None:
    def average(v: float) -> float:
        z = m + math.sqrt(v) * EPS
        return mean(np.sin(z) + 0.1 * z**3)

    z = m + math.sqrt(v) * EPS
    slope = (average(v + 1e-4) - average(v - 1e-4)) / 2e-4
    assert slope == pytest.approx(0.5 * mean(-np.sin(z) + 0.6 * z), abs=1e-5)
    assert slope == pytest.approx(mean((np.cos(z) + 0.3 * z**2) * EPS / (2 * math.sqrt(v))), abs=1e-5)


@pytest.mark.parametrize("m, v", WORLDS)
def test_the_best_baseline(m: float, v: float) -> None:
    says("01.best-baseline", "$b = m^2 + 3v$")
    z, score = m + math.sqrt(v) * EPS, EPS / math.sqrt(v)
    grid = np.linspace(m * m + 3 * v - 5, m * m + 3 * v + 5, 2001)
    spreads = [variance((z**2 - b) * score) for b in grid]
    assert grid[int(np.argmin(spreads))] == pytest.approx(m * m + 3 * v, abs=0.01)
    assert all(mean((z**2 - b) * score) == pytest.approx(2 * m, abs=1e-6) for b in grid[::500])
    assert mean(z**2) == pytest.approx(m * m + v)


def test_the_draws_for_a_line() -> None:
    for m, v in WORLDS:
        z = m + math.sqrt(v) * EPS
        assert variance(z * (z - m) / v) == pytest.approx(m * m / v + 2)
        assert variance((z - m) * (z - m) / v) == pytest.approx(2)
    says("01.draws-for-a-line", "102 here", "= 1,020,000 draws", "20,000 draws", "E of the square, 103")
    assert 10**2 / 1 + 2 == 102 and round(102 / 0.01**2) == 1_020_000 and round(2 / 0.01**2) == 20_000


def test_the_trick_is_right_for_a_kink_and_not_for_a_step() -> None:
    draws = np.random.default_rng(0).standard_normal(2_000_000)
    h, v = 0.05, 2.0

    def slope(f) -> float:
        return float((f(math.sqrt(v) * draws + h) - f(math.sqrt(v) * draws - h)).mean() / (2 * h))

    assert slope(lambda z: np.maximum(0, z)) == pytest.approx(0.5, abs=2e-3)
    assert slope(lambda z: (z > 0).astype(float)) == pytest.approx(1 / math.sqrt(2 * math.pi * v), abs=5e-3)


def test_the_slope_in_the_share_of_a_mixture() -> None:
    m_1, m_2, v = 0.3, -1.1, 0.8
    z_1, z_2 = m_1 + math.sqrt(v) * EPS, m_2 + math.sqrt(v) * EPS
    for f in (np.sin, np.square):
        slope = ((0.6 * mean(f(z_1)) + 0.4 * mean(f(z_2))) - (0.4 * mean(f(z_1)) + 0.6 * mean(f(z_2)))) / 0.2
        assert slope == pytest.approx(mean(f(z_1) - f(z_2)))
    assert variance(z_1 - z_2) == pytest.approx(0, abs=1e-12)
    assert variance(z_1) + variance(z_2) == pytest.approx(2 * v)  # with separate noises
