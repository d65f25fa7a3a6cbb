"""`puzzle(name, answer)`: an exercise under a rule, or a weak test to be broken. Optional, and worth no points."""

from vae_course.checks.learning.puzzles.door import puzzle

__all__ = ["puzzle"]
