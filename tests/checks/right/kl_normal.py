"""Exercise 2.2: in how many ways it may be written right."""

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vae_course.checks.lessons.kl_divergence.gaussians import (
    each_dimension,
    kl_truth,
)


def _loop_over_dimensions(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    parts = zip(*(t.unbind(-1) for t in torch.broadcast_tensors(qm, qv, pm, pv)), strict=True)
    return torch.stack([0.5 * (torch.log(d / b) + b / d + (a - c) ** 2 / d - 1) for a, b, c, d in parts], -1).sum(-1)


def _multivariate(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    return kl_divergence(MultivariateNormal(qm, torch.diag_embed(qv)), MultivariateNormal(pm, torch.diag_embed(pv)))


def _independent(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    qm, qv, pm, pv = torch.broadcast_tensors(qm, qv, pm, pv)
    return kl_divergence(Independent(Normal(qm, qv.sqrt()), 1), Independent(Normal(pm, pv.sqrt()), 1))


RIGHT = {
    "kl_normal": {
        "by hand": lambda qm, qv, pm, pv: each_dimension(qm, qv, pm, pv).sum(-1),
        "log of the ratio": lambda qm, qv, pm, pv: (
            0.5 * (torch.log(pv / qv) + (qv + (qm - pm).square()) / pv - 1).sum(dim=-1)
        ),
        "minus the log of the ratio": lambda qm, qv, pm, pv: (
            -0.5 * torch.sum(1 + torch.log(qv / pv) - (qm - pm).pow(2) / pv - qv / pv, dim=-1)
        ),
        "torch.distributions": kl_truth,
        "Independent": _independent,
        "MultivariateNormal": _multivariate,
        "einsum": lambda qm, qv, pm, pv: torch.einsum("...d->...", each_dimension(qm, qv, pm, pv)),
        "loop": _loop_over_dimensions,
        "float64": lambda qm, qv, pm, pv: each_dimension(qm.double(), qv.double(), pm.double(), pv.double()).sum(-1),
        "keepdim and squeeze(-1)": lambda qm, qv, pm, pv: (
            each_dimension(qm, qv, pm, pv).sum(-1, keepdim=True).squeeze(-1)
        ),
        "standard deviations": lambda qm, qv, pm, pv: (
            torch.log(pv.sqrt() / qv.sqrt()) + (qv + (qm - pm) ** 2) / (2 * pv) - 0.5
        ).sum(-1),
    },
}
