"""Lesson 03's figures against the Bernoulli distribution, and against what float32 is known to do."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli

from tests.figures.calls import mean_pixels, pixel_costs
from tests.figures.models import digits
from tests.figures.picture import axes_of, image, line, words
from vae_course.figures import reconstruction as figures


def test_the_cost_of_ink_falls_and_the_cost_of_paper_rises_with_the_logit():
    [axes] = axes_of(figures.pixel_cost_beside_target, None, None, None)
    for label, of, x in (("x = 1 (ink)", "rec", 1.0), ("x = 0 (paper)", "truth", 0.0)):
        logits, cost = line(axes, f"target, {label}", of)
        exact = -Bernoulli(logits=torch.tensor(logits)).log_prob(torch.tensor(x, dtype=torch.float64))
        assert cost == pytest.approx(exact.numpy(), abs=1e-5)
    assert line(axes, of="faint")[1] == pytest.approx([math.log(2)] * 2)
    assert len(axes.lines) == 3


def test_the_learners_costs_stand_on_the_curves_of_their_own_pixel():
    mine = pixel_costs()
    [axes] = axes_of(figures.pixel_cost_beside_target, **mine)
    for label, of, values in (("yours, x = 1", "rec", mine["ink"]), ("yours, x = 0", "truth", mine["paper"])):
        x, y = line(axes, label, of)
        assert x == pytest.approx(mine["logits"].numpy()) and y == pytest.approx(-values.numpy())
        assert y == pytest.approx(np.interp(x, *line(axes, label.replace("yours", "target"), of)), abs=1e-3)
    assert len(axes_of(figures.pixel_cost_beside_target, mine["logits"], None, mine["paper"])[0].lines) == 3


def test_the_mean_pixel_model_shows_its_own_draw_and_the_images_cost_pixel_by_pixel():
    p, x = mean_pixels(), digits()[0]
    model, draw, shown, cost, _ = axes_of(figures.mean_pixel_model, p, x)
    assert image(model).ravel() == pytest.approx(p.numpy()) and image(shown).ravel() == pytest.approx(x.numpy())
    exact = -Bernoulli(p).log_prob(x)
    assert image(cost).ravel() == pytest.approx(exact.numpy(), abs=1e-5)
    assert f"its cost, {exact.sum():.0f} nats" in cost.get_title("left") + cost.get_title()
    drawn = image(draw).ravel()
    assert set(drawn) == {0.0, 1.0}
    for of in (p > 0.5, p < 0.1):  # four standard deviations of a sum of such draws
        most = 4 * (p[of] * (1 - p[of])).sum().sqrt().item()
        assert abs(drawn[of.numpy()].sum() - p[of].sum().item()) < most


def test_log_mean_exp_lies_between_the_mean_and_the_maximum():
    [axes] = axes_of(figures.log_mean_exp_beside_target, None, None)
    a, target = line(axes, "log of the mean of exp", "iwae")
    assert target == pytest.approx(np.log((1 + np.exp(a)) / 2))
    assert line(axes, "maximum", "faint")[1] == pytest.approx(np.maximum(a, 0))
    assert line(axes, "mean", "nelbo", style=":")[1] == pytest.approx(a / 2)
    yours = torch.linspace(-3, 7, 5)
    x, y = line(axes_of(figures.log_mean_exp_beside_target, yours, yours**2)[0], "yours", "iwae")
    assert x == pytest.approx(yours.numpy()) and y == pytest.approx(yours.numpy() ** 2)
    assert len(axes_of(figures.log_mean_exp_beside_target, yours, None)[0].lines) == 3


def test_the_naive_loss_freezes_at_23_log_2_and_is_infinite_from_24_log_2_on():
    loss, slope = figures.naive_loss(5.0)
    assert (loss, slope) == pytest.approx((math.log1p(math.exp(5)), 1 / (1 + math.exp(-5))), rel=1e-4)
    assert figures.naive_loss(16.3)[0] == figures.naive_loss(16.6)[0] == pytest.approx(24 * math.log(2) - math.log(2))
    loss, slope = figures.naive_loss(16.7)
    assert loss == math.inf and math.isnan(slope)


def test_torchs_own_loss_jumps_to_100_at_the_edge_and_its_slope_to_0():
    assert figures.torchs_loss(5.0) == pytest.approx(figures.naive_loss(5.0))
    assert figures.torchs_loss(16.6) == pytest.approx((23 * math.log(2), 1))
    assert figures.torchs_loss(16.7) == (100, 0)


@pytest.mark.parametrize("logit", [12.0, 16.5, 18.0])
def test_the_edge_of_float32_is_shown_beside_softplus_and_sigmoid(logit: float):
    left, right = axes_of(figures.float32_edge, logit=logit)
    a, exact = line(left, "softplus", "truth")
    assert exact == pytest.approx(np.logaddexp(0, a), abs=1e-4) and a[[0, -1]] == pytest.approx([10, 20])
    _, naive = line(left, "from p", "rec")
    assert naive[a < 12] == pytest.approx(exact[a < 12], abs=0.02)
    assert np.nanmax(naive) == pytest.approx(23 * math.log(2)) and np.isnan(naive[a > 24.01 * math.log(2)]).all()
    _, slopes = line(right, "from p, by torch", "rec")
    assert line(right, "sigmoid", "truth")[1] == pytest.approx(1 / (1 + np.exp(-a)))
    assert slopes[a < 12] == pytest.approx(np.ones((a < 12).sum()), abs=0.02)
    assert not slopes[a > 24.01 * math.log(2)].any()
    loss, (own, slope) = figures.naive_loss(logit)[0], figures.torchs_loss(logit)
    marker, heights = ("o", (loss, slope)) if logit < 24 * math.log(2) else ("^", (20.4, 0.0))
    assert ("torch's own: 100" in words(left)) == (own == 100) == (logit > 24 * math.log(2))
    for axes, height in zip((left, right), heights, strict=True):
        assert [part[0] for part in line(axes, of="rec", marker=marker)] == pytest.approx([logit, height])
        assert line(axes, of="faint")[0] == pytest.approx([logit] * 2)
    assert f"at a = {logit:g}: {loss:.4g} nats" in words(left) and f"{heights[1]:.3g}" in words(right)


def test_the_slider_of_the_edge_begins_at_12():
    assert "at a = 12" in words(axes_of(figures.float32_edge)[0])
