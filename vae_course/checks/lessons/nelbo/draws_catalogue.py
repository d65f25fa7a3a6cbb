"""How `negative_elbo_bound` goes wrong in what it draws and compares: z, the noise, the KL; and what a tutor says."""

from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.core import Misconception
from vae_course.checks.lessons.nelbo.parts import Three, bound, parts, with_kl, with_z
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian


def _seeded(self: Any, x: Tensor) -> Three:
    torch.manual_seed(0)
    return bound(*parts(self, x))


def _with_variance(change: Any) -> Any:
    """A misreading of v, in the draw and in the KL."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        z = sample_gaussian(m, change(v))
        return bound(kl_normal(m, change(v), *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z)))

    return wrong


def _axes_exchanged(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    each = 0.5 * (v + m**2 - 1 - v.log())
    kl, rec = each.sum(0).mean(), parts(self, x)[1].mean()
    return kl + rec, kl, rec


def _noise_in_training_only(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    return bound(*parts(self, x, sample_gaussian(m, v) if self.training else m))


def zero_like(m: Tensor) -> Tensor:
    return torch.zeros_like(m)


IN_THE_DRAW = (
    Misconception(
        "no-noise",
        with_z(lambda m, v: m),
        "You decode m itself: nothing is sampled. Then z can carry everything at no price, and the number is no bound: a model "
        "trained on it reports far fewer nats than are true of it.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v: sample_gaussian(m, v).detach()),
        "The numbers are right, but no gradient flows through z to the encoder: detach, .data, .sample() or no_grad cut "
        "it. The encoder would learn from kl alone, and kl goes to 0.",
    ),
    Misconception(
        "z-from-the-prior",
        with_z(lambda m, v: torch.randn_like(m)),
        "You decode z from the prior. The expectation is under q(z|x): draw z with the encoder's m and v.",
    ),
    Misconception(
        "uniform-noise",
        with_z(lambda m, v: m + v.sqrt() * torch.rand_like(m)),
        "Your noise is uniform (mean 0.5, variance 1/12), so z sits off m and is far too narrow; standard normal noise is "
        "randn.",
    ),
    Misconception(
        "variance-as-standard-deviation",
        with_z(lambda m, v: m + v * torch.randn_like(m)),
        "z spreads by v; v is a variance, so take its square root once.",
    ),
    Misconception(
        "standard-deviation-into-the-draw",
        with_z(lambda m, v: sample_gaussian(m, v.sqrt())),
        "You hand sqrt(v) to sample_gaussian, which takes the variance and its root itself: z is too narrow where v > 1.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v: m + v.sqrt() * torch.randn(m.shape[-1])),
        "ε has one row for the whole batch, so all images move together. On average the bound is right, but it jumps from "
        "call to call. Give ε the shape of m.",
    ),
    Misconception(
        "seed-inside",
        _seeded,
        "Every call gives the same numbers: a seed is set inside. Training would see the same noise for ever.",
    ),
    Misconception(
        "noise-in-training-only",
        _noise_in_training_only,
        "You sample only while self.training is set, and decode m otherwise. The bound is an expectation under q in evaluation "
        "too; with z = m the number is no bound.",
    ),
    Misconception(
        "variance-as-log-variance",
        _with_variance(torch.exp),
        "You take the encoder's second output for a log-variance and exponentiate it. self.enc gives (m, v), v the variance.",
    ),
    Misconception(
        "log-variance-in-the-draw",
        with_z(lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(m)),
        "Your kl is right, and z spreads by exp(v / 2), as if v were a log-variance. self.enc gives the variance itself: its root "
        "is sqrt(v).",
    ),
    Misconception(
        "log-variance-in-kl",
        with_kl(lambda m, v, z: 0.5 * (v.exp() + m**2 - 1 - v).sum(-1)),
        "Your kl takes v for a log-variance: exp(v) and v stand where v and log v belong. self.enc gives the variance itself.",
    ),
    Misconception(
        "standard-deviations-for-variances",
        _with_variance(torch.sqrt),
        "You pass sqrt(v) on. sample_gaussian and kl_normal both take variances, and take the root themselves.",
    ),
    Misconception(
        "kl-swapped",
        with_kl(lambda m, v, z: kl_normal(torch.zeros_like(m), torch.ones_like(v), m, v)),
        "This is KL( p ‖ q ). The expectation is under q: kl_normal(m, v, prior mean, prior variance).",
    ),
    Misconception(
        "kl-mean-over-latents",
        with_kl(lambda m, v, z: kl_normal(m, v, zero_like(m), zero_like(m) + 1) / m.shape[-1]),
        "Your kl is the right one divided by z_dim: you average over the latents where the sum belongs, which is "
        "training with β = 1/z_dim.",
    ),
    Misconception(
        "kl-without-the-prior",
        with_kl(lambda m, v, z: log_normal(z, m, v)),
        "This is E[ log q(z|x) ], without the prior. KL( q ‖ p ) = E[ log q(z|x) − log p(z) ].",
    ),
    Misconception(
        "standard-deviation-in-kl",
        with_kl(lambda m, v, z: kl_normal(m, v.sqrt(), zero_like(m), zero_like(m) + 1)),
        "kl_normal takes variances, and you hand it sqrt(v).",
    ),
    Misconception(
        "kl-axes-exchanged",
        _axes_exchanged,
        "Your kl is summed over the images and averaged over the latents. It is the other way round: sum the latents, average "
        "the images.",
    ),
    Misconception(
        "kl-at-the-draw",
        with_kl(lambda m, v, z: kl_normal(z, v, zero_like(m), zero_like(m) + 1)),
        "The closed-form KL is asked at z. It compares the two Gaussians: kl_normal(m, v, ...), with the mean m.",
    ),
    Misconception(
        "free-bits",
        with_kl(lambda m, v, z: (0.5 * (v + m**2 - 1 - v.log())).clamp(min=0.5).sum(-1)),
        "Each dimension's KL has a floor (free bits). That is a recipe for training; then the number is neither a KL nor part "
        "of a bound.",
    ),
)
