"""From a student's files to one hand-in for each lesson: archives unpacked, the course's own files set aside, one version of each
chosen, and notes on all that."""

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
from vae_course.teach.grading.incoming.archives import MOST_BYTES, ArchiveRefused, open_zip, unpack
from vae_course.teach.grading.incoming.collect import DEEPEST, MOST_FILES, Student
from vae_course.teach.grading.incoming.course_files import clones_in, in_its_place, unchanged
from vae_course.teach.grading.incoming.layouts import clean, is_hand_in, is_junk, is_zip
from vae_course.teach.grading.incoming.versions import File, Version, by_choice, told

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
        models: files of trained models.
    """

    hand_ins: dict[str, HandIn]
    unreadable: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    models: tuple[File, ...] = ()


def read_student(student: Student, into: Path, only: str = "") -> Work:
    """Read everything that a student handed in. Nothing of it is run.

    Args:
        student: who, and where their files are.
        into: an empty folder of one's own, for what is in archives.
        only: a lesson; the others are left alone.
    """
    wanted = (only,) if only else LESSONS
    notes = list(student.notes)
    if student.problem:
        return Work({}, dict.fromkeys(wanted, student.problem), tuple(notes))
    others: list[str] = []
    failed: dict[str, list[str]] = {}
    try:
        files = _without_the_course_s(_files(student, into, notes, others), notes, failed)
    except ArchiveRefused as refused:
        return Work({}, dict.fromkeys(wanted, f"The hand-in {refused}."), tuple(notes))
    models = tuple(file for file in files if layouts.is_model(file.path.name))
    read: dict[str, list[Version]] = {}
    for file in sorted((file for file in files if file not in models), key=lambda file: file.newer, reverse=True):
        if layouts.is_late(file.parts[-1]):
            notes.append(f"Canvas marks {file.shown} as late.")
        try:
            beside = {
                f.path.stem: f.path for f in files if f.path.suffix == ".py" and f.path.parent == file.path.parent
            }
            hand_in = within(SECONDS_TO_READ, partial(read_hand_in, file.path, LESSON_OF, beside))
        except (Unreadable, OSError, TimedOut) as error:
            why = str(error) if isinstance(error, Unreadable) else f"{file.shown} could not be read ({_reason(error)})."
            failed.setdefault(layouts.said_lesson(file.parts, LESSONS) or only, []).append(why)
            continue
        lesson = hand_in.lesson or layouts.said_lesson(file.parts, LESSONS) or only
        if lesson:
            for each in (lesson, *hand_in.also):
                read.setdefault(each, []).append(Version(file, hand_in, each))
        elif file.path.name.lower().endswith(".py"):  # a helper of their own is no hand-in
            others.append(file.shown)
        else:
            failed.setdefault("", []).append(
                f"{file.shown} does not say which lesson it is, and has no answer by which to tell."
            )
    hand_ins: dict[str, HandIn] = {}
    for lesson in sorted(read.keys() & set(wanted)):
        versions = by_choice(read[lesson])
        hand_ins[lesson] = versions[0].hand_in
        notes += [f"{lesson}: {clean(note)}" for note in versions[0].hand_in.notes if not versions[0].is_beside_others]
        if len(versions) > 1:
            notes.append(told(versions))
    notes += _not_marked(read)
    unreadable = {lesson: " ".join(failed[lesson]) for lesson in wanted if lesson in failed and lesson not in hand_ins}
    notes += [why for lesson, reasons in failed.items() if lesson not in unreadable for why in reasons]
    if not read and not unreadable and ("" in failed or not failed):
        found = f" There are only {', '.join(others[:5])}." if others and not failed else ""
        why = " ".join([*notes, f"No notebook that can be read was handed in.{found}"])
        unreadable = dict.fromkeys(wanted, why)
    return Work(hand_ins, unreadable, tuple(_few(notes)), models)


def _without_the_course_s(files: list[File], notes: list[str], failed: dict[str, list[str]]) -> list[File]:
    """The files without those of the course, which are noted; a lesson of which there is nothing else is for a person."""
    clones = clones_in(file.parts for file in files)
    in_place = [file for file in files if in_its_place(file.parts, clones)]
    if in_place:
        shown = ", ".join(file.shown for file in in_place[:3]) + (" ..." if len(in_place) > 3 else "")
        notes.append(f"Files of the course itself are nobody's answer, and were set aside: {len(in_place)} ({shown}).")
    kept = []
    for file in files:
        if file in in_place:
            continue
        if not (same := unchanged(file.path)):
            kept.append(file)
            continue
        why = f"{file.shown} is the course's own {same}, unchanged, and nobody's answer; it was set aside."
        failed.setdefault(layouts.said_lesson((Path(same).name,), LESSONS), []).append(why)
    return kept


def _not_marked(read: dict[str, list[Version]]) -> list[str]:
    """Answers that stand among those of another lesson, and whose own lesson nobody handed in."""
    found: dict[str, list[str]] = {}
    for version in (version for versions in read.values() for version in versions):
        for lesson, answers in version.hand_in.answers.items():
            if lesson not in read:
                found.setdefault(lesson, []).append(f"{', '.join(sorted(answers))} (in {version.file.shown})")
    return [
        f"{lesson} was not handed in, and is not marked; answers of it serve those of another lesson: {'; '.join(where)}."
        for lesson, where in found.items()
    ]


def _few(notes: list[str]) -> list[str]:
    """Each note once, and not thousands of them."""
    notes = list(dict.fromkeys(notes))
    return [*notes[:MOST_NOTES], f"And {len(notes) - MOST_NOTES} more notes."] if len(notes) > MOST_NOTES else notes


def source_of(student: Student) -> str:
    """What tells a student's files from those of another day, without opening them: their names, sizes and dates."""
    told = [f"{m.filename} {m.file_size} {m.CRC} {m.date_time}" for m in student.members]
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


