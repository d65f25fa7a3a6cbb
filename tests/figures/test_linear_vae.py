"""The linear VAE: posterior, evidence and ELBO against torch.distributions and Bayes' rule; the gap's formula; the picture."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tests.figures.picture import axes_of, line, numbers, words
from vae_course.figures import linear_vae as figures


def five_by_three() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((5,), (5, 3)))


def test_posterior_and_evidence_obey_bayes_rule():
    """p(z|x) p(x) = p(z) p(x|z) at any z: the right side by one-dimensional Gaussians."""
    x, W = five_by_three()
    m, P = figures.posterior(x, W)
    z = torch.randn(6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    right = Normal(0, 1).log_prob(z).sum(1) + Normal(z @ W.T, figures.SD).log_prob(x).sum(1)
    left = MultivariateNormal(m, precision_matrix=P).log_prob(z) + figures.log_p(x, W)
    assert left.tolist() == pytest.approx(right.tolist(), abs=1e-9)


def test_the_elbo_of_any_gaussian_is_log_p_less_its_kl_to_the_posterior():
    x, W = five_by_three()
    m, P = figures.posterior(x, W)
    root = torch.tensor([[0.5, 0, 0], [0.3, 0.4, 0], [-0.2, 0.1, 0.7]], dtype=torch.float64)
    q = MultivariateNormal(m + torch.tensor([0.1, -0.4, 0.2]), scale_tril=root)
    gap = kl_divergence(q, MultivariateNormal(m, precision_matrix=P)).item()
    assert figures.elbo(x, W, q.mean, root @ root.T) == pytest.approx(figures.log_p(x, W) - gap, abs=1e-9)


@pytest.mark.parametrize("angle", [0, 20, 45, 90])
def test_the_exact_posterior_has_no_gap_and_the_best_diagonal_q_the_one_of_the_formula(angle: int):
    P = figures.posterior(figures.X, figures.turned(angle))[1].numpy()
    gap = 0.5 * (np.log(np.diag(P)).sum() - np.linalg.slogdet(P)[1])
    evidence, full, diagonal = figures.numbers(angle)
    assert full == pytest.approx(evidence, abs=1e-12) and diagonal == pytest.approx(evidence - gap, abs=1e-12)
    assert gap == pytest.approx(0, abs=1e-12) if angle in (0, 90) else gap > 0.1


def test_no_other_diagonal_q_is_better():
    W = figures.turned(30)
    m, P = figures.posterior(figures.X, W)
    best = figures.numbers(30)[2]
    for which in (0, 1):
        for factor in (0.9, 1.1):
            v = 1 / P.diagonal()
            v[which] *= factor
            assert figures.elbo(figures.X, W, m, torch.diag(v)) < best - 1e-3
        moved = m + 0.05 * torch.eye(2)[which]
        assert figures.elbo(figures.X, W, moved, torch.diag(1 / P.diagonal())) < best - 1e-3


def test_turning_leaves_p_of_x_and_the_columns_are_orthogonal_only_at_both_ends():
    straight = figures.turned(0)
    assert straight.norm(dim=0).tolist() == pytest.approx(figures.LENGTHS.tolist())
    for angle in range(0, 91, 5):
        W = figures.turned(angle)
        assert torch.allclose(W @ W.T, straight @ straight.T)
        assert (abs((W.T @ W)[0, 1].item()) < 1e-12) == (angle in (0, 90))


def _distances(at: np.ndarray, m: Tensor, precision: Tensor) -> np.ndarray:
    """Of points (2, n), in standard deviations."""
    away = at - m.numpy()[:, None]
    return np.sqrt((away * (precision.numpy() @ away)).sum(0))


def test_the_figure_draws_the_exact_ellipses_the_columns_and_the_elbo():
    left, middle, right = axes_of(figures.turn_the_columns, angle=30)
    W = figures.turned(30)
    m, P = figures.posterior(figures.X, W)
    of_x = torch.linalg.inv(W @ W.T + figures.SD**2 * torch.eye(2))
    assert _distances(np.array(line(left, of="p")), torch.zeros(2), of_x) == pytest.approx(2)
    for column, marker in ((0, "o"), (1, "s")):
        x1, x2 = line(left, of="other", marker=marker)
        assert [x1[0], x2[0]] == [0, 0] and [x1[1], x2[1]] == pytest.approx(W[:, column].tolist())
        [note] = [text for text in left.texts if text.get_text() == "w₁w₂"[2 * column : 2 * column + 2]]
        assert list(note.xy) == pytest.approx(W[:, column].tolist())
    assert np.array(line(left, of="truth")).ravel() == pytest.approx(figures.X.tolist())
    [shape] = middle.patches
    assert _distances(shape.get_xy().T, m, P) == pytest.approx(2)
    assert _distances(np.array(line(middle, of="q")), m, torch.diag(P.diagonal())) == pytest.approx(2)
    evidence, _, here = figures.numbers(30)
    angles, elbos = line(right, "ELBO", "nelbo", style="-")
    assert elbos == pytest.approx([figures.numbers(angle)[2] for angle in angles]) and angles[-1] == 90
    assert np.array(line(right, "gap", "kl")).ravel() == pytest.approx([30, 30, here, evidence])
    assert np.array(line(right, of="nelbo", marker="D")).ravel() == pytest.approx([30, here])
    assert line(right, "log p(x)", "truth")[1] == pytest.approx([evidence] * 2)
    assert numbers(words(right).splitlines()[0]) == pytest.approx([evidence, here, evidence - here], abs=6e-4)
    assert math.isclose(evidence, figures.numbers(0)[0])
