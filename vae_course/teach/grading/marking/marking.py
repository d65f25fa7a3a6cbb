"""One student's hand-ins become marks. Each exercise is marked on its own, and a fault of ours is never the student's."""

import hashlib
import secrets
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from vae_course.checks import around
from vae_course.checks.engine.examine import examine, outcome
from vae_course.checks.engine.exercise import Called, Constant
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.engine.verdict_on import verdict_on
from vae_course.checks.lessons import EXERCISES, LESSONS, Exercise
from vae_course.checks.lessons.capstone.trained_model.exercise import TrainedModel
from vae_course.runner import forbidden
from vae_course.runner.answers import Answer, LocalAnswer, Stopped
from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.incoming.fates import PERSON, Fate
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.marking.details import details_of
from vae_course.teach.grading.marking.fingerprints import checks_hash
from vae_course.teach.grading.marking.model_file import Looked, model_file
from vae_course.teach.grading.marking.shared import with_shared_draws
from vae_course.teach.grading.marking.submission import Started, Submit
from vae_course.teach.grading.marking.trained import TheCourseS, trained_answer
from vae_course.teach.grading.marks import NEEDS_A_PERSON, Attempt, Mark
from vae_course.teach.grading.reading.constants import UNKNOWN, tame
from vae_course.teach.grading.reading.here import Read
from vae_course.teach.grading.reading.lint import Excerpt
from vae_course.teach.grading.reading.manifest import Manifest, Told
from vae_course.teach.grading.sandbox.workers import WorkerLost

_PLACE = {name: place for place, name in enumerate(EXERCISES)}


@dataclass(frozen=True)
class Order:
    """What is to be marked.

    Args:
        seed: the run's; every exercise has its own seed from it, the same for all students.
        secret: of the system's randomness, for what a network of a student's own must not foresee: a teacher may choose the seed, and tell it.
        lesson, exercise: only these; empty: all.
        renew: "all" answers, those that are "missing" among the earlier marks, or besides those whose checks have "changed".
    """

    seed: int
    lesson: str = ""
    exercise: str = ""
    renew: str = "all"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass
class Marked:
    """What a student handed in, as attempts, the newest last; the new marks of it; and notes for the report.

    `fates` say what became of each file. `faults` are tracebacks of our own errors.
    """

    marks: list[Mark] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    faults: list[str] = field(default_factory=list)


def seed_of(run: int | str, exercise: str) -> int:
    """An exercise's seed, which tells nothing about the run's or another exercise's."""
    return int.from_bytes(hashlib.sha256(f"{run} {exercise}".encode()).digest()[:4]) % 2**31


def mark_student(
    student: Student, order: Order, before: Collection[Mark], submit: Submit, into: Path, read: Read
) -> Marked:
    """Mark what a student handed in.

    Args:
        before: the marks of all answers that they have handed in earlier.
        submit: makes a `Submission` of a hand-in, for as long as it is needed.
        into: an empty folder for what is unpacked.
        read: a `Reader`'s, or `read_here`.
    """
    marked = Marked()
    try:
        manifest = read(student, into, order.lesson)
        marked.notes, marked.fates = manifest.work.notes, manifest.work.fates
        _mark_work(student.name, manifest, order, before, submit, marked)
        when = student.owner.handed_in  # of all of theirs; the name of a file knows it better
        marked.attempts = [replace(one, handed_in=one.handed_in or when) for one in marked.attempts]
    except Exception as error:  # noqa: BLE001 - one student's trouble with our code is not the class's
        marked.faults.append(traceback.format_exc())
        have = {mark.exercise for mark in marked.marks}
        for lesson in [order.lesson] if order.lesson else LESSONS:
            left = [e for e in _exercises(lesson) if order.exercise in ("", e.name) and e.name not in have]
            marked.marks += [_mark(student.name, _fault(exercise, error, 0), "", "") for exercise in left]
            answers = {exercise.name: "" for exercise in left}
            marked.attempts += [Attempt(student.name, lesson, answers, nothing_readable=True)] if left else []
        marked.fates = marked.fates or (Fate(f"{student.name}/", PERSON, "the grader itself failed on it"),)
    return marked


