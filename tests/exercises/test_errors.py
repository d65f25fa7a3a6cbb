"""An answer that raises is told what torch's or Python's words mean. Every error here is a real one, raised by the call."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.distributions import Bernoulli, Normal
from torch.nn import functional as F

from vae_course import given
from vae_course.exercises import EXERCISES
from vae_course.exercises.examine import examine


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
    ("sample_gaussian", lambda m, v: m + (m, v) * v.sqrt(), "unpack them"),
    ("sample_gaussian", lambda m, v: m + without_return(m, v), "gives None"),
    ("sample_gaussian", lambda m, v: m + v.sqrt * torch.randn_like(m), "brackets of a call are missing"),
    ("sample_gaussian", lambda m, v: m if m > 0 else v, "torch.where"),
    ("sample_gaussian", in_place, "compute into a new tensor"),
    ("sample_gaussian", lambda m, v: m + v.numpy(), "numpy knows no gradients"),
    ("sample_gaussian", lambda m, v: m.t().view(-1), "use reshape"),
    ("sample_gaussian", lambda m, v: m @ v.t().double(), "float32"),
    ("sample_gaussian", lambda m, v: Normal(m, v.log()).rsample(), "not positive"),
    ("sample_gaussian", lambda m, v: given.sample_gaussian(m), "arguments differ"),
    ("sample_gaussian", lambda m, v: m + noise, "its import cell run"),  # noqa: F821
    ("sample_gaussian", recursive, "calls itself"),
    ("sample_gaussian", lambda m, v: m.sum(3), "The last one is -1"),
    ("sample_gaussian", lambda m, v: torch.autograd.grad(m.detach().sum(), v)[0], "cut off from its inputs"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy(a, x), "binary_cross_entropy_with_logits"),
    ("log_bernoulli_with_logits", lambda x, a: Bernoulli(logits=a).log_prob(x + 0.5), "validate_args=False"),
    ("log_bernoulli_with_logits", lambda x, a: F.binary_cross_entropy_with_logits(a[:1], x), "expand_as"),
    ("VAE.negative_elbo_bound", lambda self, x: self.dec(x), "784 pixels"),
    ("VAE.negative_elbo_bound", lambda self, x: self.enc(x).mean(), "unpack them"),
    ("VAE.negative_elbo_bound", lambda self, x: [m for m, v, z in [self.enc(x)]], "enc gives two"),
]


@pytest.mark.parametrize(("name", "answer", "words"), ERRORS, ids=[words for _, _, words in ERRORS])
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
