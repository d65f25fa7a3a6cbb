"""Small digits: the networks against formulas of their own, controls with a known answer, and what was recorded."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli

from tests.figures.picture import axes_of, image, line
from vae_course.figures import diffusion as figures
from vae_course.figures import small_digits


def test_small_images_are_means_of_four_pixels():
    from vae_course.data import load_mnist

    grey = small_digits.grey("test")
    whole = load_mnist("test").images[3].reshape(28, 28).double() / 255
    assert grey.shape == (10_000, 196)
    assert grey[3].reshape(14, 14)[5, 7].item() == pytest.approx(whole[10:12, 14:16].mean().item())


def test_independent_pixels_predict_as_bayes_rule_does_and_know_their_density():
    images = small_digits.grey("test")[:300]
    control = small_digits.IndependentPixels(images)
    a = torch.tensor([[0.7], [0.2]])
    x_t = torch.randn(2, 196, generator=torch.Generator().manual_seed(0))
    black = images.mean(0).clamp(1e-3, 1 - 1e-3)
    like = {s: torch.exp(-((x_t - s * a.sqrt()) ** 2) / (2 * (1 - a))) for s in (-1, 1)}
    clean = (black * like[1] - (1 - black) * like[-1]) / (black * like[1] + (1 - black) * like[-1])
    assert torch.allclose(control(x_t, a), (x_t - a.sqrt() * clean) / (1 - a).sqrt(), atol=1e-4)
    x = small_digits.black_and_white(images[:5], torch.Generator().manual_seed(1))
    assert torch.allclose(control.nll(x), -Bernoulli(black).log_prob(x).sum(-1), atol=1e-3)


def test_a_denoiser_that_knows_nothing_takes_each_pixel_by_itself():
    model, a = small_digits.Denoiser(), torch.tensor([[0.5], [0.9]])
    x_t = torch.randn(2, 196)
    assert torch.allclose(model.clean(x_t, a), torch.tanh(a.sqrt() * x_t / (1 - a)), atol=1e-6)
    noise = (x_t - a.sqrt() * model.clean(x_t, a)) / (1 - a).sqrt()
    assert torch.allclose(model(x_t, a), noise, atol=1e-5)


def test_the_stored_denoiser_is_far_better_than_independent_pixels_and_as_good_as_recorded():
    schedule = small_digits.schedule(1_000)
    x = 2 * small_digits.black_and_white(small_digits.grey("test")[:2_000], torch.Generator().manual_seed(1)) - 1
    control = small_digits.IndependentPixels(small_digits.grey("train"))
    torch.manual_seed(0)
    found = []
    with torch.no_grad():
        for model in (small_digits.trained("denoiser"), control):
            t = 1 + torch.arange(2_000) % 999
            a, noise = schedule[t, None], torch.randn_like(x)
            error = (model(a.sqrt() * x + (1 - a).sqrt() * noise, a) - noise).square().sum(-1).mean()
            found.append(0.5 * (small_digits.FIRST - small_digits.LAST) * error.item())
    assert found[0] == pytest.approx(small_digits.numbers("denoiser")[0], abs=3)
    assert found[1] == pytest.approx(small_digits.numbers("independent")[0], abs=3) and found[0] < found[1] - 8


def test_the_bound_of_independent_pixels_lies_just_above_their_density():
    bound, exact = small_digits.numbers("independent")
    assert exact < bound < exact + 0.5


def test_two_layers_are_stored_whole():
    layers = small_digits.trained("two layers")
    x = small_digits.black_and_white(small_digits.grey("test")[:7], torch.Generator().manual_seed(1))
    m, v = layers.q1(x)
    assert (
        m.shape == v.shape == (7, 30) and layers.q2(m)[0].shape == (7, 10) and layers.p1(layers.q2(m)[0])[1].min() > 0
    )
    rec = -Bernoulli(logits=layers.decoder(m)).log_prob(x).sum(-1)
    assert rec.mean() < 35


def test_recorded_files_are_small():
    assert small_digits.FILE.stat().st_size < 1_500_000


def test_the_table_has_bits_beside_nats_and_the_runs():
    rows = figures.table(38.0).splitlines()
    assert len(rows) == 8 and rows[1].split()[-2:] == [f"{196 * math.log(2):.2f}", "1.000"]
    assert "452,932  15,000" in rows[6] and "171,436   6,000" in rows[3]
    assert f"{38 / 196 / math.log(2):.3f}" in rows[-1] and "by your functions" in rows[-1]
    for name in ("one layer", "two layers"):
        runs = small_digits.recording()[f"{name}/numbers"][:, 0]
        assert f"({runs.min():.2f} to {runs.max():.2f})" in "".join(rows)
    assert len(figures.table().splitlines()) == 7


def test_lost_nats_are_areas_below_the_curves():
    [axes] = axes_of(figures.where_nats_are_lost)
    for name, label in (("denoiser", "the network"), ("independent", "independent pixels")):
        at, cost = line(axes, label)
        assert at[0] == small_digits.FIRST and at[-1] == small_digits.LAST
        area = -np.trapezoid(cost, at) if hasattr(np, "trapezoid") else -np.trapz(cost, at)
        assert area == pytest.approx(small_digits.numbers(name)[0], abs=1.5)


def test_rows_are_drawn_in_order():
    first, second = torch.zeros(20, 196), torch.ones(20, 196)
    one, two = axes_of(figures.rows_of_digits, {"white": first, "black": second})
    assert (
        image(one).max() == 0
        and image(two).mean() > 0.7
        and (one.get_title(loc="left"), two.get_title(loc="left")) == ("white", "black")
    )
