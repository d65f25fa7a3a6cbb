"""Exercise 5.6: the doubly reparameterized gradient."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.engine.core import Check, Exercise, Misconception
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.lessons.iwae.dreg_loss.checks import (
    decoder_keeps_its_gradient,
    doubly_reparameterized,
    dreg_fingerprint,
    value_of_the_bound,
)
from vae_course.checks.lessons.iwae.iwae_loss import LESSON
from vae_course.checks.lessons.iwae.log_weights.mistakes import draws, terms
from vae_course.checks.worlds.models import Case, still
from vae_course.given import log_mean_exp

Share = Callable[[Tensor], Tensor]
Loss = Callable[[Any, Tensor, int], Tensor]


def shares(log_w: Tensor) -> Tensor:
    return torch.softmax(log_w, 1)


def negative_log_mean(log_w: Tensor) -> Tensor:
    return -log_mean_exp(log_w, 1).mean()


def dreg(weigh: Share = shares, *, stop_q: bool = True, value: Callable[[Tensor], Tensor] = negative_log_mean) -> Loss:
    """A loss made of log w, whose gradient through z is multiplied by a weight for each draw; the bound's own brings one w̃."""

    def loss(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        stopped = (m.detach(), v.detach()) if stop_q else (m, v)
        likelihood, prior, posterior = terms(model, x, *stopped, z)
        log_w = likelihood + prior - posterior
        weight = weigh(log_w.detach()).unsqueeze(-1)
        z.register_hook(lambda g: g * weight)
        return value(log_w)

    return loss


def _path_stopped(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    likelihood, prior, posterior = terms(model, x, m, v, z.detach())
    return negative_log_mean(likelihood + prior - posterior)


def _surrogates(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    likelihood, prior, posterior = terms(model, x, m.detach(), v.detach(), z)
    log_w = likelihood + prior - posterior
    share = torch.softmax(log_w, 1).detach()
    to_encoder = -(share**2 * log_w).sum(1).mean()
    fixed = terms(model, x, m.detach(), v.detach(), z.detach())
    to_decoder = -(share * (fixed[0] + fixed[1])).sum(1).mean()
    # Two losses for two sets of weights, put together with the value of the bound.
    frozen = -(share**2 * fixed[0]).sum(1).mean()
    surrogate = to_encoder - frozen + to_decoder
    return surrogate - surrogate.detach() - log_mean_exp(log_w, 1).mean().detach()


def _squared_for_both(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    likelihood, prior, posterior = terms(model, x, m.detach(), v.detach(), z)
    log_w = likelihood + prior - posterior
    surrogate = -(shares(log_w).detach() ** 2 * log_w).sum(1).mean()
    return surrogate - surrogate.detach() + negative_log_mean(log_w).detach()


dreg_loss = Exercise(
    name="dreg_loss",
    lesson=LESSON,
    number="5.6",
    title="The doubly reparameterized gradient",
    points=0,
    minutes=30,
    difficulty=4,
    lines="8 lines",
    optional=True,
    arguments=lambda rng: (*_pair(still(rng, batch=4)), 6),
    scaffold=FORMULAS,
    checks=(
        Check("the value of the bound", value_of_the_bound),
        Check("the gradient to the encoder", doubly_reparameterized),
        Check("the gradient to the decoder", decoder_keeps_its_gradient),
    ),
    fingerprint=InParts(dreg_fingerprint),
    misconceptions=(
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
            _path_stopped,
            "The path through z is stopped, and m and v act inside log q alone. It is the other way round: detach them in log q, and "
            "let z keep its path.",
        ),
        Misconception(
            "sticking-the-landing",
            dreg(torch.ones_like),
            "m and v are stopped inside log q, and the path through z is weighted by w̃: that is sticking the landing, "
            "biased for k > 1. DReG weights by w̃².",
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
    ),
    correct={
        "a hook on z": dreg(),
        "surrogate losses": _surrogates,
        "logsumexp, the share by its own hands": dreg(
            lambda log_w: (log_w - log_w.logsumexp(1, keepdim=True)).exp(),
            value=lambda log_w: (math.log(log_w.shape[1]) - log_w.logsumexp(1)).mean(),
        ),
        "a loop over images": lambda model, x, iw: torch.stack([dreg()(model, image[None], iw) for image in x]).mean(),
    },
    hints=(
        "The gradient in the encoder's weights should flow through z alone. Where else do m and v enter log w?",
        "Detach m and v inside log q. The path through z then needs the weight w̃², and the bound itself brings one w̃.",
        "With w̃ = softmax(log w, dim=1), detached, z.register_hook(lambda g: g * w̃.unsqueeze(-1)) multiplies the path by the missing "
        "w̃: the slope g at z is (batch, iw, z_dim), and w̃ is (batch, iw).",
    ),
)


def _pair(case: Case) -> tuple[Any, Tensor]:
    return case.model, case.x
