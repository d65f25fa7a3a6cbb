"""The verdict on what a hand-in has for an exercise: one rule for the terminal and the grader."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from vae_course.checks.engine.devices import no_device
from vae_course.checks.engine.examine import outcome
from vae_course.checks.engine.exercise import Exercise
from vae_course.checks.engine.findings import Finding, Outcome
from vae_course.runner.notebooks import reason_for

_LACKS = re.compile(r"NameError.*name '(\w+)' is not defined")
UNDEFINED = "The file does not define it."
T = TypeVar("T")


def verdict_on(
    exercise: Exercise, answers: Iterable[T], failed: Mapping[str, str], look: Callable[[T], Outcome], seed: int
) -> Outcome:
    """The first answer that is more than a stub decides; where there is none, why not.

    Args:
        answers: what may be meant, the likeliest first, as from `notebooks.answers_in`.
        failed: what the hand-in was to define and could not; see `notebooks.Definitions`.
        look: examines one of them.
        seed: of the outcome where there is nothing to examine.
    """
    first = None
    for answer in answers:
        found = look(answer)
        if lacking := _lacks(found, failed):
            return outcome(exercise, "raised", _failed(lacking), seed)
        if found.status != "not started":
            return found
        first = found if first is None else first
    reason = reason_for(exercise.name, failed)
    if reason:  # something of the learner's own was to take the stub's place
        return outcome(exercise, "raised", _failed(reason), seed)
    return outcome(exercise, "not started", UNDEFINED, seed) if first is None else first


def _failed(sentence: str) -> list[Finding]:
    return [Finding(sentence, reason=no_device(sentence))]


def _lacks(found: Any, failed: Mapping[str, str]) -> str:
    """The reason why a name is missing without which an answer raised at once: what was to define it failed before."""
    if found.status != "raised" or found.points:
        return ""
    missing = _LACKS.search(found.message)
    return failed.get(missing[1], "") if missing else ""
