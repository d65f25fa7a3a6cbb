"""Exercise 5b.3: in how many ways it may be written right."""

import math
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.lessons.iwae.log_weights.mistakes import draws, log_weight, terms
from vae_course.checks.lessons.limits.dreg_loss.mistakes import dreg
from vae_course.given import log_mean_exp


def _surrogates(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    log_w = log_weight(model, x, m.detach(), v.detach(), z)
    share = torch.softmax(log_w, 1).detach()
    to_encoder = -(share**2 * log_w).sum(1).mean()
    fixed = terms(model, x, m.detach(), v.detach(), z.detach())
    to_decoder = -(share * (fixed[0] + fixed[1])).sum(1).mean()
    # Two losses for two sets of weights, put together with the value of the bound.
    frozen = -(share**2 * fixed[0]).sum(1).mean()
    surrogate = to_encoder - frozen + to_decoder
    return surrogate - surrogate.detach() - log_mean_exp(log_w, 1).mean().detach()


CORRECT = {
    "a hook on z": dreg(),
    "surrogate losses": _surrogates,
    "logsumexp, the share by its own hands": dreg(
        lambda log_w: (log_w - log_w.logsumexp(1, keepdim=True)).exp(),
        value=lambda log_w: (math.log(log_w.shape[1]) - log_w.logsumexp(1)).mean(),
    ),
    "a loop over images": lambda model, x, iw: torch.stack([dreg()(model, image[None], iw) for image in x]).mean(),
}

RIGHT = {"dreg_loss": CORRECT}
