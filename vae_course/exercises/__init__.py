"""What a right answer does: every exercise of the course, by name, in the order in which they are taught."""

from vae_course.exercises import (
    capstone,
    generation,
    iwae,
    kl_divergence,
    nelbo,
    reconstruction,
    reparameterization,
    start_here,
)
from vae_course.exercises.core import Exercise

__all__ = ["EXERCISES", "Exercise"]

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
