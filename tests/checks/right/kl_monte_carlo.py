"""Exercise 2.3: in how many ways it may be written right."""

import torch

from vae_course import given
from vae_course.checks.lessons.kl_divergence.kl_monte_carlo import log_ratio

RIGHT = {
    "kl_monte_carlo": {
        "two log densities": lambda z, qm, qv, pm, pv: given.log_normal(z, qm, qv) - given.log_normal(z, pm, pv),
        "one sum": log_ratio,
        "by hand": lambda z, qm, qv, pm, pv: (
            0.5 * (pv.log() - qv.log() + (z - pm) ** 2 / pv - (z - qm) ** 2 / qv).sum(-1)
        ),
        "loop over draws": lambda z, qm, qv, pm, pv: torch.stack([log_ratio(one, qm, qv, pm, pv) for one in z]),
        "float64": lambda z, qm, qv, pm, pv: log_ratio(*(t.double() for t in (z, qm, qv, pm, pv))),
    },
}
