"""The Gaussians and the Bernoulli of the VAE. m and v are always a mean and a *variance*."""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus


def sample_gaussian(m: Tensor, v: Tensor) -> Tensor:
    """One draw of N(m, v) through which gradients flow to m and v.

        z = m + sqrt(v) · ε,   ε ~ N(0, I)

    Args:
        m, v: mean and variance; they broadcast to (..., dim).

    Returns:
        (..., dim) one independent draw for each element.

    Raises:
        ValueError: a variance is not positive.

    Source: Kingma & Welling, Auto-Encoding Variational Bayes, ICLR 2014, section 2.4.
    """
    require_positive(v, "v")
    shape = torch.broadcast_shapes(m.shape, v.shape)
    noise = torch.randn(shape, dtype=m.dtype, device=m.device)
    return m + torch.sqrt(v) * noise


def log_normal(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """log N(x; m, v) of a diagonal Gaussian, in nats, summed over the last axis.

        −½ Σ_i [ log 2π + log v_i + (x_i − m_i)² / v_i ]

    Args:
        x: (..., dim) where the density is evaluated.
        m, v: mean and variance, broadcastable to (..., dim).

    Returns:
        (...,) one log density per example.

    Raises:
        ValueError: a variance is not positive.
    """
    require_positive(v, "v")
    distance = (x - m).square() / v
    return -0.5 * (math.log(2 * math.pi) + torch.log(v) + distance).sum(-1)


def kl_normal(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    """KL(q ‖ p) of diagonal Gaussians, in nats, summed over the last axis.

        ½ Σ_i [ log(pv_i / qv_i) + qv_i / pv_i + (qm_i − pm_i)² / pv_i − 1 ]

    Args:
        qm, qv: (..., dim) mean and variance of q.
        pm, pv: mean and variance of p, broadcastable to (..., dim).

    Returns:
        (...,) one KL per example; the batch is not averaged.

    Raises:
        ValueError: a variance is not positive.

    Source: Kingma & Welling, 2014, appendix B, for p = N(0, I).
    """
    require_positive(qv, "qv")
    require_positive(pv, "pv")
    log_ratio = torch.log(pv) - torch.log(qv)
    spread = qv / pv
    distance = (qm - pm).square() / pv
    return 0.5 * (log_ratio + spread + distance - 1).sum(-1)


def log_bernoulli_with_logits(x: Tensor, logits: Tensor) -> Tensor:
    """log p(x) of independent Bernoulli pixels, in nats, summed over the last axis.

        Σ_i [ x_i · logits_i − log(1 + exp(logits_i)) ]

    softplus computes log(1 + exp(·)) without overflow, so any finite logit is safe.

    Args:
        x: (..., dim) pixels in [0, 1].
        logits: (..., dim) log-odds of a pixel being 1; x and logits broadcast.

    Returns:
        (...,) one log-likelihood per example: the *negative* of the summed binary cross-entropy.
    """
    return (x * logits - softplus(logits)).sum(-1)


def require_positive(v: Tensor, name: str) -> None:
    """Refuse a variance that is not above zero: its logarithm would silently become NaN or infinite."""
    if not bool((v > 0).all()):
        raise ValueError(
            f"{name} must be a variance, above 0 everywhere; its smallest value is {v.min().item():.4g}. "
            "Pass a variance (not its logarithm), for example through gaussian_parameters or softplus."
        )
