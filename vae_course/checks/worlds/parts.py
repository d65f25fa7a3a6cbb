"""What the terms of a bound say of themselves, each by its own numbers: the formula that kl, rec or the bound follow, over several models.

All in *apart*, where the decoder ignores z: there kl and rec are formulas of what encoder and decoder give, and no chance is in them.
"""

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.relations import Pair, relation
from vae_course.checks.worlds.bound_tools import near, number
from vae_course.checks.worlds.models import Case, apart, decode, encode, kl_terms, rec_without_z
from vae_course.runner.answers import Call

BATCHES = (5, 6, 7, 4)
"""Images in each model: a sum over them is no multiple of their mean."""
FORMULAS = {
    "1": ("mean(sum(0.5 * (v + m ** 2 - 1 - log(v)), -1), 0)",),
    "2": (
        "mean(sum(softplus(logits) - x * logits, -1), 0)",
        "mean(-sum(x * log(sigmoid(logits)) + (1 - x) * log(1 - sigmoid(logits)), -1), 0)",
    ),
    "0": ("mean(kl + rec, 0)",),
}
OF_OWN_TERMS = ("kl + rec",)

Ask = Callable[[Case, int], Call]
"""Call an answer on a model's images, with a seed."""


@cache
def cases() -> tuple[Case, ...]:
    return tuple(apart(torch.Generator().manual_seed(31 + i), batch=batch) for i, batch in enumerate(BATCHES))


@cache
def inputs() -> tuple[dict[str, Tensor], ...]:
    """What kl and rec are formulas of, in each model; and what people take in its place."""
    found = []
    for case in cases():
        m, v, kl = kl_terms(case)
        dark_m, dark_v = encode(case.model, torch.zeros_like(case.x))
        logits = decode(case.model, torch.zeros(1, case.model.z_dim)).expand(len(case.x), -1)
        found.append(
            {
                "1": {
                    **{"m": m, "v": v, "m_of_a_black_image": dark_m, "v_of_a_black_image": dark_v},
                    **{f"{n}_of_the_first_image": t[:1].expand_as(t) for n, t in (("m", m), ("v", v))},
                },
                "2": {"x": case.x.double(), "logits": logits},
                "0": {"kl": kl, "rec": rec_without_z(case)},
            }
        )
    return tuple(found)  # type: ignore[arg-type]


def read_off(ask: Ask, name: str) -> Reading:
    """How an output ("1" kl, "2" rec) is related to the right one in all models, and the formula that it follows."""
    calls = [ask(case, 60 + i) for i, case in enumerate(cases())]
    values = [torch.tensor(number(call, name), dtype=torch.float64) for call in calls]
    right = torch.stack([_right(case, name) for case in cases()])
    related = Reading.of(relation([Pair(torch.stack(values), right)]))
    return related or _formula(FORMULAS[name], [each[name] for each in inputs()], values)


def bound_read_off(ask: Ask) -> Reading:
    """What the bound is of kl and rec: of the answer's own, else of the right ones."""
    calls = [ask(case, 60 + i) for i, case in enumerate(cases())]
    values, kl, rec = (
        [torch.tensor(number(call, name), dtype=torch.float64) for call in calls] for name in ("0", "1", "2")
    )
    if all(near(b.item(), (k + r).item()) for b, k, r in zip(values, kl, rec, strict=True)):
        return Reading.of("Your bound is your kl + your rec, as it should be: what is off is in them.")
    own = [{"kl": k, "rec": r} for k, r in zip(kl, rec, strict=True)]
    return _formula(FORMULAS["0"], [each["0"] for each in inputs()], values) or _formula(OF_OWN_TERMS, own, values)


def _formula(formulas: Sequence[str], given: Sequence[dict[str, Tensor]], values: Sequence[Tensor]) -> Reading:
    return formula_read_off(formulas, [Example(i, value) for i, value in zip(given, values, strict=True)])


def _right(case: Case, name: str) -> Tensor:
    return (kl_terms(case)[2] if name == "1" else rec_without_z(case)).mean()
