"""What marking finds: marks for answers, and attempts, each of which is one hand-in of a lesson and holds one answer to each of its exercises."""

from collections.abc import Mapping
from dataclasses import dataclass

FOUND = "found.sqlite"
"""The file of a marks folder in which all that was found stands; see `outgoing.found`."""
NEEDS_A_PERSON = ("grader error", "unreadable")
"""Statuses of what the grader cannot decide: never a zero by itself."""
NOT_HANDED_IN = "not handed in"


@dataclass(frozen=True)
class Mark:
    """One student's mark for one answer: columns of marks.csv, hashes of what was marked and by what, and what a page shows (`details_of`).

    Whoever hands the same answer in again, with another lesson or on another day, has the same mark.
    """

    student: str
    lesson: str
    exercise: str
    status: str
    points: float
    max_points: float
    misconception: str
    message: str
    answer: str = ""
    checks: str = ""
    details: str = ""


@dataclass(frozen=True)
class Attempt:
    """One hand-in of a lesson.

    Args:
        answers: the hash of the answer to each exercise, as in `Mark.answer`.
        file: its path, as the student knows it.
        handed_in: when, as ISO 8601; without an offset where the platform writes none, empty where nobody says it. Never a file's own date.
        last_handed_in: when the same answers were handed in last, where that was more than once.
        is_late: True if the platform says so, whatever it says about the time.
        nothing_readable: True for every lesson of a day on which nothing could be read that was handed in.
        seen: grows with every reading in which it was the student's newest.
    """

    student: str
    lesson: str
    answers: Mapping[str, str]
    file: str = ""
    handed_in: str = ""
    is_late: bool = False
    nothing_readable: bool = False
    seen: int = 0
    last_handed_in: str = ""
