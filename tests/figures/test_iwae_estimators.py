"""Four gradient estimators in a model where their averages are known: z ~ N(0, 1), x = 1 ~ N(z, 1), q = N(1, 2/3)."""

import math

import pytest
import torch
from torch.distributions import Normal

from tests.figures.picture import axes_of, line, lines, words
from vae_course.figures import iwae_estimators as figures

VARIANCE = 2 / 3


def test_one_draws_estimates_have_the_moments_of_the_normal_distribution():
    """At k = 1: −2 z + 1; −½ z − ½ for both that follow z alone; z: with z ~ N(1, 2/3)."""
    found = figures.gradients(1)
    for name, mean, slope in (("encoder", -1, 2), ("stl", -1, 0.5), ("dreg", -1, 0.5), ("decoder", 1, 1)):
        sd = slope * math.sqrt(VARIANCE)
        assert found[name].shape == (8_000,)
        assert found[name].mean().item() == pytest.approx(mean, abs=4 * sd / math.sqrt(8_000))
        assert found[name].std().item() == pytest.approx(sd, rel=0.03)
        assert figures.signal_to_noise(name)[0] == pytest.approx(1 / sd, rel=0.05)


@pytest.mark.parametrize("k", [1, 4])
def test_the_encoders_and_the_decoders_estimates_are_those_of_automatic_differentiation(k: int):
    m, mu = torch.tensor(1.0, requires_grad=True), torch.tensor(0.0, requires_grad=True)
    noise = torch.randn(5, k, generator=torch.Generator().manual_seed(k))
    found = figures.gradients(k, repeats=5)
    for row in range(5):
        z = m + VARIANCE**0.5 * noise[row]
        log_w = (
            Normal(mu, 1).log_prob(z) + Normal(z, 1).log_prob(torch.tensor(1.0)) - Normal(m, VARIANCE**0.5).log_prob(z)
        )
        of_m, of_mu = torch.autograd.grad(torch.logsumexp(log_w, 0), [m, mu])
        assert found["encoder"][row].item() == pytest.approx(of_m.item(), abs=1e-5)
        assert found["decoder"][row].item() == pytest.approx(of_mu.item(), abs=1e-5)


def test_sticking_the_landing_follows_z_alone_and_doubly_reparameterised_with_squared_shares():
    m = torch.tensor(1.0)
    noise = torch.randn(5, 4, generator=torch.Generator().manual_seed(4))
    z = (m + VARIANCE**0.5 * noise).requires_grad_()
    q = Normal(m, VARIANCE**0.5)
    log_w = Normal(0, 1).log_prob(z) + Normal(z, 1).log_prob(torch.tensor(1.0)) - q.log_prob(z)
    [slope] = torch.autograd.grad(log_w.sum(), [z])
    share = torch.softmax(log_w.detach(), 1)
    found = figures.gradients(4, repeats=5)
    assert found["stl"].numpy() == pytest.approx((share * slope).sum(1).numpy(), abs=1e-5)
    assert found["dreg"].numpy() == pytest.approx((share**2 * slope).sum(1).numpy(), abs=1e-5)


def test_with_many_draws_the_encoders_signal_drowns_and_dregs_rises():
    assert figures.COUNTS == tuple(4**power for power in range(6))
    ratios = {name: figures.signal_to_noise(name) for name in ("encoder", "stl", "dreg", "decoder")}
    assert all(len(ratio) == len(figures.COUNTS) for ratio in ratios.values())
    assert ratios["encoder"] == sorted(ratios["encoder"], reverse=True) and ratios["encoder"][-1] < 0.06
    for name in ("dreg", "decoder"):
        assert ratios[name][-1] / ratios[name][-2] == pytest.approx(2, rel=0.1)  # √k, and four times the draws
    assert ratios["dreg"][-1] > 30


def test_with_many_draws_the_averages_are_those_under_the_posterior():
    """N(½, ½): the decoder's is ½, the encoder's 0; sticking the landing stays at −¾, which is wrong."""
    found = {name: values.mean().item() for name, values in figures.gradients(1024).items()}
    assert found == pytest.approx({"encoder": 0, "dreg": 0, "decoder": 0.5, "stl": -0.75}, abs=0.003)


def test_the_figure_gives_each_estimator_its_own_ratios_and_averages():
    left, right = axes_of(figures.signal_against_draws)
    looks = {
        "decoder": ("decoder", "p"),
        "dreg": ("encoder, DReG", "other"),
        "stl": ("encoder, sticking the landing", "truth"),
        "encoder": ("encoder, plain trick", "q"),
    }
    means = {k: figures.gradients(k) for k in figures.COUNTS}
    for name, (label, of) in looks.items():
        k, ratio = line(left, label, of)
        assert list(k) == list(figures.COUNTS) and ratio == pytest.approx(figures.signal_to_noise(name))
        expected = [abs(means[one][name].mean().item()) / means[one][name].std().item() for one in figures.COUNTS]
        assert ratio == pytest.approx(expected, rel=1e-4)
        if name != "decoder":
            k, average = line(right, label, of)
            assert average == pytest.approx([abs(means[one][name].mean().item()) for one in figures.COUNTS], rel=1e-4)
    assert len(lines(right)) == 3
    assert line(left, of="faint")[1] == pytest.approx([1 / math.sqrt(8_000)] * 2) and "8,000 repeats" in words(left)
    assert {axes.get_xscale() + axes.get_yscale() for axes in (left, right)} == {"loglog"}
