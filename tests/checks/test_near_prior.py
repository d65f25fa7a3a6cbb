"""A kl that is estimated from draws and held at 0 in the mean over a batch: it shows only where a batch is small and q near the prior."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES

Held = Callable[[Tensor], Tensor]


def bound(held: Held, draws: int) -> type:
    """All three methods, with kl at the draw, averaged over draws and images, and then held."""

    class VAE(given.VAE):
        def beta_bound(self, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
            m, v = self.enc(x)
            z = [given.sample_gaussian(m, v) for _ in range(draws)]
            kl = sum(given.log_normal(one, m, v) - given.log_normal(one, *self.z_prior) for one in z) / draws
            rec = -sum(given.log_bernoulli_with_logits(x, self.dec(one)) for one in z) / draws
            kl, rec = held(kl.mean()), rec.mean()
            return rec + beta * kl, kl, rec

        def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return self.beta_bound(x, 1.0)

        def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
            m, v = (t.expand(iw, *t.shape) for t in self.enc(x))
            z = given.sample_gaussian(m, v)
            log_p, kl = given.log_bernoulli_with_logits(x, self.dec(z)), given.log_normal(z, m, v)
            kl = kl - given.log_normal(z, *self.z_prior)
            return -given.log_mean_exp(log_p - kl, 0).mean(), held(kl.mean()), -log_p.mean()

    return VAE


@pytest.mark.parametrize("name", ["VAE.negative_elbo_bound", "VAE.beta_bound", "VAE.negative_iwae_bound"])
@pytest.mark.parametrize("held", [lambda kl: kl.clamp(min=0), torch.abs, torch.relu], ids=["clamp", "abs", "relu"])
def test_a_mean_that_is_held_at_0_is_refused_and_told(name: str, held: Held):
    exercise = EXERCISES[name]
    found = examine(exercise, exercise.answer(bound(held, 1)), 3)
    assert found.status == "wrong" and "none counts a kl below 0" in found.message


def test_a_mean_over_iw_draws_is_right():
    exercise = EXERCISES["VAE.negative_iwae_bound"]
    found = examine(exercise, exercise.answer(bound(lambda kl: kl, 1)), 3)
    assert found.status == "correct", found.message


@pytest.mark.parametrize("draws", [1, 4, 7])
def test_a_mean_of_draws_is_right(draws: int):
    exercise = EXERCISES["VAE.negative_elbo_bound"]
    found = examine(exercise, exercise.answer(bound(lambda kl: kl, draws)), 3)
    assert found.status == "correct", found.message
