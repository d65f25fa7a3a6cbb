"""A student's definitions in this process: for the person at the keyboard, and for what is their own."""

import contextlib
import inspect
import os
import warnings
from functools import partial
from typing import Any

from torch import nn

from vae_course.answers import Answer
from vae_course.answers.reading import is_stub
from vae_course.answers.time_limit import within
from vae_course.exercises import EXERCISES, Exercise
from vae_course.notebooks import HandIn, candidates, run_definitions

SECONDS = 30  # for one definition: the first import of a figure loads matplotlib
STAMP = "marked WITHOUT the sandbox"


def _undefined(*inputs: Any) -> Any:
    raise NotImplementedError


class LocalSubmission:
    """One hand-in, run without a sandbox. Relative file names mean those beside the notebook.

    Attributes:
        names: the exercises that the hand-in defines something for.
        failed: names that it was to define and that could not be had, each with the reason as a sentence.
    """

    def __init__(self, hand_in: HandIn) -> None:
        self._hand_in = hand_in
        self._outside = contextlib.ExitStack()
        self.names: frozenset[str] = frozenset()
        self.failed: dict[str, str] = {}

    def __enter__(self) -> "LocalSubmission":
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(self._hand_in.path.parent))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            os.environ.setdefault("MPLBACKEND", "Agg")  # no windows
            found = run_definitions(self._hand_in, partial(within, SECONDS))
            self._namespace, self.failed = found.namespace, found.failed
            self.names = frozenset(
                name for name in EXERCISES if next(candidates(name, self._namespace), None) is not None
            )
            self._outside = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._outside.close()

    def turn_to(self, hand_in: HandIn) -> None:
        """Another hand-in in its place."""
        self._outside.close()
        self._hand_in = hand_in
        self.__enter__()

    def answer(self, exercise: Exercise) -> Answer:
        """What the hand-in has for an exercise, each call within the exercise's time; a stub where it has nothing."""
        found = list(candidates(exercise.name, self._namespace))
        if exercise.is_constant:
            return exercise.answer(found[0] if found else None)
        chosen = next((answer for answer in found if not is_stub(answer)), found[0] if found else _undefined)
        if exercise.is_method:  # examined on its own class, where its helper methods are
            method = exercise.name.split(".")[1]
            classes = [cls for cls in self._namespace.values() if inspect.isclass(cls) and issubclass(cls, nn.Module)]
            chosen = next((cls for cls in reversed(classes) if getattr(cls, method, None) is chosen), chosen)
        return exercise.answer(chosen).limited(exercise.seconds)
