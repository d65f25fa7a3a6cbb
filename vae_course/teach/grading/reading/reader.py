"""The reader as the grader holds it: it is asked for one student after another, and started anew when it does not survive one."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from vae_course.runner.answers.time_limit import PATIENCE
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.incoming.syllabus import Syllabus
from vae_course.teach.grading.reading import box, limits
from vae_course.teach.grading.reading.manifest import Manifest, unread_manifest
from vae_course.teach.grading.reading.messages import NoManifest, manifest_from, student_as_json
from vae_course.teach.grading.reading.serve import OUT_OF_MEMORY
from vae_course.teach.grading.sandbox.sandbox import Level
from vae_course.teach.grading.sandbox.workers import READY, STARTS, WorkerLost

_SIGNALLED = 128  # bubblewrap adds it to the number of the signal by which a process ended
_KILLED_TWICE = 3  # tries of a student whose reader was killed by somebody else


class ReaderFailed(Exception):
    """A fault of ours in reading; the message is its trace."""


class _Ended(Exception):
    """The reader did not survive a student.

    Args:
        why: what of it, as the end of a sentence.
        certain: it would end so every time, whatever it had read before.
    """

    def __init__(self, why: str, certain: bool) -> None:
        super().__init__(why)
        self.why, self.certain = why, certain


class Reader:
    """Starts at once; what it needs to start it does beside whatever else is done.

    bubblewrap ends with the thread that started it: make it in a thread that stays.

    Args:
        visible: what it may read.
        scratch: where it may write.
        level: another way to start it.
    """

    def __init__(self, syllabus: Syllabus, visible: Iterable[Path], scratch: Path, level: Level | None = None) -> None:
        self._syllabus, self._visible, self._scratch, self._level = syllabus, list(visible), scratch, level
        self._ahead, self._fresh, self._ready = b"", True, False
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def read(self, student: Student, into: Path, only: str = "") -> Manifest:
        """Read what a student handed in. What the reader does not survive is the student's: a person has to look at it.

        A reader that has read others before might have ended because of them: then a fresh one is asked.

        Args:
            into: an empty folder in `scratch`, for what is in archives.
            only: a lesson; the others are left alone.

        Raises:
            ReaderFailed: there is a fault of ours in it.
            WorkerLost: no reader can be started here.
        """
        killed = 0
        if self._level:
            self._level.hand_over(into)
        while True:
            self._make_ready()
            fresh, self._fresh = self._fresh, False
            try:
                return self._asked(student, into, only)
            except _Ended as ended:
                why = ended.why
                outside = self._process.returncode in (-signal.SIGKILL, _SIGNALLED + signal.SIGKILL)
                killed += outside
                self._again()
                for part in into.iterdir():
                    shutil.rmtree(part, ignore_errors=True)
                if ended.certain or (killed == _KILLED_TWICE if outside else fresh):
                    return unread_manifest(student, why, self._syllabus, only)

    def _asked(self, student: Student, into: Path, only: str) -> Manifest:
        question = {"student": student_as_json(student), "into": str(into), "only": only}
        until, place = time.monotonic() + PATIENCE * limits.SECONDS, "the hand-in"
        try:
            self._say(question)
            while True:
                answer = self._heard(until)
                if "at" in answer:
                    place = str(answer["at"])[:300]
                elif "fault" in answer:
                    raise ReaderFailed(str(answer["fault"])[:20_000])
                else:
                    return manifest_from(answer.get("manifest"), self._syllabus, [*student.paths, into])
        except NoManifest as error:
            raise _Ended(self._sentence(place, f"ended in something that is no manifest ({error})"), True) from None
        except (EOFError, OSError) as error:
            raise self._reason(place, error) from None

    def _say(self, question: dict[str, Any]) -> None:
        self._socket.settimeout(PATIENCE * limits.SECONDS)
        self._socket.sendall(json.dumps(question).encode() + b"\n")

    def _heard(self, until: float) -> dict[str, Any]:
        """The next line.

        Raises:
            TimeoutError, EOFError, OSError: there is none.
            NoManifest: it is too long, or no JSON.
        """
        while b"\n" not in self._ahead:
            self._socket.settimeout(max(until - time.monotonic(), 1e-3))
            part = self._socket.recv(limits.MIB)
            if not part:
                raise EOFError
            self._ahead += part
            if len(self._ahead) > limits.ANSWER:
                raise NoManifest(f"more than {limits.ANSWER // limits.MIB} MB of definitions")
        line, _, self._ahead = self._ahead.partition(b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            raise NoManifest("no JSON") from None
        return answer if isinstance(answer, dict) else {}

    def _reason(self, place: str, error: Exception) -> _Ended:
        """Why it ended while it read something."""
        if isinstance(error, TimeoutError):
            return _Ended(self._sentence(place, f"did not end within {PATIENCE * limits.SECONDS} seconds"), True)
        code = self._process.wait()
        if code == _SIGNALLED + signal.SIGXCPU:
            return _Ended(self._sentence(place, f"took more than {limits.SECONDS} seconds of computing time"), True)
        if code == OUT_OF_MEMORY:
            return _Ended(self._sentence(place, f"took more than {limits.MEMORY // limits.MIB} MB of memory"), False)
        how = signal.Signals(code - _SIGNALLED).name if code > _SIGNALLED else f"code {code}"
        return _Ended(self._sentence(place, f"made Python itself end ({how})"), False)

    def _sentence(self, place: str, what: str) -> str:
        return (
            f"Reading {place} {what}, and none of this student's files was read: a person has to look at it, and ask for a notebook "
            "without outputs and with ordinary code."
        )

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        command = (self._level.reader_command if self._level else box.command)(
            self._visible, self._scratch, theirs.fileno()
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
        self._socket, self._ahead, self._fresh, self._ready = ours, b"", True, False
        syllabus = [asdict(one) for one in self._syllabus.questions]
        with contextlib.suppress(OSError):  # it is gone: that is found when it is to be ready
            self._say({"memory": limits.MEMORY, "seconds": limits.SECONDS, "syllabus": syllabus})

    def _again(self) -> None:
        self.close()
        self._start()

    def _make_ready(self) -> None:
        """Wait until it says so; whoever kills it while it starts wins seconds, and moves no mark."""
        for start in range(STARTS):
            if self._ready:
                return
            try:
                self._heard(time.monotonic() + READY)
                self._ready = True
            except (NoManifest, EOFError, OSError):
                if start == STARTS - 1:
                    raise WorkerLost(f"The reader of hand-ins does not start: {self._last_words()}") from None
                self._again()

    def _last_words(self) -> str:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._said.seek(max(0, os.fstat(self._said.fileno()).st_size - 2000))
            return self._said.read().decode(errors="replace").strip()
        return ""
