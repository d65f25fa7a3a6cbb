"""The catalogue examines the checks: every mistake fails and is named, every right answer in another style passes.

A part of them with one seed here, and of answers that are numbers all, as those cost nothing; `make check-the-checks` takes them all, with 10 seeds and 100, and prints the tables.
"""

import ast
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from tests.check_the_checks import accepted, refused
from tests.checks.right import RIGHT
from vae_course.checks.engine.diagnosis import shows
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Called, Check, Constant, Misconception
from vae_course.checks.engine.trial import Trial
from vae_course.checks.lessons import EXERCISES, Exercise

SEED = 1
ROOT = Path(__file__).parents[2]

FUNCTIONS = [
    e for e in EXERCISES.values() if isinstance(e, Called) and e.name not in ("VAE", "MyNetwork", "trained_model")
]

MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.misconceptions][::8]
STYLES = [(e, name) for e in EXERCISES.values() for name in RIGHT[e.name]]
VARIANTS = [style for i, style in enumerate(STYLES) if i % 6 == 0 or isinstance(style[0], Constant)]


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.name}-{m.name}" for e, m in MISTAKES])
def test_a_misconception_fails_and_is_named(exercise: Exercise, mistake: Misconception) -> None:
    fails, named, said = refused(exercise, mistake, SEED)
    assert fails and named, said


@pytest.mark.parametrize(("exercise", "variant"), VARIANTS, ids=[f"{e.name}-{n}" for e, n in VARIANTS])
def test_a_right_answer_in_another_style_passes(exercise: Exercise, variant: str) -> None:
    passes, said = accepted(exercise, RIGHT[exercise.name][variant], SEED)
    assert passes, said


def test_an_optional_exercise_has_no_points() -> None:
    assert all(e.points == 0 for e in EXERCISES.values() if e.optional)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_an_exercise_is_complete(exercise: Exercise) -> None:
    assert len(exercise.misconceptions) >= 3, "a learner who goes wrong is told why: three mistakes at least"
    assert len({m.name for m in exercise.misconceptions}) == len(exercise.misconceptions)
    assert len(exercise.hints) >= 3
    assert 1 <= exercise.difficulty <= 4
    assert isinstance(exercise, Constant) or RIGHT[exercise.name], "a right answer in another style is missing"


def stub_parameters(exercise: Exercise) -> list[tuple[str, ...]]:
    """The arguments of each function of the exercise's name in its lesson."""
    tree = ast.parse((ROOT / "solutions" / f"{exercise.lesson}.py").read_text(encoding="utf-8"))
    name = exercise.name.split(".")[-1]
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    return [tuple(argument.arg for argument in node.args.args) for node in found]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_an_exercise_knows_the_arguments_of_its_stub(exercise: Called) -> None:
    assert exercise.parameters in stub_parameters(exercise)


def test_a_check_that_fails_for_every_known_answer_is_a_fault_of_ours() -> None:
    def always(trial: Trial) -> None:
        raise KeyError("ours")

    def for_this_answer(trial: Trial) -> None:
        if trial.call().outputs["0"].ndim == 0:
            raise KeyError("theirs")

    exercise = EXERCISES["standardize"]
    with pytest.raises(KeyError, match="ours"):
        ours = replace(exercise, checks=(Check("broken", always),))
        examine(ours, ours.answer(lambda x, m, v: (x - m) / v.sqrt()), SEED)
    theirs = replace(exercise, checks=(Check("sound", for_this_answer),))
    found = examine(theirs, theirs.answer(lambda x, m, v: x.sum()), SEED)
    assert found.status == "wrong" and "cannot be compared" in found.message


def test_no_two_mistakes_of_a_constant_share_what_they_show() -> None:
    """A card may name one of them: to 2 %, as a learner's rounded number is read, each is told from every other."""
    for exercise in EXERCISES.values():
        known = [m for m in exercise.misconceptions if isinstance(exercise, Constant)]
        for one, other in combinations(known, 2):
            alike = shows(one.wrong, other.wrong) and shows(other.wrong, one.wrong)
            assert not alike, f"{exercise.name}: {one.name}, {other.name}"
