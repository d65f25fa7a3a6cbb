"""What a learner sees: check an answer, ask for a hint, look at the progress, open a solution."""

from vae_course.checks.learning.check import Verdict, check, solved
from vae_course.checks.learning.help import hint, solution
from vae_course.checks.learning.predict import predict
from vae_course.checks.learning.progress import progress
from vae_course.checks.learning.puzzles import puzzle

__all__ = ["Verdict", "check", "hint", "predict", "progress", "puzzle", "solution", "solved"]
