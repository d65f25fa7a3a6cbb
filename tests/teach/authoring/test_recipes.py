"""How a recipe trains otherwise than `fit` does by itself: the KL's warm-up, the fall of the rate, options of Adam."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vae_course.teach.authoring.objectives import warmed_up
from vae_course.teach.authoring.recipes import Recipe, falling, staged
from vae_course.training import fit


class TwoNumbers(nn.Module):
    """rec has gradient 1 in the first, the KL in the second."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Parameter(torch.zeros(2, dtype=torch.float64))


def objective(model: TwoNumbers, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    rec, kl = model.both
    return rec + kl, {"gen/kl_z": kl}


def moves(objective: Any, steps: int, optimizer: Any) -> tuple[list[list[float]], list[float]]:
    """How far both move in each step, and the losses that were written down."""
    model = TwoNumbers()
    places = [model.both.detach().clone()]
    curves = fit(
        model,
        torch.zeros(5, 1),
        objective=objective,
        steps=steps,
        progress=False,
        optimizer=optimizer(model),
        callback=lambda step, curves: places.append(model.both.detach().clone()),
    )
    return [(a - b).tolist() for a, b in zip(places, places[1:], strict=False)], curves["train/loss"]


@pytest.mark.parametrize("steps", [1, 5])
def test_a_warm_up_gives_the_kl_more_and_more_weight_leaves_rec_its_own_and_writes_down_the_whole(steps: int):
    def descent(model: nn.Module) -> torch.optim.SGD:
        return torch.optim.SGD(model.parameters(), lr=1.0)

    moved, losses = moves(warmed_up(objective, steps), 6, optimizer=descent)
    weights = [min(1, step / steps) for step in range(1, 7)]
    assert [rec for rec, _ in moved] == pytest.approx([1] * 6)
    assert [kl for _, kl in moved] == pytest.approx(weights)
    assert losses == pytest.approx([-i - sum(weights[:i]) for i in range(6)])


def test_the_rate_rises_by_warmup_and_falls_by_the_schedule():
    for schedule, falls in (("falling", falling), ("staged", staged)):
        recipe = Recipe("any", nn="tiny", z_dim=2, steps=10, lr=0.1, warmup=4, schedule=schedule, adam={"eps": 1e-12})
        moved, _ = moves(objective, 10, optimizer=lambda model, r=recipe: r.fit_options(model)["optimizer"])
        rates = [0.1 * min(1, step / 4) * falls((step - 1) / 10) for step in range(1, 11)]
        assert [rec for rec, _ in moved] == pytest.approx(rates)


@pytest.mark.parametrize(
    ("adam", "right"),
    [(None, ((0.9, 0.99), 1e-8)), ({"eps": 0.1}, ((0.9, 0.99), 0.1)), ({"betas": (0.5, 0.999)}, ((0.5, 0.999), 1e-8))],
)
def test_options_of_adam_take_the_place_of_those_of_fit(adam: dict | None, right: tuple):
    recipe = Recipe("any", nn="tiny", z_dim=2, steps=10, adam=adam)
    [group] = recipe.fit_options(nn.Linear(1, 1))["optimizer"].param_groups
    assert (group["betas"], group["eps"]) == right


def test_the_schedules_begin_at_1_and_end_where_they_say():
    assert [falling(done) for done in (0, 0.25, 1)] == [1, 0.75, 0]
    assert [staged(done) for done in (0, 1)] == pytest.approx([1, 0.1])
    # the second stage begins after 1 of 3,280 parts, the third after 4, the last after 1,093
    for part, stage in ((0.9, 0), (1.1, 1), (3.9, 1), (4.1, 2), (1_092, 6), (1_094, 7)):
        assert staged(part / 3_280) == pytest.approx(10 ** (-stage / 7))


def test_the_staged_schedule_has_the_papers_eight_stages():
    """3^i passes at 10^(−i/7), of 3,280 passes in all."""
    seen = [staged(i / 3_280) for i in range(3_280)]
    assert [round(7 * -math.log10(rate)) for rate in sorted(set(seen), reverse=True)] == list(range(8))
    assert [seen.count(rate) for rate in sorted(set(seen), reverse=True)] == [3**i for i in range(8)]
