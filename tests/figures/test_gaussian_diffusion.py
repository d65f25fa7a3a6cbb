"""Diffusion of Gaussian data: the bound against the KL of two joint Gaussians, the model's own density, the schedules' weights."""

import math

import numpy as np
import pytest
import torch

from tests.figures.picture import axes_of, line, words
from vae_course.figures import gaussian_diffusion as figures


def joints(variance: float, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The covariances of x0, x_1, ..., x_T: as the encoder makes them from the data, and as the best model draws them."""
    steps = len(shares)
    q = np.zeros((steps + 1, steps + 1))
    every = np.concatenate([[1.0], shares])
    for s in range(steps + 1):
        for t in range(s, steps + 1):
            q[s, t] = q[t, s] = math.sqrt(every[t] / every[s]) * (every[s] * variance + 1 - every[s])
    rows = np.zeros((steps + 1, steps + 1))  # of each x in the independent draws of the model
    rows[steps, steps] = 1
    for t in range(steps, 1, -1):
        a, b = every[t], every[t - 1]
        v = 1 / (1 / (1 - b) + (a / b) / (1 - a / b))  # the precisions of two sources
        on_data, on_later = v * math.sqrt(b) / (1 - b), v * math.sqrt(a / b) / (1 - a / b)
        rows[t - 1] = (on_later + on_data * q[0, t] / q[t, t]) * rows[t]
        rows[t - 1, t - 1] += math.sqrt(v)
    rows[0] = rows[1] / math.sqrt(every[1])
    rows[0, 0] += math.sqrt((1 - every[1]) / every[1])
    return q, rows @ rows.T


@pytest.mark.parametrize("variance", [0.3, 1.0, 4.0, 25.0])
@pytest.mark.parametrize("steps", [2, 5, 30])
def test_bound_gap_and_density_are_those_of_joint_gaussians(variance: float, steps: int):
    alpha_bar = figures.schedule(steps, 4.0, -5.0)
    q, p = joints(variance, alpha_bar.numpy())
    ratio = np.linalg.solve(p, q)
    kl = 0.5 * (np.trace(ratio) - len(q) - np.linalg.slogdet(ratio)[1])
    entropy = 0.5 * (1 + math.log(2 * math.pi * variance))
    assert figures.entropy(variance) == pytest.approx(entropy)
    assert figures.gap(variance, alpha_bar) == pytest.approx(kl, abs=1e-6)
    assert figures.bound(variance, alpha_bar) == pytest.approx(entropy + kl, abs=1e-6)
    own = 0.5 * (math.log(2 * math.pi * p[0, 0]) + variance / p[0, 0])
    assert figures.model_nll(variance, alpha_bar) == pytest.approx(own, abs=1e-9)
    assert entropy <= own + 1e-12 <= entropy + kl + 1e-9


def test_ten_times_the_steps_leave_a_tenth_of_the_gap():
    gaps = [figures.gap(4.0, figures.schedule(steps)) for steps in (100, 1_000, 10_000)]
    assert gaps[0] == pytest.approx(0.45, abs=0.01) and gaps[1] == pytest.approx(0.0425, abs=0.001)
    assert gaps[1] / gaps[2] == pytest.approx(10, rel=0.05)


def test_schedules_fall_from_data_to_noise_and_their_weights_are_those_of_the_question():
    for alpha_bar in figures.SCHEDULES.values():
        assert np.all(np.diff(alpha_bar.numpy()) < 0) and alpha_bar[0] > 0.999 and alpha_bar[-1] < 2e-4
    w = {name: figures.weights(alpha_bar).numpy() for name, alpha_bar in figures.SCHEDULES.items()}
    assert w["straight in log SNR"].max() == pytest.approx(w["straight in log SNR"].min())
    published = w["Ho et al."]
    assert published[0] == pytest.approx(0.60, abs=0.005) and published.min() == pytest.approx(0.005, abs=5e-4)
    assert published.max() / published.min() == pytest.approx(120, abs=1)
    beta = np.linspace(1e-4, 0.02, 1_000)  # eq. 8 and 12 of the paper: beta² / (2 v alpha (1 − ᾱ))
    share = np.cumprod(1 - beta)
    v = beta[1:] * (1 - share[:-1]) / (1 - share[1:])
    assert published == pytest.approx(beta[1:] ** 2 / (2 * v * (1 - beta[1:]) * (1 - share[1:])))


def test_the_picture_has_bounds_above_the_entropy_that_come_down():
    left, right = axes_of(figures.bound_and_steps, variance=1.0)
    x, y = line(right, "bound")
    assert x.tolist() == list(figures.COUNTS) and np.all(np.diff(y) < 0) and np.all(y > figures.entropy(1.0))
    assert np.all(line(right, "of the model")[1] <= y + 1e-9)
    at, height = line(left, "error of the noise")
    assert height == pytest.approx(0.5 / (1 + np.exp(-at)))  # for variance 1 the data's part is ᾱ


@pytest.mark.parametrize("schedule", figures.SCHEDULES)
def test_the_weights_of_a_schedule_are_drawn_beside_one(schedule: str):
    left, right = axes_of(figures.weights_of_steps, schedule=schedule)
    t, w = line(right, "bound")
    assert t[0] == 2 and w.mean() == pytest.approx(1)
    assert torch.sigmoid(torch.from_numpy(line(left, schedule)[1])).numpy() == pytest.approx(
        figures.SCHEDULES[schedule].numpy()
    )
    assert "largest over smallest" in words(right)