def _files(student: Student, into: Path, notes: list[str], others: list[str]) -> list[File]:
    """All files that may be hand-ins, those in archives unpacked.

    Raises:
        ArchiveRefused: there is too much.
    """
    files: list[File] = []
    waiting: list[tuple[File, int]] = []  # archives, and how many they are inside of
    budget = [MOST_FILES]

    def take(path: Path, parts: tuple[str, ...], seconds: float, depth: int) -> None:
        file = File(path, parts, seconds)
        if is_zip(path.name):
            waiting.append((file, depth))
        elif is_hand_in(path.name) or layouts.is_model(path.name):
            files.append(file)
        else:
            others.append(file.shown)

    if student.archive is not None:
        folder = into / "0"
        for path, seconds in unpack(open_zip(student.archive), student.members, folder, notes):
            take(path, path.relative_to(folder).parts, seconds, 0)
        others += [f'"{clean(member.filename)}"' for member in student.members if not files and not member.is_dir()]
    for path in student.paths:
        for found, seconds in _walk(path, notes, budget):
            take(found, found.relative_to(path.parent).parts, seconds, 0)
    opened, left = 0, MOST_BYTES
    while waiting:
        file, depth = waiting.pop(0)
        opened += 1
        if depth >= MOST_NESTED or opened > MOST_ARCHIVES:
            limit = f"more than {MOST_NESTED} deep" if depth >= MOST_NESTED else f"more than {MOST_ARCHIVES} of them"
            notes.append(f"{file.shown} was not opened: archives in archives, {limit}.")
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
            continue
        left -= sum(path.stat().st_size for path, _ in inside)
        for path, seconds in inside:
            take(path, (*file.parts, *path.relative_to(folder).parts), seconds, depth + 1)
    return files


def _walk(path: Path, notes: list[str], budget: list[int], depth: int = 0) -> Iterator[tuple[Path, float]]:
    """Every regular file in a folder, or the file itself; links are not followed, and devices not opened."""
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
                inner = [Path(entry.path) for entry in islice(entries, budget[0] + 1) if not is_junk(entry.name)]
        except OSError as error:
            notes.append(f'"{clean(path.name)}" cannot be opened ({_reason(error)}).')
            return
        for entry in sorted(inner):
            yield from _walk(entry, notes, budget, depth + 1)
