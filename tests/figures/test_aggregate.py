"""The aggregate posterior beside the prior: its density, its holes, and the judge that tells the two apart."""

import math

import numpy as np
import pytest
import torch
from matplotlib.contour import ContourSet
from matplotlib.patches import Circle
from torch.distributions import Normal

from tests.figures.models import digits, plane
from tests.figures.picture import axes_of, image, line, numbers
from vae_course.figures import aggregate
from vae_course.figures.generation import decode

UNSEEN = 10_000
BY_CHANCE = 6 * math.sqrt(0.25 / (2 * UNSEEN))
"""A share of 20,000 answers strays further from its chance with probability below 2e-9."""


def encoded(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        m, v = plane().enc(x)
    return m, v


def log_q(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        m, v = plane().enc(x)
    each = Normal(m, v.sqrt()).log_prob(z[:, None]).sum(-1)
    return torch.logsumexp(each, 1) - math.log(len(x))


def test_the_aggregate_posterior_is_the_average_of_the_encoders_answers():
    z = torch.randn(23, 2, generator=torch.Generator().manual_seed(0))
    found = aggregate.mixture_density(*encoded(digits(100)), z)
    assert found.numpy() == pytest.approx(log_q(digits(100), z).numpy(), rel=1e-4, abs=1e-3)


def test_the_worst_hole_is_where_the_prior_most_exceeds_it_within_two_standard_deviations():
    x = digits(100)
    z, excess = aggregate.worst_hole(plane(), x)
    line_ = torch.linspace(-2, 2, 41)
    every = torch.cartesian_prod(line_, line_)
    every = every[every.norm(dim=1) <= 2.0001]
    differences = Normal(0, 1).log_prob(every).sum(1) - log_q(x, every)
    assert excess == pytest.approx(differences.max().item(), rel=1e-3)
    assert torch.allclose(z, every[differences.argmax()]) and z.norm() <= 2.0001


def test_the_map_of_holes_has_the_levels_of_log_p_less_log_q():
    x = digits(100)
    left, right, *_ = axes_of(aggregate.holes, plane(), x, n=31)
    filled, edge = (one for one in left.collections if isinstance(one, ContourSet))
    line_ = torch.linspace(-3, 3, 31)
    z = torch.cartesian_prod(line_, line_)
    excess = (Normal(0, 1).log_prob(z).sum(1) - log_q(x, z)).numpy()
    assert [filled.zmin, filled.zmax] == pytest.approx([excess.min(), excess.max()], rel=1e-3)
    assert list(edge.levels) == [1] and 1 in filled.levels
    grid, height = excess.reshape(31, 31), (edge.get_paths()[0].vertices + 3) / 0.2
    # between its neighbours on the grid, the excess at the white line is 1
    for at in height[:: max(1, len(height) // 50)]:
        i, j = np.floor(at + 1e-9).astype(int)
        u, v = at - (i, j)
        square = grid[i : i + 2, j : j + 2]
        share = np.outer([1 - u, u][: len(square)], [1 - v, v][: square.shape[1]])
        assert (square * share).sum() == pytest.approx(1, abs=0.02)
    hole, _ = aggregate.worst_hole(plane(), x)
    assert [part[0] for part in line(left, marker="X")] == pytest.approx(hole.tolist())
    assert image(right).ravel() == pytest.approx(decode(plane(), hole[None])[0].numpy(), abs=1e-6)
    assert numbers(right.get_title("left")) == pytest.approx(hole.tolist(), abs=0.051)
    assert [one.radius for one in left.patches if isinstance(one, Circle)] == [1, 2]


def share_right(judge: torch.nn.Module, q: torch.Tensor) -> float:
    p = torch.randn(len(q), q.shape[1], generator=torch.Generator().manual_seed(9))
    return 0.5 * ((judge(q) > 0).double().mean() + (judge(p) < 0).double().mean()).item()


def with_a_hole(n: int, seed: int) -> torch.Tensor:
    """Draws of N(0, I) in 20 dimensions whose first entry is never within ½ of 0."""
    z = torch.randn(2 * n, 20, generator=torch.Generator().manual_seed(seed))
    return z[z[:, 0].abs() > 0.5][:n]


def test_the_judge_can_do_no_better_than_a_coin_where_the_aggregate_posterior_is_the_prior():
    q, unseen = (torch.randn(n, 20, generator=torch.Generator().manual_seed(n)) for n in (60_000, UNSEEN))
    assert abs(share_right(aggregate.judge(q), unseen) - 0.5) < BY_CHANCE


def test_the_judge_finds_a_hole_and_claims_no_larger_one():
    # The best judge knows p's draws in the hole, and all of q's: ½ (P(|z_1| < ½) + 1).
    best = 0.5 * (1 + math.erf(0.5 / math.sqrt(2)))
    found = share_right(aggregate.judge(with_a_hole(60_000, 1)), with_a_hole(UNSEEN, 2))
    assert best - 0.03 < found < best + BY_CHANCE


def test_the_judge_leaves_the_generator_as_it_was():
    torch.manual_seed(4)
    state = torch.get_rng_state()
    aggregate.judge(torch.randn(500, 2, generator=torch.Generator().manual_seed(0)), steps=2)
    assert torch.equal(torch.get_rng_state(), state)
