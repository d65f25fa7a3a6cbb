"""The Gaussian channel: rate, information and aggregate against integrals on a grid; the best point against a search; the sampled bound."""

import math

import numpy as np
import pytest
import torch

from tests.figures.picture import axes_of, line
from vae_course.figures import gaussian_channel as figures

X = np.linspace(-9, 9, 1_201)
Z = np.linspace(-14, 14, 1_401)


def normal(at: np.ndarray, m: np.ndarray | float, v: float) -> np.ndarray:
    return np.exp(-0.5 * (at - m) ** 2 / v) / math.sqrt(2 * math.pi * v)


@pytest.mark.parametrize(("signal", "variance"), [(0.75, 0.25), (1.5, 0.5), (3.0, 0.2), (0.1, 0.4)])
def test_rate_information_and_the_rest_are_the_integrals(signal: float, variance: float):
    px, dx, dz = normal(X, 0, 1), X[1] - X[0], Z[1] - Z[0]
    q = normal(Z, math.sqrt(signal) * X[:, None], variance)  # (x, z)
    aggregate = (px[:, None] * q).sum(0) * dx
    safe = np.maximum(q, 1e-300)
    rate = (px[:, None] * q * np.log(safe / normal(Z, 0, 1))).sum() * dx * dz
    information = (px[:, None] * q * np.log(safe / np.maximum(aggregate, 1e-300))).sum() * dx * dz
    assert figures.rate(signal, variance) == pytest.approx(rate, abs=1e-4)
    assert figures.information(signal, variance) == pytest.approx(information, abs=1e-4)
    assert figures.aggregate_kl(signal, variance) == pytest.approx(rate - information, abs=1e-4)


@pytest.mark.parametrize("beta", [0.2, 1.0, 2.9, 3.1, 11.9, 12.1])
def test_no_linear_model_has_a_smaller_loss(beta: float):
    """Over all a, v and the b that goes with them, one axis at a time."""
    rate, distortion = 0.0, 0.0
    for one in figures.VARIANCES:
        signal, variance = np.meshgrid(np.geomspace(1e-6, 1, 601), np.geomspace(1e-3, 1, 601))
        u = signal + variance
        paid = 0.5 * (u - 1 - np.log(variance))
        lost = 0.5 * (math.log(2 * math.pi * figures.NOISE) + one * variance / u / figures.NOISE)
        best = np.argmin(lost + beta * paid)
        rate, distortion = rate + paid.flat[best], distortion + lost.flat[best]
    found = figures.best(beta)
    assert found[1] + beta * found[0] == pytest.approx(distortion + beta * rate, abs=2e-3)
    assert found == pytest.approx((rate, distortion), abs=0.03)


def test_the_sampled_bound_lies_below_the_information_and_stops_at_the_log_of_the_number():
    lower = figures.sampled(200, figures.SIGNAL, figures.VARIANCE, repeats=20)
    exact = figures.information(figures.SIGNAL, figures.VARIANCE) * (1 + np.arange(figures.DIMS))
    assert np.all(np.diff(lower) > 0) and np.all(lower < exact + 0.05) and lower.max() < math.log(200)
    assert lower[0] == pytest.approx(exact[0], abs=0.05) and math.log(200) - lower[-1] < 0.7


def test_codes_are_drawn_from_the_channel():
    z, m, v = figures.draw_codes(100_000, 2, 1.5, 0.5)
    assert m.var(0).tolist() == pytest.approx([1.5, 1.5], rel=0.03) and torch.equal(v, torch.full_like(v, 0.5))
    assert (z - m).var(0).tolist() == pytest.approx([0.5, 0.5], rel=0.03)


def test_the_curve_falls_with_the_slope_of_its_weight_and_the_line_touches_it():
    _, right = axes_of(figures.water, beta=2.0)
    rates, distortions = line(right, "the best")
    order = np.argsort(rates)
    at, least = figures.best(2.0)
    slopes = np.gradient(distortions[order], rates[order])
    assert np.interp(at, rates[order], slopes) == pytest.approx(-2, rel=0.05)
    x, y = line(right, "slope")
    assert np.interp(at, x, y) == pytest.approx(least)
    assert np.all(distortions >= np.interp(rates, x, y) - 1e-9)


def test_the_bounds_lie_round_the_information():
    [axes] = axes_of(figures.information_and_bounds, spread=2.0)
    exact, rate = line(axes, "information, exact")[1], line(axes, "rate")[1]
    assert np.all(rate > exact)
    for images in figures.COUNTS:
        assert np.all(line(axes, f"from {images:,} images")[1] < np.minimum(exact + 0.15, math.log(images) + 1e-9))
