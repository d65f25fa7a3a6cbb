"""Exercises 9.1, 9.2 and 9.4 to 9.6: in how many ways they may be written right."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn.functional import cross_entropy, nll_loss, one_hot

from tests.checks.right.derivations import forms
from vae_course.checks.lessons.classes import class_derivation
from vae_course.checks.lessons.classes.log_normal_mixture import true_density
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

Three = tuple[Tensor, Tensor, Tensor]
Four = tuple[Tensor, Tensor, Tensor, Tensor]


def log_normal_mixture(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """For the bounds below; while they are examined another right one stands in its place."""
    return true_density(z, m, v)


def _loop(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    return torch.logsumexp(torch.stack([log_normal(z, m[j], v[j]) - math.log(len(m)) for j in range(len(m))], 1), 1)


def _by_hand(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    each = -0.5 * (((z[:, None, :] - m) ** 2) / v + torch.log(2 * math.pi * v)).sum(dim=2)
    top = each.max(dim=1, keepdim=True).values
    return (top + (each - top).exp().mean(dim=1, keepdim=True).log())[:, 0]


def _gaussians_first(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    return log_mean_exp(log_normal(z, m.unsqueeze(1), v.unsqueeze(1)), 0)


def _mixture_at_the_draw(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    kl = (log_normal(z, m, v) - log_normal_mixture(z, *self.mixture)).mean()
    rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
    return kl + rec, kl, rec


def _mixture_by_distributions(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    means, variances = self.mixture
    q = Independent(Normal(m, v.sqrt()), 1)
    p = MixtureSameFamily(Categorical(torch.ones(len(means))), Independent(Normal(means, variances.sqrt()), 1))
    z = q.rsample()
    kl = q.log_prob(z) - p.log_prob(z)
    rec = -Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
    return (kl + rec).mean(), kl.mean(), rec.mean()


def _mixture_of_two_draws(self: Any, x: Tensor) -> Three:
    one, other = _mixture_at_the_draw(self, x), _mixture_at_the_draw(self, x)
    return tuple((a + b) / 2 for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _entropy_in_closed_form(self: Any, x: Tensor) -> Three:
    """log q(z|x) = −½ Σ (ε² + log 2πv), written with its own noise."""
    m, v = self.enc(x)
    noise = torch.randn_like(m)
    z = m + v.sqrt() * noise
    log_q = -0.5 * (noise**2 + torch.log(2 * math.pi * v)).sum(-1)
    kl = log_q - log_normal_mixture(z, *self.mixture)
    rec = -log_bernoulli_with_logits(x, self.dec(z))
    return (kl + rec).mean(), kl.mean(), rec.mean()


def _repeated(self: Any, x: Tensor) -> Four:
    k = self.y_dim
    xs, y = x.repeat_interleave(k, 0), torch.eye(k).repeat(len(x), 1)
    m, v = self.enc(xs, y)
    z = sample_gaussian(m, v)
    log_q = torch.log_softmax(self.cls(x), -1)
    q = log_q.exp()
    kl_z = (q * kl_normal(m, v, *self.z_prior).reshape(-1, k)).sum(-1).mean()
    rec = (q * -log_bernoulli_with_logits(xs, self.dec(z, y)).reshape(-1, k)).sum(-1).mean()
    kl_y = (q * (log_q + math.log(k))).sum(-1).mean()
    return kl_z + kl_y + rec, kl_z, kl_y, rec


def _classes_outside(self: Any, x: Tensor) -> Four:
    """As Stanford's homework lays it out: all images with the first class, then all with the second."""
    k = self.y_dim
    q = self.cls(x).softmax(1)
    y = torch.eye(k).repeat_interleave(len(x), 0)
    xs = x.repeat(k, 1)
    m, v = self.enc(xs, y)
    rec = -log_bernoulli_with_logits(xs, self.dec(sample_gaussian(m, v), y))
    kl_z = kl_normal(m, v, *self.z_prior)
    kl_y = kl_divergence(Categorical(probs=q), Categorical(probs=torch.full_like(q, 1 / k))).mean()
    kl_z, rec = ((q.T * term.reshape(k, -1)).sum(0).mean() for term in (kl_z, rec))
    return kl_z + kl_y + rec, kl_z, kl_y, rec


def _one_class_after_the_other(self: Any, x: Tensor) -> Four:
    log_q = torch.log_softmax(self.cls(x), dim=-1)
    kl_z, rec = torch.zeros(()), torch.zeros(())
    for k in range(self.y_dim):
        y = one_hot(torch.full((len(x),), k), self.y_dim).float()
        m, v = self.enc(x, y)
        z = sample_gaussian(m, v)
        q = log_q[:, k].exp()
        kl_z = kl_z + (q * kl_normal(m, v, *self.z_prior)).mean()
        rec = rec - (q * log_bernoulli_with_logits(x, self.dec(z, y))).mean()
    kl_y = math.log(self.y_dim) - Categorical(logits=log_q).entropy().mean()
    return kl_z + kl_y + rec, kl_z, kl_y, rec


