"""What was found: everything that is shown or handed on is made from it, without a sandbox.

It is a SQLite database, which any program opens that reads such files. A student's marks are written at once or not at all, so a run can be
killed at any moment and goes on where it was.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from vae_course.teach.grading.incoming.fates import Fate
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.texts import safe
from vae_course.teach.grading.marks import Attempt, Mark

FORMAT = 1

TABLES = """
CREATE TABLE run (seed INTEGER, version TEXT, sandbox INTEGER);             -- one row: what all marks have in common; the seed is secret
CREATE TABLE person (key BLOB PRIMARY KEY, student TEXT);  -- under which name the marks of whom stand; a folder's name need be no text
CREATE TABLE roster (name TEXT, id TEXT, email TEXT, "group" TEXT, section TEXT, words TEXT);
CREATE TABLE student (name TEXT PRIMARY KEY, source TEXT, lesson TEXT, notes TEXT);  -- the last reading: of which files, of which lesson
CREATE TABLE file (student TEXT, path TEXT, fate TEXT, why TEXT);           -- what became of each; of nobody where there is no student
CREATE TABLE attempt (student TEXT, lesson TEXT, answers TEXT, file TEXT, handed_in TEXT, is_late INTEGER, nothing_readable INTEGER,
                      seen INTEGER, last_handed_in TEXT, PRIMARY KEY (student, lesson, answers));
CREATE TABLE mark (student TEXT, lesson TEXT, exercise TEXT, status TEXT, points REAL, max_points REAL, misconception TEXT, message TEXT,
                   answer TEXT, checks TEXT, details TEXT, PRIMARY KEY (student, exercise, answer));
CREATE TABLE shown (student TEXT, exercise TEXT, status TEXT, points REAL, as_found REAL, decided TEXT,
                    PRIMARY KEY (student, exercise));               -- what the tables said last: whoever moves is told by it
"""


@dataclass(frozen=True)
class Run:
    """What all marks of a folder have in common."""

    seed: int
    version: str
    sandbox: bool


@dataclass(frozen=True)
class Reading:
    """What somebody was marked by: of which files, of which lesson ("" for all), what is to be said of them, and what became of each."""

    source: str
    lesson: str = ""
    notes: tuple[str, ...] = ()
    files: tuple[Fate, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What a table said of a student's exercise: what counted, what the grader had found, and whether a person had decided."""

    status: str
    points: float
    as_found: float
    decided: str


