"""The split of an image's gap: the search for the best Gaussian has arrived, and the parts are parts."""

import pytest
import torch

from vae_course import given
from vae_course.data import binarize, load_mnist
from vae_course.figures.exact_gap import gap


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return binarize(load_mnist("test").images[:10], torch.Generator().manual_seed(0))  # (10, 784)


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