def _one_noise_for_all_classes(self: Any, x: Tensor) -> Four:
    k = self.y_dim
    xs, y = x[:, None].expand(-1, k, -1), torch.eye(k).expand(len(x), -1, -1)
    m, v = self.enc(xs, y)
    z = m + v.sqrt() * torch.randn(len(x), 1, self.z_dim)
    log_q = torch.log_softmax(self.cls(x), -1)
    q = log_q.exp()
    each = kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(xs, self.dec(z, y))
    kl_z, rec = ((q * one).sum(-1) for one in each)
    kl_y = (q * log_q).sum(-1) + math.log(k)
    return (kl_z + kl_y + rec).mean(), kl_z.mean(), kl_y.mean(), rec.mean()


def _kl_z_at_the_draw(self: Any, x: Tensor) -> Four:
    k = self.y_dim
    xs, y = x.repeat_interleave(k, 0), torch.eye(k).repeat(len(x), 1)
    m, v = self.enc(xs, y)
    z = sample_gaussian(m, v)
    log_q = torch.log_softmax(self.cls(x), -1)
    q = log_q.exp()
    kl_z = (log_normal(z, m, v) - log_normal(z, *self.z_prior)).reshape(-1, k)
    rec = -log_bernoulli_with_logits(xs, self.dec(z, y)).reshape(-1, k)
    terms = (q * kl_z).sum(1).mean(), (q * (log_q + math.log(k))).sum(1).mean(), (q * rec).sum(1).mean()
    return sum(terms), *terms  # type: ignore[return-value]


def _two_draws(self: Any, x: Tensor) -> Four:
    one, other = _repeated(self, x), _repeated(self, x)
    return tuple((a + b) / 2 for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def _by_einsum(self: Any, x: Tensor) -> Four:
    k = self.y_dim
    xs, y = x[:, None].expand(-1, k, -1), torch.eye(k).expand(len(x), -1, -1)
    m, v = self.enc(xs, y)
    q = torch.softmax(self.cls(x), 1)
    rec = torch.einsum("ik,ik->", q, -log_bernoulli_with_logits(xs, self.dec(sample_gaussian(m, v), y))) / len(x)
    kl_z = torch.einsum("ik,ik->", q, kl_normal(m, v, *self.z_prior)) / len(x)
    kl_y = torch.special.xlogy(q, k * q).sum(1).mean()
    return kl_z + kl_y + rec, kl_z, kl_y, rec


RIGHT = {
    "log_normal_mixture": {
        "torch.distributions": true_density,
        "a loop": _loop,
        "by hand, with the largest taken off": _by_hand,
        "Gaussians along the first axis": _gaussians_first,
        "logsumexp less log k": lambda z, m, v: log_normal(z[:, None], m, v).logsumexp(-1) - math.log(m.shape[0]),
        "the density inside": lambda z, m, v: torch.logsumexp(
            Normal(m, v.sqrt()).log_prob(z[:, None]).sum(-1) + math.log(1 / len(m)), dim=1
        ),
    },
    "GMVAE.mixture_bound": {
        "the lesson's": _mixture_at_the_draw,
        "torch.distributions": _mixture_by_distributions,
        "two draws": _mixture_of_two_draws,
        "log q from its noise": _entropy_in_closed_form,
    },
    "SSVAE.unlabelled_bound": {
        "repeated": _repeated,
        "classes outside": _classes_outside,
        "a loop over the classes": _one_class_after_the_other,
        "one noise for all classes": _one_noise_for_all_classes,
        "kl_z at the draw": _kl_z_at_the_draw,
        "two draws": _two_draws,
        "einsum": _by_einsum,
    },
    "semi_supervised_loss": {
        "cross_entropy": lambda model, x, labelled, y, weight: (
            model.unlabelled_bound(x)[0] + weight * cross_entropy(model.cls(labelled), y)
        ),
        "nll_loss": lambda model, x, labelled, y, weight: (
            weight * nll_loss(torch.log_softmax(model.cls(labelled), 1), y) + model.unlabelled_bound(x)[0]
        ),
        "gathered": lambda model, x, labelled, y, weight: (
            model.unlabelled_bound(x)[0]
            - weight * model.cls(labelled).log_softmax(-1).gather(1, y[:, None]).sum() / len(y)
        ),
        "a distribution": lambda model, x, labelled, y, weight: (
            sum(model.unlabelled_bound(x)[1:]) - weight * Categorical(logits=model.cls(labelled)).log_prob(y).mean()
        ),
    },
    "class_derivation": forms(class_derivation.LINES)
    | {"the factors first": "BACDFG", "ten values, first": "FABCDG", "before the kl of y": "ABCFDG"},
}
