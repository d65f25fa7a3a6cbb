"""Mutants of the closed forms, in every spelling that the course knows; and which of them are equal to the right one.

A mutant is equal if, in double precision, it makes the right values and slopes on every kind of input that the exercise speaks of: its
draws, its layouts and its extremes, and the same with other numbers.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from tests.mutants import ELSE, EQUAL, PASSED, PROVED, RAISED, RELATED, TOO_SMALL
from vae_course.checks.engine.checks import gradients_match
from vae_course.checks.engine.edits import COMMON, Edit, applied, edits
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Formula
from vae_course.checks.engine.expressions import evaluated_with
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.engine.pieces import DoesNotApply, parsed
from vae_course.checks.engine.trial import generator
from vae_course.checks.lessons import EXERCISES

CLOSED_FORMS = tuple(name for name, e in EXERCISES.items() if isinstance(e, Formula) and e.formulas)
SEED = 3
INPUTS = 12
EXACT = 1e-8  # in double precision, where terms of 1e6 cancel
SHARES = ("alpha_bar", "alpha_bar_before")
"""Inputs that lie between 0 and 1."""
NEGLIGIBLE = 1e-3
"""Nats, or this part of the value, which no check of float32 numbers sees when nowhere more is wrong."""


@dataclass(frozen=True)
class Mutant:
    """A right formula of an exercise after one or two edits."""

    exercise: str
    text: str

    @property
    def formula(self) -> Formula:
        found = EXERCISES[self.exercise]
        assert isinstance(found, Formula)
        return found

    def __call__(self, *arguments: Any) -> Any:
        return evaluated_with(_tree(self.text), dict(zip(self.formula.parameters, arguments, strict=True)), {}, {})

    def agrees(self, exact: float = EXACT) -> bool:
        """Right on all inputs, and, where slopes are asked for, with the right slopes."""
        sloped = any(check.test is gradients_match for check in self.formula.checks)
        try:
            return all(_agree(self, self.formula.truth, inputs, sloped, exact) for inputs in _inputs(self.exercise))
        except (RuntimeError, IndexError, TypeError, AttributeError):
            return False

    def examined(self, seed: int = SEED) -> Outcome:
        return examine(self.formula, self.formula.answer(_with_parameters(self)), seed)


def mutants(exercise: str) -> list[Mutant]:
    """All single edits of all spellings."""
    return list(dict.fromkeys(Mutant(exercise, ast.unparse(tree)) for tree, _ in _edited(exercise)))


def pairs(exercise: str, number: int, seed: int) -> list[Mutant]:
    """So many pairs of common edits, drawn by chance."""
    found = list(_edited(exercise))
    order = torch.randperm(len(found) ** 2, generator=torch.Generator().manual_seed(seed)).tolist()
    chosen: dict[Mutant, None] = {}
    for pick in order:
        (tree, source), (_, other) = found[pick // len(found)], found[pick % len(found)]
        if source is other or source[0] != other[0] or COMMON != source[1].rank != other[1].rank:
            continue
        try:
            chosen[Mutant(exercise, ast.unparse(applied(other[1], tree)))] = None
        except DoesNotApply:
            continue
        if len(chosen) == number:
            break
    return list(chosen)


def _edited(exercise: str) -> Iterator[tuple[ast.AST, tuple[str, Edit]]]:
    formula = Mutant(exercise, "").formula
    for source in formula.formulas:
        tree = parsed(source)
        for edit in edits(tree, [name for name in formula.parameters if name not in ("dim", "n")]):
            try:
                yield applied(edit, tree), (source, edit)
            except DoesNotApply:
                continue


@cache
def _inputs(exercise: str) -> list[tuple[Any, ...]]:
    """Draws in double precision, as they are and spread over many orders of magnitude."""
    formula, found = Mutant(exercise, "").formula, []
    for i in range(INPUTS):
        drawn = formula.arguments(generator(i, "equal"))
        chance = generator(i, "spread")
        spread = [
            _shared(_double(a), generator(i, "shares")) if name in SHARES else _spread(_double(a), chance)
            for name, a in zip(formula.parameters, drawn, strict=True)
        ]
        found += [tuple(_double(a) for a in drawn), tuple(spread)]
    return found


def _double(a: Any) -> Any:
    return a.double() if isinstance(a, Tensor) and a.is_floating_point() else a


def _shared(a: Tensor, chance: torch.Generator) -> Tensor:
    """Shares stay between 0 and 1, and in their order: what each is to the rest of 1 changes by the same factor, up to e⁶."""
    return torch.sigmoid(torch.logit(a) + 12 * torch.rand(a.shape, generator=chance, dtype=torch.float64) - 6)


def _spread(a: Any, chance: torch.Generator) -> Any:
    """Pixels turn grey, variances lie between 1e-6 and 1e6, anything else grows up to a thousandfold; some entries are 0."""
    if not isinstance(a, Tensor):
        return a
    u = torch.rand(a.shape, generator=chance, dtype=torch.float64)
    if bool(((a == 0) | (a == 1)).all()):
        return u
    if bool((a > 0).all()):
        return a * 10 ** (12 * u - 6)
    return torch.where(torch.rand(a.shape, generator=chance) < 0.2, torch.zeros_like(a), a * 10 ** (3 * u))


def _agree(one: Any, other: Any, inputs: tuple[Any, ...], sloped: bool, exact: float) -> bool:
    """The same values, and the same slopes of their sum."""
    values, slopes = [], []
    for function in (one, other):
        given = [a.clone().requires_grad_() if isinstance(a, Tensor) else a for a in inputs]
        value = function(*given)
        if not isinstance(value, Tensor):
            return False
        values.append(value.detach())
        tensors = [a for a in given if isinstance(a, Tensor)]
        pulled = (
            torch.autograd.grad(value.sum(), tensors, allow_unused=True)
            if value.requires_grad
            else [None] * len(tensors)
        )
        slopes.append([torch.zeros_like(t) if g is None else g for t, g in zip(tensors, pulled, strict=True)])
    if not _close(values[0], values[1], exact):
        return False
    return not sloped or all(_close(a, b, exact) for a, b in zip(*slopes, strict=True) if bool(b.any()))


def _close(a: Tensor, b: Tensor, exact: float) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=exact, atol=exact)


@cache
def _tree(text: str) -> ast.expr:
    return parsed(text)


def _with_parameters(mutant: Mutant) -> Any:
    """A function of the exercise's own parameters."""
    names = ", ".join(mutant.formula.parameters)
    return eval(f"lambda {names}: mutant({names})", {"mutant": mutant})


