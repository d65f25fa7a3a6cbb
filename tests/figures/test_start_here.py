"""Lesson 00's figures against sums by hand: two boxes, ten balls each, 2 and 9 of them red."""

import math

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle, Rectangle
from torch.distributions import Normal

from tests.figures.models import plane
from tests.figures.picture import axes_of, bars, colour, image, line, numbers, words
from vae_course.figures import start_here as figures

LOG_RED = math.log(0.5 * 0.2 + 0.5 * 0.9)
POSTERIOR = 0.45 / 0.55


def kl_of_two(a: float, b: float) -> float:
    """KL between two coins that show 1 with probability a and b."""
    return sum(p * math.log(p / q) for p, q in ((a, b), (1 - a, 1 - b)) if p > 0)


def test_the_boxes_hold_two_and_nine_red_balls_of_ten_and_say_so():
    [axes] = axes_of(figures.boxes)
    balls = [one for one in axes.patches if isinstance(one, Circle)]
    for z, red in enumerate((2, 9)):
        inside = [one for one in balls if (one.center[0] > 3.8) == bool(z)]
        assert [colour(one) for one in inside].count(figures.RED.lower()) == red and len(inside) == 10
        assert f"p(z = {z}) = ½,  p(red | z = {z}) = {red / 10}" in words(axes)
    marked = {text.get_position() for text in axes.texts if text.get_text() == "r"}
    assert marked == {one.center for one in balls if colour(one) == figures.RED.lower()}


@pytest.mark.filterwarnings("error")
def test_the_elbo_is_log_p_less_the_kl_to_the_posterior():
    a = np.array([0.0, 0.1, 0.5, POSTERIOR, 0.95, 1.0])
    assert figures.elbo_of(a) == pytest.approx([LOG_RED - kl_of_two(one, POSTERIOR) for one in a])
    assert figures.elbo_of(0.5) == pytest.approx(-0.8574, abs=5e-5)
    assert [figures.elbo_of(0), figures.elbo_of(1)] == pytest.approx([math.log(0.1), math.log(0.45)])


@pytest.mark.parametrize("a", [0.2, 0.5, 0.9])
def test_the_guess_stands_beside_the_posterior_and_the_gap_is_their_kl(a: float):
    left, right = axes_of(figures.guess, a=a)
    assert bars(left, "your guess", "q")[:, 3] == pytest.approx([1 - a, a])
    assert bars(left, "posterior", "p")[:, 3] == pytest.approx([1 - POSTERIOR, POSTERIOR])
    assert (bars(left, "your guess")[:, 0] < bars(left, "posterior")[:, 0]).all()
    x, y = line(right, "ELBO(a)", "nelbo")
    assert x[np.argmax(y)] == pytest.approx(POSTERIOR, abs=0.003) and y.max() == pytest.approx(LOG_RED, abs=1e-4)
    assert y == pytest.approx([LOG_RED - kl_of_two(one, POSTERIOR) for one in x])
    assert line(right, "log p(red)", "truth")[1] == pytest.approx([LOG_RED] * 2)
    at, (low, high) = line(right, "gap", "kl")
    assert (
        list(at) == [a, a] and high == pytest.approx(LOG_RED) and high - low == pytest.approx(kl_of_two(a, POSTERIOR))
    )
    assert [part[0] for part in line(right, of="nelbo", marker="o")] == pytest.approx([a, low])
    assert f"a = {a:.2f}" in words(right)


def test_the_figure_of_the_guess_begins_at_one_half():
    _, right = axes_of(figures.guess)
    (at, _), (low, high) = line(right, "gap")
    assert at == 0.5 and high - low == pytest.approx(0.2596, abs=5e-5)


def log_p(dims: int) -> float:
    return dims * Normal(0, math.sqrt(1.01)).log_prob(torch.tensor(0.7)).item()


@pytest.mark.parametrize("dims", [1, 2, 5, 10, 20])
def test_a_good_guess_finds_log_p_in_any_dimension_and_the_prior_only_in_few(dims: int):
    by_prior, by_q, exact = figures.evidence_three_ways(dims)
    assert exact == pytest.approx(log_p(dims), rel=1e-6)
    assert by_q == pytest.approx(exact, abs=0.05)
    if dims <= 2:
        assert by_prior == pytest.approx(exact, abs=0.2)
    if dims >= 10:
        assert by_prior < exact - 40


