"""Designed cases: what they catch, and that diagnosis looks at them only where ordinary inputs are right."""

import torch

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES


def seen(name, answer):
    return examine(EXERCISES[name], EXERCISES[name].answer(answer), seed=1)


def test_an_error_in_one_layout_is_a_wrong_answer_that_keeps_its_other_points():
    def only_one_axis_of_examples(x, m, v):
        batch, dim = x.shape
        return torch.distributions.Normal(m, v.sqrt()).log_prob(x).view(batch, dim).sum(-1)

    outcome = seen("log_normal", only_one_axis_of_examples)
    assert outcome.status == "wrong" and outcome.points == 4.5
    assert "several draws for each example" in outcome.message


def test_a_mistake_in_the_formula_is_named_however_the_rare_cases_are_treated():
    def lacks_half_and_drops_a_batch_of_one(qm, qv, pm, pv):
        return (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1, keepdim=True).squeeze()

    assert seen("kl_normal", lacks_half_and_drops_a_batch_of_one).misconception == "half-missing"


def test_an_input_that_is_not_used_counts_as_slope_zero():
    def to_the_standard_normal(qm, qv, pm, pv):
        return -0.5 * (1 + torch.log(qv) - qm**2 - qv).sum(-1)

    assert seen("kl_normal", to_the_standard_normal).misconception == "assumes-standard-normal-prior"


def test_an_untouched_stub_is_not_started():
    def log_normal(x, m, v):
        raise NotImplementedError

    assert seen("log_normal", log_normal).status == "not started"
