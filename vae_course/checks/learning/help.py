"""Help on demand: a ladder of hints, and the solution at its end."""

import re
from pathlib import Path
from typing import Any

from vae_course import workspace
from vae_course.checks.learning import state
from vae_course.checks.learning.check import last_failed
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.resolve import find_exercise
from vae_course.checks.learning.text import Text
from vae_course.checks.lessons import EXERCISES, Exercise


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
            f'Puzzles have no hints. Those of its exercise, {about}, say how that is solved: hint("{about}"). Our answer to the puzzle: '
            f'solution("{exercise}").',
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
    if isinstance(exercise, str) and exercise in PUZZLES:
        return _of_puzzle(exercise, anyway)
    definition = _definition(exercise)
    entry = state.load()["exercises"].get(definition.name, {})
    if entry.get("status") != "correct" and not anyway:
        return Text(
            f"{definition.name} is not solved yet",
            f'hint("{definition.name}") goes one step at a time. To see the solution now: '
            f'solution("{definition.name}", anyway=True).',
        )
    short = definition.name.split(".")[-1]
    return _shown(definition.name, definition.lesson, (f"def {short}(", f"class {short}", f"{short} ="))


def _of_puzzle(name: str, anyway: bool) -> Text:
    """The answer that the solved lesson gives to a puzzle, which need not be the shortest."""
    if name not in state.load()["puzzles"] and not anyway:
        return Text(
            f"The puzzle {name} is not solved yet",
            f'To see an answer now: solution("{name}", anyway=True). The exercise\'s own: solution("{PUZZLES[name].exercise}").',
        )
    lesson = EXERCISES[PUZZLES[name].exercise].lesson
    source = _source_of(lesson)
    asked = re.search(
        rf'^puzzle\("{re.escape(name)}", (\w+)\)', source.read_text("utf-8") if source.exists() else "", re.M
    )
    return _shown(name, lesson, (f"def {asked[1]}(",) if asked else ())


def _source_of(lesson: str) -> Path:
    return workspace.folder("solutions") / f"{lesson}.py"


def _shown(name: str, lesson: str, starts: tuple[str, ...]) -> Text:
    source = _source_of(lesson)
    if not source.exists():
        return Text(f"The solution of {name}", "This edition of the course comes without solutions.")
    return Text(f"Our solution of {name}", _region(source, starts), code=True)


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


def _region(source: Path, starts: tuple[str, ...]) -> str:
    """The cell of the solved lesson in which a line starts so, without the markers."""
    for cell in source.read_text(encoding="utf-8").split("\n# %%"):
        lines = cell.splitlines()[1:]
        if "### BEGIN SOLUTION" in cell and any(line.strip().startswith(starts) for line in lines):
            return "\n".join(line for line in lines if not line.strip().startswith("### ")).strip()
    return f"See {source.name} in the folder solutions."
