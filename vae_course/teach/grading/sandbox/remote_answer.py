"""An answer in a submission's process, to be examined like one in this process."""

import itertools
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol, TypeVar

from torch import Size, Tensor

from vae_course import given
from vae_course.checks import around
from vae_course.checks.engine.exercise import Called, Exercise
from vae_course.runner.answers import BackwardFailed, Call, Stopped
from vae_course.runner.answers.time_limit import PATIENCE
from vae_course.runner.protocol import Message
from vae_course.teach.grading.sandbox.replies import call_in, error_in, gradients_in, inputs_of, shapes_of
from vae_course.teach.grading.sandbox.workers import WorkerLost

T = TypeVar("T")
GRACE = 2.0
"""Seconds beyond an answer's own limit after which its process is killed: one long call into C cannot be interrupted."""
_numbers = itertools.count(1)


class Process(Protocol):
    """What an answer needs of a submission; see `remote.RemoteSubmission`."""

    number: int
    released: list[int]
    sent: dict[str, set[str]]

    def ready(self) -> None: ...

    def ask(self, request: Message, seconds: float) -> Message: ...

    def read(self, reading: Callable[[], T]) -> T: ...

    def constant(self, name: str, which: int) -> Any: ...


class _Pull:
    """The way back through one call. Once nothing refers to it any more, the student's process may forget the call."""

    def __init__(self, answer: "RemoteAnswer", number: int, inputs: Mapping[str, Size]) -> None:
        self._answer, self._number, self._inputs = answer, number, inputs
        self._process = answer.submission.number
        weakref.finalize(self, answer.submission.released.append, number)

    def __call__(self, cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        if self._answer.submission.number != self._process:
            raise WorkerLost("The process that made this call has ended since.")
        return self._answer.pull(self._number, self._inputs, cotangents)


class RemoteAnswer:
    """An `answers.Answer` in a submission's process. Once it has brought that to an end, it raises the same again.

    Args:
        which: of the things that the hand-in has for the exercise; see `notebooks.answers_in`.
    """

    def __init__(self, submission: Process, exercise: Exercise, which: int = 0) -> None:
        self.submission, self._exercise = submission, exercise
        self._seconds = exercise.seconds
        scaffold, harness = (exercise.scaffold, exercise.harness) if isinstance(exercise, Called) else ({}, None)
        self._spec: dict[str, Any] = {
            "name": exercise.name,
            "which": which,
            "method": exercise.method,
            "scaffold": {name: around.name_of(function) for name, function in scaffold.items()},
            "harness": around.name_of(harness) if harness else "",
            "slopes": not isinstance(exercise, Called) or exercise.slopes,
        }
        self._functions = sorted(filter(None, {*self._spec["scaffold"].values(), self._spec["harness"]}))
        self._end: list[Stopped] = []  # shared with what `method` and `limited` return

    @property
    def value(self) -> Any:
        """A constant's value."""
        return self.submission.constant(self._exercise.name, self._spec["which"])

    def method(self, name: str) -> "RemoteAnswer":
        """The same class, called through another of its methods."""
        return self._with(_spec=self._spec | {"method": name})

    def limited(self, seconds: float) -> "RemoteAnswer":
        """The same answer, with another limit for each call."""
        return self._with(_seconds=seconds)

    def _with(self, **changes: Any) -> "RemoteAnswer":
        other = RemoteAnswer.__new__(RemoteAnswer)
        vars(other).update(vars(self) | changes)
        return other

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call:
        """One call; see `answers.LocalAnswer.call`.

        Raises:
            Stopped: the answer did not survive it.
            WorkerLost: the sandbox did not; ask again.
        """
        number, shapes, message = next(_numbers), shapes_of(inputs), inputs_of(inputs)
        facts = message.facts | self._spec | {"do": "call", "call": number, "seed": seed, "seconds": self._seconds}
        facts |= {"twice": True} if twice else {}
        found = self._ask(Message(facts, message.tensors), lambda reply: call_in(reply, shapes))
        pull = _Pull(self, number, shapes) if found.differentiable else None
        return found if pull is None else replace(found, _pull=pull)

    def pull(self, number: int, inputs: Mapping[str, Size], cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        """The backward pass of call `number`; see `answers.Call.pull_back`."""
        tensors = {str(i): cotangent for i, cotangent in enumerate(cotangents.values())}
        facts = {"do": "pull", "call": number, "names": list(cotangents)}

        def read(reply: Message) -> dict[str, Tensor | None]:
            if reply.facts.get("error") is not None:
                raise BackwardFailed(error_in(reply.facts))
            return gradients_in(reply, inputs)

        return self._ask(Message(facts, tensors), read)

    def _with_modules(self, request: Message) -> Message:
        """A call with the text of the functions that it needs and that the process has not got yet."""
        if request.facts["do"] != "call":
            return request
        sent = self.submission.sent.setdefault(self._exercise.name, set())
        new = [name for name in self._functions if name not in sent]
        sent.update(new)
        texts = {}
        for module, functions in groupby(new, lambda name: name.partition(":")[0]):
            if module != given.__name__:
                texts[module] = around.source_of(module, tuple(name.partition(":")[2] for name in functions))
        return replace(request, facts=request.facts | {"modules": texts})

    def _ask(self, request: Message, read: Callable[[Message], T]) -> T:
        if self._end:
            raise self._end[0]
        try:
            self.submission.ready()
            reply = self.submission.ask(self._with_modules(request), PATIENCE * self._seconds + GRACE)
            return self.submission.read(lambda: read(reply))
        except Stopped as stopped:
            self._end.append(stopped)
            raise
