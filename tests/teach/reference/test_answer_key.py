"""The two copies of the answers, `vae_course.teach.reference` and the solved lessons, against the checks and each other.

They are two copies on purpose: one is read by graders, the other by learners. Neither may drift.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.trial import generator
from vae_course.checks.lessons import EXERCISES, MODULE_OF, Exercise
from vae_course.teach import reference
from vae_course.teach.authoring.lesson_source import read_lesson

SOURCES = Path(__file__).parents[3] / "solutions"
# 7.3 hands in a trained model, which the lesson trains when it is run; nbval holds its verdict.
NEEDS_TRAINING = {"trained_model"}
SOLVED = [e for e in EXERCISES.values() if e.name not in NEEDS_TRAINING]
DETERMINISTIC = ["log_normal", "kl_normal", "log_bernoulli_with_logits", "log_mean_exp"]


def in_reference(exercise: Exercise) -> Any:
    """The reference's version of an exercise, or None."""
    owner, _, method = exercise.name.rpartition(".")
    if owner == "VAE" or exercise.name == "VAE":
        return reference.VAE if not method or hasattr(reference.VAE, method) else None  # a method runs on its class
    return getattr(reference, exercise.name, None) if not owner else None


KEYED = [e for e in EXERCISES.values() if in_reference(e) is not None]


@cache
def solved_lesson(lesson: str) -> dict[str, list[Any]]:
    """What a solved lesson defines, without running it: imports, functions, classes, and answers that are constants.

    A name that is defined twice has both definitions, in order.
    """
    source, _ = read_lesson(SOURCES / f"{lesson}.py", EXERCISES)
    namespace: dict[str, Any] = {"__name__": f"solved_{lesson}"}
    found: dict[str, list[Any]] = {}
    for cell in source.cells:
        if cell.kind != "code":
            continue
        statements = ast.parse(cell.source).body
        kept = [s for s in statements if isinstance(s, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)]
        if cell.regions:
            kept = statements
        exec(compile(ast.Module(kept, []), lesson, "exec"), namespace)
        for statement in kept:
            names = [statement.name] if isinstance(statement, ast.FunctionDef | ast.ClassDef) else []
            names += [t.id for t in getattr(statement, "targets", []) if isinstance(t, ast.Name)]
            for name in names:
                found.setdefault(name, []).append(namespace[name])
    return found


def solved(exercise: Exercise) -> Any:
    """The lesson's own answer to an exercise."""
    owner, _, method = exercise.name.rpartition(".")
    found = solved_lesson(exercise.lesson)
    if not owner:
        return found[exercise.name][-1]
    return next(getattr(cls, method) for cls in reversed(found[owner]) if method in vars(cls))


@pytest.mark.parametrize("exercise", SOLVED, ids=lambda e: e.name)
def test_the_solved_lesson_answers_its_own_exercises(exercise: Exercise) -> None:
    for seed in (1, 2, 3):
        outcome = examine(exercise, exercise.answer(solved(exercise)), seed)
        assert outcome and outcome.points == exercise.points, outcome.message


@pytest.mark.parametrize("exercise", KEYED, ids=lambda e: e.name)
def test_the_reference_passes_every_check(exercise: Exercise) -> None:
    for seed in (1, 2, 3):
        outcome = examine(exercise, exercise.answer(in_reference(exercise)), seed)
        assert outcome and outcome.points == exercise.points, outcome.message


@pytest.mark.slow
@pytest.mark.parametrize("exercise", KEYED, ids=lambda e: e.name)
def test_the_reference_passes_every_check_with_200_seeds(exercise: Exercise) -> None:
    for seed in range(1000, 1200):
        assert examine(exercise, exercise.answer(in_reference(exercise)), seed)


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_reference_lesson_and_given_agree(name: str) -> None:
    exercise = EXERCISES[name]
    for seed in range(20):
        arguments = exercise.arguments(generator(seed, "three copies"))
        expected = getattr(reference, name)(*arguments)
        for other in (solved(exercise), getattr(given, name)):
            torch.testing.assert_close(other(*arguments), expected, rtol=1e-5, atol=1e-4)


def test_an_exercise_stands_in_the_folder_of_its_lesson() -> None:
    for exercise in EXERCISES.values():
        assert MODULE_OF[exercise.name].startswith(f"vae_course.checks.lessons.{exercise.lesson.partition('_')[2]}.")
