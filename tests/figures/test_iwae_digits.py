"""Lesson 05 on real digits: weights, bounds and posteriors against the model's own densities and the evaluation."""

import math

import numpy as np
import pytest
import torch
from matplotlib.contour import ContourSet
from matplotlib.patches import Ellipse
from torch.distributions import Bernoulli, Normal

from tests.figures.calls import log_weights
from tests.figures.models import digits, exact_log_p, plane
from tests.figures.picture import axes_of, bars, colour, dots, image, line, lines, numbers, words
from vae_course import given
from vae_course.evaluation import evaluate
from vae_course.figures import iwae_digits as figures


def log_joint(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        likelihood = Bernoulli(logits=plane().dec(z)).log_prob(x.expand(len(z), -1)).sum(1)
    return likelihood + Normal(0, 1).log_prob(z).sum(1)


def test_each_panel_has_its_own_images_weights_mean_bound_and_truth():
    log_w, exact, x = log_weights(2), torch.tensor([-99.0, -98.0]), digits()[:2]
    panels = axes_of(figures.weights_of_digits, log_w.requires_grad_(), exact, x)
    for row, axes in enumerate(panels):
        values = log_w[row].detach()
        mean, bound = values.mean().item(), values.exp().mean().log().item()
        for label, of, value in (
            ("mean of log w", "nelbo", mean),
            ("log of mean w", "iwae", values.double().exp().mean().log().item()),
            ("log p(x)", "truth", exact[row].item()),
        ):
            assert line(axes, label, of)[0] == pytest.approx([value] * 2, abs=1e-4)
            assert f"{label}  {value:.2f}" in words(axes)
        assert bound != mean
        left, _, width, height = bars(axes, of="q").T
        assert len(left) == 45 and height.sum() == 300
        assert left[0] == pytest.approx(values.quantile(0.01).item(), abs=1e-3)
        assert left[-1] + width[-1] == pytest.approx(values.max().item(), abs=1e-3)
        upper = left[-15]
        assert height[-15:].sum() == pytest.approx((values >= upper).sum().item(), abs=1)
        assert image(axes.child_axes[0]).ravel() == pytest.approx(x[row].numpy())


def test_without_weights_there_is_log_p_alone():
    for axes, exact in zip(
        axes_of(figures.weights_of_digits, None, torch.tensor([-99.0, -90.0]), digits()[:2]), (-99, -90), strict=True
    ):
        assert line(axes)[0] == pytest.approx([exact] * 2) and not axes.containers
        assert axes.get_xlim() == pytest.approx((exact - 10, exact + 4))


def test_the_target_of_the_bound_never_falls_and_is_the_evaluations():
    x = digits()[:10]
    [axes] = axes_of(figures.bound_on_digits, plane(), x, -101.25, {1: -105.0, 4: -103.5}, (1, 4, 16))
    k, target = line(axes, "target", "faint")
    assert list(k) == [1, 2, 4, 8, 16, 32, 64, 128, 256] and (np.diff(target) >= 0).all()
    assert target[0] == pytest.approx(evaluate(plane(), x, iw=256, seed=5).bound, abs=0.6)
    assert target[4] == pytest.approx(evaluate(plane(), x.repeat(8, 1), "iwae", 16, seed=5).bound, abs=0.6)
    assert np.stack(line(axes, "yours", "iwae")) == pytest.approx(np.array([[1, 4], [-105.0, -103.5]]))
    assert line(axes, "log p(x) by a grid: -101.25", "truth")[1] == pytest.approx([-101.25] * 2)
    assert axes.get_xscale() == "log" and "10 test images" in words(axes)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "4", "16"]
    assert len(axes_of(figures.bound_on_digits, plane(), x[:2], -101.25, None, (1, 4))[0].lines) == 2


def test_the_target_is_the_merging_of_256_draws_from_q_that_leave_the_learners_noise_alone():
    x = digits()[:2]
    torch.manual_seed(7)
    [axes] = axes_of(figures.bound_on_digits, plane(), x, -101.25, None, (1, 4))
    after = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(after, torch.rand(1))
    torch.manual_seed(1)
    with torch.no_grad():
        m, v = plane().enc(x)
    z = m + v.sqrt() * torch.randn(256, 2, 2)
    log_w = torch.stack([log_joint(x[i], z[:, i]) - given.log_normal(z[:, i], m[i], v[i]) for i in range(2)])
    _, target = line(axes, "target")
    assert target[0] == pytest.approx(log_w.mean().item(), abs=1e-3)
    assert target[-1] == pytest.approx((torch.logsumexp(log_w, 1) - math.log(256)).mean().item(), abs=1e-3)
    pairs = torch.logaddexp(log_w[:, 0::2], log_w[:, 1::2]) - math.log(2)
    assert target[1] == pytest.approx(pairs.mean().item(), abs=1e-3)


