"""Lesson 09's figures and recordings: mixtures against their formula, groups against a count, and what was recorded."""

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from tests.figures.calls import four_gaussians
from tests.figures.models import digits, held_out
from tests.figures.picture import axes_of, line
from vae_course import given, weights
from vae_course.data import load_mnist
from vae_course.figures import classes as figures


@pytest.mark.parametrize(("distance", "k"), [(3.0, 2), (0.0, 3), (2.0, 5)])
def test_the_mixture_s_density_and_log_are_those_of_torch(distance: float, k: int):
    left, right = axes_of(figures.mixture_on_a_line, distance=distance, k=k)
    means = distance * (torch.arange(k) - (k - 1) / 2)
    truth = MixtureSameFamily(Categorical(torch.ones(k)), Normal(means, torch.ones(k)))
    grid, density = line(left, "mixture")
    log_p = truth.log_prob(torch.tensor(grid).float()).numpy()
    assert density == pytest.approx(np.exp(log_p), abs=1e-5)
    _, drawn = line(right, "log of the mean")
    assert drawn == pytest.approx(log_p, abs=1e-3)
    _, logs = line(right, "mean of the logs")
    assert np.all(logs <= drawn + 1e-9) and (distance > 0 or logs == pytest.approx(drawn))


def test_groups_are_called_by_their_commonest_digit():
    groups, labels = torch.tensor([0, 0, 0, 1, 1, 4]), torch.tensor([7, 7, 1, 2, 2, 2])
    assert figures.purity(groups, labels) == pytest.approx(5 / 6)
    assert figures.purity(torch.zeros(6), labels) == pytest.approx(3 / 6)
    assert figures.in_each_group(groups, labels).splitlines() == [
        "Gaussian 0: 2 × 7, 1 × 1",
        "Gaussian 1: 2 × 2",
        "Gaussian 4: 1 × 2",
    ]


def test_an_image_goes_to_the_gaussian_under_which_its_mean_is_likeliest():
    model = four_gaussians()["model"]
    with torch.no_grad():
        m, _ = model.enc(digits())
        means, variances = model.mixture
    by_hand = [int(np.argmax([given.log_normal(one, means[j], variances[j]).item() for j in range(4)])) for one in m]
    assert figures.nearest_gaussian(model, digits()).tolist() == by_hand


def test_ten_labels_of_each_digit_are_told_and_another_seed_tells_others():
    labels = load_mnist("train").labels
    found = figures.ten_of_each(labels)
    assert labels[found].tolist() == [digit for digit in range(10) for _ in range(10)] and len(found.unique()) == 100
    assert not set(found.tolist()) & set(figures.ten_of_each(labels, seed=1).tolist()[:5])


def test_the_hand_is_kept_and_the_class_is_changed():
    """Decoded with the class that the model takes it for, an image comes back; with another one it does not."""
    model, x = given.trained("ssvae"), held_out().images[:40].float() / 255
    written = figures.in_every_class(model, x)
    own = model.cls(x).argmax(-1)
    far = (written - x[:, None]).square().sum(-1)  # (40, 10)
    assert (far.argmin(1) == own).float().mean() > 0.9
    again = model.cls(written.flatten(0, 1)).argmax(-1).reshape(40, 10)
    assert (again == torch.arange(10)).float().mean() > 0.8


def test_the_stored_model_is_as_good_as_it_is_said_to_be():
    state, info = weights.load("ssvae")
    found = info["figures"]
    assert found["test_nelbo"] == pytest.approx(found["test_kl_z"] + found["test_kl_y"] + found["test_rec"], abs=1e-3)
    assert figures.accuracy()["labels and images"] == pytest.approx(found["test_accuracy"], abs=2e-3)
    assert figures.accuracy()["labels and images"] > figures.accuracy()["labels alone"] + 0.1
    assert all(value.dtype == torch.float32 for value in state.values())


def test_the_curves_end_where_the_numbers_say():
    [axes] = axes_of(figures.with_few_labels)
    for label, name in (("60,000 images", "labels and images"), ("labels alone", "labels alone")):
        _, y = line(axes, label)
        assert y[-1] == pytest.approx(100 * figures.accuracy()[name])
