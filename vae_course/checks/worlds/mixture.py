"""*clusters*: the three kinds of images of *triplets* under a prior that is a mixture of Gaussians; *close*: one of the kinds, whose q lies
within the mixture, so that log q(z|x) − log p(z) is below 0 for one in five; and *apart* under a mixture.

The gradient in x tells the z that were decoded (`own_z`), and for these kl and bound have an exact value.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn.functional import softplus

from vae_course.checks.worlds.averages import Typical, typical
from vae_course.checks.worlds.models import Case, apart
from vae_course.checks.worlds.own_z import costs, q_of_rows
from vae_course.checks.worlds.valleys import kinds, triplets
from vae_course.runner.answers import Model

K = 3


class Rows(NamedTuple):
    """A designed model, images for it, and mean and standard deviation of q of each image, (rows, latents) each, in double precision."""

    model: Model
    x: Tensor
    m: Tensor
    s: Tensor

    @property
    def mixture(self) -> tuple[Tensor, Tensor]:
        """Means of the Gaussians, and what softplus makes their variances of, (K, latents) each."""
        return self.model.weights["mixture_m"].double(), self.model.weights["mixture_raw"].double()


def under_mixture(model: Model, means: Tensor, raw: Tensor) -> Model:
    """The same networks, with these K Gaussians for a prior."""
    return replace(model, weights={**model.weights, "mixture_m": means, "mixture_raw": raw}, kind="GMVAE")


def _overlapping(latents: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """K Gaussians of which none has a z to itself."""
    means = 0.5 * torch.randn(K, latents, generator=generator)
    return means, 0.4 + 0.6 * torch.randn(K, latents, generator=generator)


@cache
def clusters() -> Rows:
    case = triplets()
    own = _overlapping(case.model.z_dim, torch.Generator().manual_seed(67))
    return Rows(under_mixture(case.model, *own), case.x, *q_of_rows())


@cache
def close() -> Rows:
    """As many images of the kind in the middle. Its q is wider than the K Gaussians around it by the root of two, so that log q − log p scatters
    by some nats about a small mean: cut off at 0, the mean is larger by 0.2 nats, and hardly ever by less than 0.1 (`tests/checks/test_classes_worlds.py`)."""
    case, generator = triplets(), torch.Generator().manual_seed(67)
    (mean, spread), rows = (part[1] for part in kinds()), len(case.x)
    shape = K, case.model.z_dim
    means = mean + 0.3 * spread * torch.randn(shape, generator=generator)
    variances = 0.5 * spread.square() * torch.exp(0.3 * torch.randn(shape, generator=generator))
    own = means.float(), torch.log(torch.expm1(variances)).float()
    x = case.x[1::3].repeat(3, 1)
    return Rows(under_mixture(case.model, *own), x, mean.expand(rows, -1), spread.expand(rows, -1))


@cache
def single() -> Rows:
    """One image of *close*."""
    rows = close()
    return rows._replace(x=rows.x[:1], m=rows.m[:1], s=rows.s[:1])


def falls_below_0(seeds: Iterable[int]) -> list[int]:
    """Those with which torch's first draw makes log q − log p of *single* less than −1, so that a mean cut off at 0 shows."""
    rows, seeds = single(), list(seeds)
    noise = [torch.randn(rows.m.shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    kl = kl_at(rows, rows.m + rows.s * torch.cat(noise))
    return [seed for seed, value in zip(seeds, kl, strict=True) if value < -1]


def apart_mixed(generator: Generator, batch: int = 5) -> Case:
    """The decoder ignores z, so that rec is exact."""
    case = apart(generator, batch=batch)
    return Case(under_mixture(case.model, *_overlapping(case.model.z_dim, generator)), case.x)


def log_prior(z: Tensor, means: Tensor, raw: Tensor) -> Tensor:
    """log p(z) of the mixture, in double precision: (rows, latents) -> (rows,)."""
    spreads = (softplus(raw.double()) + 1e-8).sqrt()
    equal = Categorical(probs=torch.ones(len(means), dtype=torch.float64))
    gaussians = Independent(Normal(means.double(), spreads, validate_args=False), 1, validate_args=False)
    return MixtureSameFamily(equal, gaussians, validate_args=False).log_prob(z)


def kl_at(rows: Rows, z: Tensor, form: str = "drawn") -> Tensor:
    """log q(z|x) − log p(z) of each row, (rows,). Its first term in one of the FORMS, which are alike on average."""
    return _log_q(rows.m, rows.s, z, form) - log_prior(z, *rows.mixture)


FORMS = ("drawn", "entropy", "standard")
"""log q at the z that was drawn; its mean, minus the entropy; and the closed KL to N(0, I) with log N(z; 0, I) added again."""


def _log_q(m: Tensor, s: Tensor, z: Tensor, form: str) -> Tensor:
    q, standard = Normal(m, s, validate_args=False), Normal(torch.zeros_like(m), 1.0, validate_args=False)
    if form == "entropy":
        return -q.entropy().sum(-1)
    return (q.log_prob(z) if form == "drawn" else kl_divergence(q, standard) + standard.log_prob(z)).sum(-1)


def kinds_of_kl(rows: Rows, z: Tensor) -> dict[str, float]:
    """What may be meant by the mean kl, each for these z: the right one is "mixture". For a fingerprint."""
    m, s = rows.m, rows.s
    means, raw = rows.mixture
    spreads = (softplus(raw) + 1e-8).sqrt()
    log_q, log_q_of_roots = (Normal(m, t, validate_args=False).log_prob(z).sum(-1) for t in (s, s.sqrt()))
    each, of_roots = (Normal(means, t, validate_args=False).log_prob(z[:, None]) for t in (spreads, spreads.sqrt()))
    table = each.sum(-1)  # of (rows, K, latents)
    standard = Normal(torch.zeros_like(m), 1.0, validate_args=False)
    closed = kl_divergence(Normal(m[:, None], s[:, None]), Normal(means, spreads)).sum(-1)  # (rows, K)
    right = log_q - log_prior(z, means, raw)
    log_p_at_m = log_prior(m, means, raw)
    at_m = Normal(m, s, validate_args=False).log_prob(m).sum(-1) - log_p_at_m
    whole = Normal(means.mean(0), (spreads.square().mean(0) + means.var(0, correction=0)).sqrt())
    found = {
        "mixture": right,
        "turned": -right,
        "positive": right.abs(),
        "clamped": right.clamp(min=0),
        "over latents": right / z.shape[1],
        "nothing": torch.zeros_like(right),
        "at the mean": at_m,
        "log p at the mean": log_q - log_p_at_m,
        "roots in log q": log_q_of_roots - log_q + right,
        "roots in the mixture": log_q - of_roots.sum(-1).logsumexp(1) + math.log(K),
        "log p alone": right - log_q,
        "summed": log_q - table.logsumexp(1),
        "likeliest": log_q - table.amax(1) + math.log(K),
        "of ten": right + math.log(10 / K),
        "by responsibility": log_q - (table.softmax(1) * table).sum(1),
        "mean of the logs": log_q - table.mean(1),
        "each dimension": log_q - (each.logsumexp(1) - math.log(K)).sum(-1),
        "standard at the draw": log_q - standard.log_prob(z).sum(-1),
        "standard": kl_divergence(Normal(m, s), standard).sum(-1),
        "mean of the kls": closed.mean(1),
        "nearest": closed.amin(1),
        "mixed kls": math.log(K) - torch.logsumexp(-closed, 1),
        "one gaussian": kl_divergence(Normal(m, s), whole).sum(-1),
    }
    return {name: value.mean().item() for name, value in found.items()}


def rec_at(rows: Rows, z: Tensor) -> Tensor:
    """−log p(x|z) of each row, (rows,)."""
    return costs(z, rows.m, rows.s)[0]


@cache
def on_average() -> Typical:
    """kl, rec and nelbo of a call in *close*, and the bound's slopes."""
    rows, generator = close(), torch.Generator().manual_seed(71)

    def draw(_: int) -> list[dict[str, Tensor]]:
        z = rows.m + rows.s * torch.randn(rows.m.shape, generator=generator, dtype=torch.float64)
        kl, rec = kl_at(rows, z).mean(), rec_at(rows, z).mean()
        return [{"nelbo": kl + rec, "kl": kl, "rec": rec, **right_slopes(rows, z)}]

    return typical(draw, 80)


def right_slopes(rows: Rows, z: Tensor, form: str = "drawn") -> dict[str, Tensor]:
    """The gradient of the mean bound, for these z, in the outputs of the encoder, summed over the rows, and in the mixture.

    `form`: of log q, see `kl_at`.
    """
    m, s = rows.m, rows.s
    outputs = torch.cat([m, torch.log(torch.expm1(s.square()))], -1).requires_grad_()
    means, raw = (part.requires_grad_() for part in rows.mixture)
    own_m, own_raw = outputs.chunk(2, -1)
    own_s = softplus(own_raw).sqrt()
    drawn = own_m + own_s * ((z - m) / s)
    kl = _log_q(own_m, own_s, drawn, form) - log_prior(drawn, means, raw)
    bound = (kl + costs(drawn, own_m, own_s)[0]).mean()
    found = torch.autograd.grad(bound, (outputs, means, raw))
    return {"enc.net.2.bias": found[0].sum(0), "mixture_m": found[1], "mixture_raw": found[2]}
