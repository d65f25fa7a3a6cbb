"""The catalogue examines the checks: every mistake fails and is named, every right answer in another style passes.

Three seeds here; `make check-the-checks` takes 20 and 200 and prints the tables.
"""

import pytest

from tests.check_the_checks import accepted, refused
from vae_course.checks.engine.exercise import Constant, Misconception
from vae_course.checks.lessons import EXERCISES, Exercise

SEEDS = (1, 2, 3)

MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.misconceptions]
VARIANTS = [(e, name) for e in EXERCISES.values() for name in e.correct]


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.name}-{m.name}" for e, m in MISTAKES])
def test_a_misconception_fails_and_is_named(exercise: Exercise, mistake: Misconception) -> None:
    for seed in SEEDS:
        fails, named, said = refused(exercise, mistake, seed)
        assert fails and named, said


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS, ids=[f"{e.name}-{n}" for e, n in VARIANTS])
def test_a_right_answer_in_another_style_passes(exercise: Exercise, variant: str) -> None:
    for seed in SEEDS:
        passes, said = accepted(exercise, exercise.correct[variant], seed)
        assert passes, said


def test_an_optional_exercise_has_no_points() -> None:
    assert all(e.points == 0 for e in EXERCISES.values() if e.optional)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_an_exercise_is_complete(exercise: Exercise) -> None:
    assert len(exercise.misconceptions) >= 3, "a learner who goes wrong is told why: three mistakes at least"
    assert len({m.name for m in exercise.misconceptions}) == len(exercise.misconceptions)
    assert len(exercise.hints) >= 3
    assert 1 <= exercise.difficulty <= 4
    assert isinstance(exercise, Constant) or exercise.correct, "a right answer in another style is missing"
