"""Five right and ten wrong versions ("mutants") of kl_normal, for the exercise in which the learner writes the test."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

WRONG = {
    "wrong 0": "swaps q and p",
    "wrong 1": "lacks the ½",
    "wrong 2": "subtracts 1 once instead of once per dimension",
    "wrong 3": "has the log ratio upside down",
    "wrong 4": "takes p to be N(0, I)",
    "wrong 5": "leaves out log pv",
    "wrong 6": "does not divide the distance by pv",
    "wrong 7": "takes variances for standard deviations",
    "wrong 8": "averages over the dimensions",
    "wrong 9": "sums the batch too",
}


def kl_versions(test: "Callable[[Any], Any]", which: str = "all") -> "dict[str, Tensor]":
    """What a test says of 5 right and 10 wrong versions: 1 accepted, 0 refused, -1 if it returned None.

    Self-contained, so that its source can travel to where the test is run. An error while a wrong version is tested
    counts as a refusal, as in pytest; while a right one is tested it is an error of the test.
    """
    import torch
    from torch.distributions import Normal, kl_divergence

    def each(qm, qv, pm, pv):
        return 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)

    def loop(qm, qv, pm, pv):
        parts = zip(*(t.unbind(-1) for t in torch.broadcast_tensors(qm, qv, pm, pv)), strict=True)
        return sum(0.5 * (d.log() - b.log() + (b + (a - c) ** 2) / d - 1) for a, b, c, d in parts)

    def standard_deviations(qm, qv, pm, pv):
        qs, ps = qv.sqrt(), pv.sqrt()
        return (torch.log(ps / qs) + (qs**2 + (qm - pm) ** 2) / (2 * ps**2)).sum(-1) - 0.5 * qv.shape[-1]

    def terms(qm, qv, pm, pv):
        return torch.log(pv) - torch.log(qv), qv / pv, (qm - pm) ** 2 / pv

    right = [
        lambda *a: each(*a).sum(-1),
        lambda qm, qv, pm, pv: kl_divergence(Normal(qm, qv.sqrt()), Normal(pm, pv.sqrt())).sum(-1),
        loop,
        lambda *a: each(*(t.double() for t in a)).sum(-1).float(),
        standard_deviations,
    ]
    wrong = [
        lambda qm, qv, pm, pv: each(pm, pv, qm, qv).sum(-1),
        lambda *a: 2 * each(*a).sum(-1),
        lambda *a: 0.5 * (sum(t.sum(-1) for t in terms(*a)) - 1),
        lambda qm, qv, pm, pv: (each(qm, qv, pm, pv) - torch.log(pv / qv)).sum(-1),
        lambda qm, qv, pm, pv: each(qm, qv, torch.zeros_like(pm), torch.ones_like(pv)).sum(-1),
        lambda qm, qv, pm, pv: (each(qm, qv, pm, pv) - 0.5 * torch.log(pv)).sum(-1),
        lambda qm, qv, pm, pv: 0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 - 1).sum(-1),
        lambda qm, qv, pm, pv: kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1),
        lambda *a: each(*a).mean(-1),
        lambda *a: each(*a).sum(),
    ]

    def accepted(answer):
        return torch.tensor(-1.0 if answer is None else float(bool(answer)))

    verdicts = {f"right {i}": accepted(test(kl)) for i, kl in enumerate(right)}
    for i, kl in enumerate(wrong):
        try:
            verdicts[f"wrong {i}"] = accepted(test(kl))
        except NotImplementedError:
            raise
        except Exception:  # noqa: BLE001 - a test that breaks on a wrong version has refused it
            verdicts[f"wrong {i}"] = torch.tensor(0.0)
    return verdicts