def _mark_work(
    student: str, manifest: Manifest, order: Order, before: Collection[Mark], submit: Submit, marked: Marked
) -> None:
    known = {(mark.exercise, mark.answer): mark for mark in before}

    def due(exercise: str, answer: str) -> bool:
        """True if it is to be marked now."""
        mark = known.get((exercise, answer))
        if order.exercise not in ("", exercise):
            return False
        if order.renew == "all" or mark is None or mark.status in NEEDS_A_PERSON:
            return True
        return order.renew == "changed" and mark.checks != checks_hash(exercise)

    work = manifest.work
    for lesson, reason in work.unreadable.items():
        answer = hashlib.sha256(reason.encode()).hexdigest()[:32]
        of_a_day = list(work.unreadable.values()).count(reason) > 1
        answers = {exercise.name: answer for exercise in _exercises(lesson)}
        marked.attempts.append(Attempt(student, lesson, answers, nothing_readable=of_a_day))
        for exercise in _exercises(lesson):
            if due(exercise.name, answer):
                found = outcome(exercise, "unreadable", reason, 0)
                marked.marks.append(_mark(student, found, answer, checks_hash(exercise.name)))
    with Started(submit) as started:
        for handed, of_attempt in zip(work.attempts, manifest.told, strict=True):
            lesson, hand_in = handed.lesson, handed.hand_in
            told = {exercise: of_attempt[exercise.name] for exercise in _exercises(lesson)}
            new = {(mark.exercise, mark.answer) for mark in marked.marks}  # an earlier attempt may have the same answer
            wanted = [
                (exercise, one)
                for exercise, one in told.items()
                if due(exercise.name, one.answer) and (exercise.name, one.answer) not in new
            ]
            wanted.sort(key=lambda pair: _is_lent_an_answer(pair[0]))  # each of these ends the process: they come last
            started.turn_to(hand_in)
            look_for = partial(model_file, notebook=hand_in.path, models=work.models)
            marks = list(_mark_hand_in(student, hand_in, wanted, order, started, look_for, marked))
            marked.marks += sorted(marks, key=lambda mark: _PLACE[mark.exercise])
            answers = {exercise.name: one.answer for exercise, one in told.items()}
            marked.attempts.append(Attempt(student, lesson, answers, handed.file, handed.handed_in, handed.is_late))


def _is_lent_an_answer(exercise: Exercise) -> bool:
    scaffold = exercise.scaffold.values() if isinstance(exercise, Called) else ()
    return any(around.knows_an_answer(around.name_of(function)) for function in scaffold)


def _exercises(lesson: str) -> list[Exercise]:
    return [exercise for exercise in EXERCISES.values() if exercise.lesson == lesson]


def _mark_hand_in(
    student: str,
    hand_in: HandIn,
    wanted: list[tuple[Exercise, Told]],
    order: Order,
    started: Started,
    look_for: Callable[[str], Looked],
    marked: Marked,
) -> Iterator[Mark]:
    """Mark exercises of one hand-in; its code is run when the first of them needs it."""

    def find(said: str) -> Looked:
        found = look_for(said)
        if found.path is not None and found.sentence:
            marked.notes = tuple(dict.fromkeys([*marked.notes, found.sentence]))
        return found

    for exercise, told in wanted:
        own = seed_of(order.secret if isinstance(exercise, TrainedModel) else order.seed, exercise.name)
        for worker in (1, 2):
            try:
                secret = f"{order.secret} {exercise.name} noise"
                found = _examined(with_shared_draws(exercise), hand_in, told, started, find, own, secret)
                break
            except (Exception, WorkerLost) as error:  # noqa: BLE001
                if isinstance(error, WorkerLost) and worker == 1:
                    started.close()
                    continue
                marked.faults.append(traceback.format_exc())
                found = _fault(exercise, error, own)
                break
        yield _mark(student, found, told.answer, checks_hash(exercise.name), told.code)


def _examined(
    exercise: Exercise,
    hand_in: HandIn,
    told: Told,
    submission: Started,
    find: Callable[[str], Looked],
    seed: int,
    secret: str,
) -> Outcome:
    if told.forbidden:
        return outcome(exercise, "forbidden", forbidden.sentence(told.forbidden), seed)
    value, defined = told.value, told.defined
    try:
        failed = submission().failed if value is UNKNOWN else hand_in.lost
        if isinstance(exercise, TrainedModel):
            trained = trained_answer(exercise, value, find, submission, secret)
            answers: Sequence[Answer] = [trained] if defined else []
        elif value is UNKNOWN:
            answers = submission().answers(exercise)
        else:
            answers = [LocalAnswer(value)] if defined else []
        found = verdict_on(exercise, answers, failed, lambda answer: _look(exercise, answer, seed), seed)
        if found.status == "not started" and hand_in.damage:
            missing = f"{hand_in.damage} This answer is not among them: look at the file, or ask for it again."
            return outcome(exercise, "unreadable", missing, seed)
        return found
    except Stopped as stopped:
        return outcome(exercise, stopped.status, str(stopped), seed)
    except TheCourseS as taken:
        return outcome(exercise, "forbidden", str(taken), seed)


def _look(exercise: Exercise, answer: Answer, seed: int) -> Outcome:
    if isinstance(exercise, Constant):
        try:
            answer = LocalAnswer(tame(answer.value))
        except ValueError as error:
            return outcome(exercise, "wrong", f"Your {exercise.name} cannot be looked at: {error}.", seed)
    return examine(exercise, answer, seed)


def _fault(exercise: Exercise, error: BaseException, seed: int) -> Outcome:
    place = traceback.extract_tb(error.__traceback__)[-1]
    sentence = (
        f"Not marked yet: the grader itself failed ({type(error).__name__}: {str(error)[:300]}; {Path(place.filename).name}, "
        f"line {place.lineno}). This is no fault of the student's; a person has to look at it."
    )
    return outcome(exercise, "grader error", sentence, seed)


def _mark(student: str, found: Outcome, answer: str, checks: str, code: Sequence[Excerpt] = ()) -> Mark:
    columns: dict[str, Any] = {
        name: getattr(found, name)
        for name in ("lesson", "exercise", "status", "points", "max_points", "misconception", "message")
    }
    return Mark(student=student, **columns, answer=answer, checks=checks, details=details_of(found, code))
