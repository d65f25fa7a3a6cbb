"""Lesson 06: every number of the model answers, and what they prove."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def growth(T: float, second: float = 1.0) -> float:
    """By how much KL(N(m, v) ‖ N(0, T²)) exceeds that to N(0, 1), on average, where E[m² + v] = second."""
    m = math.sqrt(second - 0.2) * RANDOM.choice([-1, 1], 1000)  # m² + v = second for each
    kl = [0.5 * (math.log(t2) - math.log(0.2) + (0.2 + m**2) / t2 - 1).mean() for t2 in (T * T, 1.0)]
    return float(kl[0] - kl[1])


def test_every_number_of_the_answers() -> None:
    t = 1 / 1.3**2
    inside, outside = 0.2 * math.log(0.2 / 0.6), 0.8 * math.log(0.8 / 0.4)
    z = RANDOM.standard_normal(2_000_000)
    hold(
        "06",
        {
            "06.any-temperature-is-worse": {
                "16.1": 20 * growth(0.5),
                "0.592": t,
                "0.525": -math.log(t),
                "1.16": 20 * growth(1.3),
                "1.29": math.log(t) / (t - 1),
            },
            "06.what-a-judge-proves": {
                "0.6": 60 / 100,
                "0.2": 20 / 100,
                "0.8": 1 - 20 / 100,
                "0.4": 1 - 60 / 100,
                "0.220": inside,
                "0.555": outside,
                "0.335": inside + outside,
                "0.7": 14 / 20,
                "0.1": math.sqrt(0.7 * 0.3 / 20),
            },
            "06.memorised": {"5.9": 5.9},  # an example, of no model
            "06.mean-or-draw": {"0.2": 2 * 0.1, "2.83": 2 * math.sqrt(2), "6.3": 2 * math.sqrt(2) * math.sqrt(5)},
            "06.decode-the-mean": {
                "0.000045": 1 / (1 + math.exp(10)),
                "0.16": (1 / (1 + np.exp(-10 * (z - 1)))).mean(),
                "4.5": math.sqrt(20),
            },
        },
    )
    assert math.sqrt(0.2 * 0.8 / 20) == pytest.approx(0.1, abs=0.02)
    assert abs(growth(1.3, 1.30)) < growth(1.3) and growth(1.3, 1.30) < 0 < growth(1.3, 1.27)


def test_every_other_temperature_is_worse() -> None:
    for T in (0.1, 0.5, 0.9, 0.99, 1.01, 1.3, 3.0):
        assert growth(T) > 0
        assert growth(T) == pytest.approx(0.5 * (1 / T**2 - 1 - math.log(1 / T**2)))


def test_the_spherical_walk_keeps_its_length() -> None:
    for _ in range(50):
        a, b = RANDOM.standard_normal((2, 20))
        a, b = 3 * a / np.linalg.norm(a), 3 * b / np.linalg.norm(b)
        angle = math.acos(a @ b / 9)
        for t in RANDOM.random(5):
            s = (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)
            assert np.linalg.norm(s) == pytest.approx(3)
    near = a + 1e-6 * b
    near *= 3 / np.linalg.norm(near)
    angle = math.acos(min(1, a @ near / 9)) or 1e-7
    s = (math.sin(0.5 * angle) * a + math.sin(0.5 * angle) * near) / math.sin(angle)
    assert s == pytest.approx((a + near) / 2)


def test_a_judge_never_proves_more_than_there_is_and_its_opposite_proves_the_same() -> None:
    def proves(p: float, q: float) -> float:
        return q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))

    for _ in range(100):
        p, q, region = RANDOM.dirichlet(np.ones(6)), RANDOM.dirichlet(np.ones(6)), RANDOM.random(6) < 0.5
        if 0 < region.sum() < 6:
            here = proves(p[region].sum(), q[region].sum())
            assert here <= (q * np.log(q / p)).sum() + 1e-12
            assert here == pytest.approx(proves(p[~region].sum(), q[~region].sum()))


def test_the_distance_of_two_draws() -> None:
    m, other = np.zeros(20), np.zeros(20)
    m[:15], v = 0.4, np.array([0.1] * 15 + [1.0] * 5)
    z = m + np.sqrt(v) * RANDOM.standard_normal((200_000, 20))
    y = other + np.sqrt(v) * RANDOM.standard_normal((200_000, 20))
    squares = (z - y) ** 2
    assert squares.sum(1).mean() == pytest.approx(((m - other) ** 2).sum() + 2 * v.sum(), rel=0.01)
    says("06.mean-or-draw", r"15 \cdot 0.2 = 3", r"5 \cdot 2 = 10", "So 13 in all")
    assert 2 * v[:15].sum() == pytest.approx(3) and 2 * v[15:].sum() == 10
    assert squares[:, 15:].sum(1).std() == pytest.approx(6.3, abs=0.1)


def test_hardly_a_draw_in_twenty_dimensions_is_shorter_than_half_the_typical_length() -> None:
    lengths = np.linalg.norm(RANDOM.standard_normal((200_000, 20)), axis=1)
    assert (lengths < math.sqrt(20) / 2).mean() < 0.001
