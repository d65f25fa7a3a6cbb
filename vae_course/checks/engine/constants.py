"""The check of a constant: numbers to 1 %, words up to case, and never the answer in the message."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from vae_course.checks.engine.diagnosis import mistakes_in, plain, same_constant
from vae_course.checks.engine.exercise import Constant, Exercise, Misconception
from vae_course.checks.engine.trial import Trial, Wrong


def constant_matches(key: str, tolerance: float = 0.01, pointer: str = "") -> Callable[[Trial], None]:
    """One entry of a dictionary answer equals the truth's, numbers to 1 %; key "": the whole answer does, and no entry is told.

    Args:
        pointer: where to look, said of an entry that is wrong in a way that no misconception names.
    """

    def test(trial: Trial) -> None:
        assert isinstance(trial.exercise, Constant)
        value, right = trial.answer.value, trial.exercise.right
        if isinstance(right, dict):
            if not isinstance(value, dict):
                raise Wrong(
                    f"Your answer is a {type(value).__name__}.", f"It should be a dictionary with {list(right)}."
                )
            for entry in [key] if key else right:
                if entry not in value:
                    raise Wrong(f"Your answer has no entry {entry!r}.", f"It should have {list(right)}.")
        if key:
            value, right = value[key], right[key]
        if same_constant(value, right, tolerance):
            return
        for entry in not_among_the_words(trial.exercise, trial.answer.value):
            if key in ("", entry):
                raise _none_of_the_words(trial.exercise, entry, trial.answer.value[entry])
        if isinstance(right, dict):
            raise Wrong(
                f"At least one of your {len(right)} choices is not it.",
                "Which one, and why, the notebook says after the last try.",
            )
        named = any(
            isinstance(m.wrong, dict) and key in m.wrong for m in mistakes_in(trial.exercise, trial.answer.value)
        )
        expected = "" if named or value is None else pointer
        raise Wrong(_not_it(key or "answer", plain(value), right, named), expected, where=key)

    return test


def mistakes_of(table: Mapping[tuple[str, str, float], str]) -> tuple[Misconception, ...]:
    """The mistakes in a table of (name, entry, wrong number) -> what is said of it; entry "": the answer is one number."""
    return tuple(
        Misconception(name, {entry: wrong} if entry else wrong, message)
        for (name, entry, wrong), message in table.items()
    )


def mark_of_choice(value: Any) -> str:
    """A short text that is the same for the same choice, as `check` reads it: words up to case and order of the entries."""
    entries = value.items() if isinstance(value, dict) else [("", value)]
    words = sorted((str(key), str(plain(word)).strip().lower()) for key, word in entries)
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]


def not_among_the_words(exercise: Exercise, value: Any) -> list[str]:
    """The entries of a choice that hold none of the words to choose from: misspelt, or still empty. They cost no try."""
    if not isinstance(exercise, Constant) or not exercise.tries or not isinstance(value, dict):
        return []
    words = {word.lower() for word in _words(exercise)}
    return [key for key in exercise.right if key in value and not _is_one_of(words, value[key])]


def _is_one_of(words: set[str], word: Any) -> bool:
    return isinstance(word, str) and word.strip().lower() in words


def _none_of_the_words(exercise: Constant, entry: str, word: Any) -> Wrong:
    if word is None:
        return Wrong(_not_it(entry, word, ""), where=entry)
    words = ", ".join(sorted(_words(exercise)))
    return Wrong(f"Your {entry} is {word!r}, which is none of the words to choose from: {words}.", where=entry)


def _words(exercise: Constant) -> set[str]:
    """In a choice every word is the right one somewhere."""
    return set(exercise.right.values())


def _not_it(name: str, value: Any, right: Any, named: bool = False) -> str:
    """What is wrong with one constant, without giving it away; `named`: a reason follows."""
    if value is None:
        return f"Your {name} is still empty."
    if isinstance(right, int | float) and not isinstance(value, int | float):
        return f"Your {name} is a {type(value).__name__}. It should be a number."
    if not isinstance(value, int | float) or isinstance(right, str):
        return f"Your {name} is {value!r}, and that is not it."
    if named:
        return f"Your {name} is {value:.6g}, and that is not it."
    if abs(value - right) <= 0.05 * abs(right):
        return f"Your {name} is {value:.6g}: close, and right to 1 % is asked.{_rounded(value, right)}"
    return f"Your {name} is {value:.6g}, and that is too {'large' if value > right else 'small'}."


def _rounded(value: float, right: Any) -> str:
    """A right number that was cut to one or two digits."""
    for digits in (1, 2):
        if float(f"{right:.{digits}g}") == value:
            return f" It is the right one, rounded to {'one digit' if digits == 1 else 'two digits'}: give three."
    return ""
