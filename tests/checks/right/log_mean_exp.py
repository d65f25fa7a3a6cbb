"""Exercise 3.2: in how many ways it may be written right."""

import math

import torch
from torch import Tensor

from vae_course.checks.lessons.reconstruction.log_mean_exp.exercise import truth


def _shifted(x: Tensor, dim: int) -> Tensor:
    top = x.amax(dim, keepdim=True)
    return ((x - top).exp().mean(dim, keepdim=True).log() + top).squeeze(dim)


def _loop(x: Tensor, dim: int) -> Tensor:
    total = x.select(dim, 0)
    for i in range(1, x.shape[dim]):
        other = x.select(dim, i)
        top = torch.maximum(total, other)
        total = top + torch.log(torch.exp(total - top) + torch.exp(other - top))
    return total - math.log(x.shape[dim])


RIGHT = {
    "log_mean_exp": {
        "logsumexp": lambda x, dim: torch.logsumexp(x, dim=dim) - math.log(x.shape[dim]),
        "method": lambda x, dim: x.logsumexp(dim) - torch.log(torch.tensor(float(x.size(dim)))),
        "log k inside": lambda x, dim: torch.logsumexp(x - math.log(x.shape[dim]), dim),
        "maximum by hand": _shifted,
        "logaddexp": truth,
        "loop": _loop,
        "float64": lambda x, dim: torch.logsumexp(x.double(), dim) - math.log(x.shape[dim]),
        "log_softmax": lambda x, dim: (x - torch.log_softmax(x, dim)).select(dim, 0) - math.log(x.shape[dim]),
        "maximum without gradient": lambda x, dim: (
            (x - x.amax(dim, keepdim=True).detach()).exp().mean(dim).log() + x.amax(dim).detach()
        ),
    },
}