def test_an_estimate_from_one_draw_is_that_draws_own_weight():
    noise = torch.randn(1, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    x, z = torch.full((3,), 0.7, dtype=torch.float64), 0.7 + 0.02**0.5 * noise
    by_prior, by_q, _ = figures.evidence_three_ways(3, draws=1)
    assert by_prior == pytest.approx(Normal(noise, 0.1).log_prob(x).sum().item())
    weight = Normal(z, 0.1).log_prob(x) + Normal(0, 1).log_prob(z) - Normal(0.7, 0.02**0.5).log_prob(z)
    assert by_q == pytest.approx(weight.sum().item())


def test_the_lines_of_the_hard_case_are_its_three_estimates_and_the_circle_counts_its_dots():
    left, right = axes_of(figures.why_it_is_hard)
    dims = [1, 2, 5, 10, 20]
    for label, of, which in (("from the prior", "p", 0), ("from a guess", "q", 1), ("exact", "truth", 2)):
        x, y = line(right, label, of)
        assert list(x) == dims
        assert y == pytest.approx([figures.evidence_three_ways(d)[which] for d in dims], rel=1e-6)
    assert line(right, "exact")[1] == pytest.approx([log_p(d) for d in dims], rel=1e-6)
    x, y = line(left, of="p")
    [circle] = [one for one in left.patches if isinstance(one, Circle)]
    assert circle.center == (0.7, 0.7) and circle.radius == 0.25 and colour(circle) == "q"
    inside = int((np.hypot(x - 0.7, y - 0.7) < 0.25).sum())
    assert f"{inside} draws of 1,500" in words(left) and len(x) == 1500
    assert abs(inside - 1500 * 0.0191) < 4 * math.sqrt(1500 * 0.0191)  # exp(−0.49) · 0.25² / 2 of the prior, about
    for values in (x, y):
        assert abs(values.mean()) < 0.1 and abs(values.var() - 1) < 0.15


def test_every_part_of_the_poster_has_the_colour_of_its_quantity_and_the_lesson_that_builds_it():
    [axes] = axes_of(figures.poster)
    found = {}
    for box in (one for one in axes.patches if isinstance(one, Rectangle)):
        (x0, y0), (x1, y1) = box.get_xy(), (box.get_x() + box.get_width(), box.get_y() + box.get_height())
        inside = [t for t in axes.texts if x0 < t.get_position()[0] < x1 and y0 < t.get_position()[1] < y1]
        above = [t for t in axes.texts if t.get_position() == pytest.approx((x1, y1 + 0.05))]
        [name] = [t.get_text().split()[0] for t in inside]
        found[name] = (colour(box), above[0].get_text() if above else "")
    assert found == {
        "image": ("truth", ""),
        "encoder": ("q", "given"),
        "m,": ("q", "given"),
        "prior": ("p", "given"),
        "z": ("q", "01"),
        "decoder": ("p", "given"),
        "logits": ("p", "03"),
        "kl": ("kl", "02"),
        "rec": ("rec", "03"),
        "nelbo": ("nelbo", "04 · 05"),
        "draw": ("p", "06"),
    }
    assert numbers(words(axes))[-1] == 7


@pytest.mark.parametrize("place", [{}, {"z1": 1.0}, {"z1": -0.5, "z2": 1.5}])
def test_what_is_decoded_is_the_probabilities_at_the_dot(place: dict[str, float]):
    z = [place.get("z1", 0.0), place.get("z2", 0.0)]
    left, right = axes_of(figures.decoded, plane(), **place)
    assert [part[0] for part in line(left, of="q", marker="o")] == z
    with torch.no_grad():
        logits = plane().dec(torch.tensor([z]))
    assert image(right) == pytest.approx((1 / (1 + (-logits).exp())).reshape(28, 28).numpy(), abs=1e-6)
    assert sorted(one.radius for one in left.patches if isinstance(one, Circle)) == [1, 2, 3]
