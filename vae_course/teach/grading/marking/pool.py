"""Students are marked one after another, or by several processes; a process that dies costs time and no marks."""

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch

from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.local import LocalSubmission
from vae_course.teach.grading.marking.marking import Marked, Order, Submit, mark_student
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.reading.box import visible
from vae_course.teach.grading.reading.here import SYLLABUS, Read, read_here
from vae_course.teach.grading.reading.reader import Reader
from vae_course.teach.grading.sandbox.remote import Workers
from vae_course.teach.grading.sandbox.sandbox import Level
from vae_course.teach.grading.sandbox.workers import WorkerLost

Task = tuple[Student, Order, list[Mark]]
_TRIES = 3  # of a student in whose company a process died

_doors: list[tuple[Submit, Read]] = []  # of a process in the pool


def marked_students(
    tasks: Sequence[Task],
    jobs: int,
    sandbox: bool,
    unpacked: Path,
    added: Sequence[Path] = (),
    level: Level | None = None,
) -> Iterator[tuple[Student, Marked]]:
    """Each student with their marks, in the order in which they are done.

    A process uses one thread: for tensors as small as a check's, a second one costs eight times the work on a busy machine.

    Args:
        unpacked: a folder for what is in archives; each student's is removed once they are marked.
        added: packages that the sandbox shows besides.
        level: another way to start worker and reader, for one process.
    """
    if jobs > 1 and len(tasks) > 1:
        yield from _in_processes(list(tasks), min(jobs, len(tasks)), unpacked, added)
        return
    doors: tuple[Submit, Read] = (LocalSubmission, read_here)
    with ExitStack() as stack:
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)
        if sandbox:
            doors = _open(stack, visible(task[0] for task in tasks), unpacked, added, level)
        for task in tasks:
            yield task[0], _mark(task, *doors, unpacked)


def _open(
    stack: ExitStack, seen: Sequence[Path], unpacked: Path, added: Sequence[Path], level: Level | None = None
) -> tuple[Submit, Read]:
    """The sandbox, with one worker and one reader for this process."""
    reader = stack.enter_context(Reader(SYLLABUS, seen, unpacked, level))
    return stack.enter_context(Workers(1, added, level)).submission, reader.read


def _mark(task: Task, submit: Submit, read: Read, unpacked: Path) -> Marked:
    student, order, before = task
    with tempfile.TemporaryDirectory(dir=unpacked) as folder:
        return mark_student(student, order, before, submit, Path(folder), read)


def _in_processes(
    tasks: list[Task], jobs: int, unpacked: Path, added: Sequence[Path]
) -> Iterator[tuple[Student, Marked]]:
    tries: dict[str, int] = {}
    waiting = tasks[::-1]
    while waiting:
        begin = partial(_begin, visible(task[0] for task in tasks), unpacked, added)
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), begin) as pool:
            running: dict[Future[Marked], Task] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < 2 * jobs:
                        running[pool.submit(_mark_here, waiting[-1], unpacked)] = waiting[-1]
                        waiting.pop()  # not before: a pool that has just lost a process takes nobody
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        marked = future.result()
                        yield running.pop(future)[0], marked
            except (BrokenProcessPool, BrokenPipeError):  # the second, where it died before it had begun
                for task in running.values():
                    tries[task[0].name] = tries.get(task[0].name, 0) + 1
                    if tries[task[0].name] >= _TRIES:
                        raise WorkerLost(
                            f"A process of the grader died {_TRIES} times while it marked {task[0].name}; "
                            "the same command goes on where it was."
                        ) from None
                    waiting.append(task)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _begin(seen: Sequence[Path], unpacked: Path, added: Sequence[Path]) -> None:
    """In a new process: open the sandbox, and end when the grader ends, however that happens."""
    threading.Thread(target=_follow, daemon=True).start()
    torch.set_num_threads(1)
    _doors.append(_open(ExitStack(), seen, unpacked, added))


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _mark_here(task: Task, unpacked: Path) -> Marked:
    return _mark(task, *_doors[0], unpacked)
