"""Fifteen versions of kl_normal, as text: a process of the learner's is given one at a time."""

import random
from collections.abc import Callable

EACH = "(torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv - 1)"
VERSIONS = {
    name: f"lambda qm, qv, pm, pv: {body}"
    for name, body in {
        "right 0": f"0.5 * {EACH}.sum(-1)",
        "right 1": "kl_divergence(Normal(qm, qv.sqrt()), Normal(pm, pv.sqrt())).sum(-1)",
        "right 2": "sum(0.5 * (d.log() - b.log() + (b + (a - c) ** 2) / d - 1) for a, b, c, d in "
        "zip(*(t.unbind(-1) for t in torch.broadcast_tensors(qm, qv, pm, pv)), strict=True))",
        "right 3": f"(lambda qm, qv, pm, pv: 0.5 * {EACH}.sum(-1))(*(t.double() for t in (qm, qv, pm, pv))).float()",
        "right 4": "(torch.log(pv.sqrt() / qv.sqrt()) + (qv + (qm - pm) ** 2) / (2 * pv)).sum(-1) - 0.5 * qv.shape[-1]",
        "wrong 0": "0.5 * (torch.log(qv / pv) + pv / qv + (pm - qm) ** 2 / qv - 1).sum(-1)",
        "wrong 1": f"{EACH}.sum(-1)",
        "wrong 2": "0.5 * ((torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 / pv).sum(-1) - 1)",
        "wrong 3": "0.5 * (torch.log(qv / pv) + qv / pv + (qm - pm) ** 2 / pv - 1).sum(-1)",
        "wrong 4": "0.5 * (qv + qm**2 - 1 - torch.log(qv)).sum(-1)",
        "wrong 5": "0.5 * (qv / pv + (qm - pm) ** 2 / pv - 1 - torch.log(qv)).sum(-1)",
        "wrong 6": "0.5 * (torch.log(pv / qv) + qv / pv + (qm - pm) ** 2 - 1).sum(-1)",
        "wrong 7": "kl_divergence(Normal(qm, qv), Normal(pm, pv)).sum(-1)",
        "wrong 8": f"0.5 * {EACH}.mean(-1)",
        "wrong 9": f"0.5 * {EACH}.sum()",
    }.items()
}
"""Five right ones and ten wrong ones."""
RIGHT = [version for name, version in VERSIONS.items() if name.startswith("right")]

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
"""What each of the wrong ones does."""


def asked_of_each(ask: Callable[[str], float | None]) -> dict[str, float]:
    """In an order of chance: one right version among the wrong ones, then the other right ones among the wrong ones that were refused, which
    have to be refused again.

    So a test that keeps what it was shown, and knows right versions by their agreeing with each other, finds no two that agree before it has
    said something about all wrong ones; and one that counts does not know where right ones stand.
    """
    chance = random.SystemRandom()
    one, *others = chance.sample([name for name in VERSIONS if name not in WRONG], k=len(RIGHT))
    found: dict[str, float] = {}
    for names in ([one, *WRONG], [*others, *WRONG]):
        for name in chance.sample(names, k=len(names)):
            found[name] = found.get(name) or ask(VERSIONS[name]) or 0.0
    return {name: found[name] for name in VERSIONS}
