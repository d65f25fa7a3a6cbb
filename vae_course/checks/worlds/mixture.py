"""*clusters*: the three kinds of images of *triplets* under a prior that is a mixture of Gaussians; and *apart* under one.

The gradient in x tells the z that were decoded (`own_z`), and for these kl and bound have an exact value: log q(z|x) − log p(z).
"""

import math
from dataclasses import replace
from functools import cache

import torch
from torch import Generator, Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn.functional import softplus

from vae_course.checks.worlds.models import Case, apart
from vae_course.checks.worlds.own_z import costs, q_of_rows
from vae_course.checks.worlds.valleys import triplets
from vae_course.runner.answers import Model

K = 3
DRAWS = 4_000
"""Of each kind of image, for what kl is on average."""


def under_mixture(model: Model, generator: Generator) -> Model:
    """The same networks, with K Gaussians that overlap, so that none of them has a z to itself."""
    latents = model.z_dim
    own = {
        "mixture_m": 0.5 * torch.randn(K, latents, generator=generator),
        "mixture_raw": 0.4 + 0.6 * torch.randn(K, latents, generator=generator),
    }
    return replace(model, weights={**model.weights, **own}, kind="GMVAE")


@cache
def clusters() -> Case:
    case = triplets()
    return Case(under_mixture(case.model, torch.Generator().manual_seed(67)), case.x)


def apart_mixed(generator: Generator, batch: int = 5) -> Case:
    """The decoder ignores z, so that rec is exact."""
    case = apart(generator, batch=batch)
    return Case(under_mixture(case.model, generator), case.x)


def log_prior(z: Tensor, means: Tensor, raw: Tensor) -> Tensor:
    """log p(z) of the mixture, in double precision: (rows, latents) -> (rows,)."""
    spreads = (softplus(raw.double()) + 1e-8).sqrt()
    equal = Categorical(probs=torch.ones(len(means), dtype=torch.float64))
    gaussians = Independent(Normal(means.double(), spreads, validate_args=False), 1, validate_args=False)
    return MixtureSameFamily(equal, gaussians, validate_args=False).log_prob(z)


def kl_at(z: Tensor) -> Tensor:
    """log q(z|x) − log p(z) of each row of *clusters*, (rows,)."""
    m, s = q_of_rows()
    w = clusters().model.weights
    return Normal(m, s, validate_args=False).log_prob(z).sum(-1) - log_prior(z, w["mixture_m"], w["mixture_raw"])


def kinds_of_kl(z: Tensor) -> dict[str, float]:
    """What may be meant by the mean kl of *clusters*, each for these z: the right one is "mixture". For a fingerprint."""
    m, s = q_of_rows()
    w = clusters().model.weights
    means, spreads = w["mixture_m"].double(), (softplus(w["mixture_raw"].double()) + 1e-8).sqrt()
    log_q = Normal(m, s, validate_args=False).log_prob(z).sum(-1)
    each = Normal(means, spreads, validate_args=False).log_prob(z[:, None])  # (rows, K, latents)
    table = each.sum(-1)
    standard = Normal(torch.zeros_like(m), 1.0, validate_args=False)
    closed = kl_divergence(Normal(m[:, None], s[:, None]), Normal(means, spreads)).sum(-1)  # (rows, K)
    right = log_q - log_prior(z, w["mixture_m"], w["mixture_raw"])
    at_m = Normal(m, s, validate_args=False).log_prob(m).sum(-1) - log_prior(m, w["mixture_m"], w["mixture_raw"])
    whole = Normal(means.mean(0), (spreads.square().mean(0) + means.var(0, correction=0)).sqrt())
    found = {
        "mixture": right,
        "turned": -right,
        "positive": right.abs(),
        "at the mean": at_m,
        "log p alone": right - log_q,
        "summed": log_q - table.logsumexp(1),
        "likeliest": log_q - table.amax(1) + math.log(K),
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


def rec_at(z: Tensor) -> Tensor:
    """−log p(x|z) of each row of *clusters*, (rows,)."""
    return costs(z, *q_of_rows())[0]


@cache
def on_average() -> tuple[float, float, float]:
    """kl and rec of *clusters* over many draws, and how far the mean of one draw a row strays: six standard errors, of either sum."""
    m, s = q_of_rows()
    generator = torch.Generator().manual_seed(71)
    kinds = [(m[i], s[i]) for i in range(3)]
    kl, rec = [], []
    for mean, spread in kinds:
        noise = torch.randn(DRAWS, len(mean), generator=generator, dtype=torch.float64)
        z = mean + spread * noise
        w = clusters().model.weights
        log_q = Normal(mean, spread, validate_args=False).log_prob(z).sum(-1)
        kl.append(log_q - log_prior(z, w["mixture_m"], w["mixture_raw"]))
        rec.append(_rec_of_many(z))
    kl_all, rec_all = torch.stack(kl), torch.stack(rec)
    spread_of_mean = float(kl_all.std(1).max() + rec_all.std(1).max()) * (len(m) ** -0.5 + (3 * DRAWS) ** -0.5)
    return kl_all.mean().item(), rec_all.mean().item(), 6 * spread_of_mean


def _rec_of_many(z: Tensor) -> Tensor:
    """rec is the same function of z for every kind; `costs` wants as many rows as there are images."""
    rows = len(q_of_rows()[0])
    padded = torch.cat([z, z.new_zeros(-len(z) % rows, z.shape[1])])
    return torch.cat([rec_at(part) for part in padded.split(rows)])[: len(z)]


def right_slopes(z: Tensor) -> dict[str, Tensor]:
    """The gradient of the mean bound, for these z, in the outputs of the encoder, summed over the rows, and in the mixture."""
    m, s = q_of_rows()
    outputs = torch.cat([m, torch.log(torch.expm1(s.square()))], -1).requires_grad_()
    w = clusters().model.weights
    means, raw = (w[name].double().requires_grad_() for name in ("mixture_m", "mixture_raw"))
    own_m, own_raw = outputs.chunk(2, -1)
    own_s = softplus(own_raw).sqrt()
    drawn = own_m + own_s * ((z - m) / s)
    kl = Normal(own_m, own_s, validate_args=False).log_prob(drawn).sum(-1) - log_prior(drawn, means, raw)
    bound = (kl + costs(drawn, own_m, own_s)[0]).mean()
    found = torch.autograd.grad(bound, (outputs, means, raw))
    return {"enc.net.2.bias": found[0].sum(0), "mixture_m": found[1], "mixture_raw": found[2]}
