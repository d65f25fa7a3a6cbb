"""Exercises 10.1 to 10.5: in how many ways they may be written right."""

import math

import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from tests.checks.right.derivations import forms
from vae_course.checks.lessons.towards_diffusion import diffusion_derivation
from vae_course.given import kl_normal, log_normal


def _by_lesson_two(*a: Tensor) -> Tensor:
    log_p_x, z1, z2, m1, v1, m2, v2, pm, pv = a
    log_p = log_p_x + log_normal(z1, pm, pv) + log_normal(z2, torch.zeros(1), torch.ones(1))
    return log_p - log_normal(z1, m1, v1) - log_normal(z2, m2, v2)


def _layer_by_layer(*a: Tensor) -> Tensor:
    log_p_x, z1, z2, m1, v1, m2, v2, pm, pv = a
    first = ((z1 - m1) ** 2 / v1 - (z1 - pm) ** 2 / pv + v1.log() - pv.log()).sum(-1) / 2
    second = ((z2 - m2) ** 2 / v2 - z2**2 + v2.log()).sum(-1) / 2
    return log_p_x + first + second


def _latents_in_one_row(*a: Tensor) -> Tensor:
    log_p_x, z1, z2, m1, v1, m2, v2, pm, pv = a
    z, zero, one = torch.cat([z1, z2], -1), torch.zeros_like(z2), torch.ones_like(z2)
    p = torch.cat([pm.expand_as(z1), zero], -1), torch.cat([pv.expand_as(z1), one], -1)
    q = torch.cat([m1.expand_as(z1), m2.expand_as(z2)], -1), torch.cat([v1.expand_as(z1), v2.expand_as(z2)], -1)
    return log_p_x + log_normal(z, *p) - log_normal(z, *q)


def _independent(*a: Tensor) -> Tensor:
    log_p_x, z1, z2, m1, v1, m2, v2, pm, pv = a

    def log(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
        return Independent(Normal(m, v.sqrt()), 1).log_prob(z)

    latents = log(z1, pm, pv) - log(z1, m1, v1) - log(z2, m2, v2)
    return latents + Normal(0.0, 1.0).log_prob(z2).sum(-1) + log_p_x


def _precisions(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    alpha = alpha_bar / before
    v = 1 / (alpha / (1 - alpha) + 1 / (1 - before))
    m = v * (alpha.sqrt() * x_t / (1 - alpha) + before.sqrt() * x0 / (1 - before))
    return torch.stack([m, v.expand_as(m)])


def _as_ho_writes_it(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    alpha = alpha_bar / before
    beta = 1 - alpha
    m = before.sqrt() * beta / (1 - alpha_bar) * x0 + alpha.sqrt() * (1 - before) / (1 - alpha_bar) * x_t
    return torch.stack([m, ((1 - before) / (1 - alpha_bar) * beta) * torch.ones_like(m)])


def _by_the_noise(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    alpha = alpha_bar / before
    noise = (x_t - alpha_bar.sqrt() * x0) / (1 - alpha_bar).sqrt()
    m = (x_t - (1 - alpha) / (1 - alpha_bar).sqrt() * noise) / alpha.sqrt()
    v = (1 - alpha) * (1 - before) / (1 - alpha_bar)
    return torch.cat([m[None], v.expand_as(m)[None]])


def _regression(x_t: Tensor, x0: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    slope = (alpha_bar / before) ** 0.5 * (1 - before) / (1 - alpha_bar)
    m = before**0.5 * x0 + slope * (x_t - alpha_bar**0.5 * x0)
    v = (1 - before) - slope**2 * (1 - alpha_bar)
    return torch.stack((m, torch.zeros_like(m) + v))


def _kl_of_two(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    """Lesson 02's KL, of the two means with x_t = 0."""
    alpha = alpha_bar / before
    back = (1 - alpha) / ((1 - alpha_bar) * alpha).sqrt()
    v = ((1 - alpha) * (1 - before) / (1 - alpha_bar)).expand_as(noise * back)
    return kl_normal(-back * noise, v, -back * predicted, v)


def _by_distributions(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    spread = (1 / (before / (1 - before) / (alpha_bar / (1 - alpha_bar)) - 1)).sqrt()
    return kl_divergence(Normal(noise, spread), Normal(predicted, spread)).sum(dim=-1)


def _ratio_of_snr(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    snr, earlier = alpha_bar / (1 - alpha_bar), before / (1 - before)
    return (0.5 * (earlier / snr - 1) * (noise - predicted) ** 2).sum(-1)


def _in_log_space(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    weight = 0.5 * torch.expm1(torch.logit(before) - torch.logit(alpha_bar))
    return weight.squeeze(-1) * (predicted - noise).square().sum(-1)


def _as_ho_weighs_it(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    alpha = alpha_bar / before
    v = (1 - alpha) * (1 - before) / (1 - alpha_bar)
    weight = (1 - alpha) ** 2 / (2 * v * alpha * (1 - alpha_bar))
    return torch.einsum("...i,...i->...", (noise - predicted) * weight, noise - predicted)


def _snr_of_the_clean_data(noise: Tensor, predicted: Tensor, alpha_bar: Tensor, before: Tensor) -> Tensor:
    snr, earlier = alpha_bar / (1 - alpha_bar), before / (1 - before)
    clean = (noise - predicted) / snr.sqrt()
    return ((earlier - snr) * clean.pow(2)).sum(-1) / 2


RIGHT = {
    "two_layer_log_weight": {
        "lesson 02's log_normal": _by_lesson_two,
        "layer by layer": _layer_by_layer,
        "all latents in one row": _latents_in_one_row,
        "torch.distributions": _independent,
    },
    "q_sample": {
        "powers": lambda x0, alpha_bar, noise: alpha_bar**0.5 * x0 + (1 - alpha_bar) ** 0.5 * noise,
        "torch.sqrt": lambda x0, alpha_bar, noise: torch.sqrt(alpha_bar) * x0 + noise * torch.sqrt(1 - alpha_bar),
        "mean and variance": lambda x0, alpha_bar, noise: (m := alpha_bar.sqrt() * x0) + (1 - alpha_bar).sqrt() * noise.expand_as(m),
        "addcmul": lambda x0, alpha_bar, noise: torch.addcmul(alpha_bar.sqrt() * x0, (1 - alpha_bar).sqrt(), noise),
    },
    "posterior_mean_variance": {
        "precisions": _precisions,
        "as in the paper": _as_ho_writes_it,
        "by the noise": _by_the_noise,
        "a regression": _regression,
    },
    "step_kl": {
        "ratio of SNRs": _ratio_of_snr,
        "lesson 02's kl_normal": _kl_of_two,
        "torch.distributions": _by_distributions,
        "in log space": _in_log_space,
        "as in the paper": _as_ho_weighs_it,
        "by the clean data": _snr_of_the_clean_data,
    },
    "diffusion_derivation": forms(diffusion_derivation.LINES)
    | {"the model last": "CAEDF", "q first": "ACEDF", "the model first": "ECADF"},
    "noised_gaussian": {
        "formulas": {
            "variance": 1 - 0.25 * (1 - 0.5),
            "error": 1 - 0.75 / 0.875,
            "nats": 0.5 * (0.8 * 0.75 / (0.2 * 0.25) - 1) / 7,
            "last": (0.95 + 0.05 * 0.5 - 1 - math.log(0.95)) / 2,
        },
        "rounded": {"variance": 0.875, "error": 0.143, "nats": 0.786, "last": 0.0131},
    },
}  # fmt: skip
