"""Exercise 5b.3: how it goes wrong, and what a tutor says."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.iwae.log_weights.mistakes import draws, log_weight, with_z
from vae_course.checks.worlds.iwae import negative_log_mean

Share = Callable[[Tensor], Tensor]
Loss = Callable[[Any, Tensor, int], Tensor]


def shares(log_w: Tensor) -> Tensor:
    return torch.softmax(log_w, 1)


def dreg(weigh: Share = shares, *, stop_q: bool = True, value: Callable[[Tensor], Tensor] = negative_log_mean) -> Loss:
    """A loss made of log w, whose gradient through z is multiplied by a weight for each draw; the bound's own brings one w̃."""

    def loss(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        log_w = log_weight(model, x, *((m.detach(), v.detach()) if stop_q else (m, v)), z)
        weight = weigh(log_w.detach()).unsqueeze(-1)
        z.register_hook(lambda g: g * weight)
        return value(log_w)

    return loss


def _squared_for_both(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    log_w = log_weight(model, x, m.detach(), v.detach(), z)
    surrogate = -(shares(log_w).detach() ** 2 * log_w).sum(1).mean()
    return surrogate - surrogate.detach() + negative_log_mean(log_w).detach()


MISCONCEPTIONS = (
    Misconception(
        "plain-bound",
        lambda model, x, iw: negative_log_mean(right_weights(model, x, iw)),
        "m and v still act inside log q, as in the bound's ordinary gradient. Detach them there, and weight the path "
        "through z by w̃².",
        family="q not detached",
    ),
    Misconception(
        "squared-without-stopping",
        dreg(stop_q=False),
        "m and v still act inside log q: detach them there. The path through z is weighted by w̃².",
        family="q not detached",
    ),
    Misconception(
        "path-stopped",
        lambda model, x, iw: negative_log_mean(with_z(lambda m, v, z: z.detach())(model, x, iw)),
        "The path through z is stopped, and m and v act inside log q alone. It is the other way round: detach them in log q, and "
        "let z keep its path.",
    ),
    Misconception(
        "sticking-the-landing",
        dreg(torch.ones_like),
        "m and v are stopped inside log q, and the path through z is weighted by w̃: that is sticking the landing, "
        "biased for k > 1. DReG weights by w̃². Or your hook returns nothing: then PyTorch keeps the old slope.",
    ),
    Misconception(
        "one-share-too-many",
        dreg(lambda log_w: shares(log_w) ** 2),
        "The path through z is weighted by w̃³: the bound's own gradient brings one w̃ already, so the hook multiplies by one.",
    ),
    Misconception(
        "squared-for-the-decoder-too",
        _squared_for_both,
        "Your w̃² weights log w as a whole, and so the decoder's gradient too, which is right with one w̃. Only the path through z "
        "takes the second one: a hook on z reaches nothing else.",
    ),
    Misconception(
        "shares-over-the-batch",
        dreg(lambda log_w: torch.softmax(log_w, 0)),
        "Your w̃ are shares among the *images* (dim=0). Each image's draws share among themselves: softmax over dim=1.",
    ),
    Misconception(
        "shares-over-everything",
        dreg(lambda log_w: torch.softmax(log_w.flatten(), 0).view_as(log_w)),
        "Your w̃ are shares among the draws of *all* images. Each image's draws share among themselves: softmax over dim=1.",
    ),
    Misconception(
        "weights-for-shares",
        dreg(torch.exp),
        "You multiply by w itself, which is 0 in float32, so that no slope is left. The share is w̃ = w / Σ w: softmax of log w.",
    ),
    Misconception(
        "exponentiates-first",
        dreg(lambda log_w: log_w.exp() / log_w.exp().sum(1, keepdim=True)),
        "Your shares are right where weights are ordinary numbers. With 784 pixels w is e^−500, which is 0 in float32, and the "
        "share 0 / 0: softmax of log w stays in log space.",
    ),
    Misconception(
        "mean-of-log-weights",
        dreg(value=lambda log_w: -log_w.mean()),
        "You average the logs, so that the value is the ELBO's and no share comes with the gradient. Return the negative bound, "
        "with log_mean_exp over the draws: it brings the first w̃, and your hook the second.",
    ),
    Misconception(
        "sign",
        dreg(value=lambda log_w: -negative_log_mean(log_w)),
        "The minus is missing: you return the bound itself, and training would make it smaller. All else is right.",
    ),
)
