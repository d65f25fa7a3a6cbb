"""Exercise 7.3, a trained model: weights are numbers, and are read here; a network of the course is run here too, and one of the
student's own in the sandbox (`own_model`)."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from vae_course.checks.engine.errors import UnusableFile
from vae_course.checks.engine.exercise import Constant, Exercise
from vae_course.checks.lessons.capstone.trained_model.exercise import TrainedModel, weights_in
from vae_course.runner.answers import Answer
from vae_course.teach.grading.marking.course_weights import course_model
from vae_course.teach.grading.marking.model_file import Looked
from vae_course.teach.grading.marking.own_model import OwnModel
from vae_course.teach.grading.marking.submission import Started
from vae_course.teach.grading.reading.constants import UNKNOWN

_LARGEST_Z = 1024


class TheCourseS(Exception):
    """A model that the course itself has trained. The message is a sentence."""


def trained_answer(
    exercise: TrainedModel, value: Any, find: Callable[[str], Looked], started: Started, secret: str
) -> Answer:
    """What was handed in, as an answer that can be examined.

    Args:
        value: the dictionary that the student wrote, or `UNKNOWN`: then the sandbox is asked for it.
        find: looks for the file by the name that the student wrote; see `model_file`.
        secret: see `OwnModel`.

    Raises:
        TheCourseS: the model is the course's own.
        Stopped, WorkerLost: the student's code did not survive the question, or the sandbox did not.
    """
    if value is UNKNOWN:
        found = started().answers(_dictionary_of(exercise))
        value = found[0].value if found else None
    if not isinstance(value, dict) or any(value.get(key) is None for key in ("file", "nn", "z_dim")):
        return exercise.answer(value)  # which says what is missing
    z_dim = value["z_dim"]
    if type(z_dim) is not int or not 0 < z_dim <= _LARGEST_Z:
        return exercise.answer(
            _raising(ValueError(f"z_dim is {z_dim!r}; a number from 1 to {_LARGEST_Z} was expected"))
        )
    looked = find(str(value["file"]))
    if looked.path is None:
        return exercise.answer(_raising(UnusableFile(looked.sentence)))
    try:
        if own := course_model(weights_in(looked.path)):
            raise TheCourseS(
                f"These are the course's own weights, {own}, or hardly others. Train a model, and hand in its weights."
            )
    except (OSError, ValueError):
        pass  # what is wrong with the file is said below
    if isinstance(value["nn"], str):
        return exercise.answer({"file": str(looked.path), "nn": value["nn"], "z_dim": z_dim}).limited(exercise.seconds)
    try:
        weights = weights_in(looked.path)
    except (OSError, ValueError) as error:
        return exercise.answer(_raising(error))
    return OwnModel(exercise, started, weights, secret)


def _dictionary_of(exercise: TrainedModel) -> Constant:
    """The exercise as far as it is a dictionary, which the sandbox reads like any constant."""
    return Constant(**{field.name: getattr(exercise, field.name) for field in fields(Exercise)}, right=None)


def _raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail
