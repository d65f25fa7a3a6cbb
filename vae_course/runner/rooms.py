"""The rooms behind the learner's package, by what each may know; imports point downwards, from the last to the first.

Whatever hides, covers, forbids or leaves out a part of the course asks here.
"""

from pathlib import Path

ROOMS = ("runner", "checks", "teach")
"""How answers run; what is right; what only teachers and authors have."""

ANSWERS = ("evaluation.py", "importance.py", "figures", "solutions")
"""Parts of the learner's own package that would answer an exercise: bounds by other means, models with known faults, a straight line; and
the lessons solved, which lie in an installed package."""

NOT_IN_SANDBOX = ("checks", "teach", *ANSWERS)
NOT_FOR_STUDENTS = ("teach", "solutions", "checks/learning/solutions")
"""Folders, or modules without their ending."""


def not_in_sandbox() -> list[Path]:
    """Where these parts lie, and what Python has compiled of them."""
    package = Path(__file__).resolve().parent.parent
    return [package / part for part in (*NOT_IN_SANDBOX, "__pycache__") if (package / part).exists()]
