"""Lesson 04, first half: every number of the model answers, and what they prove, in worlds of a few numbers."""

import math

import numpy as np
import pytest
import torch

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)
Z = np.linspace(-30, 30, 600_001)


def normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return np.exp(-0.5 * (z - m) ** 2 / v) / math.sqrt(2 * math.pi * v)


def elbo(m: float, v: float, x: float = 2.0) -> float:
    """Of q = N(m, v) in the world that is all Gaussian, by a sum over z."""
    q = normal(Z, m, v)
    log_w = (
        -0.5 * Z**2
        - 0.5 * (x - Z) ** 2
        - math.log(2 * math.pi)
        + 0.5 * (Z - m) ** 2 / v
        + 0.5 * math.log(2 * math.pi * v)
    )
    return float((q * log_w).sum() * (Z[1] - Z[0]))


def test_every_number_of_the_answers() -> None:
    best, prior = elbo(1, 0.5), elbo(0, 1)
    with_memory, without = steps(0.1, forget=False), steps(0.1, forget=True)
    hold(
        "04",
        {
            "04.all-gaussian": {
                "0.919": 0.5 * math.log(2 * math.pi),
                "2.266": best,
                "3.419": prior,
                "1.153": best - prior,
            },
            "04.never-forgets": {
                "0.9": without[0],
                "0.81": without[1],
                "0.729": without[2],
                "0.71": with_memory[1],
                "0.449": with_memory[2],
            },
        },
    )
    assert with_memory[0] == pytest.approx(0.9)


def test_the_mean_nelbo_is_the_entropy_and_the_kl_of_the_joints() -> None:
    for _ in range(20):
        data, prior = RANDOM.dirichlet(np.ones(5)), RANDOM.dirichlet(np.ones(3))
        q, likelihood = RANDOM.dirichlet(np.ones(3), 5), RANDOM.dirichlet(np.ones(5), 3)  # (x, z), (z, x)
        nelbo = (q * (np.log(q) - np.log(prior) - np.log(likelihood.T))).sum(1)  # (x,)
        model = prior * likelihood.T  # (x, z)
        story = data[:, None] * q
        joints = (story * np.log(story / model)).sum()
        entropy = -(data * np.log(data)).sum()
        assert (data * nelbo).sum() == pytest.approx(entropy + joints)
        evidence = model.sum(1)
        gap = (q * np.log(q / (model / evidence[:, None]))).sum(1)
        assert joints == pytest.approx((data * np.log(data / evidence)).sum() + (data * gap).sum())


def test_the_best_answer_for_an_idle_latent_is_the_prior() -> None:
    m, v = np.meshgrid(np.linspace(-2, 2, 201), np.linspace(0.05, 3, 296))
    costs = 0.5 * (v + m**2 - 1 - np.log(v))
    place = costs.argmin()
    assert (m.ravel()[place], v.ravel()[place]) == pytest.approx((0, 1)) and costs.min() == pytest.approx(0, abs=1e-12)


def test_the_gaussian_world_touches_at_its_top() -> None:
    log_p = math.log((normal(Z, 0, 1) * normal(2.0, Z, 1)).sum() * (Z[1] - Z[0]))
    assert elbo(1, 0.5) == pytest.approx(log_p, abs=1e-9)
    for m, v in ((0.9, 0.5), (1.1, 0.5), (1, 0.4), (1, 0.6)):
        assert elbo(m, v) < log_p - 1e-3


def test_noise_that_is_frozen_lets_the_bound_lie_below_the_price_of_the_data() -> None:
    """Two images, told apart by their noise alone: kl is 0, and rec at the frozen places falls below the entropy, log 2."""
    torch.manual_seed(0)
    x, frozen = torch.tensor([0.0, 1.0]), torch.tensor([-1.0, 1.0])
    slope = torch.zeros((), requires_grad=True)  # of the logit in z; q stays the prior, with kl = 0
    optimizer = torch.optim.Adam([slope], lr=0.1)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for _ in range(100):
        optimizer.zero_grad()
        loss = bce(slope * frozen, x)
        loss.backward()
        optimizer.step()
    fresh = bce(slope * torch.randn(10_000, 2), x.expand(10_000, 2))
    assert loss < 0.1 < math.log(2) < fresh


def test_a_summed_batch_is_a_rate_for_plain_descent_and_nothing_for_adam() -> None:
    def moved(optimizer: type, scale: float, rate: float) -> float:
        w = torch.tensor([1.0], requires_grad=True)
        steps = optimizer([w], lr=rate)
        for _ in range(5):
            steps.zero_grad()
            (scale * (w - 0.2).square().sum()).backward()
            steps.step()
        return w.item()

    assert moved(torch.optim.SGD, 10, 0.01) == pytest.approx(moved(torch.optim.SGD, 1, 0.1))
    assert moved(torch.optim.Adam, 100, 0.01) == pytest.approx(moved(torch.optim.Adam, 1, 0.01), abs=1e-5)
    says("04.sum-or-mean", r"$784 \cdot \mathrm{kl} + \mathrm{rec}$")


def steps(rate: float, forget: bool, count: int = 3) -> list[float]:
    """w after each step of plain descent on ½ w², by torch itself."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=rate)
    places = []
    for _ in range(count):
        if forget:
            optimizer.zero_grad()
        (0.5 * w.square()).backward()
        optimizer.step()
        places.append(w.item())
    return places


def test_a_program_that_never_forgets_swings_for_ever() -> None:
    for rate in (0.1, 1.0, 3.9):
        places = [1.0, *steps(rate, forget=False, count=4_000)]
        for before, now, after in zip(places, places[1:], places[2:], strict=False):
            assert after - 2 * now + before == pytest.approx(-rate * now, abs=1e-6)
        early, late = max(map(abs, places[:400])), max(map(abs, places[-400:]))
        assert late == pytest.approx(early, rel=0.05)
