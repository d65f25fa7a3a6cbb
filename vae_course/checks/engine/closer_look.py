"""When no known mistake explains a wrong value: everything that its numbers say about it."""

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.relations import Pair, relation
from vae_course.checks.engine.smallest import smallest_failing
from vae_course.checks.engine.terms import term_by_term
from vae_course.checks.engine.trial import Raised, Trial

DRAWS = 3  # of the arguments, on which values are compared


def closer_look(trial: Trial, arguments: Arguments) -> Reading | str:
    """How the values relate to the right ones on all draws; then the formula that they follow, else the smallest input
    that shows the difference."""
    if _is_random(trial, arguments):
        return "Two calls with the same inputs gave different numbers. Asked is a closed form, without any draw."
    related = Reading.of(relation(pairs_of(trial)))
    terms = trial.formula.terms
    shown = (term_by_term(trial, terms) if terms else Reading()) or smallest_failing(trial, arguments)
    return Reading(related.sentences + shown.sentences, shown.table)


def pairs_of(trial: Trial) -> list[Pair]:
    """The answer's values beside the right ones, on all draws."""
    pairs = []
    for i in range(DRAWS):
        arguments = trial.draw(i)
        try:
            value = trial.call_on_draw(i).outputs.get("0")
        except Raised:
            continue
        if value is not None and value.is_floating_point():
            first = next(a for a in arguments if isinstance(a, Tensor))
            pairs.append(Pair(value, trial.truth(arguments), tuple(first.shape)))
    return pairs


def _is_random(trial: Trial, arguments: Arguments) -> bool:
    first, second = (trial.call(*arguments, seed=500 + i).outputs["0"] for i in range(2))
    return not torch.equal(torch.nan_to_num(first), torch.nan_to_num(second))
