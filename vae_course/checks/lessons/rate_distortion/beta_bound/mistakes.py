"""Exercise 8.1: how it goes wrong, each mistake written as the one piece of a right loss that differs; and what a tutor says."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian

Three = tuple[Any, Any, Any]
Answer = Callable[[Any, Tensor, float], Three]


def parts(self: Any, x: Tensor, z: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """kl and rec of each image, (batch,)."""
    m, v = self.enc(x)
    z = sample_gaussian(m, v) if z is None else z
    return kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z))


def added(kl: Tensor, rec: Tensor, beta: float) -> Tensor:
    """The right loss; spelled as no lesson spells it, so that the students' edition does not hold the exercise's own lines."""
    return rec.add(kl, alpha=beta)


def weighed(change: Callable[[Tensor, Tensor, float], Three]) -> Answer:
    """A mistake in putting the mean kl and the mean rec together."""

    def wrong(self: Any, x: Tensor, beta: float) -> Three:
        kl, rec = (term.mean() for term in parts(self, x))
        return change(kl, rec, beta)

    return wrong


def with_z(draw: Callable[..., Tensor]) -> Answer:
    """A mistake in drawing z from m, v and beta."""

    def wrong(self: Any, x: Tensor, beta: float) -> Three:
        kl, rec = (term.mean() for term in parts(self, x, draw(*self.enc(x), beta)))
        return added(kl, rec, beta), kl, rec

    return wrong


def with_terms(change: Callable[[Any, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Answer:
    """A mistake in reducing the terms of each image."""

    def wrong(self: Any, x: Tensor, beta: float) -> Three:
        kl, rec = change(self, x, *parts(self, x))
        return added(kl, rec, beta), kl, rec

    return wrong


def _averaged_over_latents(self: Any, x: Tensor, beta: float) -> Three:
    kl, rec = (term.mean() for term in parts(self, x))
    kl = kl / self.z_dim
    return added(kl, rec, beta), kl, rec


def _backwards(self: Any, x: Tensor, beta: float) -> Three:
    m, v = self.enc(x)
    kl = kl_normal(self.z_prior_m, self.z_prior_v, m, v).mean()
    rec = parts(self, x)[1].mean()
    return added(kl, rec, beta), kl, rec


def _weighed_draw(self: Any, x: Tensor, beta: float) -> Three:
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    kl = (log_normal(z, m, v) - beta * log_normal(z, *self.z_prior)).mean()
    rec = parts(self, x, z)[1].mean()
    return rec + kl, kl, rec


MISTAKES = (
    Misconception(
        "weighs-rec",
        weighed(lambda kl, rec, beta: (beta * rec + kl, kl, rec)),
        "beta stands before rec in your loss. It weighs the kl: with beta = 0 the kl is free, and rec still counts.",
    ),
    Misconception(
        "weighs-both",
        weighed(lambda kl, rec, beta: (beta * (rec + kl), kl, rec)),
        "beta multiplies the whole bound, which moves no optimum: it belongs to the kl alone.",
    ),
    Misconception(
        "ignores-beta",
        weighed(lambda kl, rec, beta: (rec + kl, kl, rec)),
        "Your loss is the same for every beta: the kl still counts once.",
    ),
    Misconception(
        "kl-counted-once-more",
        weighed(lambda kl, rec, beta: (rec + kl + beta * kl, kl, rec)),
        "You add beta · kl to the NELBO, which has a kl already: with beta = 1 the kl counts twice.",
    ),
    Misconception(
        "divides-by-beta",
        weighed(lambda kl, rec, beta: (rec + kl / max(beta, 1e-9), kl, rec)),
        "You divide the kl by beta. A large beta makes it dear: multiply.",
    ),
    Misconception(
        "divides-rec-by-beta",
        weighed(lambda kl, rec, beta: (rec / max(beta, 1e-9) + kl, kl, rec)),
        "You divide rec by beta. That has the same optimum, and is another loss: rec keeps the weight 1, so that with beta = 0 nothing is "
        "infinite. Multiply the kl.",
    ),
    Misconception(
        "beta-squared",
        weighed(lambda kl, rec, beta: (rec + beta**2 * kl, kl, rec)),
        "beta enters twice: the kl counts beta² times. Is it multiplied already where you add it?",
    ),
    Misconception(
        "shares-that-add-up-to-one",
        weighed(lambda kl, rec, beta: ((1 - beta) * rec + beta * kl, kl, rec)),
        "Your weights are 1 − beta and beta. Here rec keeps the weight 1, so that with beta = 1 the loss is the NELBO.",
    ),
    Misconception(
        "kl-returned-with-its-weight",
        weighed(lambda kl, rec, beta: (added(kl, rec, beta), beta * kl, rec)),
        "The loss is right, and the kl that you return is multiplied by beta. Return the kl itself: models with different weights "
        "are compared by it.",
    ),
    Misconception(
        "minus-the-kl",
        weighed(lambda kl, rec, beta: (rec - beta * kl, kl, rec)),
        "The kl enters with a minus: the loss would fall without end as q runs away from the prior.",
    ),
    Misconception(
        "negative-of-the-loss",
        weighed(lambda kl, rec, beta: (-added(kl, rec, beta), kl, rec)),
        "You return the negative of the loss. Training makes small what comes first: rec + beta · kl.",
    ),
    Misconception(
        "rec-with-the-other-sign",
        weighed(lambda kl, rec, beta: (-rec + beta * kl, kl, -rec)),
        "Your rec is log p(x|z), a negative number, and it went into the loss as it is. rec = −log p(x|z), and it is added.",
    ),
    Misconception(
        "kl-and-rec-exchanged",
        weighed(lambda kl, rec, beta: (added(kl, rec, beta), rec, kl)),
        "kl and rec have changed places: the order is loss, kl, rec.",
    ),
    Misconception(
        "loss-last",
        weighed(lambda kl, rec, beta: (kl, rec, added(kl, rec, beta))),
        "You return kl, rec, loss. The loss comes first: loss, kl, rec.",
    ),
    Misconception(
        "only-above-one",
        weighed(lambda kl, rec, beta: (rec + max(beta, 1.0) * kl, kl, rec)),
        "Below 1 your loss does not see beta any more. A beta of ½ makes the kl half as dear, and that of 0 free.",
    ),
    Misconception(
        "weight-without-a-slope",
        weighed(lambda kl, rec, beta: (rec + kl + (beta - 1) * kl.detach(), kl, rec)),
        "The value is right for every beta, and its slope is that of the NELBO: the weighted part of the kl is detached, so that training "
        "does not feel it.",
    ),
    Misconception(
        "kl-averaged-over-latents",
        _averaged_over_latents,
        "Your kl is averaged over the latent dimensions, where it belongs summed: that alone is a weight of 1/z_dim.",
    ),
    Misconception(
        "rec-averaged-over-pixels",
        with_terms(lambda self, x, kl, rec: (kl.mean(), rec.mean() / x.shape[-1])),
        "Your rec is the right one divided by 784: it is summed over pixels. Averaged, it weighs the kl 784 times as much.",
    ),
    Misconception(
        "summed-over-the-batch",
        with_terms(lambda self, x, kl, rec: (kl.sum(), rec.sum())),
        "Everything is summed over the images of the batch; average over them, or a larger batch makes a larger loss.",
    ),
    Misconception(
        "kl-the-other-way-round",
        _backwards,
        "Your kl is KL( p ‖ q ): it begins with q. kl_normal takes q's mean and variance first, then the prior's.",
    ),
    Misconception(
        "prior-alone-weighted",
        _weighed_draw,
        "beta multiplies log p(z) alone, and log q(z|x) goes without: the kl is their difference, and beta weighs all of it.",
    ),
    Misconception(
        "no-noise",
        with_z(lambda m, v, beta: m),
        "You decode m itself. z is drawn from q(z|x): without noise a wide q costs nothing in rec, and the kl measures nothing.",
    ),
    Misconception(
        "noise-by-the-variance",
        with_z(lambda m, v, beta: torch.addcmul(m, v, torch.randn_like(m))),
        "The noise in your z is multiplied by v. v is a variance: its square root is the spread.",
    ),
    Misconception(
        "uniform-noise",
        with_z(lambda m, v, beta: m + v.sqrt() * torch.rand_like(m)),
        "Your noise is uniform (mean 0.5, variance 1/12). Standard normal noise is torch.randn_like.",
    ),
    Misconception(
        "noise-grows-with-beta",
        with_z(lambda m, v, beta: m + (beta * v).sqrt() * torch.randn_like(m)),
        "beta acts in the noise of your z as well. It weighs the kl in the loss, and nothing else: z is drawn from q(z|x) as it is.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v, beta: sample_gaussian(m, v).detach()),
        "No gradient flows through your z: the encoder hears of rec only through it. Draw z by sample_gaussian, and leave it attached.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v, beta: m + v.sqrt() * torch.randn(1, m.shape[1])),
        "All images of the batch share one noise vector: right on average, and it jumps from call to call. Each image needs its own.",
    ),
)
