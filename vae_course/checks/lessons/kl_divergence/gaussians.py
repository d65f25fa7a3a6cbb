"""The KL divergence of two Gaussians: inputs to ask about, the truth, and the ways in which people write it."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.distributions import Normal, kl_divergence

from vae_course.checks.engine.exercise import Arguments, Misconception


def draw_two_gaussians(generator: Generator) -> Arguments:
    """qm, qv, pm and pv, (batch, dim) each, with variances well away from 1."""
    batch, dim = int(torch.randint(2, 6, (), generator=generator)), 7
    qm, pm = (1.5 * torch.randn(batch, dim, generator=generator) for _ in range(2))
    qv, pv = (torch.exp(2 * torch.rand(batch, dim, generator=generator) - 1.5) for _ in range(2))
    return qm, qv, pm, pv


SMALL_NUMBER = (
    "Right until a variance is tiny: a small number that is added to it, or at which it is clamped, is then larger than the "
    "variance itself. This formula needs no such number: it is finite for every positive variance."
)


def with_small_numbers(formula: Callable[..., Tensor], *variances: int) -> list[Misconception]:
    """What people do to variances, to be on the safe side. `variances`: which arguments of the formula they are."""
    habits: dict[str, Callable[[Tensor], Tensor]] = {
        "adds-1e-6": lambda v: v + 1e-6,
        "adds-1e-8": lambda v: v + 1e-8,
        "clamps-at-1e-6": lambda v: v.clamp(min=1e-6),
        "clamps-at-1e-8": lambda v: v.clamp(min=1e-8),
    }

    def wrong(change: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
        return lambda *inputs: formula(*(change(t) if i in variances else t for i, t in enumerate(inputs)))

    return [Misconception(name, wrong(change), SMALL_NUMBER, family="small-number") for name, change in habits.items()]


def kl_layouts(generator: Generator) -> dict[str, Arguments]:
    """A batch of one; leading axes; the prior as the models keep it, one entry for all dimensions; equal Gaussians."""
    qm, qv, pm, pv = draw_two_gaussians(generator)
    return {
        "a q equal to its p": (qm, qv, qm.clone(), qv.clone()),
        "a batch of one": (qm[:1], qv[:1], pm[:1], pv[:1]),
        "leading axes": (qm.expand(3, *qm.shape), qv.expand(3, *qv.shape), pm, pv),
        "a prior with one entry for all dimensions": (qm, qv, torch.tensor([0.5]), torch.tensor([2.0])),
    }


def kl_extremes() -> list[Arguments]:
    """Variances of 1e-12 and 1e12, on either side and on both; means far from 0."""
    zero, one = torch.zeros(1, 4), torch.ones(1, 4)
    tiny, huge, steps = torch.full((1, 4), 1e-12), torch.full((1, 4), 1e12), torch.tensor([[1.0, -2.0, 0.5, 1.5]])
    return [
        (steps, tiny, zero, one),
        (steps, huge, zero, one),
        (1e-6 * steps, one, zero, tiny),
        (1e6 * steps, one, zero, huge),
        (1e-6 * steps, tiny, zero, 2 * tiny),
        (1e6 * steps, huge, zero, 2 * huge),
        (torch.cat([steps, steps]), torch.cat([tiny, huge]), torch.cat([zero, zero]), torch.cat([huge, tiny])),
        (30 * steps, one, zero, one),
        (2048 + steps, one, 2048 + zero, 2 * one),  # sums that float32 holds exactly
    ]


def kl_truth(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    """The KL divergence by torch.distributions."""
    q, p = Normal(qm, qv.sqrt(), validate_args=False), Normal(pm, pv.sqrt(), validate_args=False)
    return kl_divergence(q, p).sum(-1)


def each_dimension(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    return 0.5 * (pv.log() - qv.log() + qv / pv + (qm - pm) ** 2 / pv - 1)


def terms_one_by_one(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    log_ratio = pv.log().sum(-1) - qv.log().sum(-1)
    return 0.5 * (log_ratio + (qv / pv).sum(-1) + ((qm - pm) ** 2 / pv).sum(-1) - qm.shape[-1])


def crossed_batch(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    log_ratio = (pv.log() - qv.log()).sum(-1, keepdim=True)
    return 0.5 * (log_ratio + (qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1))


def other_crossed_batch(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    log_ratio = (pv.log() - qv.log()).sum(-1)
    return 0.5 * (log_ratio + (qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1, keepdim=True))


def log_of_a_product(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    rest = (qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)
    return 0.5 * (torch.log(pv.expand_as(qv).prod(-1) / qv.prod(-1)) + rest)


KL_FORMULAS = (
    "0.5 * sum(log(pv) - log(qv) + qv / pv + (qm - pm) ** 2 / pv - 1, -1)",
    "0.5 * (sum(log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv, -1) - size(qm, -1))",
    "sum(log(sqrt(pv) / sqrt(qv)) + (qv + (qm - pm) ** 2) / (2 * pv) - 0.5, -1)",
)
"""The closed form, as it is mostly written."""
