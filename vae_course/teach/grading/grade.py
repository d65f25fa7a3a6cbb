"""`vae-course grade`: a class is marked, and a run that was stopped goes on where it was."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.choice import BY_NAMES, Choice
from vae_course.teach.grading.incoming.collect import Class, collect
from vae_course.teach.grading.incoming.opening import source_of
from vae_course.teach.grading.incoming.register import with_times
from vae_course.teach.grading.incoming.roster import read_roster
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.keeping.folder import known, opened, unpacking
from vae_course.teach.grading.keeping.found import Found, Reading
from vae_course.teach.grading.marking.local import STAMP
from vae_course.teach.grading.marking.marking import Marked, Order
from vae_course.teach.grading.marking.pool import Task, marked_students
from vae_course.teach.grading.outgoing.everything import Everything, decide, show
from vae_course.teach.grading.report import told
from vae_course.teach.grading.sandbox import sandbox
from vae_course.teach.grading.sandbox.packages import packages

FAULTS = "grader_errors.txt"


class Usage(Exception):
    """What was asked for cannot be done. The message is one sentence."""


@dataclass(frozen=True)
class Options:
    """What the command line says; see `vae-course grade --help`."""

    path: Path
    out: Path
    jobs: int = 1
    only: str = ""
    lesson: str = ""
    changed: bool = False
    sandbox: bool = True
    seed: int | None = None
    roster: Path | None = None
    choice: Choice = BY_NAMES
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunReport:
    """What a run has done.

    Attributes:
        text: the summary table, with what else is to be said.
        complete: False if something needs a person.
    """

    text: str
    complete: bool


Progress = Callable[[int, int], None]
By = Callable[..., Iterator[tuple[Student, Marked]]]
"""Who marks: `pool.marked_students`, or something that takes and gives the same."""
Confirm = Callable[[str], bool]


def grade(
    options: Options,
    confirm: Confirm,
    progress: Progress = lambda done, of: None,
    by: By = marked_students,
    level: sandbox.Level | None = None,
) -> RunReport:
    """Mark a class; whatever ends the run, the marks made so far are written.

    Args:
        confirm: asks a question, and returns True for a yes; called before code is run without the sandbox.
        progress: called with how many students are done, and of how many.
        by: marks the students, here or elsewhere.
        level: in the place of the sandbox, in a container that was made for one submission.

    Raises:
        Usage: an option does not fit.
        collect.NoClass, lock.FolderRefused, packages.NoPackage: nothing can be read, or written, or added.
        OSError: likewise.
    """
    if options.out.resolve() == options.path.resolve():
        raise Usage(f"{options.out} holds the hand-ins; give --out another folder, which is for the marks.")
    added = packages(options.packages, (options.path, options.out))
    notes: list[str] = []
    roster = read_roster(options.roster, notes) if options.roster else None
    names, on_last_roster = known(options.out)
    found = collect(options.path, options.out, options.choice, names, roster or (), on_last_roster)
    if roster is not None:
        owners = with_times({one.name: one.owner for one in found.students}, roster, notes)
        found = replace(found, students=tuple(replace(one, owner=owners[one.name]) for one in found.students))
    student, exercise = _only(options.only, found)
    if level is None:
        _allow(options, found, confirm)
    with (
        opened(options.out, sandbox=options.sandbox, version=_version(), seed=options.seed) as results,
        unpacking(options.out) as unpacked,
    ):
        results.keep_people({one.owner.key: one.name for one in found.students})
        results.keep_files_of_nobody(found.fates)
        if roster is not None:
            results.keep_roster(roster)
        decide(results, options.out)  # what is no rule or no correction is told before the work, not after it
        todo = _todo(found, student, options, Order(results.run.seed, options.lesson, exercise), results)
        answers = 0
        try:
            progress(0, len(todo))
            every = by(todo, options.jobs, options.sandbox, unpacked, added, level)
            for number, (one, marked) in enumerate(every, start=1):
                _keep(one, marked, options, results)
                answers += len(marked.marks)
                progress(number, len(todo))
        finally:
            everything = show(results, options.out)
        said = [f"warning: {warning}" for warning in found.warnings] + notes
        said += [f"Several people are called alike, and stay apart: {', '.join(group)}." for group in found.alike]
        done = f"{len(todo)} of {_count(found.students, 'student')} "
        done += f"looked at, {answers:,} answer{'' if answers == 1 else 's'} marked now; the marks of all are in {options.out}"
        said += _said(options, found, results, everything)
        text = "\n".join([told(everything, options.out, said), "", done])
        return RunReport(text, not everything.needs_a_person)


def _only(only: str, found: Class) -> tuple[str, str]:
    """The student and the exercise of `--only STUDENT/EXERCISE`."""
    names = [student.name for student in found.students]
    if not only or only in names:
        return only, ""
    student, _, exercise = only.rpartition("/")
    if student not in names:
        known = ", ".join(names[:20]) + (" ..." if len(names) > 20 else "")
        raise Usage(f"nobody is called {student or only!r}; the students: {known}.")
    if exercise not in EXERCISES:
        raise Usage(f"there is no exercise {exercise!r}; the exercises: {', '.join(EXERCISES)}.")
    return student, exercise


def _allow(options: Options, found: Class, confirm: Confirm) -> None:
    if options.sandbox:
        if missing := sandbox.available():
            raise Usage(
                f"{missing} Without it, students' code is not run; --no-sandbox marks one notebook of your own."
            )
        return
    if options.packages:
        raise Usage("--with adds to the sandbox; without it, all that this Python can import is there.")
    if options.jobs != 1 or len(found.students) > 1:
        raise Usage(
            f"--no-sandbox is for one notebook of your own, and {options.path} has {len(found.students)} students; "
            "their code could read your files and change their marks."
        )
    who = found.students[0].name
    if not confirm(f"Run the code of {who!r} with all your rights, without the sandbox?"):
        raise Usage("nothing was run.")
    if not confirm("Did you write this code yourself, or read all of it?"):
        raise Usage("nothing was run.")


def _todo(found: Class, student: str, options: Options, order: Order, results: Found) -> list[Task]:
    """Who is to be marked, what of it, and their earlier marks."""
    todo: list[Task] = []
    for one in found.students:
        if student and one.name != student:
            continue
        if not student and not options.changed and results.is_done(one.name, source_of(one), options.lesson):
            continue
        renew = "all" if student else "changed" if options.changed else "missing"
        todo.append((one, replace(order, renew=renew), results.marks(one.name)))
    return todo


def _keep(student: Student, marked: Marked, options: Options, results: Found) -> None:
    if marked.faults:
        with (options.out / FAULTS).open("a", encoding="utf-8") as file:
            file.write("".join(f"{student.name}\n{fault}\n" for fault in marked.faults))
    have = {(mark.exercise, mark.answer) for mark in [*results.marks(student.name), *marked.marks]}
    complete = all(answer in have for attempt in marked.attempts for answer in attempt.answers.items())
    reading = Reading(source_of(student), options.lesson, marked.notes, marked.fates)
    results.add(student.name, marked.attempts, marked.marks, reading if complete else None)


def _said(options: Options, found: Class, results: Found, everything: Everything) -> list[str]:
    """What else of this run somebody has to know or do."""
    lines: list[str] = []
    if not options.sandbox:
        lines.append(STAMP)
    if results.run.version != _version():
        lines.append(f"The marks were begun with version {results.run.version}: --changed marks what differs now.")
    if gone := sorted({row.student for row in everything.rows} - {student.name for student in found.students}):
        shown = ", ".join(gone[:10]) + (" ..." if len(gone) > 10 else "")
        lines.append(f"No hand-in here now, so the earlier marks stay, of {_count(gone, 'student')}: {shown}.")
    return lines


def _count(things: Collection[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _version() -> str:
    try:
        return version("vae-course")
    except PackageNotFoundError:  # a copy that was never installed
        return "unknown"
