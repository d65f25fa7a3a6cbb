"""What a card says it saw is so, of draws, of gradients, and of numbers that lie close to each other."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from vae_course import check
from vae_course.given import log_normal


def density(x, m, v):
    return -0.5 * (torch.log(2 * math.pi * v) + (x - m) ** 2 / v).sum(-1)


def said_of(answer, exercise: str, seed: int = 0) -> str:
    return str(check(answer, exercise, seed=seed, quiet=True))


@pytest.mark.parametrize(
    "answer",
    [lambda m, v: 3 + torch.randn(10_000, 2), lambda m, v: torch.randn(7), lambda m, v: torch.randn_like(m).sum(-1)],
)
def test_where_a_draw_is_asked_no_draw_is_blamed(answer):
    said = said_of(answer, "sample_gaussian")
    assert "The shape should be" in said
    assert "without any draw" not in said and "gave different numbers" not in said


def test_a_shape_that_does_not_follow_the_inputs_is_told():
    said = said_of(lambda m, v: 3 + torch.randn(10_000, 2), "sample_gaussian")
    assert "For a batch of one you return the same shape" in said
    assert "the same shape" not in said_of(lambda m, v: torch.randn_like(m).sum(-1), "sample_gaussian")


def test_a_closed_form_that_draws_is_told_so():
    said = said_of(lambda x, m, v: torch.randn(len(x)), "log_normal")
    assert "Two calls with the same inputs gave different numbers. Asked is a closed form" in said


@pytest.mark.parametrize("shift", [3.0, -30.0, 1e4])
def test_noise_beside_a_constant_is_nobodys_copy_whatever_the_draws(shift: float):
    cards = [check(lambda m, v: shift + torch.randn_like(m), "sample_gaussian", seed=s, quiet=True) for s in range(12)]
    assert {card.points for card in cards} == {2}
    assert not any("the same noise" in str(card) for card in cards)


def test_copies_and_mirror_images_are_still_seen_beside_a_constant():
    def mirrored(m, v):
        half = torch.randn(m.shape[0], (m.shape[1] + 1) // 2)
        return 3 + torch.cat([half, -half], 1)[:, : m.shape[1]]

    assert "received the same noise, or its mirror image" in said_of(mirrored, "sample_gaussian")


def test_a_mean_of_all_m_is_told_and_no_spread_is_called_right():
    said = said_of(lambda m, v: m.mean() + v.sqrt() * torch.randn_like(m), "sample_gaussian")
    assert "z changes in one dimension when m changes in another" in said
    assert "Mean and spread of your noise are right" not in said


def test_a_mean_over_the_batch_is_told():
    said = said_of(lambda m, v: m.mean(0) + v.sqrt() * torch.randn_like(m), "sample_gaussian")
    assert "z changes in one example when m changes in another" in said


def test_the_shape_of_noise_is_told_where_mean_and_spread_are_right():
    said = said_of(lambda m, v: m + v.sqrt() * (-1 - torch.rand_like(m).clamp(1e-9).log()), "sample_gaussian")
    assert "Mean and spread of your noise are right, its shape is not" in said


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_that_of_the_sum_and_at_most_one_in_a_logit(seed: int):
    def cut_off(x, logits):
        return (x * logits - softplus(logits)).sum(-1).detach() + 0 * logits.sum(-1)

    [line] = [s for s in said_of(cut_off, "log_bernoulli_with_logits", seed).splitlines() if "gradient of" in s]
    assert line.startswith("  The gradient of the sum of your results in logits is 0 at one place. It should be ")
    assert abs(float(line.split()[-2])) <= 1


def test_where_only_weights_show_it_the_card_says_so():
    def mixed(x, m, v):  # each row's gradient is the average of all rows'
        right = density(x, m, v)
        return right.mean() + (right - right.mean()).detach()

    assert "The gradient of a weighted sum of your results, with weights that the check chose, in" in said_of(
        mixed, "log_normal"
    )


@pytest.mark.parametrize("factor", [1.0002, 0.9997])
def test_numbers_that_differ_are_shown_with_digits_that_differ(factor: float):
    said = said_of(lambda x, m, v: factor * density(x, m, v), "log_normal", seed=3)
    first = said.splitlines()[1]
    got, right = first.split(" is ")[1].split()[0], first.rsplit("be ", 1)[1].rstrip(".")
    assert got != right and math.isclose(float(got), factor * float(right), rel_tol=1e-4)
    assert f"times {factor}" in said


def test_a_term_that_is_missing_is_told_as_a_term():
    said = said_of(lambda qm, qv, pm, pv: log_normal(qm, qm, qv) - log_normal(qm, pm, pv), "kl_normal")
    assert "qv / pv − 1 is missing" in said and "pv / pv" not in said
