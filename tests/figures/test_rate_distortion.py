"""The plane of rate and distortion: what is recorded adds up, and is drawn where it belongs."""

import math

import numpy as np
import pytest

from tests.figures.picture import axes_of, line
from vae_course.figures import rate_distortion as figures

POINTS = np.array([figures.numbers(beta) for beta in figures.WEIGHTS])


def test_a_dearer_rate_is_smaller_and_its_distortion_larger():
    assert np.all(np.diff(POINTS[:, 0]) < 0) and np.all(np.diff(POINTS[:, 1]) > 0)


def test_each_weight_s_model_has_the_smallest_loss_by_its_own_weight():
    """Up to a nat and a half: each was trained once, and for 1,200 steps."""
    for beta, (rate, distortion) in zip(figures.WEIGHTS, POINTS, strict=True):
        others = POINTS[:, 1] + beta * POINTS[:, 0]
        assert distortion + beta * rate <= others.min() + 1.5, beta


def test_the_last_weight_s_model_has_collapsed_to_the_average_image():
    rate, distortion = figures.numbers(figures.WEIGHTS[-1])
    assert rate < 0.01 and distortion == pytest.approx(figures.MEAN_PIXEL, abs=0.1)


def test_the_rate_of_all_latents_together_is_the_rate():
    for name in ("plain", "warm-up", "free bits"):
        assert figures.latents(name).sum() == pytest.approx(figures.trained_by(name)[0], abs=0.02)
        assert np.all(np.diff(figures.latents(name)) <= 0) and len(figures.latents(name)) == figures.Z_DIM
    assert figures.latents("free bits").min() > 0.9 * figures.FLOOR
    assert figures.trained_by("plain") == pytest.approx(figures.numbers(1.0), abs=0.02)


def test_the_chosen_model_stands_on_the_curve_and_the_title_adds_up():
    left, _ = axes_of(figures.plane, beta=2.0)
    rate, distortion = figures.numbers(2.0)
    assert (
        left.get_title(loc="left")
        == f"β = 2: rate {rate:.1f}, distortion {distortion:.1f}, NELBO {rate + distortion:.1f}"
    )
    x, y = line(left, of="truth")
    assert np.stack([x, y]).T.tolist() == POINTS.tolist()


def test_no_point_lies_below_the_line_that_touches():
    for beta in (0.25, 1.0, 5.0):
        [axes] = axes_of(figures.tangent, beta=beta)
        lines = [one for one in axes.lines if one.get_linestyle() == "-" and one.get_color() == "#0072B2"]
        [touching] = lines
        x, y = touching.get_data()
        assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(-beta)
        assert np.all(POINTS[:, 1] >= np.interp(POINTS[:, 0], x, y) - 1)


def test_paths_end_where_their_models_are():
    left, right = axes_of(figures.paths)
    for name in ("plain", "warm-up", "free bits"):
        x, y = line(left, name)
        # on the way 1,000 test images are asked, at the end all
        assert math.dist((x[-1], y[-1]), figures.trained_by(name)) < 8
        assert line(right, name)[1].tolist() == figures.latents(name).tolist()


def test_the_table_of_places_has_sums():
    for row in figures.places().splitlines()[1:]:
        rate, distortion, nelbo = map(float, row.split()[-3:])
        assert rate + distortion == pytest.approx(nelbo, abs=0.11)


def test_your_points_stand_where_they_were_measured():
    [axes] = axes_of(figures.your_points, {4.0: (8.0, 119.0), 0.3: (36.0, 70.0)})
    diamonds = [tuple(float(one) for one in np.ravel(p.get_data())) for p in axes.lines if p.get_marker() == "D"]
    assert diamonds == [(8.0, 119.0), (36.0, 70.0)]
    assert {t.get_text() for t in axes.texts} >= {"your β = 4", "your β = 0.3"}
