"""From a student's files to one hand-in for each lesson: archives unpacked, the newest version of each, and notes on all that."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from vae_course.checks.lessons import LESSON_OF, LESSONS
from vae_course.runner.answers import TimedOut
from vae_course.runner.answers.time_limit import within
from vae_course.runner.notebooks import HandIn, Unreadable, read_hand_in
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.account import Account
from vae_course.teach.grading.incoming.archives import MOST_BYTES, ArchiveRefused, open_zip, unpack
from vae_course.teach.grading.incoming.collect import DEEPEST, MOST_FILES, Student
from vae_course.teach.grading.incoming.fates import Fate
from vae_course.teach.grading.incoming.items import shown
from vae_course.teach.grading.incoming.layouts import clean, is_hand_in, is_junk, is_zip

MOST_NESTED = 3  # archives in archives
MOST_ARCHIVES = 20
MOST_NOTES = 50
SECONDS_TO_READ = 60  # one file


@dataclass(frozen=True)
class Work:
    """What a student handed in.

    Args:
        hand_ins: by lesson, in the course's order.
        unreadable: lessons of which no file can be read, and the reason as a sentence. All lessons, where nothing can be.
        notes: sentences for the report.
        fates: what became of each file.
    """

    hand_ins: dict[str, HandIn]
    unreadable: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()


@dataclass(frozen=True)
class _File:
    """A file that may be a hand-in: where it is, its path as the student knows it, and when it was changed."""

    path: Path
    parts: tuple[str, ...]
    seconds: float

    @property
    def shown(self) -> str:
        return f'"{shown(self.parts)}"'


def read_student(student: Student, into: Path, only: str = "") -> Work:
    """Read everything that a student handed in. Nothing of it is run.

    Args:
        student: who, and where their files are.
        into: an empty folder of one's own, for what is in archives.
        only: a lesson; the others are left alone.
    """
    wanted = (only,) if only else LESSONS
    notes = list(student.notes)
    account = Account(student.refused)
    if student.problem:
        return Work({}, dict.fromkeys(wanted, student.problem), tuple(notes), account.of_all(student, student.problem))
    others: list[str] = []
    try:
        files = _files(student, into, notes, others, account)
    except ArchiveRefused as refused:
        why = f"The hand-in {refused}."
        return Work({}, dict.fromkeys(wanted, why), tuple(notes), account.of_all(student, why))
    read: dict[str, list[tuple[_File, HandIn]]] = {}
    failed: dict[str, list[str]] = {}
    for file in sorted(files, key=lambda file: layouts.newer(file.parts, file.seconds), reverse=True):
        if layouts.is_late(file.parts[-1]):
            notes.append(f"Canvas marks {file.shown} as late.")
        try:
            hand_in = within(SECONDS_TO_READ, partial(read_hand_in, file.path, LESSON_OF))
        except (Unreadable, OSError, TimedOut) as error:
            why = str(error) if isinstance(error, Unreadable) else f"{file.shown} could not be read ({_reason(error)})."
            failed.setdefault(layouts.said_lesson(file.parts, LESSONS) or only, []).append(why)
            account.unreadable(file.parts, why)
            continue
        lesson = hand_in.lesson or layouts.said_lesson(file.parts, LESSONS) or only
        if lesson:
            read.setdefault(lesson, []).append((file, hand_in))
        elif file.path.name.lower().endswith(".py"):  # a helper of their own is no hand-in
            others.append(file.shown)
            account.aside(file.parts, "a Python file without an answer of the course")
        else:
            why = f"{file.shown} does not say which lesson it is, and has no answer by which to tell."
            failed.setdefault("", []).append(why)
            account.without_answers(file.parts, why)
    for lesson in read.keys() - set(wanted):
        for file, _ in read[lesson]:
            account.aside(file.parts, f"{lesson} was not asked for")
    hand_ins: dict[str, HandIn] = {}
    for lesson in sorted(read.keys() & set(wanted)):
        (file, hand_in), *older = read[lesson]
        hand_ins[lesson] = hand_in
        account.marked(file.parts, lesson)
        for other, _ in older:
            account.aside(other.parts, f"another version of {lesson}: {file.shown} counts")
        notes += [f"{lesson}: {clean(note)}" for note in hand_in.notes]
        if older:
            left = ", ".join(other.shown for other, _ in older)
            notes.append(
                f"{lesson} was handed in {len(read[lesson])} times: {file.shown}, the newest, counts; not {left}."
            )
    unreadable = {lesson: " ".join(failed[lesson]) for lesson in wanted if lesson in failed and lesson not in hand_ins}
    notes += [why for lesson, reasons in failed.items() if lesson not in unreadable for why in reasons]
    if not read and not unreadable and ("" in failed or not failed):
        found = f" There are only {', '.join(others[:5])}." if others and not failed else ""
        why = " ".join([*notes, f"No notebook that can be read was handed in.{found}"])
        unreadable = dict.fromkeys(wanted, why)
    return Work(hand_ins, unreadable, tuple(_few(notes)), account.closed(set(hand_ins)))


def _few(notes: list[str]) -> list[str]:
    """Each note once, and not thousands of them."""
    notes = list(dict.fromkeys(notes))
    return [*notes[:MOST_NOTES], f"And {len(notes) - MOST_NOTES} more notes."] if len(notes) > MOST_NOTES else notes


def source_of(student: Student) -> str:
    """What tells a student's files from those of another day, without opening them: their names, sizes and dates."""
    members = [member for packed in student.packed for member in packed.members]
    told = [f"{m.filename} {m.file_size} {m.CRC} {m.date_time}" for m in members]
    budget = [MOST_FILES]
    with contextlib.suppress(ArchiveRefused, OSError):
        for path in student.paths:
            told += [
                f"{p.relative_to(path.parent)} {p.stat().st_size} {seconds}" for p, seconds in _walk(path, [], budget)
            ]
    return hashlib.sha256("\n".join([student.problem, *student.notes, *told]).encode("utf-8", "replace")).hexdigest()[
        :32
    ]


