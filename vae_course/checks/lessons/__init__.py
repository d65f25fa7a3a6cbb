"""What a right answer does: every exercise of the course, by name, in the order in which they are taught."""

from vae_course.checks.engine.core import Exercise
from vae_course.checks.lessons import (
    capstone,
    generation,
    iwae,
    kl_divergence,
    nelbo,
    reconstruction,
    reparameterization,
    start_here,
)

__all__ = ["EXERCISES", "LESSONS", "LESSON_OF", "Exercise", "full_name"]

_LESSONS = (
    start_here,
    reparameterization,
    kl_divergence,
    reconstruction,
    nelbo,
    iwae,
    generation,
    capstone,
)

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for lesson in _LESSONS for exercise in lesson.EXERCISES}

LESSON_OF = {exercise.name: exercise.lesson for exercise in EXERCISES.values()}
LESSONS = tuple(dict.fromkeys(LESSON_OF.values()))
"""Their full names, in order."""


def full_name(lesson: str) -> str:
    """ "04_nelbo" for "04", "4" or "04_nelbo".

    Raises:
        ValueError: there is no such lesson; the sentence lists them.
    """
    found = [name for name in LESSONS if lesson == name or lesson.zfill(2) == name[:2]]
    if not found:
        raise ValueError(f"there is no lesson {lesson!r}; the lessons: {', '.join(LESSONS)}.")
    return found[0]
