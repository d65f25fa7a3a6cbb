"""An answer that raises is told what torch's or Python's words mean. Every error here is a real one, raised by the call."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.distributions import Bernoulli, Normal
from torch.nn import functional as F

from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES


def recursive(m, v):
    return recursive(m, v)


def without_return(m, v):
    m + v


def in_place(m, v):
    w = v.exp()
    z = w * w
    w += 1
    return m + torch.autograd.grad(z.sum(), v)[0]


ERRORS: list[tuple[str, Callable[..., Any], str]] = [
    ("sample_gaussian", lambda m, v: m + math.sqrt(v), "take one number"),
    ("sample_gaussian", lambda m, v: m + torch.randn(3, m.shape[1] + 1), "compare them from the last axis"),
    ("sample_gaussian", lambda m, v: m + (m, v) * v.sqrt(), "unpack it"),
    ("sample_gaussian", lambda m, v: m + without_return(m, v), "gives None"),
    ("sample_gaussian", lambda m, v: m + v.sqrt * torch.randn_like(m), "brackets of a call are missing"),
    ("sample_gaussian", lambda m, v: m if m > 0 else v, "torch.where"),
    ("sample_gaussian", in_place, "compute into a new tensor"),
    ("sample_gaussian", lambda m, v: m + v.numpy(), "numpy knows no gradients"),
    ("sample_gaussian", lambda m, v: m.t().view(-1), "use reshape"),
    ("sample_gaussian", lambda m, v: m @ v.t().double(), "float32"),
    ("sample_gaussian", lambda m, v: Normal(m, v.log()).rsample(), "not positive"),
    ("sample_gaussian", lambda m, v: given.sample_gaussian(m), "more or fewer arguments than it takes"),
    ("sample_gaussian", lambda m, v: m + noise, "noise was never defined here"),  # noqa: F821
    ("sample_gaussian", recursive, "calls itself"),
    ("sample_gaussian", lambda m, v: m.sum(3), "The last one is -1"),
    ("sample_gaussian", lambda m, v: torch.autograd.grad(m.detach().sum(), v)[0], "cut off from its inputs"),
    ("sample_gaussian", lambda m, v: m + v ^ 0.5, "A power is ** in Python"),
    ("sample_gaussian", lambda m, v: m + v @ torch.randn(m.shape), "@ is a matrix product"),
    ("sample_gaussian", lambda m: m, "the arguments of the stub, (m, v)"),
    ("sample_gaussian", lambda m, v: m + torch.randn(), "torch.randn(m.shape)"),
    ("sample_gaussian", lambda m, v: m + torch.randn(m), "torch.randn(m.shape)"),
    ("log_mean_exp", lambda x, dim: x - x.max(dim), "x.max(dim).values"),
    ("log_mean_exp", lambda x, dim: x.max(dim).exp(), "x.max(dim).values"),
    ("log_mean_exp", lambda x, dim: torch.exp(x.max(dim)), "x.max(dim).values"),
    ("log_bernoulli_with_logits", lambda x, a: Bernoulli(probs=a).log_prob(x), "Bernoulli(logits=...)"),
    ("VAE.negative_elbo_bound", lambda self, x: x @ self.enc(x)[0], "@ is a matrix product"),
    ("training_step", lambda model, x, optimizer: model.loss(x).backward(), "loss, _ = model.loss(x)"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy(a, x), "binary_cross_entropy_with_logits"),
    ("log_bernoulli_with_logits", lambda x, a: Bernoulli(logits=a).log_prob(x + 0.5), "validate_args=False"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy_with_logits(a[:1], x), "expand_as"),
    ("VAE.negative_elbo_bound", lambda self, x: self.dec(x), "784 pixels"),
    ("VAE.negative_elbo_bound", lambda self, x: self.enc(x).mean(), "unpack it"),
    ("VAE.negative_elbo_bound", lambda self, x: [m for m, v, z in [self.enc(x)]], "enc gives two"),
]


@pytest.mark.parametrize(("name", "answer", "words"), ERRORS, ids=[f"{name}: {words}" for name, _, words in ERRORS])
def test_an_error_is_shown_with_its_usual_meaning(name: str, answer: Callable[..., Any], words: str) -> None:
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(answer), 3)
    assert found.status == "raised" and "Your code raised" in found.message
    assert words in found.message, found.message


def test_an_unknown_error_is_shown_as_it_is() -> None:
    def answer(m, v):
        raise ValueError("the moon is full")

    exercise = EXERCISES["sample_gaussian"]
    found = examine(exercise, exercise.answer(answer), 3)
    assert "the moon is full" in found.message and "Likely reason" not in found.message


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("log_bernoulli_with_logits", lambda x, a: Bernoulli(probs=a).log_prob(x)),
        ("sample_gaussian", lambda m, v: m + torch.randn()),
        ("sample_gaussian", lambda m, v: m[torch.ones(10_000) > 0]),
    ],
)
def test_a_card_shows_where_it_was_before_a_message_without_its_dump(name: str, answer: Callable[..., Any]) -> None:
    exercise = EXERCISES[name]
    line = examine(exercise, exercise.answer(answer), 3).message.splitlines()[0]
    place, _, message = line.partition("): ")
    assert "(line " in place and "tensor(" not in message and "*" not in message and 0 < len(message) <= 210


def test_a_message_whose_first_line_only_announces_keeps_its_second() -> None:
    def answer(m, v):
        torch.nn.Linear(2, 2).load_state_dict({"weight": m})

    exercise = EXERCISES["sample_gaussian"]
    assert "Missing key(s)" in examine(exercise, exercise.answer(answer), 3).message


def test_only_a_line_that_raises_not_implemented_is_to_be_removed() -> None:
    exercise = EXERCISES["sample_gaussian"]
    found = examine(exercise, exercise.answer(lambda m, v: m + v ^ 0.5), 3)
    assert found.status == "raised" and "remove that line" not in found.message


NAMES: list[tuple[str, Callable[..., Any], str]] = [
    ("sample_gaussian", lambda m, v: m + v.sqrt() * eps, "eps was never defined here. Give it a value"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + np.sqrt(v), "torch has functions of the same names"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + sqrt(v), "Did you mean torch.sqrt?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + v.sqrt() * rand_like(m), "Did you mean torch.rand_like?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + v.sqrt() * randn_lik(m), "Did you mean torch.randn_like?"),  # noqa: F821
    ("sample_gaussian", lambda m, v: sample_gaussian(m, v), "Give it a value"),  # noqa: F821
    ("log_bernoulli_with_logits", lambda x, logits: logit - x, "Did you mean logits?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: z_prior, "Did you mean self.z_prior?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: zprior, "Did you mean self.z_prior?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: enc(x), "Did you mean self.enc?"),  # noqa: F821
    ("VAE.negative_elbo_bound", lambda self, x: kl_norml(x), "Did you mean given.kl_normal?"),  # noqa: F821
    ("sample_gaussian", lambda a, b: m + b, "keep the stub's `def` line"),  # noqa: F821
    ("sample_gaussian", lambda m, v: m + std, "std was never defined here. Give it a value"),  # noqa: F821
    ("training_step", lambda model, x, optimizer: optimiser.step(), "Did you mean optimizer?"),  # noqa: F821
    ("VAE.loss", lambda self, x: nelbo, "nelbo was never defined here. Give it a value"),  # noqa: F821
]


@pytest.mark.parametrize(("name", "answer", "words"), NAMES, ids=[words for _, _, words in NAMES])
def test_a_name_that_is_not_defined_is_told_what_may_be_meant(name: str, answer: Any, words: str) -> None:
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(answer), 3)
    assert found.status == "raised" and words in found.message, found.message
