"""All that marking knows of what somebody handed in: their work, and what the text of each answer tells. Nothing of it is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_course.teach.grading.incoming.hand_ins import Work, read_student, unread
from vae_course.teach.grading.incoming.layouts import clean
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.incoming.syllabus import Syllabus
from vae_course.teach.grading.reading.answer_hashes import AnswerHashes
from vae_course.teach.grading.reading.constants import UNKNOWN
from vae_course.teach.grading.reading.lint import Excerpt, Source


@dataclass(frozen=True)
class Told:
    """What the text alone tells of the answer to an exercise.

    Args:
        answer: the hash of the code that it stands on.
        forbidden: the name that it takes from the course instead of writing it, or empty.
        defined: whether the text defines the exercise's own name.
        code: the answer as it stands in the file.
        value: a constant's; None where there is none, `UNKNOWN` where the text does not tell it, and for all that is no constant.
    """

    answer: str
    forbidden: str
    defined: bool
    value: Any
    code: tuple[Excerpt, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """Somebody's work, and for each attempt in it what is told of the answer to each exercise of its lesson."""

    work: Work
    told: tuple[Mapping[str, Told], ...] = ()


def manifest_of(
    student: Student, into: Path, syllabus: Syllabus, only: str = "", at: Callable[[str], None] = lambda shown: None
) -> Manifest:
    """Read everything that a student handed in; see `read_student`."""
    work = read_student(student, into, syllabus, only, at)
    models = [model.path for model in work.models]
    every = []
    for handed in work.attempts:
        told, hand_in = {}, handed.hand_in
        at(f'"{clean(hand_in.path.name)}"')
        source = Source(hand_in)
        hashes = AnswerHashes(hand_in, source, models)
        for question in syllabus.questions:
            if question.lesson == handed.lesson:
                defined = question.name in source.names
                value = (source.constant(question.name) if defined else None) if question.is_value else UNKNOWN
                forbidden = source.forbidden(question)
                told[question.name] = Told(
                    hashes.of(question), forbidden, defined, value, tuple(source.excerpts(question))
                )
        every.append(told)
    return Manifest(work, tuple(every))


def unread_manifest(student: Student, why: str, syllabus: Syllabus, only: str = "") -> Manifest:
    """That of somebody of whose files none could be read; see `unread`."""
    return Manifest(unread(student, why, syllabus, only))
