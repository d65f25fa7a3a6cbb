"""Lesson 02's figures against closed forms of normal distributions, and integrals on a grid where there are none."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from tests.figures.calls import one_draw_estimates
from tests.figures.picture import area, axes_of, bars, filled, line, lines, named, numbers, under, words
from vae_course.figures import kl_divergence as figures


def normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return np.exp(log_normal(z, m, v))


def log_normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return Normal(m, math.sqrt(v)).log_prob(torch.as_tensor(z, dtype=torch.float64)).numpy()


def kl(qm: float, qv: float, pm: float, pv: float) -> float:
    return kl_divergence(Normal(qm, math.sqrt(qv)), Normal(pm, math.sqrt(pv))).item()


def test_the_log_density_takes_a_variance():
    z = np.linspace(-3, 4, 5)
    for m, v in ((0, 1), (1, 4), (-2, 0.25)):
        assert figures.log_density(z, m, v) == pytest.approx(log_normal(z, m, v))


@pytest.mark.parametrize("moved", [{}, {"v": 0.5}, {"v": 9.0}])
def test_the_bell_and_its_logarithm_belong_to_the_variance_of_the_slider(moved: dict[str, float]):
    v = moved.get("v", 1.0)
    left, right = axes_of(figures.bell_and_parabola, **moved)
    for axes, density in ((left, normal), (right, log_normal)):
        for of, variance in (("q", v), ("faint", 1)):
            x, y = line(axes, of=of)
            assert y == pytest.approx(density(x, 0, variance))
        assert [part[0] for part in line(axes, of="truth", marker="o")] == pytest.approx([2, density(2.0, 0, v).item()])
    (a, b), (low, high) = line(left, of="truth", style=":")
    assert (a, b, low) == (2, 2, 0) and high == pytest.approx(normal(2.0, 0, v).item())
    assert f"at x = 2: {log_normal(2.0, 0, v).item():.2f} nats" in words(right)
    assert line(left, f"v = {v:g}", "q") and line(left, "v = 1", "faint")


def test_the_learners_log_densities_stand_on_the_target_of_mean_1_and_variance_4():
    x = torch.linspace(-4, 6, 6)[:, None]
    [axes] = axes_of(figures.log_density_beside_target, x, (-(x**2)).requires_grad_())
    at, target = line(axes, "target: log N(x; 1, 4)", "p")
    assert target == pytest.approx(log_normal(at, 1, 4))
    at, yours = line(axes, "yours", "q")
    assert at == pytest.approx(np.linspace(-4, 6, 6)) and yours == pytest.approx(-(at**2))
    for nothing in ((None, None), (x, None)):
        assert len(axes_of(figures.log_density_beside_target, *nothing)[0].lines) == 1


@pytest.mark.parametrize(("m", "v"), [(1.0, 1.0), (-0.5, 0.25), (0.0, 3.0), (3.0, 0.25)])
def test_the_areas_above_and_below_add_up_to_the_closed_form(m: float, v: float):
    top, bottom = axes_of(figures.where_the_kl_comes_from, q_mean=m, q_variance=v)
    for of, density in (("p", (0, 1)), ("q", (m, v))):
        x, y = line(top, of=of)
        assert y == pytest.approx(normal(x, *density), abs=1e-6)
    assert f"q = N({m:g}, {v:g})" in words(top)
    x, y = line(bottom, of="kl")
    assert y == pytest.approx(normal(x, m, v) * (log_normal(x, m, v) - log_normal(x, 0, 1)), abs=1e-6)
    above, below = (area(filled(bottom, sign, of)) for sign, of in (("+", "kl"), ("−", "faint")))
    assert above - below == pytest.approx(kl(m, v, 0, 1), abs=2e-3) == under(x, y)
    assert numbers(bottom.get_title("left"))[0] == pytest.approx(kl(m, v, 0, 1), abs=0.0051)
    said = [numbers(text.get_text())[0] for text in bottom.get_legend().get_texts()]
    assert np.abs(said) == pytest.approx([above, below], abs=0.007)


def test_the_figure_of_the_areas_begins_at_mean_1_and_variance_1():
    top, bottom = axes_of(figures.where_the_kl_comes_from)
    assert "q = N(1, 1)" in words(top) and "KL(q ‖ p) = 0.50 nats" in words(bottom)


def test_the_target_of_the_kl_is_the_closed_form_though_it_was_added_up():
    qm = torch.linspace(-3, 3, 5)[:, None]
    [axes] = axes_of(figures.kl_beside_target, qm, (qm**2).requires_grad_())
    means, target = line(axes, "target", "truth")
    assert target == pytest.approx([kl(m, 0.5, 0, 2) for m in means], abs=1e-5)
    at, yours = line(axes, "yours", "kl")
    assert at == pytest.approx([-3, -1.5, 0, 1.5, 3]) and yours == pytest.approx(at**2)
    for nothing in ((None, None), (qm, None)):
        assert len(axes_of(figures.kl_beside_target, *nothing)[0].lines) == 1


def test_the_bars_of_the_dimensions_are_their_means_and_the_largest_comes_first():
    values = torch.tensor([[0.0, 4.0, 1.0], [1.0, 2.0, 4.0]])
    [axes] = axes_of(figures.kl_per_dimension, values)
    left, bottom, width, height = bars(axes, of="kl").T
    assert (
        height == pytest.approx([3.0, 2.5, 0.5]) and left + width / 2 == pytest.approx([1, 2, 3]) and not bottom.any()
    )
    assert "together 6.0 nats per image" in words(axes)


def test_the_errors_are_distances_of_running_means_under_a_line_of_two_standard_errors():
    estimates = one_draw_estimates()
    [axes] = axes_of(figures.error_shrinks, estimates, 0.5)
    runs = lines(axes, of="kl")
    assert len(runs) == 5
    for run, (n, error) in enumerate(runs):
        assert list(n[[0, -1]]) == [1, 10_000]
        for count in (1, 10, 1_000, 10_000):
            mean = estimates[:count, run].double().mean().item()
            assert error[count - 1] == pytest.approx(abs(mean - 0.5), abs=1e-4)
    n, bound = line(axes, "2 sd / √n", "truth")
    assert bound == pytest.approx(2 * estimates.std().item() / np.sqrt(n))
    assert axes.get_xscale() == axes.get_yscale() == "log"
    n, bound = line(axes_of(figures.error_shrinks, None, 0.5)[0], "2 sd / √n")
    assert bound * np.sqrt(n) == pytest.approx(np.full(10_000, 3.0))


def test_the_negative_estimates_are_hatched_and_their_share_is_that_of_the_normal():
    estimates = one_draw_estimates()
    [axes] = axes_of(figures.negative_estimates, estimates)
    positive, negative = bars(axes, "0 or more", "kl"), bars(axes, "negative", "faint")
    for part, these in ((positive, estimates >= 0), (negative, estimates < 0)):
        inside = these & (estimates > -3.5) & (estimates < 4.5)
        assert part[:, 3].sum() == pytest.approx(inside.sum().item(), abs=1)
    edges = positive[:, 0]
    assert not negative[edges >= 0, 3].any() and not positive[edges < 0, 3].any()
    count = ((estimates >= 0.5) & (estimates < 0.625)).sum().item()
    assert positive[edges == 0.5, 3] == pytest.approx([count], abs=2)
    [share] = numbers(next(named(one) for one in axes.containers if "negative" in named(one)))
    assert share == pytest.approx(30.85, abs=0.6)  # Φ(−½), and four standard errors of 50,000 draws
    (mean, _), _ = line(axes, "average", "truth")
    assert mean == pytest.approx(0.5, abs=0.02) and f"average: {mean:.2f}" in words(axes)


def two_bumps(distance: float) -> MixtureSameFamily:
    means, spreads = torch.tensor([-distance, distance]).double(), torch.full((2,), 0.6).double()
    return MixtureSameFamily(Categorical(torch.ones(2)), Normal(means, spreads))


def reverse_kl(m: float, s: float, distance: float) -> float:
    """KL(N(m, s²) ‖ two bumps) by a grid."""
    z = torch.linspace(m - 10 * s, m + 10 * s, 4001, dtype=torch.float64)
    log_q = Normal(m, s).log_prob(z)
    return torch.trapezoid(log_q.exp() * (log_q - two_bumps(distance).log_prob(z)), z).item()


@pytest.mark.parametrize("distance", [0.75, 2.0, 3.0])
def test_the_best_gaussians_have_the_kl_that_is_said_and_none_beside_them_is_better(distance: float):
    for means in (np.linspace(0.88 * distance, 1.1 * distance, 23), np.zeros(1)):
        m, s, found = figures.best_reverse(distance, means)
        assert found == pytest.approx(reverse_kl(m, s, distance), abs=2e-3) and m in means
        for other in (0.9 * s, 1.1 * s):
            assert found < reverse_kl(m, other, distance)
    s, forward = figures.best_forward(distance)
    assert s == pytest.approx(math.sqrt(distance**2 + 0.36))
    z = torch.linspace(-20, 20, 8001, dtype=torch.float64)
    log_p = two_bumps(distance).log_prob(z)
    assert forward == pytest.approx(
        torch.trapezoid(log_p.exp() * (log_p - Normal(0, s).log_prob(z)), z).item(), abs=1e-5
    )


def test_far_bumps_cost_log_two_on_one_of_them_and_the_wide_gaussian_has_their_spread():
    _, s, on_one = figures.best_reverse(3.0, np.array([3.0]))
    assert s == pytest.approx(0.6, rel=0.02) and on_one == pytest.approx(math.log(2), abs=2e-3)
    assert figures.best_forward(2.0)[0] == pytest.approx(2.09, abs=0.005)


@pytest.mark.parametrize(("moved", "better"), [({}, "on one bump"), ({"bumps_at": 0.6}, "between them")])
def test_both_directions_show_bumps_and_gaussians_of_area_one_and_the_better_one_solid(
    moved: dict[str, float], better: str
):
    at = moved.get("bumps_at", 2.0)
    left, right = axes_of(figures.two_directions, **moved)
    for axes in (left, right):
        x, p = line(axes, "p, two bumps", "p")
        assert p == pytest.approx(two_bumps(at).log_prob(torch.tensor(x)).exp().numpy(), abs=1e-6)
        assert area(filled(axes, of="p")) == pytest.approx(1, abs=1e-3)
        for x, density in lines(axes, of="q"):
            assert under(x, density) == pytest.approx(1, abs=5e-3)
    x, density = line(left, "on one bump")
    found = figures.best_reverse(at, np.linspace(0.88 * at, 1.1 * at, 23))
    assert density == pytest.approx(normal(x, found[0], found[1] ** 2), abs=1e-6)
    assert f"on one bump: {found[2]:.2f} nats" in words(left)
    x, density = line(left, "between them")
    found = figures.best_reverse(at, np.zeros(1))
    assert density == pytest.approx(normal(x, 0, found[1] ** 2), abs=1e-6)
    assert f"between them: {found[2]:.2f} nats" in words(left)
    assert len(lines(left, better, "q", "-")) == 1 and len(lines(left, of="q", style=":")) == 1
    x, density = line(right, of="q")
    assert density == pytest.approx(normal(x, 0, at**2 + 0.36), abs=1e-6)
    s, forward = figures.best_forward(at)
    assert f"sd {s:.2f}: {forward:.2f} nats" in words(right)
