"""What a right answer does: every exercise of the course, by name, in the order in which they are taught.

A folder a lesson, and in it a module an exercise: `EXERCISES` is what stands there. Where one module is too small an exercise has a
folder, with `exercise.py` and, as needed, `checks.py` and `mistakes.py`.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from types import ModuleType

from vae_course.checks.engine.exercise import Exercise

__all__ = ["BEYOND", "CORE", "EXERCISES", "LESSONS", "LESSON_OF", "MODULE_OF", "Exercise", "full_name"]


def _modules() -> Iterator[ModuleType]:
    for lesson in iter_modules(__path__, f"{__name__}."):
        for found in iter_modules(import_module(lesson.name).__path__, f"{lesson.name}."):
            yield import_module(f"{found.name}.exercise" if found.ispkg else found.name)


def _found() -> Iterator[tuple[Exercise, str]]:
    """Every exercise and the name of its module."""
    modules = list(_modules())
    found = [(value, m.__name__) for m in modules for value in vars(m).values() if isinstance(value, Exercise)]
    yield from found
    for module in modules:
        if build := getattr(module, "from_earlier", None):  # examined by the exercises before it
            yield build({exercise.name: exercise for exercise, _ in found}), module.__name__


def _place(found: tuple[Exercise, str]) -> tuple[int, str, int]:
    exercise, module = found
    parts = re.fullmatch(r"(\d+)([a-z]?)\.(\d+)", exercise.number)
    if not parts:
        raise ValueError(
            f"{module}: exercise {exercise.name} has the number {exercise.number!r}; one such as '2.6' or '4b.1' is expected"
        )
    return int(parts[1]), parts[2], int(parts[3])


def _in_order() -> list[tuple[Exercise, str]]:
    found = sorted(_found(), key=_place)
    for (one, here), (other, there) in pairwise(found):
        if one.number == other.number and here != there:
            raise ValueError(f"exercise {one.number} is {one.name} in {here} and {other.name} in {there}")
    return found


_IN_ORDER = _in_order()
EXERCISES: dict[str, Exercise] = {exercise.name: exercise for exercise, _ in _IN_ORDER}
MODULE_OF = {exercise.name: module for exercise, module in _IN_ORDER}
LESSON_OF = {exercise.name: exercise.lesson for exercise in EXERCISES.values()}
LESSONS = tuple(dict.fromkeys(LESSON_OF.values()))
"""Their full names, in order."""
CORE = tuple(lesson for lesson in LESSONS if int(lesson[:2]) <= 7)
"""The lessons that are worth 100 points."""
BEYOND = LESSONS[len(CORE) :]
"""The lessons after them. Their points count apart, and in a class only where its teacher chooses the lesson."""


def full_name(lesson: str) -> str:
    """ "04_nelbo" for "04", "4" or "04_nelbo"; "04b_collapse" for "04b" or "4b".

    Raises:
        ValueError: there is no such lesson; the sentence lists them.
    """
    found = [name for name in LESSONS if lesson in (name, number := name.partition("_")[0], number.removeprefix("0"))]
    if not found:
        raise ValueError(f"there is no lesson {lesson!r}; the lessons: {', '.join(LESSONS)}.")
    return found[0]
