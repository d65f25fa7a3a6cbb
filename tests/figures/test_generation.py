"""Lesson 06's figures: what the decoder draws where, lengths of walks."""

import math

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle
from torch.distributions import Normal

from tests.figures.models import plane
from tests.figures.picture import axes_of, bars, colour, image, line, under, words
from vae_course.figures import generation as figures


def probabilities(z: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return (1 / (1 + (-plane().dec(z)).exp())).numpy()


def test_decoding_gives_the_probability_of_ink_for_any_shape_of_z():
    z = torch.randn(2, 3, 2, generator=torch.Generator().manual_seed(0))
    assert figures.decode(plane(), z).numpy() == pytest.approx(probabilities(z), abs=1e-6)
    assert not figures.decode(plane(), z).requires_grad


@pytest.mark.parametrize("n", [5, 17])
def test_the_map_is_even_in_the_priors_probability_with_z2_growing_upwards(n: int):
    [axes] = axes_of(figures.manifold, plane(), n=n) if n != 17 else axes_of(figures.manifold, plane())
    tiles = image(axes).reshape(n, 28, n, 28).transpose(0, 2, 1, 3).reshape(n, n, 784)
    steps = Normal(0, 1).icdf((torch.arange(n) + 0.5) / n)
    for row, column in ((0, 0), (0, n - 1), (n - 1, 1), (2, n // 2)):
        z = torch.stack([steps[column], steps[n - 1 - row]])[None]
        assert tiles[row, column] == pytest.approx(probabilities(z)[0], abs=1e-4)
    for axis, sign in ((axes.xaxis, 1), (axes.yaxis, -1)):
        at, names = axis.get_ticklocs(), [float(text.get_text().replace("−", "-")) for text in axis.get_ticklabels()]
        assert len(at) == 5
        for place, name in zip(at, names, strict=True):
            assert name == pytest.approx(sign * steps[round((place - 14) / 28)].item(), abs=0.051)
            assert (place - 14) % 28 == 0


@pytest.mark.parametrize("moved", [{}, {"z_1": -1.2, "z_2": -0.4}])
def test_a_place_on_the_map_its_probabilities_and_a_sample_from_them(moved: dict[str, float]):
    z = [moved.get("z_1", 0.0), moved.get("z_2", 0.0)]
    left, middle, right = axes_of(figures.here_on_the_map, plane(), **moved)
    assert [part[0] for part in line(left, of="q", marker="o")] == z
    assert [one.radius for one in left.patches if isinstance(one, Circle)] == [1, 2, 3]
    p = probabilities(torch.tensor([z]))[0]
    assert image(middle).ravel() == pytest.approx(p, abs=1e-6) and middle.get_title("left") == "probabilities"
    sample = image(right).ravel()
    assert set(sample) == {0.0, 1.0} and right.get_title("left") == "a sample"
    assert abs(sample.sum() - p.sum()) < 4 * math.sqrt((p * (1 - p)).sum())
    assert np.corrcoef(sample, p)[0, 1] > 0.4


def test_a_spherical_walk_keeps_the_length_and_turns_evenly():
    z0, z1 = torch.tensor([2.0, 0.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    walk = figures.spherical(z0, z1, 4)
    angles = torch.linspace(0, math.pi / 2, 4)
    expected = 2 * torch.stack([angles.cos(), angles.sin(), 0 * angles], 1)
    assert walk.numpy() == pytest.approx(expected.numpy(), abs=1e-5)
    turned = torch.tensor([2 * math.cos(1), 2 * math.sin(1), 0.0])  # by one radian; half the way is half a radian
    assert figures.spherical(z0, turned, 3)[1].tolist() == pytest.approx([2 * math.cos(0.5), 2 * math.sin(0.5), 0])
    assert figures.spherical(z0, 3 * z1, 2).numpy() == pytest.approx(torch.stack([z0, 3 * z1]).numpy(), abs=1e-5)


def test_a_straight_walk_is_even_from_end_to_end():
    z0, z1 = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    assert figures.straight(z0, z1, 3).tolist() == [[2, 0], [1, 2], [0, 4]]


@pytest.mark.parametrize("dims", [20, 5])
def test_lengths_are_densities_of_the_chi_distribution_and_the_straight_middle_is_shorter_by_root_two(dims: int):
    [axes] = axes_of(figures.lengths, dims=dims) if dims != 20 else axes_of(figures.lengths)

    def chi(r: np.ndarray, variance: float) -> np.ndarray:
        s = r / math.sqrt(variance)
        log = (dims - 1) * np.log(s) - s**2 / 2 - (dims / 2 - 1) * math.log(2) - math.lgamma(dims / 2)
        return np.exp(log) / math.sqrt(variance)

    for label, of, variance in (("draws from the prior", "p", 1.0), ("straight", "other", 0.5)):
        r, density = line(axes, label, of)
        assert density.sum() * (r[1] - r[0]) == pytest.approx(1)
        assert density == pytest.approx(chi(r, variance), abs=0.08)
        assert r @ density / density.sum() == pytest.approx(r @ chi(r, variance) / chi(r, variance).sum(), rel=0.01)
    r, turned = line(axes, "spherical", "q")
    z0, z1 = torch.randn(2, 20_000, dims, generator=torch.Generator().manual_seed(9))
    angle = torch.acos((z0 * z1).sum(1) / z0.norm(dim=1) / z1.norm(dim=1))
    lengths = ((z0 + z1) * (torch.sin(angle / 2) / torch.sin(angle))[:, None]).norm(dim=1)
    assert r @ turned / turned.sum() == pytest.approx(lengths.mean().item(), rel=0.02)
    assert under(r, turned) == pytest.approx(1, abs=0.02) and f"in {dims} dimensions" in words(axes)


def test_the_nearest_neighbours_vote_for_the_digit_of_the_most():
    known = torch.tensor([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [5.3]])
    labels = torch.tensor([3, 3, 8, 8, 7, 7, 7])
    asked, truth = torch.tensor([[0.05], [5.15], [0.21], [4.9]]), torch.tensor([3, 7, 8, 8])
    assert figures.neighbours_vote(known, labels, asked, truth, k=3) == 0.5  # 3, 7, and 3 for 8; 7 for 8
    assert figures.neighbours_vote(known, labels, asked, truth, k=1) == 1.0
    assert figures.neighbours_vote(known, labels, asked, truth) == figures.neighbours_vote(
        known, labels, asked, truth, k=5
    )


def test_the_bars_of_accuracy_are_the_tables_in_percent():
    table = {
        "pixels": {100: 0.71, 1_000: 0.874},
        "latents": {100: 0.78, 1_000: 0.912},
        "noise": {100: 0.1, 1_000: 0.11},
    }
    [axes] = axes_of(figures.bars_of_accuracy, table)
    middles = {}
    for (name, found), of in zip(table.items(), ("faint", "q", "other"), strict=True):
        left, bottom, width, height = bars(axes, name, of).T
        assert height == pytest.approx([100 * value for value in found.values()]) and not bottom.any()
        middles[name] = left + width / 2
        assert np.rint(middles[name]) == pytest.approx([0, 1])
    assert middles["latents"] == pytest.approx([0, 1]) and (middles["pixels"] < middles["latents"]).all()
    assert sorted(text.get_text() for text in axes.texts) == sorted(
        f"{100 * v:.1f}" for f in table.values() for v in f.values()
    )
    assert line(axes, "guessing", "truth")[1] == pytest.approx([10, 10])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["100 labels", "1,000 labels"]
    assert colour(axes.patches[0]) == "faint"
