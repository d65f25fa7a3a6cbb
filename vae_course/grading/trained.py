"""Exercise 7.3, a trained model: with a network of the course, nothing of the student's is run, and their weights are numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vae_course import nns
from vae_course.answers import Answer
from vae_course.exercises import Exercise
from vae_course.exercises.capstone.trained_model import play_model
from vae_course.exercises.examine import is_untouched

MOST_BYTES = 64 * 2**20
_LARGEST_Z = 1024


class OwnNetwork(Exception):
    """The model's network is the student's code, or cannot be told from the text."""


def is_trained_model(exercise: Exercise) -> bool:
    return exercise.harness is play_model


def trained_answer(exercise: Exercise, value: Any, folder: Path) -> Answer:
    """The weights beside a notebook as an answer in this process, on a network of ours.

    Args:
        value: the dictionary that the student wrote, its file's name and the network's among it.
        folder: where the notebook lies. Whatever path the student wrote, the file is looked for there.

    Raises:
        OwnNetwork: it takes the student's code to tell.
    """
    if is_untouched(value, exercise.stub):
        return exercise.answer(value)
    if not isinstance(value, dict) or value.get("nn") not in nns.available():
        raise OwnNetwork
    path = folder / Path(str(value.get("file")).replace("\\", "/")).name
    z_dim = value.get("z_dim")
    if type(z_dim) is not int or not 0 < z_dim <= _LARGEST_Z:
        return exercise.answer(
            _raising(ValueError(f"z_dim is {z_dim!r}; a number from 1 to {_LARGEST_Z} was expected"))
        )
    if path.is_symlink() or (path.exists() and (not path.is_file() or path.stat().st_size > MOST_BYTES)):
        return exercise.answer(_raising(ValueError(f"{path.name} is no file of at most {MOST_BYTES // 2**20} MB")))
    return exercise.answer({"file": str(path), "nn": value["nn"], "z_dim": z_dim}).limited(exercise.seconds)


def _raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail
