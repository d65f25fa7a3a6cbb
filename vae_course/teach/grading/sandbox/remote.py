"""The grader's side of the sandbox: workers, submissions, and answers that live behind a pipe.

    with Workers(1) as workers, workers.submission(hand_in) as submission:
        outcome = examine(exercise, submission.answer(exercise), seed)

Nothing that comes back is believed: see `protocol`. Whatever a student's process does, it ends as one of
`answers.TimedOut`, `answers.OutOfMemory` or `answers.Killed`, and the next exercise starts from a fresh process.
"""

import contextlib
import itertools
import math
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from vae_course.checks import around
from vae_course.checks.engine.exercise import Exercise
from vae_course.runner.answers import Killed, Stopped, TimedOut
from vae_course.runner.notebooks import HandIn
from vae_course.runner.protocol import Channel, Message, ProtocolError, text, texts, texts_by_name
from vae_course.teach.grading.sandbox.asking import DEFINITIONS, STATEMENT, definitions, late
from vae_course.teach.grading.sandbox.remote_answer import RemoteAnswer
from vae_course.teach.grading.sandbox.replies import constant_in
from vae_course.teach.grading.sandbox.workers import End, Slots, Worker, WorkerLost

__all__ = ["RemoteAnswer", "RemoteSubmission", "WorkerLost", "Workers"]

SUBMISSION = 120.0  # seconds of waiting for one hand-in in all
FRESH = 10.0  # seconds after which a process is not used for its student's next hand-in; a right one needs a tenth of a second
MOST_NAMES = 2000  # of a hand-in
_numbers = itertools.count(1)


class Workers(Slots):
    """Slots that serve submissions; see there for what is raised."""

    def submission(self, hand_in: HandIn, seconds: float = SUBMISSION) -> "RemoteSubmission":
        """A hand-in whose definitions have been run. Waits for a free worker; close it to free the worker again."""
        return RemoteSubmission(self, hand_in, seconds)