def test_the_draws_are_qs_alike_on_the_left_and_as_big_as_their_weights_on_the_right():
    x = digits()[1]
    picture, left, right = axes_of(figures.posterior_and_draws, plane(), x, exact_log_p()[1].item())
    with torch.no_grad():
        m, v = (part[0] for part in plane().enc(x[None]))
    z = m + v.sqrt() * torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    log_w = log_joint(x, z) - Normal(m, v.sqrt()).log_prob(z).sum(1)
    share = torch.softmax(log_w, 0).numpy()
    for axes in (left, right):
        places, sizes = dots(axes, "q")
        assert places == pytest.approx(z.numpy(), abs=1e-5)
        assert sizes / sizes.sum() == pytest.approx(share if axes is right else np.full(100, 0.01), abs=1e-4)
        for sds, ellipse in zip((1, 2), [one for one in axes.patches if isinstance(one, Ellipse)], strict=True):
            assert ellipse.center == pytest.approx(m.numpy()) and colour(ellipse) == "q"
            assert [ellipse.width, ellipse.height] == pytest.approx(2 * sds * v.sqrt().numpy())
    effective = given.effective_sample_size(log_w).item()
    assert numbers(right.get_title("left")) == pytest.approx([effective, 100], abs=0.051)
    assert image(picture).ravel() == pytest.approx(x.numpy())


@pytest.mark.parametrize("row", [1, 2])
def test_the_window_shows_the_posterior_around_q_and_says_how_much_of_it(row: int):
    x = digits()[row]
    _, left, _ = axes_of(figures.posterior_and_draws, plane(), x, exact_log_p()[row].item())
    with torch.no_grad():
        m, v = (part[0] for part in plane().enc(x[None]))
    grid = torch.cartesian_prod(*[torch.linspace((m - 6 * v.sqrt())[i], (m + 6 * v.sqrt())[i], 150) for i in range(2)])
    heights = log_joint(x, grid).double()
    cell = math.prod((12 * v.sqrt() / 149).tolist())
    inside = min(1.0, math.exp(torch.logsumexp(heights, 0).item() + math.log(cell) - exact_log_p()[row].item()))
    assert numbers(left.get_xlabel())[-1] == pytest.approx(100 * inside, abs=2)
    filled, edges = (one for one in left.collections if isinstance(one, ContourSet))
    assert colour_of(filled) == "p" and len(filled.levels) == 4 and list(edges.levels) == list(filled.levels[:-1])
    top = torch.softmax(heights, 0).sort(descending=True)
    for share, path in zip((0.95, 0.8, 0.5), edges.get_paths(), strict=True):
        within = grid[top.indices[: int((top.values.cumsum(0) < share).sum())]]
        cells = 12 * v.sqrt() / 47
        extents = path.get_extents()
        assert ((extents.min - within.min(0).values.numpy()) / cells.numpy()) == pytest.approx([0, 0], abs=1)
        assert ((extents.max - within.max(0).values.numpy()) / cells.numpy()) == pytest.approx([0, 0], abs=1)


def colour_of(contours: ContourSet) -> str:
    from matplotlib.colors import to_hex

    from tests.figures.picture import NAMES

    return NAMES[to_hex(contours.get_facecolor()[0])]


def test_each_model_has_its_two_bounds_at_the_two_counts():
    table = {"by the ELBO": (99.3, 95.73), "by IWAE": (99.98, 92.69)}
    [axes] = axes_of(figures.trained_and_evaluated, table, (1, 200))
    for (name, values), of in zip(table.items(), ("nelbo", "iwae"), strict=True):
        assert np.stack(line(axes, name, of)) == pytest.approx(np.array([[0, 1], values]))
    written = {text.get_text(): text.xy for text in axes.texts}
    assert written == {f"{v:.2f}": (place, v) for values in table.values() for place, v in enumerate(values)}
    assert [text.get_text() for text in axes.get_xticklabels()] == ["evaluated with k = 1", "evaluated with k = 200"]
    assert len(lines(axes)) == 2
