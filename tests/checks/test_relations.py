"""Where no misconception matches, the card still says how the numbers relate to the right ones, and shows a small input."""

import math
from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.relations import Pair, relation, share
from vae_course.checks.lessons import EXERCISES


def density(x, m, v):
    return -0.5 * (math.log(2 * math.pi) + v.log() + (x - m) ** 2 / v)


def kl(qm, qv, pm, pv):
    return 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1)


def pixel(x, logits):
    return x * logits - softplus(logits)


CARDS: list[tuple[str, str, Any, str]] = [
    ("constant factor", "kl_normal", lambda *a: 3 * kl(*a).sum(-1), "the right ones, times 3."),
    (
        "sign and mean",
        "kl_normal",
        lambda *a: -kl(*a).mean(-1),
        "with the sign flipped and divided by the length of the last axis",
    ),
    ("constant shift", "kl_normal", lambda *a: kl(*a).sum(-1) + 0.3, "the right ones, plus 0.3."),
    (
        "sign and shift",
        "log_normal",
        lambda x, m, v: -density(x, m, v).sum(-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi),
        "with the sign flipped, and minus ½ log 2π times the length of the last axis",
    ),
    ("factor and shift", "log_normal", lambda *a: 2 * density(*a).sum(-1) + 1.5, "yours is 2 × the right number + 1.5"),
    ("sign, one per pixel", "kl_normal", lambda *a: -kl(*a), "Summed over its axis 1, your result is right, up to its"),
    (
        "only moderate inputs",
        "log_bernoulli_with_logits",
        lambda x, logits: pixel(x, logits).clamp(min=-50).sum(-1),
        "On 3 ordinary draws of its inputs your values are right.",
    ),
]


@pytest.mark.parametrize(("name", "wrong", "words"), [c[1:] for c in CARDS], ids=[c[0] for c in CARDS])
def test_the_card_says_how_the_numbers_relate(name: str, wrong: Any, words: str) -> None:
    exercise = EXERCISES[name]
    for seed in range(3):
        found = examine(exercise, exercise.answer(wrong), seed)
        assert found.status == "wrong" and not found.misconception, found.message
        assert words in found.message


def test_the_smallest_failing_input_is_shown_with_both_results() -> None:
    def wrong(qm, qv, pm, pv):  # right for one dimension, and for the first of many
        return kl(qm, qv, pm, pv)[..., :1].sum(-1)

    exercise = EXERCISES["kl_normal"]
    message = examine(exercise, exercise.answer(wrong), 0).message
    rows = dict(line.split(maxsplit=1) for line in message.splitlines() if line.startswith("  "))
    assert list(rows) == ["qm", "qv", "pm", "pv", "yours", "expected"]
    qm, qv, pm, pv, yours, expected = (torch.tensor(eval(text)) for text in rows.values())
    assert qm.shape == (1, 2)  # one dimension alone is right
    assert torch.allclose(wrong(qm, qv, pm, pv), yours, rtol=1e-2, atol=1e-2)
    assert torch.allclose(kl(qm, qv, pm, pv).sum(-1), expected, rtol=1e-2, atol=1e-2)


RIGHT = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0], [2.0, 5.0, -4.0]], dtype=torch.float64)
SENTENCES = {
    "transposed": (RIGHT.T, RIGHT, "Transposed"),
    "another order": (RIGHT.flip(0), RIGHT, "another order"),
    "log k": (RIGHT - math.log(3), RIGHT, "minus the logarithm of the length of the last axis"),
    "one entry is wrong": (RIGHT + torch.eye(3) * torch.tensor([0.0, 0.0, 1.0]), RIGHT, "8 of the 9 numbers"),
    "not finite": (
        RIGHT / torch.tensor([1.0, 1.0, 0.0]),
        RIGHT / torch.ones(3),
        "6 of the 9 numbers compared are right; the others are not finite",
    ),
    "the batch summed": (RIGHT[0].sum(), RIGHT[0], "the sum of all the right numbers"),
    "the batch averaged": (-RIGHT[0].mean(), RIGHT[0], "the mean of all the right numbers, up to its sign"),
    "crossed": (RIGHT[0][:, None] * torch.ones(3, 3) + RIGHT[0] - RIGHT[0][:, None], RIGHT[0], "diagonal is right"),
    "unrelated": (RIGHT.sin(), RIGHT, ""),
    "too few numbers": (2 * RIGHT[0, :2], RIGHT[0, :2], ""),
    "equal numbers": (torch.full((8,), 2.0), torch.ones(8), ""),
}


@pytest.mark.parametrize(("value", "right", "words"), SENTENCES.values(), ids=list(SENTENCES))
def test_a_relation_is_stated_only_when_it_holds_everywhere(value, right, words) -> None:
    pair = Pair(value, right, (3, 3))
    found = relation([pair]) or share([pair])
    assert words in found and bool(found) == bool(words)
