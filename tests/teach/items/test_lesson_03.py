"""Lesson 03: every number of the model answers, and what they prove."""

import math

import numpy as np
import pytest
import torch

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def price(right: float, said: float) -> float:
    """The mean cost of a pixel that is as said with frequency `right`."""
    return -right * math.log(said) - (1 - right) * math.log(1 - said)


def test_every_number_of_the_answers() -> None:
    sure, too_sure, modest = price(0.99, 0.99), price(0.97, 0.99), price(0.97, 0.97)
    hold(
        "03",
        {
            "03.log-mean-exp-bounds": {"8.52": math.log(5000), "88.52": 80 + math.log(5000)},
            "03.too-sure": {
                "0.01": 1 - 0.99,
                "0.03": 1 - 0.97,
                "0.01005": -math.log(0.99),
                "4.605": -math.log(0.01),
                "0.0560": sure,
                "43.9": 784 * sure,
                "0.1479": too_sure,
                "116.0": 784 * too_sure,
                "0.1347": modest,
                "105.6": 784 * modest,
                "10.3": 784 * (too_sure - modest),
            },
            "03.two-equal-pixels": {"1.386": 2 * math.log(2), "0.693": math.log(2)},
            "03.two-clamps": {"6.9": -math.log(0.001), "13.8": math.log((1 - 1e-6) / 1e-6)},
        },
    )
    says("03.too-sure", "Two per cent of the pixels cost 72 nats")
    assert round(784 * (too_sure - sure)) == 72
    assert round(-math.log(1e-6), 1) == 13.8


def test_the_grey_cost_is_the_mean_cost_of_the_draws() -> None:
    grey, logits = RANDOM.uniform(size=20), 3 * RANDOM.standard_normal(20)
    ink, paper = np.log1p(np.exp(-logits)), np.log1p(np.exp(logits))
    assert grey * ink + (1 - grey) * paper == pytest.approx(-(grey * logits - np.log1p(np.exp(logits))))
    p = 1 / (1 + np.exp(-2.0))
    x = np.linspace(0, 1, 10_001)
    assert (p**x * (1 - p) ** (1 - x)).mean() < 0.95  # no density of the grey value


def test_the_bounds_of_a_log_mean_exp() -> None:
    for k in (1, 2, 5, 50):
        for spread in (0.0, 0.1, 3.0, 100.0):
            x = spread * RANDOM.standard_normal(k)
            y = x.max() + math.log(np.exp(x - x.max()).mean())
            assert x.max() - math.log(k) - 1e-12 <= y <= x.max() + 1e-12 and y >= x.mean() - 1e-12
    far = np.array([0.0, -800, -800, -800])
    assert math.log(np.exp(far).mean()) == pytest.approx(-math.log(4))


def test_no_price_is_below_the_entropy() -> None:
    for right, said in RANDOM.uniform(0.01, 0.99, (200, 2)):
        assert price(right, said) >= price(right, right)


def test_two_equal_pixels() -> None:
    data = np.array([0.5, 0, 0, 0.5])  # 00, 01, 10, 11
    best = min(-(data * np.log(np.outer([1 - a, a], [1 - b, b]).ravel())).sum() for a in np.linspace(0.01, 0.99, 99) for b in np.linspace(0.01, 0.99, 99))  # fmt: skip
    assert best == pytest.approx(2 * math.log(2))
    with_latent = 0.5 * np.outer([1, 0], [1, 0]).ravel() + 0.5 * np.outer([0, 1], [0, 1]).ravel()
    assert with_latent.tolist() == data.tolist()


def test_beyond_the_clamp_the_slope_is_gone() -> None:
    for logit, slope in ((13.7, 1.0), (13.9, 0.0)):
        a = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
        (-torch.log(1 - torch.sigmoid(a).clamp(1e-6, 1 - 1e-6))).backward()
        assert a.grad.item() == pytest.approx(slope, abs=1e-5)
