"""The marks folder: what was found lies in it, in one file, and one run at a time has it."""

import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from vae_course.teach.grading.keeping import older
from vae_course.teach.grading.keeping.found import FORMAT, TABLES, Found, Reading, Run
from vae_course.teach.grading.keeping.lock import FolderRefused, locked
from vae_course.teach.grading.marks import FOUND

UNPACKED = ".unpacked"


@contextlib.contextmanager
def opened(folder: Path, *, sandbox: bool, version: str, seed: int | None = None) -> Iterator[Found]:
    """The marks in a folder, which is made if it is missing; nobody else can open it meanwhile.

    Args:
        sandbox: whether students' code runs in the sandbox. One folder holds marks of one kind.
        seed: that of an earlier run; by default the folder's own, which is drawn once.

    Raises:
        FolderRefused: another run uses the folder, or what is in it does not fit.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder) as has_locks:
        path = folder / FOUND
        if not path.exists():
            _make(
                path,
                older.read(folder) or older.Older(secrets.randbits(63) if seed is None else seed, version, sandbox),
            )
        with _connected(path, has_locks) as connection:
            found = Found(connection)
            _fits(found.run, folder, sandbox, seed)
            older.put_away(folder)
            yield found


@contextlib.contextmanager
def unpacking(folder: Path) -> Iterator[Path]:
    """An empty folder in that of the marks, which lasts as long as a run, and which nobody else can read."""
    path = folder.absolute() / UNPACKED
    shutil.rmtree(path, ignore_errors=True)  # what a run left that was killed
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def shown(folder: Path) -> Iterator[Found]:
    """The marks that a folder has, whose pages and tables are to be made; nobody else can open it meanwhile.

    Raises:
        FolderRefused: there are none, another run uses them, or they are damaged.
    """
    path = folder / FOUND
    if not path.exists():
        raise FolderRefused(f"{folder} has no marks ({FOUND}); `vae-course grade ... --out {folder}` makes them.")
    with locked(folder) as has_locks, _connected(path, has_locks) as connection:
        yield Found(connection)


def known(folder: Path) -> tuple[dict[str, str], frozenset[str]]:
    """Names by key, and those of the last roster; empty where there are no marks yet.

    Raises:
        FolderRefused: as for `shown`.
    """
    if not (folder / FOUND).exists():
        return older.people(folder), frozenset()
    with shown(folder) as found:
        return found.people(), frozenset(person.name for person in found.roster() or ())


def _make(path: Path, begun: older.Older) -> None:
    """A new file, which has its name only once it is whole."""
    part = path.with_name(f".{FOUND}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))  # the seed is nobody else's
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
        connection.executescript(f"{TABLES} PRAGMA user_version = {FORMAT};")
        connection.execute("INSERT INTO run VALUES (?, ?, ?)", (begun.seed, begun.version, begun.sandbox))
        found = Found(connection)
        found.keep_people(begun.people)
        for student, attempts, marks in begun.everybody():
            done = begun.done[student] if begun.is_complete(student) else None
            found.add(student, attempts, marks, Reading(done.source, done.lesson, (), done.files) if done else None)
    part.replace(path)


@contextlib.contextmanager
def _connected(path: Path, has_locks: bool) -> Iterator[sqlite3.Connection]:
    """The file of a marks folder, open.

    Args:
        has_locks: False where the file system has none: then SQLite asks for none, and the folder's own has to do.

    Raises:
        FolderRefused: the file is damaged, of a later version of the course, or cannot be used just now (a full disk, say).
    """
    address = f"{path.absolute().as_uri()}?mode=rw{'' if has_locks else '&nolock=1'}"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > FORMAT:
                raise FolderRefused(f"{path} was written by a later version of the course; use that one.")
            if version < FORMAT or connection.execute("SELECT count(*) FROM run").fetchone() != (1,):
                raise sqlite3.DatabaseError
            yield connection
    except sqlite3.OperationalError as error:
        raise FolderRefused(f"{path} cannot be used: {error}.") from None
    except sqlite3.DatabaseError as error:
        why = f" ({error})" if str(error) else ""
        raise FolderRefused(
            f"{path} is damaged{why}; take another --out, or put back the copy that you have of it."
        ) from None


def _fits(run: Run, folder: Path, sandbox: bool, seed: int | None) -> None:
    if seed not in (None, run.seed):
        raise FolderRefused(f"{folder} has marks made with another seed; take another --out.")
    if run.sandbox != sandbox:
        kind = "in" if run.sandbox else "WITHOUT"
        raise FolderRefused(
            f"{folder} has marks made {kind} the sandbox, which are not mixed with others; take another --out."
        )
