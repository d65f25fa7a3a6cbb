"""Which exercise does an answer belong to?"""

import difflib
import functools
import inspect
import types
from typing import Any

from torch import nn

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.lessons import EXERCISES, Exercise


def plain(answer: Any) -> Any:
    """The function behind a bound method; anything else as it is, decorators included: they are part of an answer."""
    return answer.__func__ if isinstance(answer, types.MethodType) else answer


def unwrap(answer: Any) -> Any:
    """What was written under a bound method and functools wrappers; anything else as it is."""
    answer = plain(answer)
    return inspect.unwrap(answer) if callable(answer) and not isinstance(answer, functools.partial) else answer


def find_exercise(answer: Any, name: str | None = None) -> Exercise:
    """The exercise that is named, or given by its number ("4.2"), else the one that the answer's own name stands for.

    A class derived from nn.Module is "VAE", unless an exercise has the class's own name; a function defined in a class is
    "VAE.method" whatever the class is called, unless an exercise has the exact name (as "IWAE.loss" has).

    Raises:
        ValueError: there is no such exercise.
    """
    for candidate in [name] if name is not None else _names(unwrap(answer)):
        if candidate in EXERCISES:
            return EXERCISES[candidate]
    numbered = next((exercise for exercise in EXERCISES.values() if exercise.number == name), None)
    if numbered is not None:
        return numbered
    if name is None and isinstance(answer, str) and answer in EXERCISES:
        short = answer if not isinstance(EXERCISES[answer], Constant) else f"{answer}, {answer!r}"
        raise ValueError(
            f"{answer!r} is the name of an exercise; check takes the answer itself, without quotes: check({short})."
        )
    what = repr(name) if name is not None else _describe(answer)
    wanted = name if name is not None else getattr(answer, "__name__", "")
    near = difflib.get_close_matches(str(wanted), EXERCISES, n=1, cutoff=0.6)
    raise ValueError(
        f"No exercise is called {what}. "
        + (f"Did you mean {near[0]!r}? " if near else "")
        + "Name it, as in check(answer, 'two_boxes'), or by its number."
        + ("" if near else f" The exercises: {', '.join(EXERCISES)}.")
    )


def owner(answer: Any) -> Any:
    """The learner's class that a method belongs to, or None where it cannot be told (a class inside a function)."""
    if isinstance(answer, types.MethodType):
        return type(answer.__self__)
    parts = getattr(answer, "__qualname__", "").split(".")
    if not isinstance(answer, types.FunctionType) or len(parts) != 2:
        return None
    cls = answer.__globals__.get(parts[0])
    return cls if inspect.isclass(cls) and issubclass(cls, nn.Module) and vars(cls).get(parts[1]) is answer else None


def _names(answer: Any) -> list[str]:
    if inspect.isclass(answer):
        return [answer.__name__, "VAE"] if issubclass(answer, nn.Module) else [answer.__name__]
    qualified = getattr(answer, "__qualname__", "")
    own = getattr(answer, "__name__", "")
    parts = qualified.split("<locals>.")[-1].split(".")
    if len(parts) > 1:
        return [".".join(parts[-2:]), f"VAE.{parts[-1]}"]
    return [own]


def _describe(answer: Any) -> str:
    own = getattr(answer, "__name__", None)
    return repr(own) if own else f"by the {type(answer).__name__} you passed (a constant has no name)"
