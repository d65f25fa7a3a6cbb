"""The evidence of images under a decoder of two latents, by a grid."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def log_evidence_of_two(decoder: Callable[[Tensor], Tensor], x: Tensor, nodes: int = 200, reach: float = 5.0) -> Tensor:
    """log p(x) of images (n, 784) under a decoder of two latents and a standard normal prior, by a square grid: (n,)."""
    line = torch.linspace(-reach, reach, nodes, dtype=torch.float64)
    z = torch.cartesian_prod(line, line)  # (nodes², 2)
    log_prior = -0.5 * z.square().sum(-1) - math.log(2 * math.pi) + 2 * math.log(2 * reach / (nodes - 1))
    totals = []
    for block, prior in zip(z.split(5_000), log_prior.split(5_000), strict=True):
        logits = decoder(block).double()
        log_p = logits @ x.double().T - torch.nn.functional.softplus(logits).sum(-1, keepdim=True)  # (block, n)
        totals.append(torch.logsumexp(log_p + prior[:, None], 0))
    return torch.logsumexp(torch.stack(totals), 0)
