"""Lesson 01's figures against closed forms: moments of normal distributions, with m and v mean and variance."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from tests.figures.picture import area, axes_of, bars, colour, filled, line, lines, under, words
from vae_course.figures import reparameterization as figures

M = 0.5  # the mean in every estimator here; the variance is 1


def normal(z: np.ndarray, m: float, v: float) -> np.ndarray:
    return Normal(m, math.sqrt(v)).log_prob(torch.as_tensor(z)).exp().numpy()


@pytest.mark.parametrize(("m", "v"), [(0, 1), (1.5, 4), (-2, 0.25)])
def test_the_density_takes_a_variance_and_has_area_one(m: float, v: float):
    z = np.linspace(m - 9 * math.sqrt(v), m + 9 * math.sqrt(v), 2001)
    assert figures.normal_density(z, m, v) == pytest.approx(normal(z, m, v), abs=1e-6)
    assert under(z, figures.normal_density(z, m, v)) == pytest.approx(1)


def test_only_the_graph_without_the_trick_has_a_cut_path():
    left, right = axes_of(figures.where_the_gradient_stops)

    def dashed(axes) -> list[bool]:
        arrows = [text.arrow_patch for text in axes.texts if getattr(text, "arrow_patch", None)]
        return [arrow.get_linestyle() in ("--", "dashed") for arrow in arrows]

    assert dashed(left) == [True, False] and dashed(right) == [False, False, False]
    assert "✗" in words(left) and "✗" not in words(right)
    assert "stops at the random draw" in words(left) and "reaches m and v" in words(right)
    for axes, random in ((left, "z"), (right, "ε")):
        edges = {text.get_text(): colour(text.get_bbox_patch()) for text in axes.texts if text.get_bbox_patch()}
        assert [name for name, edge in edges.items() if edge == "p"] == [random]
        assert set(edges) == {"m, v", "z", "f(z)"} | ({"ε"} if random == "ε" else set())


@pytest.mark.parametrize("moved", [{}, {"m": -1.0, "v": 0.25}, {"m": 0.0, "v": 9.0}])
def test_the_dots_are_the_same_noise_moved_by_m_and_stretched_by_the_root_of_v(moved: dict[str, float]):
    m, v = moved.get("m", 1.5), moved.get("v", 4.0)
    [axes] = axes_of(figures.move_and_stretch, **moved)
    noise, z = line(axes, of="p", marker="s")[0], line(axes, of="q", marker="o")[0]
    assert len(noise) == 12 and noise == pytest.approx(
        torch.randn(12, generator=torch.Generator().manual_seed(4)).numpy()
    )
    assert z == pytest.approx(m + math.sqrt(v) * noise)
    joined = [x for x, y in lines(axes, of="faint") if list(y) == [2, 0]]
    assert np.array(joined) == pytest.approx(np.stack([noise, z], 1))
    x, y = line(axes, of="p", style="--")
    assert y - 2 == pytest.approx(normal(x, 0, 1), abs=1e-6)
    x, y = line(axes, of="q", style="-")
    assert y / -2 == pytest.approx(normal(x, m, v), abs=1e-6)
    assert f"mean {m:g}, variance {v:g}" in words(axes)
    assert "√" not in words(axes)  # exercise 1.1 asks for it


def test_the_learners_draws_are_a_density_beside_the_target():
    z = 1 + 3 * torch.randn(2_000, generator=torch.Generator().manual_seed(0))
    [axes] = axes_of(figures.draws_beside_target, z[:, None].requires_grad_(), m=1, v=9)
    left, _, width, height = bars(axes, "your draws", "q").T
    counts = [((z >= a) & (z < a + w)).sum().item() for a, w in zip(left, width, strict=True)]
    assert height * width * len(z) == pytest.approx(counts, abs=1.01)  # a draw on an edge may count on either side
    assert (height * width).sum() == pytest.approx(1)
    x, y = line(axes, "target: N(1, 9)", "p")
    assert y == pytest.approx(normal(x, 1, 9), abs=1e-6) and under(x, y) == pytest.approx(1, abs=1e-4)


def test_without_draws_there_is_the_target_alone():
    [axes] = axes_of(figures.draws_beside_target, None, m=1, v=9)
    assert not len(bars(axes)) and line(axes, "target", "p")[0][[0, -1]] == pytest.approx([-14, 16])


def exact_variances(d: int) -> tuple[float, float, float]:
    """Of 2 z₁, f(z) ε₁ and (f(z) − E f) ε₁ with f = Σ z², from the moments of ε: 1, 3, 15."""
    rest = (d - 1) * (M**2 + 1)
    rest_squared = (d - 1) * (2 + 4 * M**2) + rest**2
    second = (M**4 + 18 * M**2 + 15) + 2 * (M**2 + 3) * rest + rest_squared
    base = d * (M**2 + 1)
    with_baseline = second - 2 * base * (M**2 + 3 + rest) + base**2
    return 4.0, second - 4 * M**2, with_baseline - 4 * M**2


@pytest.mark.parametrize("dims", [1, 3, 10, 30, 100])
def test_the_variances_of_the_estimates_are_those_of_the_normal_moments(dims: int):
    assert figures.estimator_variances(dims) == pytest.approx(exact_variances(dims), rel=0.06)


def test_the_figure_of_the_variances_shows_which_line_is_which():
    [axes] = axes_of(figures.variance_against_dimension)
    dims = [1, 3, 10, 30, 100]
    for label, of, which in (("pathwise", "q", 0), ("with a baseline", "faint", 2)):
        x, y = line(axes, label, of)
        assert list(x) == dims and y == pytest.approx([exact_variances(d)[which] for d in dims], rel=0.06)
    assert line(axes, of="other")[1] == pytest.approx([exact_variances(d)[1] for d in dims], rel=0.06)
    [label] = [one.get_label() for one in axes.lines if colour(one) == "other"]
    assert label == "score function" and axes.get_xscale() == axes.get_yscale() == "log"


def exact_cosine_variances(w: float) -> tuple[float, float]:
    pathwise = w**2 * (
        (1 - math.cos(2 * w * M) * math.exp(-2 * w**2)) / 2 - (math.sin(w * M) * math.exp(-(w**2) / 2)) ** 2
    )
    second = (1 + math.cos(2 * w * M) * (1 - 4 * w**2) * math.exp(-2 * w**2)) / 2
    return pathwise, second - (w * math.sin(w * M) * math.exp(-(w**2) / 2)) ** 2


@pytest.mark.parametrize("w", [0.2, 1.0, 2.0, 5.0])
def test_the_variances_for_a_cosine_are_those_of_the_integrals(w: float):
    assert figures.cosine_variances(w) == pytest.approx(exact_cosine_variances(w), rel=0.04)


def test_what_is_printed_are_plain_numbers():
    assert all(type(value) is float for value in (*figures.cosine_variances(), *figures.estimator_variances(2)))
    assert figures.cosine_variances() == figures.cosine_variances(1.0)


@pytest.mark.parametrize("moved", [{}, {"ω": 3.0}])
def test_the_trick_loses_where_the_lines_cross_and_the_dots_stand_at_omega(moved: dict[str, float]):
    w = moved.get("ω", 1.0)
    left, right = axes_of(figures.when_the_trick_loses, **moved)
    x, y = line(left, "cos(ωz)", "truth")
    assert y == pytest.approx(np.cos(w * x)) and f"ω = {w:g}" in words(left)
    outline = filled(left, "q(z)", "q")
    assert area(outline) == pytest.approx(1, abs=2e-3)  # less what lies beyond the picture
    top = outline[0][outline[0][:, 1].argmax()]
    assert top == pytest.approx([M, 1 / math.sqrt(2 * math.pi)], abs=0.01)
    for label, of, which in (("pathwise", "q", 0), ("score function", "other", 1)):
        omegas, variance = line(right, label, of)
        exact = [exact_cosine_variances(float(one))[which] for one in omegas]
        assert variance == pytest.approx(exact, rel=0.04, abs=0.005)
    at, there = line(right, of="truth", marker="o")
    assert list(at) == [w, w] and there == pytest.approx(exact_cosine_variances(w), rel=0.04)
