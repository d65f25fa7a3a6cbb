"""Lesson 07: every number of the model answers, and what they prove."""

import math

import numpy as np
import pytest
import torch

from tests.teach.items.claims import hold, says

RANDOM = np.random.default_rng(0)


def test_every_number_of_the_answers() -> None:
    both = math.sqrt(30**2 / 10_000 + 1.5**2 / 50)
    alone = math.sqrt((30**2 + 1.5**2) / 50)
    wide = 0.5 * math.log(4) - 0.5 * (1 - 1 / 4)
    hold(
        "07",
        {
            "07.cheap-mean-dear-gap": {"0.09": 30**2 / 10_000, "0.045": 1.5**2 / 50, "0.37": both, "4.25": alone},
            "07.two-models-mixed": {
                "0.8": 0.8,
                "0.02": 0.02,
                "2.07": -(math.log(0.8) + math.log(0.02)) / 2,
                "0.41": (0.8 + 0.02) / 2,
                "0.89": -math.log(0.41),
            },
            "07.prior-in-two-places": {
                "0.693": 0.5 * math.log(4),
                "0.375": 0.5 * (1 - 1 / 4),
                "0.318": wide,
                "6.4": 20 * wide,
            },
            "07.a-report": {"0.3": 30 / math.sqrt(10_000), "0.58": 84.78 - 84.2},
        },
    )
    says("07.cheap-mean-dear-gap", "some 6,700 images")
    assert round((30**2 + 1.5**2) / both**2, -2) == 6_700
    says("07.a-report", "a standard error of 3 nats", "a fifth of it")
    assert 30 / math.sqrt(100) == 3 and round(0.58 / 3, 1) == 0.2


def test_the_variance_of_a_cheap_mean_less_a_dear_gap() -> None:
    many, few, runs = 40, 8, 200_000
    g = 1.5 * RANDOM.standard_normal((runs, many))
    a = 3 * RANDOM.standard_normal((runs, many)) + 0.8 * g
    estimate = a.mean(1) - g[:, :few].mean(1)
    variance_a, variance_g, both = 3**2 + 0.8**2 * 1.5**2, 1.5**2, 0.8 * 1.5**2
    assert estimate.var() == pytest.approx(variance_a / many + variance_g / few - 2 * both / many, rel=0.02)
    assert estimate.mean() == pytest.approx(0, abs=0.01)


def test_a_mixture_of_two_models_costs_at_most_log_two_more_and_at_most_the_mean() -> None:
    one, two = (RANDOM.dirichlet(0.2 * np.ones(8), 50) + 1e-12 for _ in range(2))
    mixed = -np.log(0.5 * (one + two))
    assert (mixed <= np.minimum(-np.log(one), -np.log(two)) + math.log(2) + 1e-12).all()
    assert (mixed <= 0.5 * (-np.log(one) - np.log(two)) + 1e-12).all()


def test_a_prior_in_two_places_moves_the_bound_up() -> None:
    z = RANDOM.standard_normal((100_000, 20))
    standard = -0.5 * (math.log(2 * math.pi) + z**2).sum(1)
    wide = -0.5 * (math.log(2 * math.pi * 4) + z**2 / 4).sum(1)
    assert (standard - wide).mean() == pytest.approx(6.4, abs=0.05)


def test_batch_norm_lets_companions_speak() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)).train()
    image, some, others = torch.randn(1, 4), torch.randn(7, 4), torch.randn(7, 4)
    answers = [layer(torch.cat([image, rest]))[0] for rest in (some, others)]
    assert not torch.allclose(*answers, atol=1e-2)
    layer.eval()
    assert torch.allclose(*(layer(torch.cat([image, rest]))[0] for rest in (some, others)))


def test_the_path_carries_no_slope_to_the_share_of_a_mixture_and_the_remedy_does() -> None:
    torch.manual_seed(0)
    share = torch.tensor(0.3, requires_grad=True)
    z = torch.where(torch.rand(1000) < share, 1 + torch.randn(1000), -1 + torch.randn(1000))
    assert not z.requires_grad
    noise = torch.randn(100_000)
    (share * (1 + noise).square().mean() + (1 - share) * (noise - 2).square().mean()).backward()
    assert share.grad.item() == pytest.approx((1 + 1) - (4 + 1), abs=0.05)
