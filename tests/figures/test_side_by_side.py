"""Models that are trained side by side: what differs is one line of the loss, and what comes of it is that line's doing."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli

from tests.figures.calls import three_models
from tests.figures.models import digits, held_out
from tests.figures.picture import axes_of, image, lines
from vae_course import given
from vae_course.data import MNIST
from vae_course.evaluation import evaluate
from vae_course.figures import side_by_side as figures
from vae_course.training import fit, start_at_mean_pixel


@pytest.fixture(scope="module")
def two() -> tuple[MNIST, tuple[Any, Any]]:
    data = MNIST(held_out().images[:5_000], held_out().labels[:5_000])
    return data, figures.train_two(data, steps=300)


@torch.no_grad()
def test_an_autoencoder_copies_better_than_a_vae_of_its_size_and_its_codes_do_not_lie_where_the_prior_is(
    two: tuple[MNIST, tuple[Any, Any]],
) -> None:
    data, (autoencoder, vae) = two
    x = torch.bernoulli(data.images[:1_000] / 255, generator=torch.Generator().manual_seed(0))
    copies = [-given.log_bernoulli_with_logits(x, some.dec(some.enc(x)[0])).mean() for some in (autoencoder, vae)]
    assert copies[0] < copies[1]
    spread, kept = (some.enc(x)[0].square().mean() for some in (autoencoder, vae))
    assert spread > 2 and kept < 1.2


@torch.no_grad()
def test_what_the_vae_draws_has_the_ink_of_digits_and_what_the_autoencoder_draws_is_paler(
    two: tuple[MNIST, tuple[Any, Any]],
) -> None:
    data, models = two
    z = torch.randn(500, 20, generator=torch.Generator().manual_seed(0))
    # Of a clear drawing most pixels are surely ink or surely paper: its pixels' variance p (1 − p) is small for its ink.
    blur = []
    for some in models:
        p = torch.sigmoid(some.dec(z))
        blur.append(((p * (1 - p)).sum() / p.sum()).item())
    assert blur[0] > 1.2 * blur[1]


@pytest.fixture(scope="module")
def three() -> tuple[MNIST, dict]:
    data = MNIST(held_out().images[:3_000], held_out().labels[:3_000])
    return data, figures.train_three(data, steps=25)


def test_three_models_that_differ_by_one_mean_end_with_three_different_kls(three: tuple[MNIST, dict]):
    _, found = three
    kls = {name.split(":")[0]: kl for name, (_, kl, _) in found.items()}
    assert list(kls) == ["all sums", "rec", "KL"]
    assert kls["rec"] < 0.5 * kls["all sums"] and kls["KL"] > 2 * kls["all sums"]
    recs = {name.split(":")[0]: rec for name, (_, _, rec) in found.items()}
    assert recs["KL"] < recs["all sums"] < recs["rec"] < 206


def test_the_two_terms_are_summed_as_they_should_be_whatever_was_trained(three: tuple[MNIST, dict]):
    data, found = three
    x = torch.bernoulli(data.images[-1000:] / 255, generator=torch.Generator().manual_seed(0))
    for model, kl, rec in found.values():
        with torch.no_grad():
            m, v = model.enc(x)
        assert kl == pytest.approx(given.kl_normal(m, v, torch.zeros(1), torch.ones(1)).mean().item(), rel=1e-4)
        assert rec == pytest.approx(evaluate(model, x).rec, abs=0.5)
        assert m.shape == (1000, 20)


def test_each_model_is_the_one_that_its_own_objective_trains_from_the_same_beginning(three: tuple[MNIST, dict]):
    data, found = three

    def objective(model, x: torch.Tensor, of_rec: float, of_kl: float) -> torch.Tensor:
        m, v = model.enc(x)
        rec = -given.log_bernoulli_with_logits(x, model.dec(m + v.sqrt() * torch.randn_like(m)))
        return (of_rec * rec + of_kl * given.kl_normal(m, v, torch.zeros(1), torch.ones(1))).mean()

    for (name, (model, *_)), shares in zip(found.items(), [(1, 1), (1 / 784, 1), (1, 1 / 20)], strict=True):
        own = partial(objective, of_rec=shares[0], of_kl=shares[1])
        torch.manual_seed(0)
        again = given.VAE(nn="v1", z_dim=20)
        start_at_mean_pixel(again, data)
        fit(again, data, objective=own, steps=25, lr=3e-3, progress=False)
        with torch.no_grad():
            (m, v), (expected_m, expected_v) = (one.enc(digits()) for one in (model, again))
        assert (m - expected_m).abs().max() < 0.05 * expected_m.std(), name
        assert (v / expected_v - 1).abs().max() < 0.05, name


def tiles(strip: np.ndarray) -> np.ndarray:
    """The images (n, 28, 28) of a strip, without their frames."""
    assert strip.shape[0] == 30
    return np.stack([one[1:29, 1:29] for one in np.split(strip, strip.shape[1] // 30, axis=1)])


def test_each_row_shows_what_its_own_model_makes_of_the_images():
    x, found = digits()[:5], three_models()
    rows = axes_of(figures.one_mean, found, x)
    assert tiles(image(rows[0])) == pytest.approx(x.view(-1, 28, 28).numpy()) and rows[0].get_ylabel() == "the images"
    for axes, (name, (model, kl, _)) in zip(rows[1:], found.items(), strict=True):
        assert axes.get_ylabel() == f"{name}\nKL {kl:.1f} nats"
        with torch.no_grad():
            expected = Bernoulli(logits=model.dec(model.enc(x)[0])).probs.view(-1, 28, 28)
        assert tiles(image(axes)) == pytest.approx(expected.numpy(), abs=1e-5)
        assert not lines(axes)
