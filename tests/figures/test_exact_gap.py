"""The split of an image's gap: exact where it says so, the search for the best Gaussian has arrived, the parts are parts."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Normal

from tests.figures.models import digits, elbo, exact_log_p, plane
from vae_course import given
from vae_course.data import binarize, load_mnist
from vae_course.figures.exact_gap import gap, gaps, posterior_grid


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return binarize(load_mnist("test").images[:10], torch.Generator().manual_seed(0))  # (10, 784)


@pytest.mark.slow
def test_more_steps_find_no_better_gaussian(images: torch.Tensor):
    model = given.trained("v1_z2")
    for image in images:
        assert gap(model, image, steps=300).best_elbo - gap(model, image).best_elbo < 0.02


def test_both_parts_are_at_least_zero_and_add_up_to_the_gap(images: torch.Tensor):
    model = given.trained("v1_z2")
    for image in images:
        found = gap(model, image)
        assert found.amortisation >= 0 and found.shape > -1e-3
        assert found.amortisation + found.shape == pytest.approx(found.log_p - found.elbo)


def test_log_p_and_the_elbo_are_those_of_the_evaluation():
    for row, image in enumerate(digits()[:4]):
        found = gap(plane(), image, steps=0)
        assert found.log_p == pytest.approx(exact_log_p()[row].item(), abs=0.005)
        assert found.elbo == pytest.approx(elbo(row), abs=0.15)


def test_q_is_the_encoders_mean_and_standard_deviation(images: torch.Tensor):
    model = given.trained("v1_z2")
    with torch.no_grad():
        m, v = model.enc(images[:1])
    found_m, sd = gap(model, images[0]).q
    assert found_m.tolist() == pytest.approx(m[0].tolist()) and sd.square().tolist() == pytest.approx(v[0].tolist())


def test_the_elbo_of_the_best_gaussian_is_its_own(images: torch.Tensor):
    """By draws from it, through torch.distributions: no line is shared with the quadrature."""
    model = given.trained("v1_z2")
    for image in images[1:3]:
        found = gap(model, image, steps=60)
        q = Normal(*found.best)
        with torch.no_grad():
            z = q.sample((5_000,))
            log_p = given.log_bernoulli_with_logits(image, model.dec(z)) + Normal(0, 1).log_prob(z).sum(1)
        values = log_p - q.log_prob(z).sum(1)
        assert found.best_elbo == pytest.approx(values.mean().item(), abs=5 * values.std().item() / 5_000**0.5)


def test_without_a_search_the_best_gaussian_is_the_encoders(images: torch.Tensor):
    found = gap(given.trained("v1_z2"), images[1], steps=0)
    assert found.best_elbo == found.elbo and found.amortisation == 0
    assert torch.equal(found.best[0], found.q[0]) and torch.equal(found.best[1], found.q[1])


def test_the_grid_of_the_posterior_holds_the_joint_density_cell_by_cell(images: torch.Tensor):
    model, image = given.trained("v1_z2"), images[2]
    z1, z2, log_joint = posterior_grid(model, image)
    cell = (z1[1] - z1[0]) * (z2[1] - z2[0])
    for i, j in ((60, 60), (30, 80), (90, 40)):
        z = torch.stack([z1[i], z2[j]])[None]
        with torch.no_grad():
            exact = given.log_bernoulli_with_logits(image, model.dec(z)) + Normal(0, 1).log_prob(z).sum(1)
        assert log_joint[i, j].item() == pytest.approx((exact + cell.log()).item(), abs=2e-3)
    for edge in (log_joint[0], log_joint[-1], log_joint[:, 0], log_joint[:, -1]):
        assert edge.max() < log_joint.max() - 10  # nothing that matters is cut off


def test_the_gaps_of_many_images_are_log_p_less_their_elbos():
    """Three images of eight pixels, each a hundred times, so that the chance in the estimate is averaged away."""
    w = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    q = Normal(torch.tensor([0.3, -0.2]), torch.tensor([0.8, 0.6]))
    model = SimpleNamespace(
        enc=lambda x: (q.mean.expand(len(x), 2), q.variance.expand(len(x), 2)),
        dec=lambda z: z @ w,
        z_prior_m=torch.zeros(1),
        z_prior_v=torch.ones(1),
    )
    line = torch.linspace(-6, 6, 241)
    z, cell = torch.cartesian_prod(line, line), math.log(0.05**2)
    for x in torch.eye(8)[:3]:
        log_joint = given.log_bernoulli_with_logits(x, z @ w) + Normal(0, 1).log_prob(z).sum(1)
        log_q = q.log_prob(z).sum(1)
        elbo = ((log_q + cell).exp() * (log_joint - log_q)).sum()
        found = gaps(model, x.expand(100, -1))
        assert found.shape == (100,)
        assert found.mean().item() == pytest.approx((torch.logsumexp(log_joint + cell, 0) - elbo).item(), abs=0.06)
