"""From a student's files to one hand-in for each lesson: the course's own files set aside, one version of each chosen, and notes on
all that."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vae_course.runner.notebooks import HandIn, Unreadable, read_hand_in
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.account import Account
from vae_course.teach.grading.incoming.archives import ArchiveRefused
from vae_course.teach.grading.incoming.course_files import clones_in, in_its_place, unchanged
from vae_course.teach.grading.incoming.fates import Fate
from vae_course.teach.grading.incoming.layouts import clean
from vae_course.teach.grading.incoming.opening import files_of
from vae_course.teach.grading.incoming.platforms import reading_of
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.incoming.syllabus import Syllabus
from vae_course.teach.grading.incoming.versions import (
    MOST_ATTEMPTS,
    File,
    Handed,
    Version,
    by_choice,
    handed_in_before,
    imported,
    told,
)

MOST_NOTES = 50
_MODULE = "a module of the student's own"
_DAMAGED = ", as far as the damaged file can be read"


@dataclass(frozen=True)
class Work:
    """What a student handed in.

    Args:
        attempts: what is marked, by lesson in the course's order, of each the newest last.
        unreadable: lessons of which no file can be read, and the reason as a sentence. All lessons, where nothing can be.
        notes: sentences for the report.
        fates: what became of each file.
        models: files of trained models.
    """

    attempts: tuple[Handed, ...]
    unreadable: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    models: tuple[File, ...] = ()

    @property
    def hand_ins(self) -> dict[str, HandIn]:
        """By lesson, the newest."""
        return {handed.lesson: handed.hand_in for handed in self.attempts}


def read_student(
    student: Student, into: Path, syllabus: Syllabus, only: str = "", at: Callable[[str], None] = lambda shown: None
) -> Work:
    """Read everything that a student handed in. Nothing of it is run.

    Args:
        student: who, and where their files are.
        into: an empty folder of one's own, for what is in archives.
        only: a lesson; the others are left alone.
        at: is told of each file before it is opened.
    """
    lessons = syllabus.lessons
    wanted = (only,) if only else lessons
    notes = list(student.notes)
    account = Account(lessons, student.refused)
    if student.problem:
        return unread(student, student.problem, syllabus, only)
    others: list[str] = []
    failed: dict[str, list[str]] = {}
    try:
        opened = files_of(student, into, notes, others, account, at)
        files = _without_the_course_s(opened, notes, failed, account, lessons)
    except ArchiveRefused as refused:
        return unread(student, f"The hand-in {refused}.", syllabus, only)
    models = tuple(file for file in files if layouts.is_model(file.path.name))
    read: dict[str, list[Version]] = {}
    helpers: list[File] = []
    every: list[HandIn] = []
    for file in sorted((file for file in files if file not in models), key=lambda file: file.newer, reverse=True):
        if layouts.is_late(file.parts[-1]):
            notes.append(f"Canvas marks {file.shown} as late.")
        try:
            at(file.shown)
            hand_in = read_hand_in(file.path, syllabus.lesson_of, _modules_beside(file, files))
        except (Unreadable, OSError) as error:
            words = str(error)
            if isinstance(error, OSError):
                words = f"{file.shown} could not be read ({clean(error.strerror or words)})."
            failed.setdefault(layouts.said_lesson(file.parts, lessons) or only, []).append(words)
            account.unreadable(file.parts, words)
            continue
        every.append(hand_in)
        lesson = hand_in.lesson or layouts.said_lesson(file.parts, lessons) or only
        if lesson:
            for each in (lesson, *hand_in.also):
                read.setdefault(each, []).append(Version(file, hand_in, each))
        elif file.path.name.lower().endswith(".py"):  # a helper of their own is no hand-in
            others.append(file.shown)
            helpers.append(file)
        else:
            why = f"{file.shown} does not say which lesson it is, and has no answer by which to tell."
            failed.setdefault("", []).append(why)
            account.without_answers(file.parts, why)
    modules = imported(every)
    for file in helpers:
        account.aside(file.parts, _MODULE if _is_of(file, modules) else "a Python file without an answer of the course")
    for lesson in read.keys() - set(wanted):
        for version in read[lesson]:
            account.aside(version.file.parts, f"{lesson} was not asked for")
    attempts: list[Handed] = []
    for lesson in sorted(read.keys() & set(wanted)):
        first, *older = by_choice(read[lesson])
        rivals = [version for version in older if not _is_of(version.file, modules)]
        earlier, given_up = handed_in_before([first, *rivals])
        rivals = [version for version in rivals if version not in earlier]
        attempts += [version.handed for version in reversed([first, *earlier])]
        account.marked(first.file.parts, f"{lesson}{_DAMAGED if first.hand_in.damage else ''}")
        for version in earlier:
            damaged = _DAMAGED if version.hand_in.damage else ""
            account.marked(version.file.parts, f"{lesson}, an earlier attempt{damaged}")
        for version in (version for version in older if version not in earlier):
            another = f"another version of {lesson}: {first.file.shown} counts"
            account.aside(version.file.parts, another if version in rivals else _MODULE)
        notes += [f"{lesson}: {clean(note)}" for note in first.hand_in.notes if not first.is_beside_others]
        notes += [told([first, *rivals])] if rivals else []
        if earlier:
            notes.append(f"{lesson} was handed in {len(earlier) + 1} times; each was marked.")
        if given_up:
            notes.append(f"{lesson}: attempts before the newest {MOST_ATTEMPTS} were not marked.")
    notes += _not_marked(read)
    of_lessons = {handed.lesson for handed in attempts}
    unreadable = {
        lesson: " ".join(failed[lesson]) for lesson in wanted if lesson in failed and lesson not in of_lessons
    }
    notes += [why for lesson, reasons in failed.items() if lesson not in unreadable for why in reasons]
    if not read and not unreadable and ("" in failed or not failed):
        found = f" There are only {', '.join(others[:5])}." if others and not failed else ""
        why = " ".join([*notes, f"No notebook that can be read was handed in.{found}"])
        unreadable = dict.fromkeys([lesson for lesson in wanted if lesson in account.said] or wanted, why)
    return Work(tuple(attempts), unreadable, tuple(_few(notes)), account.closed(of_lessons), models)


def unread(student: Student, why: str, syllabus: Syllabus, only: str = "") -> Work:
    """The work of somebody of whose files none could be read, which a person has to look at.

    Args:
        why: a sentence.
        only: as for `read_student`.
    """
    wanted = (only,) if only else syllabus.lessons
    fates = Account(syllabus.lessons, student.refused).of_all(student, why)
    return Work((), dict.fromkeys(wanted, why), student.notes, fates)


def _modules_beside(file: File, files: Sequence[File]) -> dict[str, Path]:
    """The modules that a file may import, by name; of two of one name the newer."""
    beside = [one for one in files if one.path.parent == file.path.parent and one.path.suffix == ".py"]
    return {name: one.path for one in sorted(beside, key=lambda one: one.newer) for name in _names_of(one.path)}


def _is_of(file: File, modules: set[str]) -> bool:
    return file.path.suffix == ".py" and not modules.isdisjoint(_names_of(file.path))


def _names_of(path: Path) -> set[str]:
    """What a module may be called: as its file is now, and as it was before a platform named it, "helpers" for Canvas'
    byronada_123_456_helpers-1.py. A file of a student's own may look like that, too."""
    named = reading_of(path.name, is_folder=False)
    before = re.sub(r"-\d+$", "", Path(named.group("file")).stem) if named else ""
    return {path.stem, before} - {""}


def _without_the_course_s(
    files: list[File], notes: list[str], failed: dict[str, list[str]], account: Account, lessons: tuple[str, ...]
) -> list[File]:
    """The files without those of the course, which are noted; a lesson of which there is nothing else is for a person."""
    clones = clones_in(file.parts for file in files)
    in_place = [file for file in files if in_its_place(file.parts, clones)]
    account.all_aside(lambda parts: in_its_place(parts, clones), "a file of the course itself, in a clone of it")
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
        failed.setdefault(layouts.said_lesson((Path(same).name,), lessons), []).append(why)
        account.aside(file.parts, f"the course's own {same}, unchanged, and nobody's answer")
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
