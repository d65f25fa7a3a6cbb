"""Hand-ins whose code runs, wherever it runs: what the grader asks of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from vae_course.checks.lessons import Exercise
from vae_course.runner.notebooks import HandIn


class Submission(Protocol):
    """The definitions of one hand-in, come to life: here (`local`) or in the sandbox (`remote`).

    Attributes:
        failed: what it was to define and could not, each with the reason as a sentence.
    """

    @property
    def failed(self) -> Mapping[str, str]: ...

    def answers(self, exercise: Exercise) -> Sequence[Any]:
        """What may be meant as the answer to an exercise, each an `answers.Answer`; see `notebooks.answers_in`."""

    def turn_to(self, hand_in: HandIn) -> None:
        """From now on this hand-in, of the same student."""


Submit = Callable[[HandIn], AbstractContextManager[Submission]]


class Started(AbstractContextManager["Started"]):
    """A student's hand-ins, one after another, of which each one's code is run when it is first needed."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._stack = ExitStack()
        self._wanted: HandIn | None = None
        self._running: Submission | None = None
        self._current: HandIn | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def turn_to(self, hand_in: HandIn) -> None:
        """From now on this hand-in is meant."""
        self._wanted = hand_in

    def close(self) -> None:
        """End it; if it is needed again, it is run again."""
        self._running = self._current = None
        self._stack.close()

    def __call__(self) -> Submission:
        assert self._wanted is not None, "which hand-in?"
        if self._running is None:
            self._running = self._stack.enter_context(self._submit(self._wanted))
        elif self._current is not self._wanted:
            self._running.turn_to(self._wanted)
        self._current = self._wanted
        return self._running
