"""Every check kills: take it away, and a catalogued mistake or a hostile answer passes. A check that kills nothing is deleted.

Bands are one question with several marks (eight of ten, at most 115 nats): their last step implies the earlier ones, and each
step is shown to part two answers by their points instead.
"""

import dataclasses
import warnings
from functools import cache

import pytest

from tests.check_the_checks import wrong_answer
from tests.exercises.hostile import HOSTILE
from vae_course.exercises import EXERCISES, Exercise
from vae_course.exercises.core import Check
from vae_course.exercises.examine import NOT_REACHED, examine

pytestmark = pytest.mark.slow

BANDS = ("kl_test", "derivation", "trained_model")
CHECKS = [(e, c) for e in EXERCISES.values() if e.name not in BANDS for c in e.checks]
SEED = 1


@cache
def wrong_answers(exercise: Exercise) -> list[tuple[object, set[str], bool]]:
    """Every wrong answer, the checks that it fails, and whether they were all reached."""
    answers = [*HOSTILE.get(exercise.name, []), *(wrong_answer(exercise, m) for m in exercise.misconceptions)]
    return [(answer, *failures(exercise, answer)) for answer in answers]


def failures(exercise: Exercise, answer: object) -> tuple[set[str], bool]:
    silent = dataclasses.replace(exercise, misconceptions=())  # no diagnosis is needed here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = examine(silent, silent.answer(answer), SEED)
    reached = all(check.message != NOT_REACHED for check in found.checks)
    return {check.name for check in found.checks if not check.passed and check.message != NOT_REACHED}, reached


def passes_without(check: Check, exercise: Exercise, answer: object) -> bool:
    rest = tuple(c for c in exercise.checks if c is not check)
    reduced = dataclasses.replace(exercise, checks=rest, points=sum(c.points for c in rest))
    return failures(reduced, answer) == (set(), True)


@pytest.mark.parametrize(("exercise", "check"), CHECKS, ids=[f"{e.name}: {c.name}" for e, c in CHECKS])
def test_without_this_check_a_wrong_answer_passes(exercise: Exercise, check: Check) -> None:
    alone = [answer for answer, failed, _ in wrong_answers(exercise) if failed == {check.name}]
    assert any(passes_without(check, exercise, answer) for answer in alone)


@pytest.mark.parametrize("name", ["kl_test", "derivation"])
def test_every_mark_of_a_band_parts_two_answers(name: str) -> None:
    exercise = EXERCISES[name]
    answers = [*(wrong_answer(exercise, m) for m in exercise.misconceptions), *HOSTILE.get(name, [])]
    points = {examine(exercise, exercise.answer(answer), SEED).points for answer in answers} | {exercise.points}
    assert len(points) > len([c for c in exercise.checks if c.points]) / 2, sorted(points)


HOSTILE_ANSWERS = [(EXERCISES[name], i) for name, answers in HOSTILE.items() for i in range(len(answers))]


@pytest.mark.parametrize(("exercise", "i"), HOSTILE_ANSWERS, ids=[f"{e.name}-{i}" for e, i in HOSTILE_ANSWERS])
def test_a_hostile_answer_is_refused(exercise: Exercise, i: int) -> None:
    for seed in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = examine(exercise, exercise.answer(HOSTILE[exercise.name][i]), seed)
        assert found.status in ("wrong", "raised"), found.message
