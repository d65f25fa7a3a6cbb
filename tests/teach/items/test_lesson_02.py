"""Lesson 02: every number of the model answers, and what they prove, by sums over a grid."""

import math

import numpy as np
import pytest

from tests.teach.items.claims import hold, says

Z = np.linspace(-40, 40, 800_001)


def density(m: float, v: float) -> np.ndarray:
    return np.exp(-0.5 * (Z - m) ** 2 / v) / math.sqrt(2 * math.pi * v)


def kl(q: np.ndarray, p: np.ndarray) -> float:
    """By a sum over the grid: no closed form."""
    inside = q > 1e-300
    terms = np.zeros_like(Z)
    terms[inside] = q[inside] * (np.log(q[inside]) - np.log(np.maximum(p[inside], 1e-320)))
    return float(terms.sum() * (Z[1] - Z[0]))


def of_gaussians(qm: float, qv: float, pm: float, pv: float) -> float:
    return 0.5 * (math.log(pv) - math.log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1)


def test_every_number_of_the_answers() -> None:
    uniform = np.where(np.abs(Z) <= math.sqrt(3), 1 / (2 * math.sqrt(3)), 0)
    right = kl(density(1, 0.5), density(0, 2))
    slope = {
        v: (of_gaussians(0, v * 1.0001, 0, 1) - of_gaussians(0, v * 0.9999, 0, 1)) / (v * 2e-4) for v in (1e-4, 100)
    }
    hold(
        "02",
        {
            "02.gaussian-is-cheapest": {"0.176": kl(uniform, density(0, 1))},
            "02.small-kl-many-draws": {"0.01": 0.01},
            "02.three-of-half-a-nat": {
                "0.500": kl(density(0, 3.146), density(0, 1)),
                "1.146": math.log(3.146),
                "1.841": -math.log(0.1586),
                "2.5": 1 / math.sqrt(0.1586),
            },
            "02.log-variance": {
                "4999.5": slope[1e-4],
                "0.49995": slope[1e-4] * 1e-4,
                "0.495": slope[100],
                "49.5": slope[100] * 100,
            },
            "02.blind-tests": {"0.568": right, "0.818": right + 0.25, "0.693": right + 0.125, "1.136": 2 * right},
        },
    )
    assert kl(density(0, 0.1586), density(0, 1)) == pytest.approx(0.5, abs=1e-4)
    assert kl(density(1, 1), density(0, 1)) == pytest.approx(0.5, abs=1e-6)


def test_a_gaussian_is_the_cheapest_of_its_mean_and_variance() -> None:
    p = density(0, 1)
    for share, m_1, v_1, m_2, v_2 in ((0.3, -2, 0.5, 1, 0.2), (0.5, 2, 0.36, -2, 0.36), (0.9, 0, 1, 3, 2)):
        q = share * density(m_1, v_1) + (1 - share) * density(m_2, v_2)
        step = Z[1] - Z[0]
        m = (q * Z).sum() * step
        v = (q * (Z - m) ** 2).sum() * step
        assert kl(q, p) == pytest.approx(kl(q, density(m, v)) + of_gaussians(m, v, 0, 1), abs=1e-6)
        assert kl(q, p) > of_gaussians(m, v, 0, 1)


def test_too_wide_costs_more_than_too_narrow() -> None:
    for c in np.geomspace(1.001, 1e4, 200):
        assert of_gaussians(0, c, 0, 1) > of_gaussians(0, 1 / c, 0, 1)
    h = 0.01
    wide, narrow = of_gaussians(0, 1 + h, 0, 1), of_gaussians(0, 1 / (1 + h), 0, 1)
    assert wide == pytest.approx(h**2 / 4, rel=0.02) and wide - narrow == pytest.approx(h**3 / 6, rel=0.03)


def test_the_draws_of_a_small_kl() -> None:
    says("02.small-kl-many-draws", "10,000 draws for $m = 2$, 40,000 for $m = 1$, 4,000,000 for $m = 0.1$")
    noise = np.random.default_rng(0).standard_normal(1_000_000)
    for m, needed in ((2, 10_000), (1, 40_000), (0.1, 4_000_000)):
        z = m + noise
        terms = -0.5 * (z - m) ** 2 + 0.5 * z**2
        assert terms.std() / math.sqrt(needed) == pytest.approx(0.01 * m**2 / 2, rel=0.01)


SLIPS = {
    "a": lambda qm, qv, pm, pv: 0.5 * (np.log(pv / qv) + qv / pv + (qm - pm) ** 2 - 1).sum(-1),
    "b": lambda qm, qv, pm, pv: 0.5 * (np.log(qv / pv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1),
    "c": lambda qm, qv, pm, pv: 0.5 * (np.log(pv / qv) + qv + (qm - pm) ** 2 / pv - 1).sum(-1),
    "d": lambda qm, qv, pm, pv: (np.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1),
    "e": lambda qm, qv, pm, pv: 0.5 * (np.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(),
}


def test_which_slips_the_three_cases_let_through() -> None:
    cases = [(0, 1, 0, 1), (2, 1, 0, 1), (0, 0.5, 0, 1)]

    def passes(slip, case) -> bool:
        return bool(np.allclose(slip(*(np.array([[float(n)]]) for n in case)), of_gaussians(*case)))

    assert [name for name, slip in SLIPS.items() if all(passes(slip, case) for case in cases)] == ["a", "c", "e"]
    got = {
        name: float(np.ravel(slip(*(np.array([[n]]) for n in (1.0, 0.5, 0.0, 2.0))))[0]) for name, slip in SLIPS.items()
    }
    expected = {"a": 0.818, "b": -0.818, "c": 0.693, "d": 1.136, "e": 0.568}
    assert got == pytest.approx(expected, abs=6e-4)
