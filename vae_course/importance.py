"""log w of very many z in little memory: the inner loop of every bound over a data set.

Nearly all of its time is the decoder's, and so it should stay: what is done to the (rows, 784) logits is one matrix product and
four passes over a buffer that is made once.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Decoder = Callable[[Tensor], Tensor]
FACTORS = 112  # of one product: each is at least ½, and 2^−112 is far from underflow in float32


def log_bernoulli(x: Tensor, logits: Tensor, work: Tensor | None = None) -> Tensor:
    """log p(x|z) of binary pixels, for the logits of many z.

        x · a − Σ softplus(a) = (x − ½) · a − Σ log(2 cosh(a/2)),     log(2 cosh(a/2)) = |a|/2 − log sigmoid(|a|)

    The logarithms of many factors are one logarithm of their product: of 784 softplus only the exponentials are left.

    Args:
        x: (n, pixels) in [0, 1].
        logits: (n, draws, pixels), or (rows, pixels), where every row meets every image.
        work: a buffer like the logits, to be overwritten; without it one is made.

    Returns:
        (n, draws), or (n, rows), in nats.
    """
    centred = x - 0.5
    if logits.ndim == 2:
        log_p = centred @ logits.T
    else:
        log_p = torch.bmm(logits, centred.unsqueeze(2)).squeeze(2)
    size = torch.abs(logits, out=torch.empty_like(logits) if work is None else work)
    half = 0.5 * size.sum(-1)
    width = next(width for width in range(FACTORS, 0, -1) if size.shape[-1] % width == 0)
    return log_p - half + size.sigmoid_().unflatten(-1, (-1, width)).prod(-1).log_().sum(-1)


def decoder_of(model: Any, dtype: torch.dtype | None) -> Decoder:
    """The model's decoder, or a copy of it that computes in another dtype: z as the model has it in, logits of z's dtype out."""
    if dtype is None:
        return model.dec
    if not isinstance(model.dec, nn.Module):
        raise TypeError(
            f"The decoder is a {type(model.dec).__name__}; only an nn.Module can be copied to compute in {dtype}."
        )
    narrow = copy.deepcopy(model.dec).to(dtype)
    return lambda z: narrow(z.to(dtype)).to(z.dtype)


def bounds_of(
    model: Any, x: Tensor, decode: Decoder, iw: int, rows: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """IWAE bound, KL, reconstruction term and effective sample size of each of a few images: (n,) float64 each.

    The decoder sees at most `rows` rows at a time, or n where that is more; sums over draws are kept in log space.
    """
    m, v = model.enc(x)  # (n, z_dim) each
    prior_m, prior_v = model.z_prior_m, model.z_prior_v
    kl = 0.5 * (torch.log(prior_v / v) + v / prior_v + (m - prior_m).square() / prior_v - 1).sum(1)  # (n,)
    n, z_dim = m.shape
    most = min(iw, max(1, rows // n))
    buffers, work = m.new_empty(2, n, most, z_dim), m.new_empty(n, most, x.shape[1])
    mean, sd = m.unsqueeze(1), v.sqrt().unsqueeze(1)
    log_spread = torch.log(v / prior_v).sum(1, keepdim=True)  # (n, 1)
    log_sum = torch.full((n,), -math.inf, dtype=torch.float64, device=x.device)  # log Σ w
    log_sum_squares = log_sum.clone()  # log Σ w²
    rec = torch.zeros_like(log_sum)
    for done in range(0, iw, most):
        draws = min(most, iw - done)
        noise, z = buffers[:, :, :draws].unbind()  # (n, draws, z_dim) each
        noise.normal_(generator=generator)
        torch.addcmul(mean, sd, noise, out=z)
        logits = decode(z.flatten(0, 1)).unflatten(0, (n, draws))  # (n, draws, pixels)
        log_p = log_bernoulli(x, logits, work[:, :draws])  # (n, draws)
        # log p(z) − log q(z|x): the two 2π cancel, and (z − m)² / v is the noise squared.
        distance = z.sub_(prior_m).square_().div_(prior_v).sum(2)
        log_ratio = 0.5 * (log_spread + noise.square_().sum(2) - distance)  # (n, draws)
        log_w = (log_p + log_ratio).double()
        log_sum = torch.logaddexp(log_sum, torch.logsumexp(log_w, 1))
        log_sum_squares = torch.logaddexp(log_sum_squares, torch.logsumexp(2 * log_w, 1))
        rec -= log_p.double().sum(1)
    return log_sum - math.log(iw), kl.double(), rec / iw, torch.exp(2 * log_sum - log_sum_squares)
