"""Bounds from both sides: walks whose weights are right on average, KLs in closed form, integrals; and the picture."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tests.figures.picture import axes_of, bars, line, lines, numbers, words
from vae_course.figures import sandwich as figures

PRIOR, NOISE = Normal(0.0, 1.0), 1.0  # one latent, x = 1: the posterior is N(½, ½), and x ~ N(0, 2)
POSTERIOR, Q = Normal(0.5, math.sqrt(0.5)), Normal(-0.5, 1.0)
LOG_P = Normal(0.0, math.sqrt(2)).log_prob(torch.tensor(1.0)).item()


def log_q(z: Tensor) -> Tensor:
    return Q.log_prob(z).sum(-1)


def log_w(z: Tensor) -> Tensor:
    return PRIOR.log_prob(z).sum(-1) + Normal(z, NOISE).log_prob(torch.tensor(1.0)).sum(-1) - log_q(z)


def near(values: Tensor, truth: float) -> bool:
    """Within five standard errors."""
    return abs(values.mean().item() - truth) < 5 * values.std().item() / math.sqrt(len(values))


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_weight_of_a_walk_is_p_of_x_on_average_and_one_over_it_backwards(k: int):
    """Whatever the size of the steps, and far from the limit of many steps: E_F[W] = p(x), E_R[1 / W] = 1 / p(x)."""
    torch.manual_seed(k)
    n = (400_000, 1)
    below, above = figures.walk_bounds(Q.sample(n), POSTERIOR.sample(n), log_w, log_q, k, 0.8)
    assert near(below.exp(), math.exp(LOG_P)) and near((-above).exp(), math.exp(-LOG_P))
    assert below.mean() < LOG_P - 0.05 and above.mean() > LOG_P + 0.05


def test_a_walk_of_one_place_has_both_kls_for_its_gaps():
    torch.manual_seed(0)
    n = (400_000, 1)
    below, above = figures.walk_bounds(Q.sample(n), POSTERIOR.sample(n), log_w, log_q, 1, 0.8)
    assert near(below, LOG_P - kl_divergence(Q, POSTERIOR).item())
    assert near(above, LOG_P + kl_divergence(POSTERIOR, Q).item())


def test_in_the_world_of_the_figure_q_is_a_standard_deviation_off():
    torch.manual_seed(0)
    here = figures.world(pairs=20_000)
    W, z, x = here["W"], here["z"], here["x"]
    residue = x - z @ W.T
    assert z.std().item() == pytest.approx(1, abs=0.01) and residue.std().item() == pytest.approx(1, abs=0.01)
    assert (residue.T @ z / len(z)).abs().max() < 0.05
    joint = torch.cat([torch.cat([torch.eye(10), W.T], 1), torch.cat([W, W @ W.T + torch.eye(20)], 1)])
    m = (joint[:10, 10:] @ torch.linalg.solve(joint[10:, 10:], x.T)).T  # the mean of z given x, by the joint covariance
    covariance = joint[:10, :10] - joint[:10, 10:] @ torch.linalg.solve(joint[10:, 10:], joint[10:, :10])
    assert torch.allclose(here["v"], 1 / torch.linalg.inv(covariance).diagonal())
    assert torch.allclose(here["m"], m + here["v"].sqrt())


def test_with_one_draw_both_gaps_are_the_kls_of_the_closed_form():
    torch.manual_seed(0)
    here = figures.world()  # the figure's own: the same seed
    precision = torch.eye(10) + here["W"].T @ here["W"]
    q = MultivariateNormal(here["v"].sqrt(), torch.diag(here["v"]))
    posterior = MultivariateNormal(torch.zeros(10, dtype=torch.float64), precision_matrix=precision)
    for way in ("draws", "walk"):
        assert near(figures.distances()[f"{way} below"][0], -kl_divergence(q, posterior).item())
        assert near(figures.distances()[f"{way} above"][0], kl_divergence(posterior, q).item())


def test_more_draws_and_longer_walks_bring_both_bounds_nearer_and_none_crosses():
    assert figures.COUNTS == (1, 4, 16, 64, 256, 1024)
    for way in ("draws", "walk"):
        below = [values.mean().item() for values in figures.distances()[f"{way} below"]]
        above = [values.mean().item() for values in figures.distances()[f"{way} above"]]
        assert below == sorted(below) and above == sorted(above, reverse=True) and below[-1] < 0 < above[-1]
    for sign, side in ((1, "below"), (-1, "above")):
        for way in ("draws", "walk"):
            assert near((sign * figures.distances()[f"{way} {side}"][-1]).exp(), 1)
    assert above[-1] - below[-1] < 0.6  # of the walk


@pytest.mark.parametrize("k", [1, 2])
def test_the_missed_island_from_above_is_the_integral(k: int):
    z = torch.linspace(-12, 12, 1201, dtype=torch.float64)
    cell = (z[1] - z[0]).item()
    q, posterior = (0.5 * sum(Normal(at, 1).log_prob(z).exp() for at in ends) for ends in ((4, 4), (-4, 4)))
    w = posterior / q
    if k == 1:
        truth = (posterior * w.log()).sum().item() * cell
    else:
        truth = (torch.outer(posterior, q) * (0.5 * (w[:, None] + w)).log()).sum().item() * cell**2
    assert figures.missed_island_from_above(k, repeats=40_000) == pytest.approx(truth, abs=5 * 4 / math.sqrt(40_000))


def test_the_figure_draws_two_heaps_and_two_pairs_of_bounds():
    left, right = axes_of(figures.bounds_against_work)
    found = figures.distances()
    for label, side, of in (("z from q", "below", "q"), ("z from the posterior", "above", "p")):
        values = found[f"draws {side}"][0].numpy()
        heights = bars(left, label, of)[:, 3]
        assert heights.tolist() == np.histogram(values, bins=60, range=(-24, 24))[0].tolist() and heights.sum() > 990
        [written] = [text for text in words(left).splitlines() if label in text]
        assert numbers(written.replace("+", ""))[-1] == pytest.approx(values.mean(), abs=0.006)
    stand_at = sorted(float(one.get_segments()[0][0, 0]) for one in left.collections)
    means = [found[f"draws {side}"][0].mean().item() for side in ("below", "above")]
    assert stand_at == pytest.approx(sorted([0, *means]))
    for way, of, label in (("draws", "iwae", "k independent draws"), ("walk", "other", "a walk of k places")):
        drawn = lines(right, of=of)
        assert len(drawn) == 2 and line(right, label, of)[1] == pytest.approx(drawn[1][1])
        for side, (_, heights) in zip(("below", "above"), drawn, strict=True):
            assert heights == pytest.approx([values.mean().item() for values in found[f"{way} {side}"]])
    assert line(right, "log p(x)", "truth")[1].tolist() == [0, 0]
    assert [text.get_text() for text in right.get_xticklabels()] == ["1", "4", "16", "64", "256", "1,024"]