class RemoteSubmission:
    """One student's definitions, in a process of their own. Their next hand-in takes the place of the last one in it, which
    saves a fork, unless something went wrong there.

    Attributes:
        names: the exercises that the hand-in has something for, and how many things that may be meant.
        failed: what it should have defined and did not, with the reason as a sentence; see `notebooks.Definitions`.
        stopped: why its definitions could not be run at all, else None.
    """

    def __init__(self, workers: Workers, hand_in: HandIn, seconds: float) -> None:
        self.released: list[int] = []
        self.sent: dict[str, set[str]] = {}  # by exercise, the functions that the process has been sent
        self._workers = workers
        self._worker: Worker | None = None
        self._channel: Channel | None = None
        self._used = 0.0  # seconds that the process has worked
        self._killed_from_outside = False
        self.number = 0
        self.turn_to(hand_in, seconds)

    def __enter__(self) -> "RemoteSubmission":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def turn_to(self, hand_in: HandIn, seconds: float = SUBMISSION) -> None:
        """Run the definitions of this hand-in, in place of those of the same student's that came before."""
        self.names: Counter[str] = Counter()
        self.failed: dict[str, str] = {}
        self.stopped: Stopped | None = None
        self._hand_in, self._left = hand_in, seconds
        try:
            if self._channel is not None and (self._used > FRESH or self._knows_an_answer()):
                self._end()
            self._start(used=self._channel is not None)
        except Stopped as stopped:
            self.stopped = stopped
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process and free the worker."""
        if self._channel is not None:
            with contextlib.suppress(WorkerLost):
                self._end()
        if self._worker is not None:
            self._workers.give_back(self._worker, lost=False)
            self._worker = None

    def constant(self, name: str, which: int = 0) -> Any:
        """A number, word, list or dictionary (a tensor as its number or list); None if there is none of that name."""
        self.ready()
        reply = self.ask(Message({"do": "constant", "name": name, "which": which}), STATEMENT)
        return self.read(lambda: constant_in(reply.facts.get("value")))

    def _knows_an_answer(self, but: str = "") -> bool:
        """True if the process has been sent a right answer, for an exercise other than this one."""
        return any(around.knows_an_answer(sent) for name in self.sent.keys() - {but} for sent in self.sent[name])

    def answers(self, exercise: Exercise) -> list["RemoteAnswer"]:
        """What the hand-in has for an exercise, the likeliest first; where its definitions did not come to life, one that says so.

        A right answer that was lent for another exercise lies in the memory of the process, where code can keep it: that process ends.
        """
        if self._channel is not None and self._knows_an_answer(exercise.name):
            self._end()
        count = 1 if self.stopped is not None else self.names[exercise.name]
        return [self.answer(exercise, which) for which in range(count)]

    def answer(self, exercise: Exercise, which: int = 0) -> "RemoteAnswer":
        """One of them: to be called, or for a constant to be read."""
        return RemoteAnswer(self, exercise, which)

    def ready(self) -> None:
        """Start again if the process has ended: its answers to other exercises are none the worse."""
        if self.stopped is not None:
            raise self.stopped
        if self._channel is None:
            self._start()

    def ask(self, request: Message, seconds: float) -> Message:
        """One request and its reply.

        Raises:
            Stopped: the process did not survive it.
            WorkerLost: the sandbox did not.
        """
        assert self._channel is not None
        number, begun = next(_numbers), time.monotonic()
        deadline = begun + min(seconds, self._left)
        facts = request.facts | {"id": number, "release": list(self.released)}
        self.released.clear()
        try:
            self._channel.must_be_silent()
            self._channel.send(Message(facts, request.tensors), deadline)
            reply = self._channel.receive(deadline)
            if reply.facts.get("id") != number:
                raise ProtocolError("a reply to another question")
        except TimeoutError:
            self._end()
            raise TimedOut(late(seconds, self._left)) from None
        except ProtocolError as error:
            raise self._misbehaved(error) from None
        except EOFError:
            raise self._reason(self._end(grace=1.0)) from None
        finally:
            spent = time.monotonic() - begun
            self._left, self._used = self._left - spent, self._used + spent
        if "late" in reply.facts:
            self._used = math.inf  # what was interrupted may have left something half done
            raise TimedOut(self.read(lambda: text(reply.facts, "late")))
        return reply

    def read(self, reading: Callable[[], Any]) -> Any:
        """What `reading` finds in a reply; a reply that is none ends the process."""
        try:
            return reading()
        except ProtocolError as error:
            raise self._misbehaved(error) from None

    def _start(self, used: bool = False) -> None:
        if self._left <= 0:
            raise TimedOut(late(0, 0))
        try:
            self._define()
        except WorkerLost:
            self._define()  # in a new worker; a second failure in a row is for a person
        except Stopped:
            if not used:
                raise
            self._define()  # in a new process; what the hand-in before has left in the old one may have stopped it

    def _define(self) -> None:
        request = definitions(self._hand_in)
        if self._channel is None:
            self._fork()
        self.number += 1
        self.released.clear()
        self.sent.clear()
        reply = self.ask(request, DEFINITIONS)
        self.names = Counter(self.read(lambda: texts(reply.facts, "names", MOST_NAMES)))
        self.failed = self.read(lambda: texts_by_name(reply.facts, "failed", MOST_NAMES))

    def _fork(self) -> None:
        if self._worker is None:
            self._worker = self._workers.take()
        try:
            self._channel, self._used = self._worker.fork(), 0.0
        except WorkerLost:
            self._lose()
            raise

    def _end(self, grace: float = 0.0) -> End:
        assert self._channel is not None and self._worker is not None
        self._channel.close()
        self._channel = None
        try:
            return self._worker.end(grace)
        except WorkerLost:
            self._lose()
            raise

    def _lose(self) -> None:
        assert self._worker is not None
        self._workers.give_back(self._worker, lost=True)
        self._worker = None

    def _misbehaved(self, error: ProtocolError) -> Killed:
        self._end()
        return Killed(f"Your code wrote to the grader itself and was ended: {error}.")

    def _reason(self, end: End) -> Stopped:
        """Why a process that was not asked to end did so."""
        if end.from_outside and not self._killed_from_outside:
            self._killed_from_outside = True
            raise WorkerLost("A process of the sandbox was killed from outside.")
        return end.reason()
