"""What a recipe trains by, for any model with enc, dec and a prior; written for many draws at once.

The reference's `log_weights` says the same in words of the lessons. Here log p(x|z) is one matrix product and one sum, so that nothing of
shape (batch, iw, 784) is made but the logits and their softplus.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.teach.authoring.narrow import narrowed
from vae_course.teach.authoring.recipes import Recipe

Objective = Callable[[Any, Tensor], tuple[Tensor, dict[str, Tensor]]]


def objective_of(recipe: Recipe, device: str = "cpu", bound: Objective | None = None) -> Objective:
    """−IWAE_iw, or the NELBO averaged over `iw` draws of z, as the recipe says, with its products on this device; its KL beside it.

    Args:
        bound: another way to write the recipe's bound, as a model's own loss.
    """
    objective = bound or (iwae(recipe.iw) if recipe.bound == "iwae" else elbo(recipe.iw))
    objective = narrowed(objective) if recipe.is_narrow(device) else objective
    return warmed_up(objective, recipe.kl_warmup) if recipe.kl_warmup else objective


def warmed_up(objective: Objective, steps: int) -> Objective:
    """The same, in which for so many steps the KL counts less, by a weight that rises from 0 to 1. What is written down is the whole.

    Counts its own calls, so it serves one whole run.
    """
    done = itertools.count(1)

    def less(model: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss, summary = objective(model, x)
        spared = max(0.0, 1 - next(done) / steps)
        return loss - spared * summary["gen/kl_z"], {"train/loss": loss.detach(), **summary}

    return less


def iwae(iw: int) -> Objective:
    def objective(model: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        log_p, log_ratio, kl = draws(model, x, iw)
        bound = torch.logsumexp(log_p + log_ratio, 1) - math.log(iw)
        return -bound.mean(), {"gen/kl_z": kl.mean()}

    return objective


def elbo(iw: int) -> Objective:
    def objective(model: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        log_p, _, kl = draws(model, x, iw)
        return kl.mean() - log_p.mean(), {"gen/kl_z": kl.mean()}

    return objective


def draws(model: Any, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
    """log p(x|z) and log p(z) − log q(z|x) of iw draws for each image, (batch, iw) each; and the KL in closed form, (batch,)."""
    m, v = model.enc(x)  # (batch, z_dim) each
    prior_m, prior_v = model.z_prior_m, model.z_prior_v
    noise = torch.randn(len(x), iw, m.shape[1], dtype=x.dtype, device=x.device)
    z = m.unsqueeze(1) + v.sqrt().unsqueeze(1) * noise  # (batch, iw, z_dim)
    logits = model.dec(z)  # (batch, iw, 784)
    log_p = torch.bmm(logits, x.unsqueeze(2)).squeeze(2) - softplus(logits).sum(2)
    log_spread = torch.log(v / prior_v).sum(1)  # (batch,)
    distance = ((z - prior_m).square() / prior_v).sum(2)
    log_ratio = 0.5 * (log_spread.unsqueeze(1) + noise.square().sum(2) - distance)
    kl = 0.5 * ((v + (m - prior_m).square()) / prior_v - 1).sum(1) - 0.5 * log_spread
    return log_p, log_ratio, kl
