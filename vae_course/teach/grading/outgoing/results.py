"""Marks on disk: appended as they are made, so that a run can be killed at any moment and goes on where it was.

marks.jsonl    one line for each (student, exercise); of several, the last counts
done.jsonl     one line for each student whose marks are complete, with what they had handed in, and what became of it
people.json    who is meant by a name: see `people`
run.json       the run's secret seed and its options
marks.csv      made from these at the end
totals.csv     likewise
files.csv      likewise
.unpacked      what is in archives, while its student is marked
"""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.fates import PERSON, Fate
from vae_course.teach.grading.outgoing.ledger import Entry, ledger
from vae_course.teach.grading.outgoing.lock import FolderRefused as FolderRefused
from vae_course.teach.grading.outgoing.lock import locked
from vae_course.teach.grading.outgoing.table import Mark, safe, table, totals

MARKS, DONE, RUN = "marks.jsonl", "done.jsonl", "run.json"
TABLE, TOTALS, FILES = "marks.csv", "totals.csv", "files.csv"
UNPACKED = ".unpacked"

_ORDER = {name: number for number, name in enumerate(EXERCISES)}


@dataclass(frozen=True)
class Done:
    """A student whose marks are complete: for which files, for which lesson ("" for all), which exercises these are, and what
    became of each file."""

    student: str
    source: str
    lesson: str
    exercises: tuple[str, ...]
    files: tuple[Fate, ...] = ()


@dataclass(frozen=True)
class Run:
    """What all marks of a folder have in common."""

    seed: int
    version: str
    sandbox: bool


class Results:
    """The marks in one folder. Open with `opened`.

    Attributes:
        unpacked: an empty folder that lasts as long as the run, and that nobody else can read.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self.unpacked = folder.absolute() / UNPACKED
        self.run = run
        self._done = {done.student: done for done in map(_done, _lines(folder / DONE)) if done}
        self._marks: dict[str, dict[str, Mark]] = {}
        for mark in map(_mark, _lines(folder / MARKS)):
            if mark:
                self._marks.setdefault(mark.student, {})[mark.exercise] = mark
        for student, done in self._done.items():
            kept = self._marks.get(student, {})
            self._marks[student] = {name: kept[name] for name in done.exercises if name in kept}

    def is_done(self, student: str, source: str, lesson: str) -> bool:
        """True if everything that these files hold (of one lesson, or all) has its mark."""
        done = self._done.get(student)
        complete = done is not None and set(done.exercises) <= self._marks.get(student, {}).keys()
        return complete and done is not None and done.source == source and done.lesson in ("", lesson)

    def was_done(self, student: str) -> bool:
        """True if the student was marked completely once, whatever they handed in since."""
        return student in self._done

    def of(self, student: str) -> dict[str, Mark]:
        """A student's marks by exercise."""
        return dict(self._marks.get(student, {}))

    def add(self, student: str, marks: list[Mark], done: Done | None) -> None:
        """Write a student's marks, and that they are complete. On return they are on the disk."""
        marks = [safe(mark) for mark in marks]
        _append(self.folder / MARKS, marks)
        self._marks.setdefault(student, {}).update({mark.exercise: mark for mark in marks})
        if done is not None:
            _append(self.folder / DONE, [done])
            self._done[student] = done
            self._marks[student] = {n: m for n, m in self._marks[student].items() if n in done.exercises}

    def all(self) -> list[Mark]:
        """Every mark, by student and in the course's order."""
        return sorted(
            (mark for marks in self._marks.values() for mark in marks.values()),
            key=lambda mark: (mark.student, _ORDER.get(mark.exercise, len(_ORDER))),
        )

    def files(self) -> list[Entry]:
        """What became of the files of everybody whose marks are complete."""
        return [Entry(student, fate) for student, done in self._done.items() for fate in done.files]

    def finish(self, entries: Sequence[Entry] = (), about: Mapping[str, Sequence[str]] | None = None) -> None:
        """Write the files anew, each mark once, and the tables. Whoever kills this finds either the old files or the new ones.

        Args:
            entries: the ledger.
            about: see `table.totals`.
        """
        marks = self.all()
        absent = sorted((about or {}).keys() - {mark.student for mark in marks})
        watched = {entry.student for entry in entries if entry.fate.fate == PERSON}
        write_whole(self.folder / MARKS, "".join(_line(mark) for mark in marks))
        write_whole(self.folder / DONE, "".join(_line(self._done[student]) for student in sorted(self._done)))
        write_whole(self.folder / TABLE, table(marks, absent))
        write_whole(self.folder / TOTALS, totals(marks, watched, about))
        write_whole(self.folder / FILES, ledger(entries))