class Found:
    """What was found of one class; `folder.opened` and `folder.shown` open it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        seed, version, sandbox = self._row("SELECT seed, version, sandbox FROM run")
        self.run = Run(seed, version, bool(sandbox))

    def is_done(self, student: str, source: str, lesson: str) -> bool:
        """True if everything that these files hold (of one lesson, or all) has its mark."""
        row = self._row("SELECT source, lesson FROM student WHERE name = ?", student)
        return row is not None and row[0] == source and row[1] in ("", lesson)

    def was_done(self, student: str) -> bool:
        """True if the student was marked completely once, whatever they handed in since."""
        return self._row("SELECT 1 FROM student WHERE name = ?", student) is not None

    def marks(self, student: str) -> list[Mark]:
        """Those of all of a student's answers, of earlier attempts too."""
        return [Mark(*row) for row in self._rows("SELECT * FROM mark WHERE student = ?", student)]

    def attempts(self, student: str) -> list[Attempt]:
        """A student's hand-ins, by lesson, the one that was seen last at the end."""
        rows = self._rows("SELECT * FROM attempt WHERE student = ? ORDER BY lesson, seen", student)
        return [
            Attempt(name, lesson, json.loads(answers), file, when, bool(late), bool(nothing), seen, last)
            for name, lesson, answers, file, when, late, nothing, seen, last in rows
        ]

    def students(self) -> list[str]:
        """Everybody who has handed in, by name."""
        return [name for (name,) in self._rows("SELECT DISTINCT student FROM attempt ORDER BY student")]

    def add(self, student: str, attempts: Sequence[Attempt], marks: Sequence[Mark], reading: Reading | None) -> None:
        """Write what a student handed in, and the marks of it. On return all of it is on the disk.

        The same answers, handed in again, are the attempt that they were: late or not by the earlier time, new or old by the later one.

        Args:
            attempts: the newest last.
            marks: new ones; one for an answer that has a mark takes its place, in earlier attempts too.
            reading: None if only some exercises were marked, and others are still to be.
        """
        before = self.attempts(student)
        seen = max((attempt.seen for attempt in before), default=0)
        with self._at_once():
            if reading is not None and reading.lesson == "" and not all(a.nothing_readable for a in attempts):
                self._do("DELETE FROM attempt WHERE student = ? AND nothing_readable", student)
            for number, attempt in enumerate(attempts, start=seen + 1):
                same = [
                    a for a in before if a.lesson == attempt.lesson and a.answers.items() <= attempt.answers.items()
                ]
                for earlier in same:  # the same, or of a time when the lesson had fewer exercises
                    keys = (student, earlier.lesson, _json(earlier.answers))
                    self._do("DELETE FROM attempt WHERE student = ? AND lesson = ? AND answers = ?", *keys)
                told = {time for one in (attempt, *same) for time in (one.handed_in, one.last_handed_in) if time}
                first, last = (best(told, key=_moment, default="") for best in (min, max))
                kept = replace(attempt, handed_in=first, seen=number, last_handed_in=last if last != first else "")
                row = [student, kept.lesson, _json(kept.answers), *astuple(kept)[3:]]
                self._do("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
                before = [one for one in before if one not in same] + [kept]
            for mark in map(safe, marks):
                self._do("REPLACE INTO mark VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *astuple(mark))
            if reading is not None:
                row = [student, reading.source, reading.lesson, _json(reading.notes)]
                self._do("REPLACE INTO student VALUES (?, ?, ?, ?)", *row)
                self._set_files(student, reading.files)

    def notes(self, student: str) -> tuple[str, ...]:
        """What is to be said of a student's files."""
        row = self._row("SELECT notes FROM student WHERE name = ?", student)
        return tuple(json.loads(row[0])) if row else ()

    def files(self) -> list[tuple[str, Fate]]:
        """What became of the files of everybody who was marked, with their name, and of those of nobody, with none."""
        return [(student, Fate(*fate)) for student, *fate in self._rows("SELECT * FROM file")]

    def keep_files_of_nobody(self, fates: Iterable[Fate]) -> None:
        """In the place of those of the last run."""
        with self._at_once():
            self._set_files("", fates)

    def people(self) -> dict[str, str]:
        """Under which name, by key, the marks of whom stand."""
        rows = self._rows("SELECT key, student FROM person ORDER BY key")
        return {key.decode("utf-8", "surrogatepass"): name for key, name in rows}

    def keep_people(self, people: Mapping[str, str]) -> None:
        """Add names by key, before anything of theirs is written; who was once read so, and never marked, is nobody."""
        with self._at_once():
            self._do(
                "DELETE FROM person WHERE student NOT IN (SELECT name FROM student UNION SELECT student FROM attempt)"
            )
            for key, name in people.items():
                self._do("REPLACE INTO person VALUES (?, ?)", key.encode("utf-8", "surrogatepass"), name)

    def roster(self) -> tuple[Person, ...] | None:
        """The roster that was given last, or None if none ever was."""
        rows = self._rows("SELECT * FROM roster")
        people = [(*about, frozenset(json.loads(words))) for *about, words in rows]
        return tuple(Person(*person) for person in people) or None

    def keep_roster(self, roster: Collection[Person]) -> None:
        """In the place of the last one."""
        with self._at_once():
            self._do("DELETE FROM roster")
            for person in roster:
                about = (person.name, person.id, person.email, person.group, person.section)
                self._do("INSERT INTO roster VALUES (?, ?, ?, ?, ?, ?)", *about, _json(sorted(person.words)))

    def shown(self) -> dict[tuple[str, str], Shown]:
        """What the tables said last, by student and exercise."""
        rows = self._rows("SELECT * FROM shown")
        return {(student, exercise): Shown(*row) for student, exercise, *row in rows}

    def keep_shown(self, rows: Mapping[tuple[str, str], Shown]) -> None:
        """What they say now."""
        with self._at_once():
            self._do("DELETE FROM shown")
            every = [(*key, *astuple(row)) for key, row in rows.items()]
            self._connection.executemany("INSERT INTO shown VALUES (?, ?, ?, ?, ?, ?)", every)

    def _set_files(self, student: str, fates: Iterable[Fate]) -> None:
        self._do("DELETE FROM file WHERE student = ?", student)
        for fate in fates:
            self._do("INSERT INTO file VALUES (?, ?, ?, ?)", student, *astuple(fate))

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def _row(self, statement: str, *values: Any) -> Any:
        return self._connection.execute(statement, values).fetchone()

    def _do(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement, values)

    @contextlib.contextmanager
    def _at_once(self) -> Iterator[None]:
        with _transaction(self._connection):
            yield


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _moment(told: str) -> datetime:
    """A time to compare; where no offset is told that of the class is meant, which is not known here, and UTC is near enough."""
    moment = datetime.fromisoformat(told)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
