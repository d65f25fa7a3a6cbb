"""Exercise 5.1: in how many ways it may be written right."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.lessons.iwae.log_weights.mistakes import Weigh, with_z
from vae_course.given import log_bernoulli_with_logits, log_normal, sample_gaussian


def _interleaved(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.repeat_interleave(iw, dim=0) for t in model.enc(x))
    z = sample_gaussian(m, v)
    log_p = log_bernoulli_with_logits(x.repeat_interleave(iw, dim=0), model.dec(z))
    return (log_p + log_normal(z, *model.z_prior) - log_normal(z, m, v)).view(-1, iw)


def _duplicated(model: Any, x: Tensor, iw: int) -> Tensor:
    copies = x.repeat(iw, 1)  # (iw · batch, 784), encoded again
    m, v = model.enc(copies)
    z = sample_gaussian(m, v)
    log_w = log_bernoulli_with_logits(copies, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w.view(iw, len(x)).T


def _draw_by_draw(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = model.enc(x)
    columns = []
    for _ in range(iw):
        z = sample_gaussian(m, v)
        columns.append(log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v))
    return torch.stack(columns, dim=1)


def _image_by_image(model: Any, x: Tensor, iw: int) -> Tensor:
    return torch.cat([_duplicated(model, image[None], iw) for image in x])


def _distributions(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = model.enc(x)
    q, p = Normal(m, v.sqrt()), Normal(0.0, 1.0)
    z = q.rsample((iw,))  # (iw, batch, z_dim)
    log_p = Bernoulli(logits=model.dec(z), validate_args=False).log_prob(x).sum(-1)
    return (log_p + p.log_prob(z).sum(-1) - q.log_prob(z).sum(-1)).transpose(0, 1)


def _multivariate(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = model.enc(x)
    q = MultivariateNormal(m, torch.diag_embed(v))
    z = q.rsample(torch.Size([iw]))
    prior = MultivariateNormal(torch.zeros(m.shape[-1]), torch.eye(m.shape[-1]))
    log_p = -binary_cross_entropy_with_logits(model.dec(z), x.expand(iw, -1, -1), reduction="none").sum(-1)
    return (log_p + prior.log_prob(z) - q.log_prob(z)).T


def _by_hand(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = model.enc(x)
    noise = torch.randn(x.shape[0], iw, m.shape[-1])
    z = m[:, None] + v.sqrt()[:, None] * noise
    logits = model.dec(z)
    log_p = torch.einsum("bd,bkd->bk", x, logits) - softplus(logits).sum(-1)
    # log p(z) − log q(z|x): the constants cancel, and (z − m)² / v is ε²
    return log_p + 0.5 * (noise**2 - z**2 + v.log()[:, None]).sum(-1)


def _constants_kept(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.unsqueeze(1) for t in model.enc(x))
    z = m + torch.exp(0.5 * torch.log(v)) * torch.randn(len(x), iw, m.shape[-1])
    log_prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
    log_q = -0.5 * ((z - m) ** 2 / v + torch.log(2 * math.pi * v)).sum(-1)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_prior - log_q


CORRECT: dict[str, Weigh] = {
    "a new axis": right_weights,
    "repeat_interleave": _interleaved,
    "duplicated x, (iw, batch), transposed": _duplicated,
    "a loop over draws": _draw_by_draw,
    "a loop over images": _image_by_image,
    "torch.distributions, N(0, I) written out": _distributions,
    "MultivariateNormal": _multivariate,
    "formulas by hand, einsum": _by_hand,
    "constants kept": _constants_kept,
    "negative noise": with_z(lambda m, v, z: 2 * m - z),
    "double precision": lambda model, x, iw: right_weights(model, x, iw).double(),
}

RIGHT = {"log_weights": CORRECT}
