"""Exercise 2.5: in how many ways it may be written right."""

from typing import Any

import torch

from vae_course.checks.lessons.kl_divergence.gaussians import kl_truth
from vae_course.checks.lessons.kl_divergence.kl_test import GENERAL, compares, q_equals_p, two


def _by_sampling(kl: Any) -> bool:
    qm, qv, pm, pv = (t[:, :2] for t in GENERAL)
    z = qm + qv.sqrt() * torch.randn(4_000, 3, 2, generator=torch.Generator().manual_seed(1))
    ratio = ((z - pm) ** 2 / pv - (z - qm) ** 2 / qv + pv.log() - qv.log()).sum(-1) / 2
    got, tolerance = kl(qm, qv, pm, pv), 6 * ratio.std(0) / 4_000**0.5
    return got.shape == (3,) and bool(((got - ratio.mean(0)).abs() < tolerance).all())


def _by_assertions(kl: Any) -> bool:
    torch.testing.assert_close(kl(*GENERAL), kl_truth(*GENERAL), rtol=1e-4, atol=1e-4)
    return True


def _on_many(kl: Any) -> bool:
    generator = torch.Generator().manual_seed(3)
    return all(compares(*two(generator, 4, 6))(kl) for _ in range(5))


RIGHT = {
    "kl_test": {
        "against torch.distributions": compares(*GENERAL),
        "by sampling": _by_sampling,
        "assertions, then True": _by_assertions,
        "many draws": _on_many,
        "q = p and a general case": lambda kl: q_equals_p(kl) and compares(*GENERAL)(kl),
        "tensor of a bool": lambda kl: torch.tensor(compares(*GENERAL, rtol=1e-3)(kl)),
    },
}
