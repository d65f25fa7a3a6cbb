"""Exercise 5.2: in how many ways it may be written right."""

import math
from typing import Any

import torch
from torch import Tensor

from tests.checks.right.log_weights import CORRECT as RIGHT_WEIGHTS
from vae_course import given
from vae_course.checks.around.scaffolds import right_bound, right_weights
from vae_course.checks.lessons.iwae.log_weights import mistakes as weights
from vae_course.checks.lessons.iwae.negative_iwae_bound.mistakes import Three, reducing, returning
from vae_course.checks.worlds.iwae import negative_log_mean, weighing
from vae_course.given import log_normal, sample_gaussian


def _all_from_draws(self: Any, x: Tensor, iw: int) -> Three:
    m, v, z = weights.draws(self, x, iw)
    likelihood, prior, posterior = weights.terms(self, x, m, v, z)
    niwae = -torch.mean(torch.logsumexp(likelihood + prior - posterior, dim=1) - math.log(iw))
    return niwae, (posterior - prior).mean(), -likelihood.mean()


def _draws_first(self: Any, x: Tensor, iw: int) -> Three:
    log_w = torch.stack([right_weights(self, x, 1)[:, 0] for _ in range(iw)])  # (iw, batch)
    largest = log_w.max(0).values
    niwae = -(largest + (log_w - largest).exp().mean(0).log()).mean()
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    kl = log_normal(z, m, v) - log_normal(z, *self.z_prior)
    return niwae, kl.mean(), right_bound(self, x)[2]


class WithLesson04(given.VAE):
    """Lesson 04's method pasted into this lesson's class."""

    def negative_elbo_bound(self, x: Tensor) -> Three:
        return right_bound(self, x)

    def negative_iwae_bound(self, x: Tensor, iw: int) -> Three:
        return negative_log_mean(right_weights(self, x, iw)), *self.negative_elbo_bound(x)[1:]


CORRECT: dict[str, Any] = {
    **{name: weighing(weigh) for name, weigh in RIGHT_WEIGHTS.items() if "N(0, I)" not in name},
    "logsumexp − log iw": reducing(lambda log_w: -(torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])).mean()),
    "kl and rec from the same draws": _all_from_draws,
    "draws first, shifted by the largest": _draws_first,
    "self.negative_elbo_bound, pasted, for kl and rec": WithLesson04,
    "detached terms": returning(lambda niwae, kl, rec: (niwae, kl.detach(), rec.detach())),
}
for _name in ("formulas by hand, einsum", "constants kept", "MultivariateNormal"):
    del CORRECT[_name]  # they write N(0, I), which costs the separate point

RIGHT = {"VAE.negative_iwae_bound": CORRECT}
