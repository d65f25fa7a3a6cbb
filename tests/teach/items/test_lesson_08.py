"""Lesson 08: every number of the model answers, and what they prove, in worlds of a few numbers."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def optimum(variances: tuple[float, ...], noise: float, beta: float) -> tuple[float, list[float]]:
    """Rate, and the mean square error of each axis, by a search over the share of each axis that z leaves unexplained."""
    shares = np.linspace(1e-4, 1, 200_001)
    rate, errors = 0.0, []
    for one in variances:
        best = shares[np.argmin(one * shares / (2 * noise) - beta * 0.5 * np.log(shares))]
        rate -= 0.5 * math.log(best)
        errors.append(one * best)
    return rate, errors


def test_every_number_of_the_answers() -> None:
    cheap, dear = optimum((8, 2), 1, 1), optimum((8, 2), 1, 4)
    alone = [optimum((one,), 1, 1)[0] for one in (8, 2)]
    hold(
        "08",
        {
            "08.two-axes": {"1.040": alone[0], "0.347": alone[1], "1.386": cheap[0]},
            "08.a-batch-of-128": {"4.85": math.log(128), "6.93": math.log(1024)},
            "08.below-the-best": {"105.2": 74.8 + 30.4},
        },
    )
    assert dear[0] == pytest.approx(0.347, abs=1e-3) and dear[1] == pytest.approx([4, 2], abs=1e-3)
    assert cheap[1] == pytest.approx([1, 1], abs=1e-3) and optimum((8, 2), 1, 8.01)[0] == 0 < optimum((8, 2), 1, 7.9)[0]
    assert 74.8 + 0.3 * 30.4 == pytest.approx(83.9, abs=0.05)
    says("08.two-axes", "from $\\beta = 8$ on", "loses 4", "loses 2")


def test_a_dearer_rate_is_never_larger_whatever_the_set_of_points() -> None:
    for _ in range(200):
        points = RANDOM.uniform(0, 100, (30, 2))  # (model, [rate, distortion])
        cheap, dear = np.sort(RANDOM.uniform(0, 5, 2))
        (r1, d1), (r2, d2) = (points[np.argmin(points[:, 1] + beta * points[:, 0])] for beta in (cheap, dear))
        assert r2 <= r1 and d2 >= d1


def test_no_point_lies_below_the_entropy_and_two_lie_on_it() -> None:
    data = np.array([0.1, 0.2, 0.3, 0.4])
    entropy = -(data * np.log(data)).sum()
    for _ in range(200):
        prior, decoder, encoder = (
            RANDOM.dirichlet(np.ones(5)),
            RANDOM.dirichlet(np.ones(4), 5),
            RANDOM.dirichlet(np.ones(5), 4),
        )
        assert sum(point(data, prior, decoder, encoder)) >= entropy - 1e-12
    left = point(data, prior, np.tile(data, (5, 1)), np.tile(prior, (4, 1)))
    assert left == pytest.approx((0, entropy))
    below = point(data, data, np.eye(4), np.eye(4))  # a region for each image, with its mass
    assert below == pytest.approx((entropy, 0))


def point(data: np.ndarray, prior: np.ndarray, decoder: np.ndarray, encoder: np.ndarray) -> tuple[float, float]:
    """Rate and distortion; decoder (z, x), encoder (x, z)."""
    safe = np.where(encoder > 0, encoder, 1)
    rate = (data[:, None] * encoder * np.log(safe / prior)).sum()
    paid = np.where(encoder.T > 0, np.log(np.where(decoder > 0, decoder, 1e-300)), 0)
    return float(rate), float(-(data * encoder.T * paid).sum())


def test_rate_is_information_and_a_kl_and_a_far_encoder_says_nothing() -> None:
    data, prior = RANDOM.dirichlet(np.ones(4)), RANDOM.dirichlet(np.ones(5))
    for encoder in (RANDOM.dirichlet(np.ones(5), 4), np.tile(RANDOM.dirichlet(np.ones(5)), (4, 1))):
        rate = (data[:, None] * encoder * np.log(encoder / prior)).sum()
        aggregate = data @ encoder
        information = (data[:, None] * encoder * np.log(encoder / aggregate)).sum()
        assert rate == pytest.approx(information + (aggregate * np.log(aggregate / prior)).sum())
    assert information == pytest.approx(0, abs=1e-12) and rate > 0  # all images in one place


def test_the_sampled_bound_never_passes_the_log_of_the_batch() -> None:
    for images in (2, 128):
        encoder = RANDOM.dirichlet(0.01 * np.ones(500), images)
        drawn = np.array([RANDOM.choice(500, p=one) for one in encoder])
        own = encoder[np.arange(images), drawn]
        assert np.log(own / encoder[:, drawn].mean(0)).mean() <= math.log(images) + 1e-12
