"""Exercise 2.1: in how many ways it may be written right."""

import torch
from torch.distributions import Independent, MultivariateNormal, Normal
from torch.nn import functional as F

from vae_course.checks.lessons.kl_divergence.log_normal.checks import each_dimension, one_by_one

CORRECT = {
    "by hand": lambda x, m, v: each_dimension(x, m, v).sum(-1),
    "torch.distributions": lambda x, m, v: Normal(m, v**0.5).log_prob(x).sum(dim=-1),
    "Independent": lambda x, m, v: Independent(Normal(m.expand(x.shape), v.expand(x.shape).sqrt()), 1).log_prob(x),
    "MultivariateNormal": lambda x, m, v: MultivariateNormal(
        m.expand(x.shape), torch.diag_embed(v.expand(x.shape))
    ).log_prob(x),
    "einsum": lambda x, m, v: torch.einsum("...d->...", each_dimension(x, m, v)),
    "loop": one_by_one,
    "float64": lambda x, m, v: each_dimension(x.double(), m.double(), v.double()).sum(-1),
    "keepdim and squeeze(-1)": lambda x, m, v: each_dimension(x, m, v).sum(-1, keepdim=True).squeeze(-1),
    "standard score": lambda x, m, v: (
        -((x - m) / v.sqrt()).square() / 2 - torch.log(v.sqrt()) - 0.9189385332046727
    ).sum(-1),
    "gaussian_nll_loss": lambda x, m, v: (
        -F.gaussian_nll_loss(m.expand(x.shape), x, v.expand(x.shape), full=True, eps=1e-30, reduction="none").sum(-1)
    ),
}

RIGHT = {"log_normal": CORRECT}
