"""What lesson 06 says of its models and formulas is so."""

import math
from pathlib import Path

import pytest
import torch

from vae_course import given, load_mnist
from vae_course.checks.learning.questions import QUESTIONS
from vae_course.data import binarize
from vae_course.figures import aggregate
from vae_course.figures import generation as figures

LESSON = (Path(__file__).parents[2] / "solutions" / "06_generation.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def images():
    return binarize(load_mnist("train").images[:1_000], generator=torch.Generator().manual_seed(0))


@torch.no_grad()
@pytest.mark.parametrize("name", ["v1_z2", "v1_z20"])
def test_the_mean_kl_is_what_z_tells_of_x_plus_the_mismatch_of_the_mixture(name: str, images: torch.Tensor) -> None:
    model = given.trained(name)
    m, v = model.enc(images)
    torch.manual_seed(0)
    z = given.sample_gaussian(m, v)
    mixture = aggregate.mixture_density(m, v, z)
    tells = given.log_normal(z, m, v) - mixture
    mismatch = mixture - given.log_normal(z, *model.z_prior)
    kl = given.kl_normal(m, v, *model.z_prior).mean()
    error = (tells + mismatch).std() / math.sqrt(len(z))
    assert abs(tells.mean() + mismatch.mean() - kl) < 6 * error
    assert float(tells.max()) <= math.log(len(images)) + 1e-3
    assert mismatch.mean() > 0


@pytest.mark.parametrize(("z_dim", "kl", "passes"), [(2, 6.5, True), (20, 25.0, False)])
def test_the_mixture_of_8000_images_speaks_of_the_model_in_two_dimensions_and_of_their_number_in_twenty(
    z_dim: int, kl: float, passes: bool
) -> None:
    """A perfect model is the control: its aggregate posterior is the prior, and it has no holes at all."""
    generator = torch.Generator().manual_seed(0)
    v = torch.full((8_000, z_dim), math.exp(-2 * kl / z_dim))
    m = (1 - v).sqrt() * torch.randn(8_000, z_dim, generator=generator)
    z = torch.randn(300, z_dim, generator=generator)
    holes = (aggregate.log_prior(z) - aggregate.mixture_density(m, v, z) > 1).double().mean().item()
    assert (holes < 0.15) == passes and (holes > 0.95) != passes


@torch.no_grad()
def test_the_latents_stay_ahead_of_the_pixels_when_both_are_black_and_white() -> None:
    train, test = load_mnist("train"), load_mnist("test")
    generator = torch.Generator().manual_seed(0)
    known, asked = (
        binarize(train.images[:1_000], generator=generator),
        binarize(test.images[:1_000], generator=generator),
    )
    encoder = given.trained("v1_z20").enc
    pixels, latents = (
        figures.neighbours_vote(a, train.labels[:1_000], b, test.labels[:1_000])
        for a, b in ((known, asked), (encoder(known)[0], encoder(asked)[0]))
    )
    assert latents > pixels


def test_the_spherical_walk_keeps_the_length_of_ends_that_are_equally_long_and_only_of_those() -> None:
    z0, z1 = torch.tensor([3.0, 0.0]), torch.tensor([-2.0, math.sqrt(5)])
    assert torch.allclose(figures.spherical(z0, z1, 9).norm(dim=1), torch.full((9,), 3.0), atol=1e-5)
    assert not torch.allclose(figures.spherical(z0, 2 * z1, 9).norm(dim=1)[1:-1], torch.full((7,), 3.0), atol=0.1)


def test_the_ends_of_a_walk_are_not_written_like_the_axes_of_the_map() -> None:
    assert "z_0" not in LESSON and "z_j" not in LESSON
    assert r"s_j = (1 - t_j)\,\texttt{z0} + t_j\,\texttt{z1}" in LESSON


@torch.no_grad()
def test_four_digits_have_a_country_of_their_own_and_the_others_share_two() -> None:
    some = load_mnist("test")
    labels = some.labels[:2_000].long()
    means = given.trained("v1_z2").enc(binarize(some.images[:2_000], generator=torch.Generator().manual_seed(0)))[0]
    nearest = torch.cdist(means, means).fill_diagonal_(math.inf).topk(10, largest=False).indices
    beside = torch.stack(
        [torch.bincount(labels[nearest[labels == digit]].flatten(), minlength=10) for digit in range(10)]
    )
    share = beside / beside.sum(1, keepdim=True)  # (10, 10): of the neighbours of a digit, which digits they are
    assert {digit for digit in range(10) if share[digit, digit] > 0.7} == {0, 1, 2, 6}
    for country in ({3, 5, 8}, {4, 7, 9}):
        assert all(set(share[digit].topk(3).indices.tolist()) == country for digit in country)


@torch.no_grad()
def test_cool_drawings_are_alike_and_greyer_not_cleaner() -> None:
    z = torch.randn(500, 20, generator=torch.Generator().manual_seed(0))
    cool, usual = (figures.decode(given.trained("v1_z20"), T * z) for T in (0.5, 1.0))
    assert cool.var(0).sum() < 0.7 * usual.var(0).sum()
    grey = [float((p[p > 0.1] < 0.9).float().mean()) for p in (cool, usual)]
    assert grey[0] > grey[1] + 0.05
    assert "clean" not in LESSON and "clean" not in QUESTIONS["06.cool"].why