@contextlib.contextmanager
def opened(folder: Path, *, sandbox: bool, version: str, seed: int | None = None) -> Iterator[Results]:
    """The marks in a folder, which is made if it is missing; nobody else can open it meanwhile.

    Args:
        sandbox: whether students' code runs in the sandbox. One folder holds marks of one kind.
        seed: that of an earlier run; by default the folder's own, which is drawn once.

    Raises:
        FolderRefused: another run uses the folder, or what is in it does not fit.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        results = Results(folder, _run(folder, sandbox, version, seed))
        shutil.rmtree(results.unpacked, ignore_errors=True)  # what a run left that was killed
        results.unpacked.mkdir(mode=0o700, exist_ok=True)
        try:
            yield results
        finally:
            shutil.rmtree(results.unpacked, ignore_errors=True)


def _run(folder: Path, sandbox: bool, version: str, seed: int | None) -> Run:
    path = folder / RUN
    if not path.exists():
        if (folder / MARKS).exists():
            raise FolderRefused(f"{folder} has marks, and not the {RUN} with their seed; take another --out.")
        run = Run(secrets.randbits(63) if seed is None else seed, version, sandbox)
        write_whole(path, json.dumps(asdict(run), indent=1) + "\n", secret=True)
        return run
    try:
        run = Run(**json.loads(path.read_text(encoding="utf-8")))
        fits = type(run.seed) is int and type(run.sandbox) is bool
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise FolderRefused(f"{path} is damaged; take another --out, or put back the copy that you have of it.")
    if seed not in (None, run.seed):
        raise FolderRefused(f"{folder} has marks made with another seed; take another --out.")
    if run.sandbox != sandbox:
        kind = "in" if run.sandbox else "WITHOUT"
        raise FolderRefused(
            f"{folder} has marks made {kind} the sandbox, which are not mixed with others; take another --out."
        )
    return run


def write_whole(path: Path, text: str, *, secret: bool = False, durable: bool = True) -> None:
    """Write a file so that nobody ever sees half of it; if durable, it is on the disk on return."""
    part = path.with_name(f".{path.name}.part")
    with open(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644), "w", encoding="utf-8"
    ) as f:
        f.write(text)
        if durable:
            f.flush()
            os.fsync(f.fileno())
    part.replace(path)


def _append(path: Path, records: list[Any]) -> None:
    with path.open("ab") as file:
        file.write("".join(map(_line, records)).encode())
        file.flush()
        os.fsync(file.fileno())


def _line(record: Any) -> str:
    return json.dumps(asdict(record), ensure_ascii=False) + "\n"


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file; what a kill left of the last one is cut off, so that the next begins on a line of its own."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    found = []
    for line in whole.split(b"\n"):
        with contextlib.suppress(ValueError):
            record = json.loads(line)
            found.append(record if isinstance(record, dict) else {})
    return found


def _mark(record: dict[str, Any]) -> Mark | None:
    try:
        return Mark(**record)
    except TypeError:
        return None


def _done(record: dict[str, Any]) -> Done | None:
    try:
        files = tuple(Fate(**fate) for fate in record.get("files", ()))
        return Done(**(record | {"exercises": tuple(record["exercises"]), "files": files}))
    except (TypeError, KeyError):
        return None
