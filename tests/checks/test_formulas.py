"""A formula read off its numbers: the slip is said in words, and never one that does not make them."""

import math

import pytest
import torch
import torch.nn.functional as F

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES


def said(exercise: str, answer: object) -> str:
    found = examine(EXERCISES[exercise], EXERCISES[exercise].answer(answer), 5)
    assert found.status == "wrong"
    return found.message


SLIPS = {
    "one slip": (
        "kl_normal",
        lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 - 1).sum(-1),
        "where (qm - pm) ** 2 / pv belongs, it has (qm - pm) ** 2.",
    ),
    "two slips": (
        "kl_normal",
        lambda qm, qv, pm, pv: 0.5 * (pv.log() - qv.log() - qv / pv + (qm + pm) ** 2 / pv - 1).sum(-1),
        "enters with the wrong sign",
    ),
    "a term that is missing": (
        "log_normal",
        lambda x, m, v: -0.5 * (math.log(2 * math.pi) + (x - m) ** 2).sum(-1),
        "log(v)",
    ),
    "a base of ten": (
        "log_normal",
        lambda x, m, v: -0.5 * (math.log10(2 * math.pi) + v.log10() + (x - m) ** 2 / v).sum(-1),
        "log10",
    ),
    "log1p": (
        "kl_normal",
        lambda qm, qv, pm, pv: 0.5 * (torch.log1p(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1),
        "where log(pv / qv) belongs, it has log1p(pv / qv)",
    ),
    "logits twice": (
        "log_bernoulli_with_logits",
        lambda x, logits: (x * 2 * logits - F.softplus(2 * logits)).sum(-1),
        "wherever logits belongs, it has 2 * logits",
    ),
    "a clamp far out": (
        "log_bernoulli_with_logits",
        lambda x, logits: (x * logits.clamp(-50, 50) - F.softplus(logits.clamp(-50, 50))).sum(-1),
        "clamp(",
    ),
    "one entry less": ("log_mean_exp", lambda x, dim: x.logsumexp(dim) - math.log(x.shape[dim] - 1), "size(x, dim)"),
    "a gradient that is cut": (
        "log_bernoulli_with_logits",
        lambda x, logits: (x * logits - F.softplus(logits.detach())).sum(-1),
        "On ordinary draws your values are right, and their gradients are exactly those of another formula",
    ),
    "a floor under each dimension": (
        "kl_normal",
        lambda qm, qv, pm, pv: (
            (0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1)).clamp(min=0.25).sum(-1)
        ),
        "clamp(",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_the_slip_is_said_in_words(slip: str):
    exercise, answer, words = SLIPS[slip]
    assert words in said(exercise, answer)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ["kl_normal", "log_normal", "log_bernoulli_with_logits"])
def test_numbers_of_no_near_formula_get_no_formula(exercise: str):
    right = EXERCISES[exercise].truth
    message = said(exercise, lambda *inputs: right(*inputs) * (1 + inputs[0].abs().mean().sin()))
    assert "formula" not in message
