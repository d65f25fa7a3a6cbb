"""The exact posterior beside q: every shade, ellipse and bar against the model's own densities."""

import math

import numpy as np
import pytest
import torch
from matplotlib.contour import ContourSet
from torch.distributions import Bernoulli, Normal

from tests.figures.models import digits, elbo, exact_log_p, plane
from tests.figures.picture import axes_of, bars, colour, image, line, lines, numbers, words
from vae_course.figures import posterior as figures
from vae_course.figures.exact_gap import gap

SIX = 6  # a digit whose encoder answers far from the posterior


def log_joint(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """log p(x, z) through torch.distributions: (n,)."""
    with torch.no_grad():
        likelihood = Bernoulli(logits=plane().dec(z)).log_prob(x.expand(len(z), -1)).sum(1)
    return likelihood + Normal(0, 1).log_prob(z).sum(1)


def test_the_ellipses_are_q_and_the_best_gaussian_that_was_found():
    x = digits()[SIX]
    left, middle, _ = axes_of(figures.beside_q, plane(), x)
    assert image(left).ravel() == pytest.approx(x.numpy())
    with torch.no_grad():
        m, v = (part[0].numpy() for part in plane().enc(x[None]))
    best_m, best_sd = (part.numpy() for part in gap(plane(), x).best)
    ellipses = [*lines(middle, of="q"), line(middle, "best Gaussian found: 2 sd", "truth")]
    expected = [(m, np.sqrt(v)), (m, 2 * np.sqrt(v)), (best_m, 2 * best_sd)]
    for (x1, x2), (centre, half) in zip(ellipses, expected, strict=True):
        assert [x1.mean(), x2.mean()] == pytest.approx(centre, abs=0.01)
        assert ((x1 - centre[0]) / half[0]) ** 2 + ((x2 - centre[1]) / half[1]) ** 2 == pytest.approx(
            np.ones(200), rel=1e-4
        )
        for values, (low, high) in ((x1, middle.get_xlim()), (x2, middle.get_ylim())):
            assert low < values.min() and values.max() < high


def test_the_shades_are_the_levels_of_the_exact_posterior():
    x = digits()[2]
    _, middle, _ = axes_of(figures.beside_q, plane(), x)
    [shades] = [one for one in middle.collections if isinstance(one, ContourSet)]
    assert shades.zmax == pytest.approx(1) and list(shades.levels) == sorted(shades.levels)
    top = log_joint(x, grid := torch.cartesian_prod(torch.linspace(2.4, 3.4, 80), torch.linspace(-1.1, -0.1, 80))).max()
    for level, path in zip(shades.levels, shades.get_paths(), strict=False):
        edge = torch.tensor(path.vertices[:: max(1, len(path.vertices) // 40)]).float()
        heights = (log_joint(x, edge) - top).exp()
        assert heights.min().item() == pytest.approx(level, rel=0.1)
    inside = grid[(log_joint(x, grid) - top).exp() > shades.levels[-2]]
    low, high = shades.get_paths()[-1].get_extents().min, shades.get_paths()[-1].get_extents().max
    assert low == pytest.approx(inside.min(0).values.numpy(), abs=0.03)
    assert high == pytest.approx(inside.max(0).values.numpy(), abs=0.03)


@pytest.mark.parametrize("row", [2, SIX])
def test_the_bar_of_the_gap_is_log_p_less_the_elbo_in_its_two_parts(row: int):
    x = digits()[row]
    _, _, axes = axes_of(figures.beside_q, plane(), x)
    log_p, bound = exact_log_p()[row].item(), elbo(row)
    parts = {colour(one): (one.get_y(), one.get_height()) for one in axes.patches}
    (zero, amortisation), (bottom, shape) = parts["q"], parts["p"]
    assert zero == 0 and bottom == pytest.approx(amortisation)
    assert amortisation + shape == pytest.approx(log_p - bound, abs=0.1)
    assert f"shape {shape:.2f}" in words(axes) and f"amortisation {amortisation:.2f}" in words(axes)
    at = {text.get_text().split()[0]: text.get_position()[1] for text in axes.texts}
    assert 0 < at["amortisation"] < amortisation < at["shape"] < amortisation + shape or shape < 0.01
    said = numbers(axes.get_title() + axes.get_title("left"))
    assert said == pytest.approx([log_p, bound], abs=0.15) and axes.get_ylim()[1] > amortisation + shape


def test_the_rows_of_the_gaps_end_at_the_elbo_of_their_own_image():
    x, names = digits()[:3], ["a 7", "a 2", "a 1"]
    [axes] = axes_of(figures.gap_bars, plane(), x, names)
    log_p, bounds = exact_log_p()[:3].numpy(), np.array([elbo(row) for row in range(3)])
    left, _, width, _ = bars(axes, "gap", "kl").T
    assert width == pytest.approx(log_p - bounds, abs=0.1) and left + width == pytest.approx(np.zeros(3))
    ends, rows = line(axes, "ELBO", "nelbo")
    assert ends == pytest.approx(left) and list(rows) == [0, 1, 2]
    assert line(axes, "log p(x), exact", "truth")[0] == pytest.approx([0, 0])
    sentences = {text.get_position()[1]: numbers(text.get_text()) for text in axes.texts}
    for row in range(3):
        a, b, rest = sentences[row]
        assert [a, b, rest] == pytest.approx([log_p[row], bounds[row], width[row]], abs=0.15)
    assert [text.get_text() for text in axes.get_yticklabels()] == names
    assert all(tick <= 0 for tick in axes.get_xticks()) and axes.get_xlim()[0] < left.min()
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first image stands on top


def test_a_log_weight_is_the_joint_less_log_q_at_its_own_draw():
    x = digits()[2]
    with torch.no_grad():
        m, v = (part[0] for part in plane().enc(x[None]))
    z = m + v.sqrt() * torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
    expected = log_joint(x, z) - Normal(m, v.sqrt()).log_prob(z).sum(1)
    assert figures.log_weights(plane(), x, draws=50, seed=3).numpy() == pytest.approx(expected.numpy(), abs=1e-3)


def test_the_mean_of_the_log_weights_is_the_elbo_and_the_log_of_their_mean_is_log_p():
    x = digits()[2]
    log_w, found = figures.log_weights(plane(), x).double(), gap(plane(), x)
    assert len(log_w) == 20_000
    assert log_w.mean().item() == pytest.approx(found.elbo, abs=0.02)
    assert torch.logsumexp(log_w, 0).item() - math.log(20_000) == pytest.approx(found.log_p, abs=0.02)


def test_the_histogram_of_the_log_weights_is_a_density_with_both_numbers_marked():
    x = digits()[2]
    [axes] = axes_of(figures.log_weight_histogram, plane(), x)
    log_w, found = figures.log_weights(plane(), x).numpy(), gap(plane(), x)
    left, _, width, height = bars(axes, of="q").T
    assert len(left) == 80 and (height * width).sum() == pytest.approx(1)
    assert left[0] == pytest.approx(np.quantile(log_w, 0.002), abs=1e-3)
    assert left[-1] + width[-1] == pytest.approx(log_w.max(), abs=1e-3)
    middle = (log_w >= left[20]) & (log_w < left[60])
    assert (height * width)[20:60].sum() == pytest.approx(middle.mean() / 0.998, abs=2e-3)
    marks = {colour_of(one): one.get_segments()[0][:, 0] for one in axes.collections}
    assert marks["nelbo"] == pytest.approx([found.elbo] * 2) and marks["truth"] == pytest.approx([found.log_p] * 2)
    assert f"the ELBO: {found.elbo:.2f}" in words(axes) and f"the log of the mean weight: {found.log_p:.2f}" in words(
        axes
    )


def colour_of(marks) -> str:
    """A colour's name, of upright lines."""
    from matplotlib.colors import to_hex

    from tests.figures.picture import NAMES

    return NAMES[to_hex(marks.get_color()[0])]
