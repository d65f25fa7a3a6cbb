"""What is said of answers to lesson 10 that no known mistake explains, where the right numbers or the answer's own are nan; names by number."""

import ast

import torch

from vae_course.checks.engine.examine import examine
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.resolve import find_exercise
from vae_course.checks.lessons import EXERCISES


def said(name, answer):
    found = examine(EXERCISES[name], EXERCISES[name].answer(answer), 3)
    assert found.status == "wrong" and not found.misconception
    return found.message


def test_a_place_where_the_right_numbers_are_not_finite_is_none_where_an_answer_is_right():
    def answer(x_t, x0, alpha_bar, alpha_bar_before):
        alpha = alpha_bar / alpha_bar_before
        v = (1 - alpha_bar_before) * (1 - alpha) / (1 - alpha_bar) ** 2
        m = v * (alpha_bar_before.sqrt() * x0 / (1 - alpha_bar_before) + alpha.sqrt() * x_t / (1 - alpha))
        return torch.stack([m, v.expand_as(m)])

    assert "numbers are right" not in said("posterior_mean_variance", answer)


def test_of_an_answer_that_is_nan_it_is_not_said_that_examples_change_each_other():
    def answer(noise, predicted, alpha_bar, alpha_bar_before):
        ratio = (alpha_bar_before / 1 - alpha_bar_before) / (alpha_bar / 1 - alpha_bar)
        return (0.5 * (ratio - 1) * (noise - predicted) ** 2).sum(-1)

    assert "other examples" not in said("step_kl", answer)


def test_an_exercise_may_be_given_by_its_number():
    assert find_exercise(None, "10.5").name == "step_kl" and find_exercise(None, "1.1").name == "sample_gaussian"


def test_names_that_are_not_allowed_bear_no_star_on_a_card():
    [rule, *_] = PUZZLES["09.no-softmax"].rules
    broken = rule.broken(ast.parse("def f(model):\n    return F.cross_entropy(model)").body[0])
    assert broken is not None and "*" not in broken.then and "cross_entropy" in broken.then
