"""The two puzzles of lesson 04, gathered: `derivation` and `detective`."""

from vae_course.exercises.derivation import LINES, ORDER, derivation
from vae_course.exercises.detective import CHOICES, CULPRITS, detective

__all__ = ["CHOICES", "CULPRITS", "LINES", "ORDER", "derivation", "detective"]
