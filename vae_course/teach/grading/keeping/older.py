"""Marks folders of the first edition, which had one file of JSON lines for each kind of thing: they are taken over, and put away in `older/`."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vae_course.teach.grading.incoming.fates import Fate
from vae_course.teach.grading.keeping.lock import FolderRefused
from vae_course.teach.grading.marks import Attempt, Mark

RUN, MARKS, DONE, PEOPLE = "run.json", "marks.jsonl", "done.jsonl", "people.json"
AWAY = "older"
REPORTS = "reports"
"""In Markdown; now there are pages in their place."""


@dataclass(frozen=True)
class Done:
    """Of which files and which lesson somebody's marks were complete, of which exercises these are, and what became of each file."""

    source: str
    lesson: str
    exercises: tuple[str, ...]
    files: tuple[Fate, ...]


@dataclass(frozen=True)
class Older:
    """What a folder begins with: the run's secret seed and options, and the marks of an earlier edition, if there are any."""

    seed: int
    version: str
    sandbox: bool
    people: dict[str, str] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    marks: dict[str, dict[str, Mark]] = field(default_factory=dict)

    def is_complete(self, student: str) -> bool:
        """True if every mark is there that the student's files had."""
        done = self.done.get(student)
        return done is not None and set(done.exercises) <= self.marks.get(student, {}).keys()

    def everybody(self) -> Iterator[tuple[str, list[Attempt], list[Mark]]]:
        """Each student with one attempt a lesson."""
        for student, of_student in self.marks.items():
            done = self.done.get(student)
            marks = [m for name, m in of_student.items() if done is None or name in done.exercises]
            unread = Counter(answer for answer, _ in {(m.answer, m.lesson) for m in marks if m.status == "unreadable"})
            attempts = []
            for lesson in sorted({mark.lesson for mark in marks}):
                answers = {mark.exercise: mark.answer for mark in marks if mark.lesson == lesson}
                nothing = all(unread[answer] > 1 for answer in answers.values())
                attempts.append(Attempt(student, lesson, answers, nothing_readable=nothing))
            yield student, attempts, marks


def read(folder: Path) -> Older | None:
    """The marks of the first edition in a folder, or None.

    Raises:
        FolderRefused: they are damaged.
    """
    path = folder / RUN
    if not path.exists():
        if (folder / MARKS).exists():
            raise FolderRefused(f"{folder} has marks, and not the {RUN} with their seed; take another --out.")
        return None
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        seed, version, sandbox = run["seed"], run["version"], run["sandbox"]
        fits = type(seed) is int and type(version) is str and type(sandbox) is bool
    except (ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise FolderRefused(f"{path} is damaged; take another --out, or put back the copy that you have of it.")
    begun = Older(seed, version, sandbox, people(folder))
    for record in _lines(folder / DONE):
        with contextlib.suppress(TypeError, KeyError):
            files = tuple(Fate(**fate) for fate in record.get("files", ()))
            begun.done[record["student"]] = Done(record["source"], record["lesson"], tuple(record["exercises"]), files)
    for record in _lines(folder / MARKS):
        with contextlib.suppress(TypeError):
            mark = Mark(**record)
            begun.marks.setdefault(mark.student, {})[mark.exercise] = mark
    return begun


def people(folder: Path) -> dict[str, str]:
    """Names by key in a folder of the first edition.

    Raises:
        FolderRefused: the file is damaged.
    """
    try:
        found = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise FolderRefused(
            f"{folder / PEOPLE} is damaged; take another --out, or put back the copy that you have of it."
        )
    return found


def put_away(folder: Path) -> None:
    """Once they are taken over: nobody shall think that they still count. The file by which they are known goes last, so a kill loses nothing."""
    reports = (REPORTS,) if (folder / RUN).exists() else ()
    for name in (*reports, MARKS, DONE, PEOPLE, RUN):
        if (folder / name).exists():
            (folder / AWAY).mkdir(exist_ok=True)
            (folder / name).replace(folder / AWAY / name)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file; what a kill left of the last one is none."""
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict):
                    yield record
