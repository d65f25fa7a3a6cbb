"""The catalogue examines the checks: every mistake fails and is named, every right answer in another style passes.

One seed here; `make check-the-checks` takes 10 and 100 and prints the tables.
"""

from itertools import combinations

import pytest

from tests.check_the_checks import accepted, refused
from tests.share import one_in
from vae_course.checks.engine.diagnosis import shows
from vae_course.checks.engine.exercise import Constant, Misconception
from vae_course.checks.lessons import EXERCISES, Exercise

SEED = 1

MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.misconceptions]
VARIANTS = [(e, name) for e in EXERCISES.values() for name in e.correct]


@pytest.mark.parametrize(("exercise", "mistake"), one_in(2, MISTAKES, [f"{e.name}-{m.name}" for e, m in MISTAKES]))
def test_a_misconception_fails_and_is_named(exercise: Exercise, mistake: Misconception) -> None:
    fails, named, said = refused(exercise, mistake, SEED)
    assert fails and named, said


@pytest.mark.parametrize(("exercise", "variant"), one_in(2, VARIANTS, [f"{e.name}-{n}" for e, n in VARIANTS]))
def test_a_right_answer_in_another_style_passes(exercise: Exercise, variant: str) -> None:
    passes, said = accepted(exercise, exercise.correct[variant], SEED)
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


def test_no_two_mistakes_of_a_constant_share_what_they_show() -> None:
    """A card may name one of them: to 2 %, as a learner's rounded number is read, each is told from every other."""
    for exercise in EXERCISES.values():
        known = [m for m in exercise.misconceptions if isinstance(exercise, Constant)]
        for one, other in combinations(known, 2):
            alike = shows(one.wrong, other.wrong) and shows(other.wrong, one.wrong)
            assert not alike, f"{exercise.name}: {one.name}, {other.name}"
