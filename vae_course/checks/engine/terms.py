"""Read an answer's formula off its numbers: which multiple of which term does it add up?

A closed form is a sum of a few terms. Given enough examples, the coefficients of an answer that adds up the same terms
follow from its values by least squares, exactly; so a lost ½, a flipped sign or a wrong term is seen for what it is, also
when there are several at once.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import combinations

import torch
from torch import Tensor

from vae_course.checks.engine.findings import Reading, Table
from vae_course.checks.engine.trial import Raised, Trial, generator

CALLS = 24
EXACT = 1e-4  # the largest residual, relative to 1 + |value|

Terms = Mapping[str, tuple[float, Callable[..., Tensor]]]
"""For each term, in words: its right coefficient (0: it does not belong here) and its value per dimension."""


def term_by_term(trial: Trial, terms: Terms) -> Reading:
    """Your formula beside the right one; nothing if the values are no such sum of terms."""
    collected = _values(trial, terms)
    if collected is None:
        return Reading()
    value, columns = collected
    lines = formula_of(value, columns, {name: coefficient for name, (coefficient, _) in terms.items()})
    caption = "Your numbers follow this formula, each term summed over the last axis:"
    return Reading((caption,), lines) if lines else Reading()


def formula_of(value: Tensor, columns: Mapping[str, Tensor], expected: Mapping[str, float]) -> Table:
    """The sum of few terms that the values are, and the right one below it; or nothing.

    Args:
        value: (n,) in double precision.
        columns: each term's value, (n,); those that belong are tried first, then with one or two strangers.
        expected: the right coefficients, 0 for terms that do not belong.
    """
    if float(value.std()) < 0.05:
        return ()  # numbers so alike follow many formulas
    right = [name for name, coefficient in expected.items() if coefficient]
    strangers = [name for name in expected if name not in right]
    for extra in range(3):
        for more in combinations(strangers, extra):
            names = [name for name in expected if name in right or name in more]
            found = _fit(value, torch.stack([columns[name] for name in names], -1))
            if found is not None:
                yours = dict(zip(names, found, strict=True))
                return ("yours", _written(yours)), ("expected", _written(expected))
    return ()


def _values(trial: Trial, terms: Terms) -> tuple[Tensor, dict[str, Tensor]] | None:
    """The answer's values and each term's sums, one entry for each example of many draws."""
    values: list[Tensor] = []
    sums: dict[str, list[Tensor]] = {name: [] for name in terms}
    for i in range(CALLS):
        arguments = trial.formula.arguments(generator(i, "terms"))
        try:
            value = trial.call(*arguments, seed=400 + i).outputs.get("0")
        except Raised:
            return None
        doubles = [a.double() for a in arguments]
        if value is None or value.shape != doubles[0].shape[:-1] or not bool(torch.isfinite(value).all()):
            return None
        values.append(value.double())
        for name, (_, term) in terms.items():
            sums[name].append(torch.broadcast_to(term(*doubles), doubles[0].shape).sum(-1))
    return torch.cat(values), {name: torch.cat(parts) for name, parts in sums.items()}


def _fit(value: Tensor, columns: Tensor) -> list[float] | None:
    coefficients = torch.linalg.lstsq(columns, value[:, None]).solution[:, 0]
    error = ((columns @ coefficients - value).abs() / (1 + value.abs())).max()
    return coefficients.tolist() if float(error) <= EXACT else None


def _written(coefficients: Mapping[str, float]) -> str:
    parts = [_part(coefficient, name) for name, coefficient in coefficients.items() if abs(coefficient) > 1e-3]
    return " ".join(parts).removeprefix("+ ") or "0"


def _part(coefficient: float, name: str) -> str:
    sign, size = ("−" if coefficient < 0 else "+"), abs(coefficient)
    if abs(size - 1) < 1e-3:
        return f"{sign} {name}"
    fraction = Fraction(size).limit_denominator(20)
    exact = abs(float(fraction) - size) < 1e-4
    number = {"1/2": "½"}.get(str(fraction), str(fraction)) if exact else f"{size:.3g}"
    return f"{sign} {number}" if name == "1" else f"{sign} {number} {name}"
