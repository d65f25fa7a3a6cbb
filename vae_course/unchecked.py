"""Stand-ins for the learner's commands where there are no checks: in an edition for an exam, which a cell's result then says, and where a
hand-in is run to be marked. They do nothing and keep nothing."""

from html import escape
from typing import Any

SAID = "There are no checks here: what you hand in is marked later."


class Unchecked:
    """False in a condition; shows itself as one sentence."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return SAID

    def _repr_html_(self) -> str:
        return f"<div>{escape(SAID)}</div>"

    def was(self, number: Any = None) -> None:
        """The end of a prediction, which nobody judges here."""


def check(
    answer: Any = None, exercise: str | None = None, *, seed: int | None = None, quiet: bool = False
) -> Unchecked:
    return Unchecked()


def solved(answer: Any = None, exercise: str | None = None) -> bool:
    return False


def hint(exercise: Any = None) -> Unchecked:
    return Unchecked()


def predict(name: str) -> Unchecked:
    return Unchecked()


def progress(nats: float | None = None) -> Unchecked:
    return Unchecked()


def puzzle(name: str, answer: Any = None) -> Unchecked:
    return Unchecked()


def solution(exercise: Any = None, anyway: bool = False) -> Unchecked:
    return Unchecked()
