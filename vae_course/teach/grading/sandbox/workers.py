"""Workers as the grader holds them: each a process in the sandbox that forks a fresh child for each submission."""

import base64
import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from vae_course.runner.answers import Killed, OutOfMemory, Stopped, TimedOut
from vae_course.runner.protocol import MIB, Channel, Message, ProtocolError
from vae_course.runner.worker import NO_CONNECTION, OUT_OF_MEMORY
from vae_course.teach.grading.sandbox import sandbox, system_calls
from vae_course.teach.grading.sandbox.sandbox import Level

READY, ANSWER = 120.0, 10.0  # seconds: importing torch on a busy machine; anything else
RESOURCES = {"memory": 1024 * MIB, "disk": 16 * MIB, "seconds": 150}
"""What a submission has: bytes of memory beyond the worker's own, bytes in its /tmp, seconds of CPU time."""

STARTS = 5  # of a worker, in a row, before the sandbox counts as unusable


class WorkerLost(BaseException):
    """The sandbox itself failed. This is nobody's mistake in an answer: mark it again, in a new worker.

    Not an `Exception`, so that a check that makes do without what an answer will not tell cannot swallow this.
    """


@dataclass(frozen=True)
class End:
    """How a submission's process ended: its exit code or minus its signal, None if it was killed here; its CPU seconds; and whether it
    could kill itself, as the first process of a namespace cannot."""

    code: int | None
    cpu: float = 0.0
    could_itself: bool = False

    @property
    def out_of_time(self) -> bool:
        return self.code in (-signal.SIGKILL, -signal.SIGXCPU) and self.cpu >= RESOURCES["seconds"] - 1

    @property
    def from_outside(self) -> bool:
        """Somebody killed it: no process in the sandbox can, and its own limits did not."""
        return self.code == -signal.SIGKILL and not self.out_of_time and not self.could_itself

    def reason(self) -> Stopped:
        """Why a process that was not asked to end did so, for its author."""
        if self.code is None or self.code == NO_CONNECTION:
            return Killed("Your code closed its connection to the grader and was ended.")
        if self.code == OUT_OF_MEMORY:
            return OutOfMemory("Your code left no memory, of the 1 GB that the grader gives, to go on.")
        if self.code >= 0:
            return Killed(f"Your code ended Python itself (exit code {self.code}). A function ends with `return`.")
        if self.out_of_time:
            return TimedOut(f"Your code used {self.cpu:.0f} seconds of computing time and was stopped.")
        return Killed(f"Python crashed while your code ran ({signal.Signals(-self.code).name}).")


class Worker:
    """Starts at once, in parallel with others; `wait` until it is ready.

    bubblewrap ends with the thread that started it: make workers in a thread that stays.

    Args:
        added: packages that its sandbox shows besides; see `packages`.
        level: another way to start it.
    """

    def __init__(self, added: Sequence[Path] = (), level: Level | None = None) -> None:
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        command = (
            level.worker_command(theirs.fileno())
            if level
            else sandbox.command(["-c", sandbox.START, str(theirs.fileno())], added)
        )
        command[0] = shutil.which(command[0]) or command[0]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=[theirs.fileno()],
                env={},
                cwd="/",
            )
        ours.setblocking(False)
        self._socket, self._channel = ours, Channel(ours.fileno(), ahead=0)
        self._ready, self._level = False, level

    def wait(self) -> None:
        """Until it can fork.

        Raises:
            WorkerLost: it could not start; the sentence says why.
        """
        if not self._ready:
            self._hear(READY)
            self._ready = True

    def fork(self) -> Channel:
        """A child for one submission, shut in, and ready for requests. Of a worker that is ready."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._say({"do": "fork", "limits": {"filter": _filter(), "resources": RESOURCES}})
            with self._lost():
                socket.send_fds(self._socket, [b"x"], [theirs.fileno()])
        self._hear(ANSWER)
        channel = Channel(ours.detach(), owned=True)
        with self._lost():
            channel.receive(time.monotonic() + ANSWER)  # "confined"
        return channel

    def end(self, grace: float = 0.0) -> End:
        """End the child, unless it ends by itself within some seconds. Everything it started goes with it."""
        self._say({"do": "end", "grace": grace})
        found = self._hear(ANSWER + grace)
        return End(found.get("code"), found.get("cpu", 0.0), could_itself=self._level is not None)

    def close(self) -> None:
        """Kill it with all that it has started."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def _say(self, facts: dict[str, Any]) -> None:
        with self._lost():
            self._channel.send(Message(facts), time.monotonic() + ANSWER)

    def _hear(self, seconds: float) -> dict[str, Any]:
        with self._lost():
            return self._channel.receive(time.monotonic() + seconds).facts
        raise AssertionError

    @contextlib.contextmanager
    def _lost(self) -> Any:
        try:
            yield
        except (EOFError, TimeoutError, ProtocolError, OSError) as error:
            self._process.kill()
            self._process.wait()
            self._said.seek(max(0, os.fstat(self._said.fileno()).st_size - 2000))
            said = self._said.read().decode(errors="replace").strip() or f"{type(error).__name__} {error}"
            reason = sandbox.available() if not self._ready and not self._level else ""
            raise WorkerLost(f"A worker of the sandbox ended: {said}\n{reason}".strip()) from None


class Slots:
    """Some workers, each of which serves one submission at a time. A worker that dies is replaced.

    Args:
        slots: how many; memory is about 350 MB for the first, and is not shared between them.
        added: packages that the sandbox shows besides; see `packages`.
        level: another way to start it.

    Raises:
        WorkerLost: the sandbox cannot be used here; the sentence says what to install.
    """

    def __init__(self, slots: int = 1, added: Sequence[Path] = (), level: Level | None = None) -> None:
        self._added, self._level = added, level
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._all = [Worker(added, level) for _ in range(slots)]
        for worker in self._all:
            self._free.put(worker)

    def __enter__(self) -> Self:
        try:
            for worker in [self.take() for _ in self._all]:
                self.give_back(worker, lost=False)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill all workers and what runs in them."""
        for worker in self._all:
            worker.close()

    def take(self) -> Worker:
        """A worker that can fork. Whoever kills one while it starts wins seconds and moves no mark: another takes its place."""
        worker, starts = self._free.get(), 1
        while True:
            try:
                worker.wait()
                return worker
            except WorkerLost:
                worker, starts = self._in_place_of(worker), starts + 1
                if starts > STARTS:
                    self._free.put(worker)
                    raise

    def give_back(self, worker: Worker, lost: bool) -> None:
        """A worker that was lost is replaced."""
        self._free.put(self._in_place_of(worker) if lost else worker)

    def _in_place_of(self, worker: Worker) -> Worker:
        worker.close()
        self._all[self._all.index(worker)] = new = Worker(self._added, self._level)
        return new


@cache
def _filter() -> str:
    return base64.b64encode(system_calls.filter_program()).decode()
