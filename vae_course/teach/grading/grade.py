"""`vae-course grade`: a class is marked, and a run that was stopped goes on where it was."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.incoming.choice import BY_NAMES, Choice
from vae_course.teach.grading.incoming.collect import Class, collect
from vae_course.teach.grading.incoming.opening import source_of
from vae_course.teach.grading.incoming.roster import read_roster
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.local import STAMP
from vae_course.teach.grading.marking.marking import Marked, Order
from vae_course.teach.grading.marking.pool import Task, marked_students
from vae_course.teach.grading.outgoing.everybody import Everybody
from vae_course.teach.grading.outgoing.people import keep, known
from vae_course.teach.grading.outgoing.report import FOLDER, file_name, report
from vae_course.teach.grading.outgoing.results import FILES, Done, Results, opened, write_whole
from vae_course.teach.grading.outgoing.summary import moves, needs_a_person, summary
from vae_course.teach.grading.outgoing.table import Mark
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
Confirm = Callable[[str], bool]


def grade(options: Options, confirm: Confirm, progress: Progress = lambda done, of: None) -> RunReport:
    """Mark a class; whatever ends the run, the marks made so far are written.

    Args:
        confirm: asks a question, and returns True for a yes; called before code is run without the sandbox.
        progress: called with how many students are done, and of how many.

    Raises:
        Usage: an option does not fit.
        collect.NoClass, results.FolderRefused, packages.NoPackage: nothing can be read, or written, or added.
        OSError: likewise.
    """
    if options.out.resolve() == options.path.resolve():
        raise Usage(f"{options.out} holds the hand-ins; give --out another folder, which is for the marks.")
    added = packages(options.packages, (options.path, options.out))
    notes: list[str] = []
    roster = read_roster(options.roster, notes) if options.roster else None
    found = collect(options.path, options.out, options.choice, known(options.out), roster or ())
    student, exercise = _only(options.only, found)
    _allow(options, found, confirm)
    with opened(options.out, sandbox=options.sandbox, version=_version(), seed=options.seed) as results:
        before = results.all()
        keep(options.out, {one.owner.key: one.name for one in found.students})
        order = Order(results.run.seed, options.lesson, exercise)
        todo, again = _todo(found, student, options, order, results)
        outdated: list[str] = []
        answers: list[Mark] = []
        names = [one.name for one in found.students]
        try:
            progress(0, len(todo))
            every = marked_students(todo, options.jobs, options.sandbox, results.unpacked, added)
            for number, (one, marked) in enumerate(every, start=1):
                _keep(one, marked, options, results, names)
                outdated += [f"{one.name}/{name}" for name in marked.outdated]
                answers += marked.marks
                progress(number, len(todo))
            if not student:
                again |= _reports_of_gone(options, names, results)
        finally:
            people = Everybody(found, results, roster, notes)
            results.finish(people.entries, people.about)
        done = f"{len(todo) - len(again & set(names))} of {_count(found.students, 'student')} "
        done += f"looked at, {_count(answers, 'answer')} marked now" if options.changed else "marked now"
        done += f", {_count(again, 'report')} made again" if again else ""
        return _report(options, found, results, before, outdated, people, done)


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


def _todo(found: Class, student: str, options: Options, order: Order, results: Results) -> tuple[list[Task], set[str]]:
    """Who is to be marked, what of it, and their earlier marks; and who has all marks and lacks only the report.

    For a report the hand-in is read again, because of the notes on its files, and nothing in it is run.
    """
    todo, again = [], set()
    names = [one.name for one in found.students]
    for one in found.students:
        if student and one.name != student:
            continue
        if not student and not options.changed and results.is_done(one.name, source_of(one), options.lesson):
            if _report_of(one.name, options, names).exists():
                continue
            again.add(one.name)
        renew = "all" if student or not results.was_done(one.name) else "changed" if options.changed else "missing"
        todo.append((one, replace(order, renew=renew), results.of(one.name)))
    return todo, again


def _keep(student: Student, marked: Marked, options: Options, results: Results, names: list[str]) -> None:
    """The report first, then the marks: where there are marks, there is a report."""
    have = results.of(student.name) | {mark.exercise: mark for mark in marked.marks}
    if marked.faults:
        with (options.out / FAULTS).open("a", encoding="utf-8") as file:
            file.write("".join(f"{student.name}\n{fault}\n" for fault in marked.faults))
    shown = [have[name] for name in EXERCISES if name in have and name in marked.exercises]
    _write_report(student.name, shown, marked.notes, options, names)
    complete = set(marked.exercises) <= have.keys()
    done = Done(student.name, source_of(student), options.lesson, marked.exercises, marked.fates)
    results.add(student.name, marked.marks, done if complete else None)


def _report_of(student: str, options: Options, names: Sequence[str]) -> Path:
    return options.out / FOLDER / file_name(student, names)


def _write_report(
    student: str, marks: Sequence[Mark], notes: Sequence[str], options: Options, names: Sequence[str]
) -> None:
    path = _report_of(student, options, names)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, report(student, marks, notes, "" if options.sandbox else STAMP), durable=False)


def _reports_of_gone(options: Options, names: list[str], results: Results) -> set[str]:
    """Whose hand-in is not here now, and whose report is neither: it is made again of the marks. Says whose those are."""
    missing = {
        name
        for name in {mark.student for mark in results.all()} - set(names)
        if not _report_of(name, options, names).exists()
    }
    for name in missing:
        marks = results.of(name)
        shown = [marks[exercise] for exercise in EXERCISES if exercise in marks]
        _write_report(name, shown, ["The files were not here when this report was made again."], options, names)
    return missing


def _report(
    options: Options,
    found: Class,
    results: Results,
    before: list[Mark],
    outdated: list[str],
    people: Everybody,
    done: str,
) -> RunReport:
    """The table first; what somebody has to know or do stands last, where a terminal shows it."""
    marks = results.all()
    lines = [f"warning: {warning}" for warning in found.warnings]
    lines += people.said(options.out / FILES)
    if options.changed or options.only:
        moved = moves(before, marks)
        lines += [f"{_count(moved, 'mark')} moved" + (":" if moved else ""), *(f"  {line}" for line in moved)]
    if outdated:
        shown = ", ".join(outdated[:10]) + (" ..." if len(outdated) > 10 else "")
        others = "is another than the one" if len(outdated) == 1 else "are others than those"
        lines.append(f"{_count(outdated, 'answer')} {others} marked ({shown}): --changed marks again.")
    if not options.sandbox:
        lines.append(STAMP)
    if results.run.version != _version():
        lines.append(f"The marks were begun with version {results.run.version}: --changed marks what differs now.")
    if gone := sorted({mark.student for mark in marks} - {student.name for student in found.students}):
        shown = ", ".join(gone[:10]) + (" ..." if len(gone) > 10 else "")
        lines.append(f"No hand-in here now, so the earlier marks stay, of {_count(gone, 'student')}: {shown}.")
    done += f"; the marks of all are in {options.out}"
    text = "\n".join([summary(marks), "", *lines, *([""] if lines else []), done])
    return RunReport(text, not needs_a_person(marks) and not people.needed)


def _count(things: Collection[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _version() -> str:
    try:
        return version("vae-course")
    except PackageNotFoundError:  # a copy that was never installed
        return "unknown"
