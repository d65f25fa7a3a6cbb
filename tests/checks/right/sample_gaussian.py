"""Exercise 1.1: in how many ways it may be written right."""

import torch
from torch.distributions import MultivariateNormal, Normal

RIGHT = {
    "sample_gaussian": {
        "randn_like": lambda m, v: m + v.sqrt() * torch.randn_like(v),
        "randn": lambda m, v: m + torch.sqrt(v) * torch.randn(*m.shape),
        "normal_": lambda m, v: m + v**0.5 * torch.empty_like(m).normal_(),
        "torch.normal": lambda m, v: m + v.pow(0.5) * torch.normal(0.0, 1.0, size=m.shape),
        "rsample": lambda m, v: Normal(m, v.sqrt()).rsample(),
        "MultivariateNormal": lambda m, v: MultivariateNormal(m, torch.diag_embed(v)).rsample(),
        "addcmul": lambda m, v: torch.addcmul(m, v.sqrt(), torch.randn_like(m)),
        "half-log": lambda m, v: m + torch.exp(0.5 * torch.log(v)) * torch.randn_like(m),
        "float64": lambda m, v: m.double() + v.double().sqrt() * torch.randn(m.shape, dtype=torch.float64),
        "negative noise": lambda m, v: m - v.sqrt() * torch.randn_like(m),
    },
}
