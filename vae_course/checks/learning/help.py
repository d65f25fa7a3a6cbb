"""Help on demand: a ladder of hints, and the solution at its end."""

from typing import Any

from vae_course.checks.learning import edition, state
from vae_course.checks.learning.check import last_failed
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.resolve import find_exercise
from vae_course.checks.learning.text import Text
from vae_course.checks.lessons import EXERCISES, Exercise

NO_SOLUTIONS = "This edition of the course comes without solutions."


def hint(exercise: Any = None) -> Text:
    """The next hint for an exercise, given by its name or by your answer: one rung a call, the last just short of it.

    Hints that were opened earlier are shown again above it. Without an exercise: which one you may mean. No hint is opened
    then, because an opened hint cannot be closed again.

    Raises:
        ValueError: there is no such exercise.
    """
    if exercise is None:
        return _which()
    if isinstance(exercise, str) and exercise in PUZZLES:
        about = PUZZLES[exercise].exercise
        return Text(
            f"{exercise} is a puzzle",
            f'Puzzles have no hints. Those of its exercise, {about}, say how that is solved: hint("{about}").'
            + (f' Our answer to the puzzle: solution("{exercise}").' if edition.solutions() else ""),
        )
    definition = _definition(exercise)
    rungs = len(definition.hints)
    i = state.next_hint(definition.name, rungs)
    left = rungs - i - 1
    more = f"{left} more: call hint again." if left else "That was the last one."
    opened = "\n".join(f"{n}. {text}" for n, text in enumerate(definition.hints[: i + 1], start=1))
    return Text(f"Hint {i + 1} of {rungs} for {definition.name}", f"{opened}\n{more}")


def solution(exercise: Any, anyway: bool = False) -> Text:
    """Our answer to an exercise or to a puzzle, once yours has passed, or when you ask for it with `anyway=True`.

    Raises:
        ValueError: there is no such exercise.
    """
    name = exercise if isinstance(exercise, str) and exercise in PUZZLES else _definition(exercise).name
    ours = edition.solutions()
    return ours.solution(name, anyway) if ours else Text(f"The solution of {name}", NO_SOLUTIONS)


def _which() -> Text:
    name = last_failed()
    if name:
        return Text(
            f"A hint for {name}?", f'Its check was the last that did not pass. For the next hint: hint("{name}")'
        )
    return Text(
        "A hint for which exercise?", f'Name it, as in hint("two_boxes"). The exercises: {", ".join(EXERCISES)}.'
    )


def _definition(exercise: Any) -> Exercise:
    return find_exercise(None, exercise) if isinstance(exercise, str) else find_exercise(exercise)