def fate(mutant: Mutant, seed: int = SEED) -> tuple[str, Outcome]:
    """What became of a mutant, and what was said."""
    found = mutant.examined(seed)
    if found.status == "correct" or (mutant.formula.points and found.points == mutant.formula.points):
        return EQUAL if mutant.agrees() else TOO_SMALL if mutant.agrees(NEGLIGIBLE) else PASSED, found
    if found.status == "raised":
        return RAISED, found
    said = [sentence for finding in found.findings for sentence in finding.reading.sentences]
    if found.misconception or any("formula" in sentence for sentence in said):
        return PROVED, found
    return RELATED if any("smallest input" not in sentence for sentence in said) else ELSE, found


def reason_holds(mutant: Mutant, found: Outcome, seed: int = SEED) -> bool:
    """True if the mistake that is named makes the mutant's numbers on fresh draws, or none is named.

    A mistake that is known by what it does elsewhere, with ordinary numbers right, is compared on its own ground by the exercise's tests.
    """
    if not found.misconception:
        return True
    mistake = next(m for m in mutant.formula.misconceptions if m.name == found.misconception)
    for i in range(3):
        arguments = mutant.formula.arguments(generator(seed, f"fresh {i}"))
        ours, named = mutant(*arguments).double(), mistake.wrong(*arguments).double()
        if ours.shape != named.shape or not torch.allclose(ours, named, rtol=1e-3, atol=1e-3, equal_nan=True):
            return False
    return True
