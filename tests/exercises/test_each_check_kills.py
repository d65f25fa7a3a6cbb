"""Every check kills: take it away, and a catalogued mistake or a hostile answer passes. A check that kills nothing is deleted.

Bands are one question with several marks (eight of ten, at most 115 nats): their last step implies the earlier ones, and each
step is shown to part two answers by their points instead.
"""

import dataclasses
import warnings

import pytest

from tests.check_the_checks import wrong_answer
from tests.exercises.hostile import HOSTILE
from vae_course.exercises import EXERCISES, Exercise
from vae_course.exercises.core import Check
from vae_course.exercises.examine import examine

BANDS = ("kl_test", "derivation", "trained_model")
CHECKS = [(e, c) for e in EXERCISES.values() if e.name not in BANDS for c in e.checks]


def passes_without(check: Check, exercise: Exercise, answer: object) -> bool:
    rest = tuple(c for c in exercise.checks if c is not check)
    reduced = dataclasses.replace(exercise, checks=rest, points=sum(c.points for c in rest), misconceptions=())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(examine(reduced, exercise.answer(answer), 1))


@pytest.mark.parametrize(("exercise", "check"), CHECKS, ids=[f"{e.name}: {c.name}" for e, c in CHECKS])
def test_without_this_check_a_wrong_answer_passes(exercise: Exercise, check: Check) -> None:
    wrong = [*HOSTILE.get(exercise.name, []), *(wrong_answer(exercise, m) for m in exercise.misconceptions)]
    assert any(passes_without(check, exercise, answer) for answer in wrong)


HOSTILE_ANSWERS = [(EXERCISES[name], i) for name, answers in HOSTILE.items() for i in range(len(answers))]


@pytest.mark.parametrize(("exercise", "i"), HOSTILE_ANSWERS, ids=[f"{e.name}-{i}" for e, i in HOSTILE_ANSWERS])
def test_a_hostile_answer_is_refused(exercise: Exercise, i: int) -> None:
    for seed in range(3):
        found = examine(exercise, exercise.answer(HOSTILE[exercise.name][i]), seed)
        assert found.status == "wrong" or found.status == "raised", found.message
