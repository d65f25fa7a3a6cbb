"""`check(answer)`: every answer is examined at once, and a wrong one gets the reason."""

import secrets
from dataclasses import fields
from typing import Any

from vae_course.answers import Answer, Call
from vae_course.exercises.examine import Outcome, examine, outcome
from vae_course.learning import cards, state
from vae_course.learning.forbidden import forbidden_name
from vae_course.learning.resolve import find_exercise, owner, unwrap
from vae_course.learning.time_limit import time_limit

_last: dict[str, bool] = {}
"""Whether the last check of an exercise passed, in this kernel."""


class Verdict(Outcome):
    """An outcome that shows itself as a card: HTML in a notebook, plain text everywhere else."""

    def __repr__(self) -> str:
        return cards.verdict_text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return cards.verdict_html(self)


def check(answer: Any, exercise: str | None = None, *, seed: int | None = None, quiet: bool = False) -> Verdict:
    """Examine an answer and say what was seen. True in a condition if and only if it is correct.

    Args:
        answer: a function, a method (`VAE.loss`), a class, or a constant.
        exercise: the exercise's name; needed only for numbers, strings, lists and dictionaries.
        seed: repeats an earlier check; without it, every check draws new inputs.
        quiet: do not record the verdict in your progress.

    Raises:
        ValueError: no exercise belongs to this answer; the sentence lists the names.
    """
    definition = find_exercise(answer, exercise)
    seed = secrets.randbelow(2**31) if seed is None else seed
    used = forbidden_name(unwrap(answer), definition)
    if used:
        sentence = f"Your answer calls {used}, which is the thing to write. Write the formula yourself."
        found = outcome(definition, "forbidden", sentence, seed)
    else:
        # A method is examined on its own class, where its helper methods are.
        target = (owner(answer) if definition.is_method else None) or unwrap(answer)
        found = examine(definition, _Limited(definition.answer(target), definition.seconds), seed)
    verdict = Verdict(**{f.name: getattr(found, f.name) for f in fields(Outcome)})
    _last[definition.name] = bool(verdict)
    if not quiet:
        state.record_verdict(definition.name, verdict.status, verdict.points)
    return verdict


def solved(answer: Any, exercise: str | None = None) -> bool:
    """True once the last `check` of this answer passed, in this kernel. Accepts a name too."""
    name = answer if isinstance(answer, str) and exercise is None else find_exercise(answer, exercise).name
    return _last.get(name, False)


class _Limited:
    """An answer whose calls are stopped when they take too long."""

    def __init__(self, answer: Answer, seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds
        self.value = answer.value

    def call(self, *inputs: Any, seed: int) -> Call:
        with time_limit(self._seconds):
            return self._answer.call(*inputs, seed=seed)

    def method(self, name: str) -> "_Limited":
        return _Limited(self._answer.method(name), self._seconds)
