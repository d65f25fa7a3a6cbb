"""The check of a constant: numbers to 1 %, words up to case, and never the answer in the message."""

import hashlib
from collections.abc import Callable
from typing import Any

from vae_course.checks.engine.diagnosis import mistakes_in, plain, same_constant
from vae_course.checks.engine.exercise import Constant, Exercise
from vae_course.checks.engine.trial import Trial, Wrong


def constant_matches(key: str, tolerance: float = 0.01, pointer: str = "") -> Callable[[Trial], None]:
    """One entry of a dictionary answer (key "": the whole answer) equals the truth's, numbers to 1 %.

    Args:
        pointer: where to look, said of an entry that is wrong in a way that no misconception names.
    """

    def test(trial: Trial) -> None:
        assert isinstance(trial.exercise, Constant)
        value, right = trial.answer.value, trial.exercise.right
        if key:
            if not isinstance(value, dict):
                raise Wrong(
                    f"Your answer is a {type(value).__name__}.", f"It should be a dictionary with {list(right)}."
                )
            if key not in value:
                raise Wrong(f"Your answer has no entry {key!r}.", f"It should have {list(right)}.")
            value, right = value[key], right[key]
        if same_constant(value, right, tolerance):
            return
        if key in unknown_words(trial.exercise, trial.answer.value):
            words = ", ".join(sorted(_words(trial.exercise)))
            raise Wrong(f"Your {key} is {value!r}, which is none of the words to choose from: {words}.", where=key)
        named = any(
            isinstance(m.wrong, dict) and key in m.wrong for m in mistakes_in(trial.exercise, trial.answer.value)
        )
        expected = "" if named or value is None else pointer
        raise Wrong(_not_it(key or "answer", plain(value), right), expected, where=key)

    return test


def mark_of_choice(value: Any) -> str:
    """A short text that is the same for the same choice, as `check` reads it: words up to case and order of the entries."""
    entries = value.items() if isinstance(value, dict) else [("", value)]
    words = sorted((str(key), str(plain(word)).strip().lower()) for key, word in entries)
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]


def unknown_words(exercise: Exercise, value: Any) -> list[str]:
    """The entries of a choice that are words, and none of those to choose from: misspelt, not chosen."""
    if not isinstance(exercise, Constant) or not exercise.tries or not isinstance(value, dict):
        return []
    words = {word.lower() for word in _words(exercise)}
    return [str(key) for key, word in value.items() if isinstance(word, str) and word.strip().lower() not in words]


def _words(exercise: Constant) -> set[str]:
    """In a choice every word is the right one somewhere."""
    return set(exercise.right.values())


def _not_it(name: str, value: Any, right: Any) -> str:
    """What is wrong with one constant, without giving it away."""
    if value is None:
        return f"Your {name} is still empty."
    if isinstance(right, int | float) and not isinstance(value, int | float):
        return f"Your {name} is a {type(value).__name__}. It should be a number."
    if not isinstance(value, int | float) or isinstance(right, str):
        return f"Your {name} is {value!r}, and that is not it."
    if abs(value - right) <= 0.05 * abs(right):
        return f"Your {name} is {value:.6g}: close, and right to 1 % is asked."
    return f"Your {name} is {value:.6g}, and that is not it."
