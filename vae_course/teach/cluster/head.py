"""The head: it reads, ships, waits for marks, and tells what the cluster cannot do."""

import json
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distributed import Client, KilledWorker, Security, as_completed

from vae_course.teach.cluster.worker import Sandbox, Shipped, course, mark_shipped, ready
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.marking import Marked, mark_student
from vae_course.teach.grading.marking.pool import Task
from vae_course.teach.grading.reading.box import visible
from vae_course.teach.grading.reading.here import SYLLABUS
from vae_course.teach.grading.reading.manifest import Manifest
from vae_course.teach.grading.reading.messages import manifest_as_json
from vae_course.teach.grading.reading.reader import Reader, ReaderFailed
from vae_course.teach.grading.sandbox.workers import WorkerLost

AHEAD = 2  # students for each thread of the cluster: one is marked, one waits there
TRIES = 3
PATIENCE = 60  # seconds until a scheduler answers, and has a worker
HERE = ("127.0.0.1", "localhost", "::1")


class NoCluster(Exception):
    """No students can be marked there. The message is one sentence."""


@dataclass(frozen=True)
class Cluster:
    """Where a scheduler listens, and how it is spoken to.

    Args:
        address: as "tls://head:8786", or "tcp://127.0.0.1:8786".
        ca, certificate, key: files for TLS; empty without it.
    """

    address: str
    ca: str = ""
    certificate: str = ""
    key: str = ""

    def marked_students(
        self, tasks: Sequence[Task], jobs: int, sandbox: bool, unpacked: Path, *_: object
    ) -> Iterator[tuple[Student, Marked]]:
        """As `pool.marked_students`.

        Raises:
            NoCluster: the scheduler, or one of its workers, cannot be used.
            WorkerLost: the cluster was lost, or no reader starts here.
        """
        if not tasks:
            return
        with ExitStack() as stack:
            client = stack.enter_context(self._client())
            threads = _prepared(client, stack)
            reader = stack.enter_context(Reader(SYLLABUS, visible(task[0] for task in tasks), unpacked))
            waiting, running = iter(tasks), {}
            done = as_completed(loop=client.loop)
            while True:
                for task in waiting:
                    shipped = _shipped(task, reader, unpacked)
                    if isinstance(shipped, Marked):
                        yield task[0], shipped
                        continue
                    future = client.submit(mark_shipped, shipped, pure=False)
                    running[future.key] = task
                    done.add(future)
                    if len(running) >= AHEAD * threads:
                        break
                if not running:
                    return
                future = next(done)
                task = running.pop(future.key)
                yield task[0], _marked(future, task)

    def _client(self) -> Client:
        secure = None
        if self.ca or self.certificate or self.key:
            secure = Security(
                tls_ca_file=self.ca, tls_client_cert=self.certificate, tls_client_key=self.key, require_encryption=True
            )
        _refuse_open(self.address)
        try:
            client = Client(self.address, security=secure, timeout=PATIENCE, set_as_default=False)
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise NoCluster(
                f"the scheduler {self.address} has no worker to mark with ({type(error).__name__}: {error})."
            ) from None
        for worker in client.scheduler_info(n_workers=-1)["workers"]:
            _refuse_open(worker)
        return client


def _shipped(task: Task, reader: Reader, unpacked: Path) -> Shipped | Marked:
    """A task as it is sent, or at once what came of a fault of ours in reading."""
    student, order, before = task
    with tempfile.TemporaryDirectory(dir=unpacked) as folder:
        try:
            manifest = reader.read(student, Path(folder), order.lesson)
        except ReaderFailed as failed:
            return _needs_a_person(task, failed)
        models = {str(model.path): model.path.read_bytes() for model in manifest.work.models}
        told = json.dumps(manifest_as_json(manifest)).encode()
    return Shipped(replace(student, paths=(), packed=(), within=()), order, before, told, models)


def _marked(future: Any, task: Task) -> Marked:
    try:
        return future.result()
    except KilledWorker as killed:
        return _needs_a_person(
            task, RuntimeError(f"workers of the cluster died while this student was marked: {killed}")
        )
    except Exception as error:
        raise WorkerLost(
            f"The cluster was lost ({type(error).__name__}: {error}); the same command goes on where it was."
        ) from None


def _needs_a_person(task: Task, error: Exception) -> Marked:
    student, order, before = task

    def fail(*_: object) -> Manifest:
        raise error

    return mark_student(student, order, before, _no_submission, Path(), fail)


def _no_submission(*_: object) -> Any:
    raise AssertionError("nothing was read")


def _prepared(client: Client, stack: ExitStack) -> int:
    """Open the sandbox in each worker process; how many threads there are.

    Raises:
        NoCluster: a worker has another course, or no sandbox.
    """
    ours = course()
    for worker, theirs in _everywhere(client, course).items():
        if theirs != ours:
            raise NoCluster(
                f"the worker {worker} has another course ({theirs[0]}) than this one ({ours[0]}); install the same wheel there."
            )
    for left in reversed(range(TRIES)):
        try:
            client.register_plugin(Sandbox())
            break
        except OSError:  # a worker died just then
            if not left:
                raise NoCluster("the cluster's workers die before they can mark.") from None
    stack.callback(partial(client.unregister_worker_plugin, Sandbox.name))
    for worker, missing in _everywhere(client, ready).items():
        if missing:
            raise NoCluster(f"the worker {worker} cannot mark: {missing}")
    warnings.filterwarnings("ignore", "Sending large graph")  # a trained model
    return sum(client.nthreads().values())


def _everywhere(client: Client, ask: Callable[..., Any]) -> dict[str, Any]:
    """What each worker answers; one that dies meanwhile answers nothing, and what comes in its place has the same.

    Raises:
        NoCluster: a worker cannot be asked, or none answers.
    """
    for _ in range(TRIES):
        found = client.run(ask, on_error="return")
        answers = {worker: answer for worker, answer in found.items() if not isinstance(answer, BaseException)}
        lost = {worker: error for worker, error in found.items() if worker not in answers}
        broken = {worker: error for worker, error in lost.items() if not isinstance(error, OSError)}
        for worker, error in broken.items():
            raise NoCluster(
                f"the worker {worker} cannot mark ({type(error).__name__}: {error}); install the course's wheel with [grade,cluster] there."
            )
        if answers:
            return answers
        client.wait_for_workers(1, timeout=PATIENCE)
    raise NoCluster("the cluster's workers die before they can be asked.")


def _refuse_open(address: str) -> None:
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tls" and parts.hostname not in HERE:
        raise NoCluster(
            f"{address} is neither this machine nor spoken to by TLS, and what is sent there holds the run's secrets; start the cluster with "
            "TLS, and give --tls-ca, --tls-cert and --tls-key."
        )
