"""Everything that a student handed in as files on disk: folders walked through, archives unpacked, all within limits."""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.account import Account
from vae_course.teach.grading.incoming.archives import MOST_BYTES, ArchiveRefused, open_zip, unpack
from vae_course.teach.grading.incoming.layouts import TIMESTAMP, clean, is_hand_in, is_junk, is_zip
from vae_course.teach.grading.incoming.platforms import moment
from vae_course.teach.grading.incoming.student import DEEPEST, MOST_FILES, Student
from vae_course.teach.grading.incoming.versions import File

MOST_NESTED = 3  # archives in archives
MOST_ARCHIVES = 20
SUBMITTED = "submitted"  # nbgrader's folder of what was collected
_NOTEBOOK = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\"(?:cells|metadata|nbformat|nbformat_minor|worksheets)\"\s*:")


def source_of(student: Student) -> str:
    """What tells a student's files from those of another day, without opening them: their names, sizes and dates."""
    members = [member for packed in student.packed for member in packed.members]
    told = [f"{m.filename} {m.file_size} {m.CRC} {m.date_time}" for m in members]
    budget = [MOST_FILES]
    with contextlib.suppress(ArchiveRefused, OSError):
        for path in student.paths:
            told += [f"{p.relative_to(path.parent)} {p.stat().st_size} {seconds}" for p, seconds in _walk(path, budget)]
    return hashlib.sha256("\n".join([student.problem, *student.notes, *told]).encode("utf-8", "replace")).hexdigest()[
        :32
    ]


def files_of(
    student: Student, into: Path, notes: list[str], others: list[str], account: Account, at: Callable[[str], None]
) -> list[File]:
    """All files that may be hand-ins, and trained models; those in archives unpacked.

    Args:
        at: is told of each archive before it is opened.

    When something was handed in is told by what the platform has named and written; what a student names or hands in tells nothing of it.

    Raises:
        ArchiveRefused: there is too much.
    """
    files: list[File] = []
    waiting: list[tuple[File, int]] = []  # archives, and how many they are inside of
    budget = [MOST_FILES]
    times: dict[Path, str] = {}  # of folders, as nbgrader tells them

    def take(path: Path, parts: tuple[str, ...], seconds: float, depth: int, handed_in: str, by_nbgrader: bool) -> None:
        file = File(path, parts, seconds, handed_in)
        account.seen(parts)
        if path.name == TIMESTAMP:
            if by_nbgrader:
                times[path.parent] = _time_in(path)
                account.aside(parts, "it says when what lies beside it was handed in")
            else:
                account.aside(parts, "a time of hand-in that nbgrader has not written where it writes it")
        elif is_zip(path.name):
            waiting.append((file, depth))
        elif is_hand_in(path.name) or layouts.is_model(path.name) or _is_notebook(path):
            files.append(file)
        else:
            others.append(file.shown)

    for number, packed in enumerate(student.packed):
        folder = into / f"class{number}"
        at(f'"{clean(packed.archive.name)}"')
        inside = unpack(open_zip(packed.archive), packed.members, folder, notes)
        account.packed(packed.within, packed.members, {one.parts for one in inside})
        for path, parts, seconds in inside:
            named = layouts.handed_in((*packed.within, *parts[: packed.steps]))
            by_nbgrader = parts[:1] == (SUBMITTED,) and len(parts) == 4  # submitted/ada/01_lesson/timestamp.txt
            take(path, (*packed.within, *parts), seconds, 0, named, by_nbgrader)
        others += [f'"{clean(member.filename)}"' for member in packed.members if not files and not member.is_dir()]
    for path, above in zip(student.paths, student.within, strict=True):
        passed: list[tuple[Path, str]] = []
        named = layouts.handed_in((*above, path.name))
        for found, seconds in _walk(path, budget, passed=passed):
            take(found, (*above, *found.relative_to(path.parent).parts), seconds, 0, named, False)
        for found, refused in passed:
            if found.name == TIMESTAMP and found.is_file() and not found.is_symlink():
                three_up = found.absolute().parents[2]
                by_nbgrader = three_up.name == SUBMITTED and three_up in path.absolute().parents
                take(found, (*above, *found.relative_to(path.parent).parts), 0.0, 0, named, by_nbgrader)
                continue
            parts = (*above, *found.relative_to(path.parent).parts)
            if refused:
                notes.append(f'"{clean(found.name)}" {refused}.')
                account.unreadable(parts, refused)
            else:
                account.left_behind(parts, found.is_dir())
    opened, left = 0, MOST_BYTES
    while waiting:
        file, depth = waiting.pop(0)
        opened += 1
        if depth >= MOST_NESTED or opened > MOST_ARCHIVES:
            limit = f"more than {MOST_NESTED} deep" if depth >= MOST_NESTED else f"more than {MOST_ARCHIVES} of them"
            notes.append(f"{file.shown} was not opened: archives in archives, {limit}.")
            account.unreadable(file.parts, notes[-1])
            continue
        folder = into / str(opened)
        at(file.shown)
        try:
            archive = open_zip(file.path)
            if len(archive.infolist()) > MOST_FILES:
                raise ArchiveRefused(f"holds {len(archive.infolist()):,} files; at most {MOST_FILES:,} are looked at")
            inside = unpack(archive, archive.infolist(), folder, notes, left)
        except (ArchiveRefused, OSError) as error:
            why = error if isinstance(error, ArchiveRefused) else f"cannot be opened ({_reason(error)})"
            notes.append(f"The archive {file.shown} {why}; it was refused.")
            account.unreadable(file.parts, notes[-1])
            continue
        account.aside(file.parts, "an archive: what is in it was looked at")
        account.packed(file.parts, archive.infolist(), {one.parts for one in inside})
        left -= sum(one.path.stat().st_size for one in inside)
        for path, parts, seconds in inside:
            take(path, (*file.parts, *parts), seconds, depth + 1, file.handed_in, False)
    return [replace(file, handed_in=times.get(file.path.parent) or file.handed_in) for file in files]


