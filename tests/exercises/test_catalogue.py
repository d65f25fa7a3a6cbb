"""The catalogue examines the checks: every mistake fails and is named, every right answer in another style passes.

False alarms: a right answer fails one run with probability at most 1e-6 (each statistical check's docstring derives
its own), and the seeds here are fixed, so a failure is a change in behaviour and never bad luck.
"""

from typing import Any

import pytest

from vae_course.exercises import EXERCISES, Exercise
from vae_course.exercises.core import Misconception
from vae_course.exercises.examine import examine

SEEDS = (1, 2, 3)
MANY_SEEDS = tuple(range(100, 120))

MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.misconceptions]
VARIANTS = [(e, name) for e in EXERCISES.values() for name in e.correct]


def wrong_answer(exercise: Exercise, misconception: Misconception) -> Any:
    """A mistake in a dictionary names only the wrong entries; the others are right."""
    if exercise.is_constant and isinstance(misconception.wrong, dict):
        assert exercise.truth is not None
        return {**exercise.truth(), **misconception.wrong}
    return misconception.wrong


def name_of(exercise: Exercise, misconception: str) -> str:
    """A mistake's family where it has one, else its own name."""
    families = {m.name: m.family or m.name for m in exercise.misconceptions}
    return families.get(misconception, misconception)


def assert_fails_with_its_name(exercise: Exercise, misconception: Misconception, seed: int) -> None:
    outcome = examine(exercise, exercise.answer(wrong_answer(exercise, misconception)), seed)
    assert outcome.status == "wrong", f"seed {seed}: {outcome.status}: {outcome.message}"
    assert outcome.points < exercise.points or exercise.points == 0
    named = name_of(exercise, outcome.misconception)
    assert named == name_of(exercise, misconception.name), f"seed {seed}: named {outcome.misconception!r}"
    assert any(m.message in outcome.message for m in exercise.misconceptions)


def assert_passes(exercise: Exercise, variant: str, seed: int) -> None:
    outcome = examine(exercise, exercise.answer(exercise.correct[variant]), seed)
    assert outcome, f"seed {seed}: {outcome.status}: {outcome.message}"
    assert outcome.points == exercise.points


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.name}-{m.name}" for e, m in MISTAKES])
def test_a_misconception_fails_and_is_named(exercise: Exercise, mistake: Misconception) -> None:
    for seed in SEEDS:
        assert_fails_with_its_name(exercise, mistake, seed)


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS, ids=[f"{e.name}-{n}" for e, n in VARIANTS])
def test_a_right_answer_in_another_style_passes(exercise: Exercise, variant: str) -> None:
    for seed in SEEDS:
        assert_passes(exercise, variant, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.name}-{m.name}" for e, m in MISTAKES])
def test_a_misconception_fails_and_is_named_for_many_seeds(exercise: Exercise, mistake: Misconception) -> None:
    for seed in MANY_SEEDS:
        assert_fails_with_its_name(exercise, mistake, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("exercise", "variant"), VARIANTS, ids=[f"{e.name}-{n}" for e, n in VARIANTS])
def test_a_right_answer_in_another_style_passes_for_many_seeds(exercise: Exercise, variant: str) -> None:
    for seed in MANY_SEEDS:
        assert_passes(exercise, variant, seed)


def test_the_course_is_worth_100_points() -> None:
    assert sum(e.points for e in EXERCISES.values() if not e.optional) == 100
    assert all(e.points == 0 for e in EXERCISES.values() if e.optional)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_an_exercise_is_complete(exercise: Exercise) -> None:
    assert len(exercise.misconceptions) >= 3
    assert len({m.name for m in exercise.misconceptions}) == len(exercise.misconceptions)
    assert len(exercise.hints) >= 3
    assert 1 <= exercise.difficulty <= 4
    assert exercise.is_constant or exercise.correct, "a right answer in another style is missing"
