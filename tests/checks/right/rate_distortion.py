"""Exercises 8.1 to 8.5: in how many ways they may be written right."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from tests.checks.right.derivations import forms
from vae_course.checks.lessons.rate_distortion import rate_derivation
from vae_course.checks.lessons.rate_distortion.beta_bound.mistakes import parts
from vae_course.checks.lessons.rate_distortion.mutual_information_bounds import true_bounds
from vae_course.given import kl_normal, log_mean_exp, log_normal, sample_gaussian


def _by_lesson_four(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    nelbo, kl, rec = self.negative_elbo_bound(x)
    return nelbo + (beta - 1) * kl, kl, rec


def _by_distributions(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    m, v = self.enc(x)
    q, p = Normal(m, v.sqrt()), Normal(self.z_prior_m, self.z_prior_v.sqrt())
    rec = -Bernoulli(logits=self.dec(q.rsample()), validate_args=False).log_prob(x).sum(-1)
    kl = kl_divergence(q, p).sum(-1)
    return (rec + beta * kl).mean(), kl.mean(), rec.mean()


def _each_image_first(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    kl, rec = parts(self, x)
    each = rec + beta * kl
    return sum(each) / len(x), kl.mean(), rec.mean()  # type: ignore[return-value]


def _kl_at_the_draw(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    kl = (log_normal(z, m, v) - log_normal(z, *self.z_prior)).mean()
    rec = parts(self, x, z)[1].mean()
    return rec + beta * kl, kl, rec


def _two_draws(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    kl = parts(self, x)[0].mean()
    rec = (parts(self, x)[1].mean() + parts(self, x)[1].mean()) / 2
    return kl * beta + rec, kl, rec


def _in_tensors(self: Any, x: Tensor, beta: float) -> tuple[Tensor, Tensor, Tensor]:
    kl, rec = (term.mean() for term in parts(self, x))
    return torch.stack([rec, kl]) @ torch.tensor([1.0, beta]), kl, rec


def _loop(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    lower = 0.0
    for i in range(len(z)):
        each = torch.stack([log_normal(z[i], m[j], v[j]) for j in range(len(m))])
        lower = lower + each[i] - log_mean_exp(each, 0)
    return torch.stack([lower / len(z), kl_normal(m, v, torch.zeros(1), torch.ones(1)).mean()])


def _softmax(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    each = Independent(Normal(m, v.sqrt()), 1).log_prob(z[:, None])
    own = torch.log_softmax(each, 1).diagonal()
    return torch.stack([own.mean() + math.log(len(z)), 0.5 * (v + m**2 - 1 - v.log()).sum(1).mean()])


def _transposed(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    each = log_normal(z, m.unsqueeze(1), v.unsqueeze(1))  # image, then z
    lower = (each.diagonal() - each.logsumexp(0) + math.log(len(z))).mean()
    return torch.stack([lower, kl_divergence(Normal(m, v.sqrt()), Normal(0.0, 1.0)).sum(-1).mean()])


def _cat(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    each = log_normal(z.unsqueeze(1), m, v)
    lower = each.trace() / len(z) - log_mean_exp(each, 1).mean()
    upper = kl_normal(m, v, torch.zeros_like(m), torch.ones_like(v)).mean()
    return torch.cat([lower.reshape(1), upper.reshape(1)])


RIGHT = {
    "VAE.beta_bound": {
        "on lesson 04's": _by_lesson_four,
        "torch.distributions, weighed image by image": _by_distributions,
        "summed by hand": _each_image_first,
        "kl at the draw": _kl_at_the_draw,
        "rec from two draws": _two_draws,
        "a product of tensors": _in_tensors,
    },
    "water_filling": {
        "one logarithm": {"rate": math.log(9 * 1.2 / 0.6**2) / 2, "second_off": 2, "slope": -4.0},
        "rounded": {"rate": 1.7, "second_off": 2.0, "slope": -4},
    },
    "free_bits": {
        "clamp": lambda kl, floor: kl.mean(0).clamp(min=floor).sum(),
        "maximum": lambda kl, floor: torch.maximum(kl.mean(0), torch.tensor(floor)).sum(),
        "where": lambda kl, floor: torch.where(kl.mean(dim=0) < floor, floor, kl.mean(dim=0)).sum(-1),
        "relu": lambda kl, floor: (torch.relu(kl.mean(0) - floor) + floor).sum(),
        "a loop": lambda kl, floor: sum(one.mean() if one.mean() > floor else torch.tensor(floor) for one in kl.T),
        "max of a pair": lambda kl, floor: torch.stack([kl.mean(0), torch.full((kl.shape[1],), floor)]).amax(0).sum(),
    },
    "mutual_information_bounds": {
        "torch.distributions": lambda z, m, v: true_bounds(z, m, v),
        "loops": _loop,
        "log_softmax": _softmax,
        "the table the other way round": _transposed,
        "trace and cat": _cat,
    },
    "rate_derivation": forms(rate_derivation.LINES)
    | {"information first": "FAGCDE", "the average first": "CFADGE", "what information is, first": "GFACDE"},
}