def _time_in(path: Path) -> str:
    """The time in nbgrader's file, or an empty string."""
    try:
        with path.open("rb") as file:
            return moment(file.read(100).decode("utf-8", "replace").strip())
    except OSError:
        return ""


def _is_notebook(path: Path) -> bool:
    """True for a file whose name does not say so, and whose content begins like a notebook's."""
    if not layouts.may_be_notebook(path.name):
        return False
    try:
        with path.open("rb") as file:
            return _NOTEBOOK.match(file.read(1000)) is not None
    except OSError:
        return False


def _walk(
    path: Path, budget: list[int], depth: int = 0, passed: list[tuple[Path, str]] | None = None
) -> Iterator[tuple[Path, float]]:
    """Every regular file in a folder, or the file itself; links are not followed, and devices not opened.

    `passed` gets what is passed over, and why as the rest of a sentence; nothing for what systems leave behind.
    """
    passed = [] if passed is None else passed
    budget[0] -= 1
    if budget[0] < 0:
        raise ArchiveRefused(f"has more than {MOST_FILES:,} files and folders")
    found = path.lstat()
    if stat.S_ISREG(found.st_mode):
        yield path, found.st_mtime
    elif not stat.S_ISDIR(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file (a device or a pipe)"
        passed.append((path, f"is {kind}; it was refused"))
    elif depth == DEEPEST:
        passed.append((path, f"lies more than {DEEPEST} folders deep; it was not opened"))
    else:
        try:
            with os.scandir(path) as entries:
                every = [Path(entry.path) for entry in islice(entries, budget[0] + 1)]
        except OSError as error:
            passed.append((path, f"cannot be opened ({_reason(error)})"))
            return
        for entry in sorted(every):
            if is_junk(entry.name):
                passed.append((entry, ""))
            else:
                yield from _walk(entry, budget, depth + 1, passed)


def _reason(error: OSError) -> str:
    return clean(error.strerror or str(error))