def _reason(error: BaseException) -> str:
    if isinstance(error, TimedOut):
        return f"it takes longer than {SECONDS_TO_READ} seconds"
    return clean(getattr(error, "strerror", None) or str(error))


def _files(student: Student, into: Path, notes: list[str], others: list[str], account: Account) -> list[_File]:
    """All files that may be hand-ins, those in archives unpacked.

    Raises:
        ArchiveRefused: there is too much.
    """
    files: list[_File] = []
    waiting: list[tuple[_File, int]] = []  # archives, and how many they are inside of
    budget = [MOST_FILES]

    def take(path: Path, parts: tuple[str, ...], seconds: float, depth: int) -> None:
        file = _File(path, parts, seconds)
        account.seen(parts)
        if is_zip(path.name):
            waiting.append((file, depth))
        elif is_hand_in(path.name):
            files.append(file)
        elif not layouts.is_model(path.name):
            others.append(file.shown)

    for number, packed in enumerate(student.packed):
        folder = into / f"class{number}"
        inside = unpack(open_zip(packed.archive), packed.members, folder, notes)
        account.packed(packed.within, packed.members, {path.relative_to(folder).parts for path, _ in inside})
        for path, seconds in inside:
            take(path, (*packed.within, *path.relative_to(folder).parts), seconds, 0)
        others += [f'"{clean(member.filename)}"' for member in packed.members if not files and not member.is_dir()]
    for path, above in zip(student.paths, student.within, strict=True):
        junk: list[Path] = []
        for found, seconds in _walk(path, notes, budget, junk=junk):
            take(found, (*above, *found.relative_to(path.parent).parts), seconds, 0)
        for found in junk:
            account.left_behind((*above, *found.relative_to(path.parent).parts), found.is_dir())
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
        account.packed(file.parts, archive.infolist(), {path.relative_to(folder).parts for path, _ in inside})
        left -= sum(path.stat().st_size for path, _ in inside)
        for path, seconds in inside:
            take(path, (*file.parts, *path.relative_to(folder).parts), seconds, depth + 1)
    return files


def _walk(
    path: Path, notes: list[str], budget: list[int], depth: int = 0, junk: list[Path] | None = None
) -> Iterator[tuple[Path, float]]:
    """Every regular file in a folder, or the file itself; links are not followed, and devices not opened.

    `junk` gets what systems leave behind, which is passed over.
    """
    budget[0] -= 1
    if budget[0] < 0:
        raise ArchiveRefused(f"has more than {MOST_FILES:,} files and folders")
    found = path.lstat()
    if stat.S_ISREG(found.st_mode):
        yield path, found.st_mtime
    elif not stat.S_ISDIR(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file (a device or a pipe)"
        notes.append(f'"{clean(path.name)}" is {kind}; it was refused.')
    elif depth == DEEPEST:
        notes.append(f'"{clean(path.name)}" lies more than {DEEPEST} folders deep; it was not opened.')
    else:
        try:
            with os.scandir(path) as entries:
                every = [Path(entry.path) for entry in islice(entries, budget[0] + 1)]
        except OSError as error:
            notes.append(f'"{clean(path.name)}" cannot be opened ({_reason(error)}).')
            return
        for entry in sorted(every):
            if not is_junk(entry.name):
                yield from _walk(entry, notes, budget, depth + 1, junk)
            elif junk is not None:
                junk.append(entry)
