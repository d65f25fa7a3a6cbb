"""A student's definitions in this process: for the person at the keyboard, and for what is their own."""

import contextlib
import os
import warnings
from functools import partial

from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.runner.answers import Answer
from vae_course.runner.answers.time_limit import within
from vae_course.runner.notebooks import HandIn, answers_in, run_definitions

SECONDS = 30  # for one definition: the first import of a figure loads matplotlib
STAMP = "marked WITHOUT the sandbox"


class LocalSubmission:
    """One hand-in, run without a sandbox. Relative file names mean those beside the notebook.

    Attributes:
        failed: names that it was to define and that could not be had, each with the reason as a sentence.
    """

    def __init__(self, hand_in: HandIn) -> None:
        self._hand_in = hand_in
        self._outside = contextlib.ExitStack()
        self.failed: dict[str, str] = {}

    def __enter__(self) -> "LocalSubmission":
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(self._hand_in.path.parent))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            os.environ.setdefault("MPLBACKEND", "Agg")  # no windows
            found = run_definitions(self._hand_in, partial(within, SECONDS))
            self._definitions, self.failed = found, found.failed
            self._outside = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._outside.close()

    def turn_to(self, hand_in: HandIn) -> None:
        """Another hand-in in its place."""
        self._outside.close()
        self._hand_in = hand_in
        self.__enter__()

    def answers(self, exercise: Exercise) -> list[Answer]:
        """What the hand-in has for an exercise, the likeliest first, each call within the exercise's time."""
        found = answers_in(self._definitions, exercise.name, EXERCISES)
        return [exercise.answer(obj).limited(exercise.seconds) for obj in found]
