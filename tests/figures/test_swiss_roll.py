"""The swiss roll: its exact density against an integral and against draws; the recorded paths begin and end where they should."""

import math

import numpy as np
import pytest
import torch

from tests.figures.picture import axes_of, line
from vae_course.figures import swiss_roll as figures


def test_the_density_is_one_in_all_and_its_draws_are_those_of_the_roll():
    at = torch.linspace(-2.8, 2.8, 281)
    x = torch.cartesian_prod(at, at)
    density = torch.exp(-figures.true_nll(x, places=1_000)).reshape(281, 281)
    step = float(at[1] - at[0])
    assert density.sum().item() * step * step == pytest.approx(1, abs=1e-3)
    drawn = figures.draw(40_000, 3)
    counts, _, _ = np.histogram2d(*drawn.T.numpy(), bins=28, range=[[-2.8, 2.8], [-2.8, 2.8]])
    expected = density[:-1, :-1].reshape(28, 10, 28, 10).sum((1, 3)).numpy() * step * step * 40_000
    assert np.abs(counts - expected).max() < 6 * math.sqrt(expected.max())
    assert np.corrcoef(counts.ravel(), expected.ravel())[0, 1] > 0.98


def test_a_single_gaussian_is_worse_and_is_the_fitted_one():
    train, test = figures.draw(20_000, 0), figures.draw(20_000, 1)
    true, control = figures.true_nll(test).mean(), figures.gaussian_nll(test, train).mean()
    assert true == pytest.approx(1.65, abs=0.02) and control == pytest.approx(2.78, abs=0.02)
    v = np.cov(train.double().T.numpy())
    assert control == pytest.approx(0.5 * np.linalg.slogdet(v)[1] + 1 + math.log(2 * math.pi), abs=0.02)


def test_paths_lead_from_the_roll_into_noise_and_back():
    forward, backward = figures.paths()
    assert forward.shape == backward.shape == (figures.MOMENTS, 400, 2)
    near = figures.true_nll(torch.from_numpy(forward[0])).mean()
    back = figures.true_nll(torch.from_numpy(backward[0])).mean()
    noise = figures.true_nll(torch.from_numpy(backward[-1])).mean()
    assert near < 1.9 and back < 2.6 and noise > 10
    for path in (forward, backward):
        assert path[-1].var(0) == pytest.approx([1, 1], abs=0.25)


@pytest.mark.parametrize("moment", [1, 7, 13])
def test_the_moment_is_drawn(moment: int):
    left, right = axes_of(figures.there_and_back, moment=moment)
    for axes, path in zip((left, right), figures.paths(), strict=True):
        assert np.stack(line(axes, marker="."), 1) == pytest.approx(path[moment - 1])
    assert "50 %" in left.get_title(loc="left") or moment != 7


def test_clouds_and_draws_are_shown():
    points = figures.draw(50, 1)
    [one, two] = axes_of(figures.clouds, {"a": points, "b": 2 * points})
    assert (one.get_title(loc="left"), two.get_title(loc="left")) == ("a", "b") and line(two, marker=".")[
        0
    ] == pytest.approx(2 * points[:, 0].numpy())
    _, right = axes_of(figures.beside_the_data, points)
    assert line(right, marker=".")[1] == pytest.approx(points[:, 1].numpy())
