"""A hand-in whose code runs, wherever it runs: what the grader asks of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from vae_course.exercises import Exercise
from vae_course.notebooks import HandIn


class Submission(Protocol):
    """The definitions of one hand-in, come to life: here (`local`) or in the sandbox (`remote`).

    Attributes:
        names: what it defines: "f", "VAE", "VAE.loss".
        failed: what it was to define and could not, each with the reason as a sentence.
    """

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def failed(self) -> Mapping[str, str]: ...

    def answer(self, exercise: Exercise) -> Any:
        """An `answers.Answer`."""


Submit = Callable[[HandIn], AbstractContextManager[Submission]]


class Started(AbstractContextManager["Started"]):
    """A hand-in whose code is run when it is first needed."""

    def __init__(self, hand_in: HandIn, submit: Submit) -> None:
        self._hand_in, self._submit = hand_in, submit
        self._stack = ExitStack()
        self._running: Submission | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it; if it is needed again, it is run again."""
        self._running = None
        self._stack.close()

    def __call__(self) -> Submission:
        if self._running is None:
            self._running = self._stack.enter_context(self._submit(self._hand_in))
        return self._running
