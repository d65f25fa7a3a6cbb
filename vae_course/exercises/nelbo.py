"""Exercises of lesson 04: the bound, its training step, its derivation, and five wrong models."""

from vae_course.exercises.core import Exercise
from vae_course.exercises.nelbo_puzzles import derivation, detective

EXERCISES: tuple[Exercise, ...] = (derivation, detective)
