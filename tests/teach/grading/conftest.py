"""Real workers in a real sandbox, shared by the tests of a file."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from tests.runner.notebooks.hand_ins import LESSONS, ROOT, cell_defining, solved, write
from tests.teach.grading.models import trained_apart
from vae_course.checks.engine.exercise import Called
from vae_course.checks.lessons import EXERCISES
from vae_course.runner.answers import Call
from vae_course.runner.notebooks import HandIn, read_hand_in
from vae_course.teach.grading.sandbox.remote import RemoteSubmission, Workers

NAMES = {exercise.name: exercise.lesson for exercise in EXERCISES.values()}
MARKER = "VAE_COURSE_CANARY"


@pytest.fixture(scope="package")
def workers() -> Iterator[Workers]:
    os.environ[MARKER] = "a secret of the grader"
    with Workers(1) as started:
        yield started
    del os.environ[MARKER]


@pytest.fixture
def hand_in(tmp_path: Path) -> Callable[[str], HandIn]:
    """What somebody handed in, from its text."""

    def make(text: str) -> HandIn:
        path = tmp_path / "hand_in.py"
        path.write_text(text, encoding="utf-8")
        return read_hand_in(path, NAMES)

    return make


@pytest.fixture
def submitted(workers: Workers, hand_in: Callable[[str], HandIn]) -> Iterator[Callable[[str], RemoteSubmission]]:
    opened: list[RemoteSubmission] = []

    def submit(text: str) -> RemoteSubmission:
        if opened:
            opened.pop().close()
        opened.append(workers.submission(hand_in(text)))
        return opened[0]

    yield submit
    for submission in opened:
        submission.close()


def exercise_called(name: str, seconds: float = 1.8) -> Called:
    """An exercise without checks: to call what somebody wrote."""
    return Called(
        name=name,
        lesson="",
        number="",
        title="",
        minutes=0,
        difficulty=1,
        lines="",
        checks=(),
        misconceptions=(),
        hints=("", "", ""),
        arguments=lambda rng: (),
        seconds=seconds,
    )


def called(submission: RemoteSubmission, name: str, *arguments: Any, seconds: float = 1.8) -> Call:
    return submission.answer(exercise_called(name, seconds)).call(*arguments, seed=1)


def seen(submission: RemoteSubmission, name: str, *arguments: Any) -> dict[str, Any]:
    """What a probe says it saw: its outputs as plain numbers or lists."""
    call = called(submission, name, *arguments)
    assert call.error is None, call.error
    return {key: value.tolist() for key, value in call.outputs.items()}


def solved_and_untouched(folder: Path) -> Path:
    """Ada hands in the solved course, and Bob the untouched one.

    Her trained model is the course's own, because the weights of the lesson's `MyNetwork` are made when it is run.
    """
    for lesson in LESSONS:
        notebook = solved(lesson)
        if lesson == "07_capstone":
            cell = cell_defining(notebook, "trained_model = {")
            cell["source"] = [line.replace("MyNetwork", "'v1'") for line in cell["source"]]
        untouched = (ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8")
        for student, content in (("ada", notebook), ("bob", untouched)):
            (folder / student).mkdir(parents=True, exist_ok=True)
            write(folder / student, content, f"{lesson}.ipynb")
    save_file(trained_apart(), folder / "ada" / "model.safetensors")
    return folder
