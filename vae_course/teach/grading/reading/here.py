"""Reading in this process, without the limits of a `Reader`: for what is one's own."""

from collections.abc import Callable
from pathlib import Path

from vae_course.checks.engine.exercise import Constant
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.capstone.trained_model.exercise import TrainedModel
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.incoming.syllabus import Question, Syllabus
from vae_course.teach.grading.reading.manifest import Manifest, manifest_of

Read = Callable[[Student, Path, str], Manifest]
"""Reads what a student handed in, of one lesson or of all (""), with an empty folder for what is in archives."""

SYLLABUS = Syllabus(
    tuple(
        Question(one.name, one.lesson, one.method, one.in_class, isinstance(one, Constant | TrainedModel))
        for one in EXERCISES.values()
    )
)


def read_here(student: Student, into: Path, only: str = "") -> Manifest:
    """See `Read`."""
    return manifest_of(student, into, SYLLABUS, only)
