"""Exercises of this lesson."""

from vae_course.exercises.core import Exercise

EXERCISES: tuple[Exercise, ...] = ()
