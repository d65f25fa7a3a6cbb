"""Exercise 3.1: in how many ways it may be written right."""

import torch
from torch import Tensor
from torch.distributions import Bernoulli
from torch.nn import functional as F

from vae_course.checks.lessons.reconstruction.log_bernoulli_with_logits.exercise import truth
from vae_course.checks.lessons.reconstruction.log_bernoulli_with_logits.mistakes import each_pixel


def _bce(x: Tensor, logits: Tensor) -> Tensor:
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none")


def _loop(x: Tensor, logits: Tensor) -> Tensor:
    x, logits = torch.broadcast_tensors(x, logits)
    total = torch.zeros(x.shape[:-1])
    for i in range(x.shape[-1]):
        total = total + x[..., i] * logits[..., i] - torch.logaddexp(torch.zeros(()), logits[..., i])
    return total


RIGHT = {
    "log_bernoulli_with_logits": {
        "softplus": lambda x, logits: (x * logits - F.softplus(logits)).sum(dim=-1),
        "logsigmoid": truth,
        "x as data": lambda x, logits: each_pixel(x.detach(), logits).sum(-1),
        "torch's loss": lambda x, logits: _bce(x, logits).sum(-1),
        "torch.distributions": lambda x, logits: Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1),
        "logaddexp": _loop,
        "one matrix product": lambda x, logits: torch.einsum("...d,...d->...", x, logits) - F.softplus(logits).sum(-1),
        "maximum by hand": lambda x, logits: (
            x * logits - logits.clamp(min=0) - torch.log1p(torch.exp(-logits.abs()))
        ).sum(-1),
        "signs": lambda x, logits: (x * -F.softplus(-logits) - (1 - x) * F.softplus(logits)).sum(-1),
        "float64": lambda x, logits: each_pixel(x.double(), logits.double()).sum(-1),
        "keepdim and squeeze(-1)": lambda x, logits: each_pixel(x, logits).sum(-1, keepdim=True).squeeze(-1),
    },
}
