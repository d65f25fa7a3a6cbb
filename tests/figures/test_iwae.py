"""Lesson 05's worlds in which every answer is known: two weights, Gaussians, a missed island."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from tests.figures.calls import log_weights
from tests.figures.picture import area, axes_of, bars, colour, dots, filled, line, lines, numbers, under, words
from vae_course.figures import iwae as figures


def normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return Normal(m, math.sqrt(v)).log_prob(torch.as_tensor(z)).exp().numpy()


@pytest.mark.parametrize("dims", [1, 2, 10])
def test_the_prior_finds_log_p_in_few_dimensions_only(dims: int):
    estimate, exact, near = figures.prior_sample_estimate(dims)
    assert exact == pytest.approx(dims * Normal(0, math.sqrt(1.01)).log_prob(torch.tensor(0.7)).item())
    chance = (Normal(0, 1).cdf(torch.tensor(0.9)) - Normal(0, 1).cdf(torch.tensor(0.5))).item() ** dims
    assert abs(near - 10_000 * chance) <= 4 * math.sqrt(10_000 * chance) + 1
    assert abs(estimate - exact) < 0.2 if dims <= 2 else estimate < exact - 30


def test_an_estimate_from_one_draw_of_the_prior_is_its_likelihood():
    z = torch.randn(1, 3, generator=torch.Generator().manual_seed(3))
    estimate, _, near = figures.prior_sample_estimate(3, draws=1)
    assert estimate == pytest.approx(Normal(z, 0.1).log_prob(torch.full((3,), 0.7)).sum().item(), rel=1e-5)
    assert near == 0 and type(near) is int


@pytest.mark.parametrize(
    ("k", "bound"), [(1, 0.5493), (2, 0.6212), (3, 0.6466), (4, 0.6590), (8, 0.6768), (64, 0.6912)]
)
def test_the_bound_of_two_weights_is_the_one_found_with_a_pencil(k: int, bound: float):
    assert figures.bound_of_two_weights(k, 1, 3) == pytest.approx(bound, abs=5e-5)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_bound_of_two_weights_is_the_average_over_all_draws(k: int):
    every = [math.log(sum(weights) / k) for weights in product((2, 8), repeat=k)]
    assert figures.bound_of_two_weights(k) == pytest.approx(sum(every) / len(every))


@pytest.mark.parametrize("moved", [{}, {"k": 5}])
def test_the_dots_are_the_means_of_k_weights_as_big_as_their_chances(moved: dict[str, int]):
    k = moved.get("k", 1)
    [axes] = axes_of(figures.mean_of_weights, **moved)
    means = sorted({sum(weights) / k for weights in product((2, 8), repeat=k)})
    chances = [sum(math.isclose(sum(w) / k, mean) for w in product((2, 8), repeat=k)) / 2**k for mean in means]
    places, sizes = dots(axes, "q")
    assert places == pytest.approx(np.stack([means, np.log(means)], 1)) and sizes / 700 == pytest.approx(chances)
    curve = line(axes, of="truth", style="-")
    assert curve[1] == pytest.approx(np.log(curve[0]))
    bound = float(np.dot(chances, np.log(means)))
    assert line(axes, "log of the average weight", "truth")[1] == pytest.approx([math.log(5)] * 2)
    assert line(axes, "average of the logs", "iwae")[1] == pytest.approx([bound] * 2)
    [span] = axes.patches
    assert colour(span) == "iwae"
    assert [span.get_y(), span.get_height()] == pytest.approx([bound, math.log(5) - bound])
    assert f"k = {k}: the shaded gap is {math.log(5) - bound:.4f} nats" in words(axes)
    assert f"mean of k = {k} weight{'' if k == 1 else 's'}\n" in words(axes) + "\n"


def test_the_bound_rises_with_the_count_to_log_two():
    [axes] = axes_of(figures.bound_against_count)
    k, bound = line(axes, "log of the mean of k weights", "iwae")
    known = {1: 0.5493, 2: 0.6212, 3: 0.6466, 4: 0.6590, 8: 0.6768, 64: 0.6912}
    assert [dict(zip(k, bound, strict=True))[one] for one in known] == pytest.approx(list(known.values()), abs=5e-5)
    assert (np.diff(bound) > 0).all() and line(axes, "ln 2", "truth")[1] == pytest.approx([math.log(2)] * 2)
    assert {text.xy[0]: text.get_text() for text in axes.texts} == {
        one: f"{figures.bound_of_two_weights(one, 1, 3):.4f}" for one in (1, 2, 3, 4, 8)
    }


@pytest.mark.parametrize("width", [0.3, 0.5, 0.9, 1.0, 2.0])
def test_the_gap_at_one_draw_is_the_kl_of_the_two_gaussians(width: float):
    """In five dimensions ½ · 5 (w − 1 − log w), beside what the tilt of the posterior costs at every width."""
    tilt = figures.width_gap(1.0)[0]
    assert figures.width_gap(width)[0] - tilt == pytest.approx(2.5 * (width - 1 - math.log(width)), abs=0.02)
    w = 0.5 * torch.randn(10, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    precision = torch.eye(5, dtype=torch.float64) + w.T @ w
    assert tilt == pytest.approx(0.5 * (precision.diagonal().log().sum() - precision.logdet()).item(), abs=0.01)


def test_too_wide_heals_as_one_over_k_and_too_narrow_hardly():
    wide, narrow = figures.width_gap(2.0), figures.width_gap(0.3)
    assert (np.diff(wide) <= 0).all() and (np.diff(narrow) <= 0).all() and len(wide) == 11
    assert wide[:5:4] == pytest.approx([0.95, 0.035], abs=0.05) and wide[10] == pytest.approx(0.001, abs=0.0007)
    assert wide[5:8] / wide[6:9] == pytest.approx(np.full(3, 2), rel=0.15)
    assert narrow[[0, 10]] == pytest.approx([1.45, 0.20], abs=0.06) and narrow[9] / narrow[10] < 1.3


def test_the_gap_is_that_of_fresh_draws_too():
    """log p(x) − IWAE_16 with new noise: no draw, no seed and no line in common."""
    w = 0.5 * torch.randn(10, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    precision = torch.eye(5, dtype=torch.float64) + w.T @ w
    posterior = torch.distributions.MultivariateNormal(torch.zeros(5).double(), precision_matrix=precision)
    for width in (0.5, 2.0):
        q = Normal(torch.zeros(5).double(), (width / precision.diagonal()).sqrt())
        torch.manual_seed(0)
        z = q.sample((4_000, 16))
        log_w = posterior.log_prob(z) - q.log_prob(z).sum(-1)
        gap = -(torch.logsumexp(log_w, 1) - math.log(16)).mean().item()
        assert figures.width_gap(width)[4] == pytest.approx(gap, abs=0.03)


@pytest.mark.parametrize("moved", [{}, {"width": 0.5}, {"width": 0.3}])
def test_the_width_of_the_slider_is_qs_variance_and_its_gaps_are_drawn(moved: dict[str, float]):
    width = moved.get("width", 2.0)
    left, right = axes_of(figures.bound_and_width, **moved)
    for label, of, v in (("posterior", "p", 1.0), (f"q: variance × {width:g}", "q", width)):
        z, density = line(left, label, of)
        assert density == pytest.approx(normal(z, 0, v), abs=1e-6) and under(z, density) == pytest.approx(1, abs=2e-3)
    _, gaps = line(right, f"variance × {width:g}", "iwae")
    assert gaps == pytest.approx(figures.width_gap(width)) and right.get_yscale() == "log"
    others = {2.0, 0.3} - {width}
    assert len(lines(right, of="faint")) == len(others)
    for other in others:
        assert line(right, f"variance × {other:g}", "faint")[1] == pytest.approx(figures.width_gap(other))
    first, _, sixteen, _, last, *_ = numbers(right.get_title("left"))
    assert [first, sixteen, last] == pytest.approx(gaps[[0, 4, 10]], abs=0.0051)
    assert [text.get_text() for text in right.get_xticklabels()] == ["1", "4", "16", "64", "256", "1,024"]


def test_the_effective_share_of_normal_log_weights_falls_as_exp_of_minus_s_squared():
    log_w, sizes = log_weights(), torch.tensor([250.0, 150.0, 40.0, 9.0])
    [axes] = axes_of(figures.spread_and_effective_share, log_w, sizes)
    s, target = line(axes, "exp(−s²)", "p")
    assert target == pytest.approx(np.exp(-(s**2))) and s[[0, -1]] == pytest.approx([0, 3])
    spread, share = line(axes, "yours, k = 300", "q")
    assert share == pytest.approx(sizes.numpy() / 300) and spread == pytest.approx([row.std().item() for row in log_w])
    assert len(axes_of(figures.spread_and_effective_share, log_w, None)[0].lines) == 1


@pytest.mark.parametrize(("dims", "share"), [(1, 0.78), (2, 0.61), (5, 0.30), (10, 0.12), (20, 0.04)])
def test_half_a_standard_deviation_off_costs_draws_in_every_dimension(dims: int, share: float):
    assert figures.effective_share(dims) == pytest.approx(share, abs=0.01)
    assert figures.effective_share(dims, shift=0.0) == pytest.approx(1)
    if dims <= 5:  # for many draws 1 / E[w²] = exp(−d · ¼)
        assert figures.effective_share(dims) == pytest.approx(math.exp(-0.25 * dims), rel=0.06)


def test_a_missed_island_has_a_perfect_share_and_is_wrong_by_log_two():
    share, estimate = figures.missed_island()
    assert share == pytest.approx(1, abs=1e-6) and estimate == pytest.approx(-math.log(2), abs=1e-4)


def test_the_bars_are_the_shares_and_q_sits_on_one_of_two_islands():
    left, right = axes_of(figures.effective_size_and_its_blind_spot)
    dims = (1, 2, 5, 10, 20)
    at, _, width, height = bars(left, of="q").T
    assert height == pytest.approx([figures.effective_share(d) for d in dims]) and at + width / 2 == pytest.approx(
        range(5)
    )
    assert [numbers(text.get_text())[0] for text in left.texts] == pytest.approx(height, abs=0.0051)
    assert [text.get_position()[0] for text in left.texts] == pytest.approx(range(5))
    assert [text.get_text() for text in left.get_xticklabels()] == [str(d) for d in dims]
    z, islands = line(right, "two islands", "p")
    assert islands == pytest.approx((normal(z, -4, 1) + normal(z, 4, 1)) / 2, abs=1e-6)
    assert under(z, islands) == pytest.approx(1, abs=2e-3)
    q = filled(right, "one of them", "q")
    assert area(q) == pytest.approx(1, abs=2e-3) and q[0][q[0][:, 1].argmax(), 0] == pytest.approx(4, abs=0.03)
