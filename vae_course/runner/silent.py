"""Stand-ins for the learner's commands where a hand-in is run to be marked: they do nothing and say nothing."""

from typing import Any


def check(answer: Any = None, exercise: str | None = None, *, seed: int | None = None, quiet: bool = False) -> bool:
    return False


def solved(answer: Any = None, exercise: str | None = None) -> bool:
    return False


def hint(exercise: Any = None) -> None:
    return None


class _Prediction:
    def was(self, number: Any = None) -> None:
        return None


def predict(name: str) -> _Prediction:
    return _Prediction()


def progress(nats: float | None = None) -> None:
    return None


def puzzle(name: str, answer: Any = None) -> bool:
    return False


def solution(exercise: Any = None, anyway: bool = False) -> None:
    return None
