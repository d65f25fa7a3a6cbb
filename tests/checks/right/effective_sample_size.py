"""Exercise 5.3: in how many ways it may be written right."""

import torch
from torch import Tensor

from vae_course.checks.lessons.iwae.effective_sample_size import true_size


def _shifted(log_w: Tensor) -> Tensor:
    w = torch.exp(log_w - log_w.max(-1, keepdim=True).values)
    return w.sum(-1) ** 2 / (w**2).sum(-1)


RIGHT = {
    "effective_sample_size": {
        "softmax": lambda log_w: 1 / torch.softmax(log_w, -1).pow(2).sum(-1),
        "shifted": lambda log_w: _shifted(log_w),
        "logsumexp": lambda log_w: (2 * log_w.logsumexp(-1) - (2 * log_w).logsumexp(-1)).exp(),
        "einsum": lambda log_w: 1 / torch.einsum("bk,bk->b", log_w.softmax(-1), log_w.softmax(-1)),
        "norm": lambda log_w: log_w.softmax(dim=1).norm(dim=1) ** -2,
        "float64": lambda log_w: true_size(log_w),
    },
}
