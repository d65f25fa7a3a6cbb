"""Exercise 4.1: in how many ways it may be written right."""

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from vae_course.checks.lessons.nelbo.negative_elbo_bound.mistakes import Three, altered, bound, parts, with_z
from vae_course.given import log_normal, sample_gaussian


def _plain(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    z = m + torch.sqrt(v) * torch.randn_like(v)
    kl = 0.5 * (v + m**2 - 1 - torch.log(v)).sum(1)  # N(0, I) written out
    rec = binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(1)
    return torch.mean(kl + rec), kl.mean(), rec.mean()


def _distributions(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    q, p = Normal(m, v.sqrt()), Normal(*[t if i == 0 else t.sqrt() for i, t in enumerate(self.z_prior)])
    rec = -Independent(Bernoulli(logits=self.dec(q.rsample()), validate_args=False), 1).log_prob(x).mean()
    kl = kl_divergence(q, p).sum(-1).mean()
    return kl + rec, kl, rec


def _multivariate(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    q = MultivariateNormal(m, torch.diag_embed(v))
    kl = kl_divergence(q, MultivariateNormal(torch.zeros_like(m), torch.diag_embed(torch.ones_like(v))))
    return bound(kl, parts(self, x, q.rsample())[1])


def _monte_carlo_kl(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    return bound(log_normal(z, m, v) - log_normal(z, *(p.expand_as(m) for p in self.z_prior)), parts(self, x, z)[1])


def _fresh_draws(self: Any, x: Tensor) -> Three:
    first, second = parts(self, x), parts(self, x)
    return (first[0] + first[1]).mean(), first[0].mean(), second[1].mean()


def _several_draws(self: Any, x: Tensor) -> Three:
    draws = [parts(self, x) for _ in range(3)]
    return bound(draws[0][0], torch.stack([rec for _, rec in draws]).mean(0))


def _loops(self: Any, x: Tensor) -> Three:
    rows = [parts(self, image[None]) for image in x[:8]] if len(x) <= 8 else [parts(self, x)]
    return bound(torch.cat([kl for kl, _ in rows]), torch.cat([rec for _, rec in rows]))


def _einsum(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    logits = self.dec(torch.addcmul(m, v.sqrt(), torch.empty_like(m).normal_()))
    rec = torch.nn.functional.softplus(logits).sum(-1) - torch.einsum("bd,bd->b", x, logits)
    return bound(parts(self, x, m)[0], rec)


CORRECT = {
    "formulas by hand": _plain,
    "torch.distributions": _distributions,
    "MultivariateNormal": _multivariate,
    "Monte Carlo kl": _monte_carlo_kl,
    "rec from a fresh draw": _fresh_draws,
    "mean over several draws": _several_draws,
    "a loop over images": _loops,
    "einsum and softplus": _einsum,
    "negative noise": with_z(lambda m, v: m - v.sqrt() * torch.randn_like(m)),
    "double precision": altered(lambda kl, rec: bound(kl.double(), rec.double())),
    "a list": altered(lambda kl, rec: list(bound(kl, rec))),  # type: ignore[return-value,arg-type]
    "detached parts": altered(lambda kl, rec: ((kl + rec).mean(), kl.mean().detach(), rec.mean().detach())),
}

RIGHT = {"VAE.negative_elbo_bound": CORRECT}
