"""Every check kills: take it away, and a catalogued mistake or a hostile answer passes. A check that kills nothing is deleted.

Bands are one question with several marks (eight of ten, at most 115 nats): whoever earns a mark has earned those before it, so
that taking one away lets nothing pass. There each mark is shown to be the first that some answer misses.
"""

import dataclasses
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch.distributions import Normal, kl_divergence

from tests.check_the_checks import wrong_answer
from tests.checks.hostile import HOSTILE
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Check
from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.checks.lessons.kl_divergence.gaussians import draw_two_gaussians
from vae_course.checks.lessons.kl_divergence.versions import VERSIONS, WRONG

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
    reached = all(check.reached for check in found.checks)
    return {check.name for check in found.checks if not check.passed and check.reached}, reached


def passes_without(check: Check, exercise: Exercise, answer: object) -> bool:
    rest = tuple(c for c in exercise.checks if c is not check)
    reduced = dataclasses.replace(exercise, checks=rest)
    return failures(reduced, answer) == (set(), True)


@pytest.mark.parametrize(("exercise", "check"), CHECKS, ids=[f"{e.name}: {c.name}" for e, c in CHECKS])
def test_without_this_check_a_wrong_answer_passes(exercise: Exercise, check: Check) -> None:
    alone = [answer for answer, failed, _ in wrong_answers(exercise) if failed == {check.name}]
    kills = any(passes_without(check, exercise, answer) for answer in alone)
    assert kills, (
        "no wrong answer fails this check alone: take the check out, or give HOSTILE in hostile.py one that does"
    )


class RefusesSome:
    """A test of kl_normal that refuses the first `count` of the ten wrong versions, which it knows by their numbers, and accepts the others."""

    def __init__(self, count: int) -> None:
        self.arguments = draw_two_gaussians(torch.Generator().manual_seed(0))
        space = {"torch": torch, "Normal": Normal, "kl_divergence": kl_divergence}
        self.refused = [eval(VERSIONS[name], space)(*self.arguments) for name in list(WRONG)[:count]]

    def __call__(self, kl: Any) -> bool:
        got = kl(*self.arguments)
        return not any(got.shape == wrong.shape and torch.allclose(got, wrong) for wrong in self.refused)


def dimmed_model(folder: Path, contrast: float) -> dict[str, Any]:
    """The course's model with less contrast in its logits: 1 costs 93 nats, 0.65 101, 0.5 112, 0.4 more, 0 over 130."""
    model = given.trained("v1_z20")
    with torch.no_grad():
        model.dec.net[-1].weight.mul_(contrast)
    path = folder / f"{contrast}.safetensors"
    save_file(model.state_dict(), path)
    return {"file": str(path), "nn": "v1", "z_dim": 20}


def answers_by_marks(name: str, folder: Path) -> list[Any]:
    """Answers that miss the first mark of a band, the second, ..."""
    if name == "kl_test":
        return [RefusesSome(count) for count in range(8)]
    if name == "derivation":
        return ["ECAGHB", "ECGAHF", "EGAHCB"]
    return [dimmed_model(folder, contrast) for contrast in (0.0, 0.4, 0.5, 0.65)]


@pytest.mark.parametrize("name", BANDS)
def test_each_mark_of_a_band_is_the_first_that_some_answer_misses(name: str, tmp_path: Path) -> None:
    exercise = EXERCISES[name]
    marks = [check.name for check in exercise.checks if check.points]
    for i, (answer, mark) in enumerate(zip(answers_by_marks(name, tmp_path), marks, strict=True)):
        found = examine(exercise, exercise.answer(answer), SEED)
        passed = [check.name for check in found.checks if check.passed and check.points]
        assert passed[:i] == marks[:i] and mark not in passed, (mark, found.message)


HOSTILE_ANSWERS = [(EXERCISES[name], i) for name, answers in HOSTILE.items() for i in range(len(answers))]


@pytest.mark.parametrize(("exercise", "i"), HOSTILE_ANSWERS, ids=[f"{e.name}-{i}" for e, i in HOSTILE_ANSWERS])
def test_a_hostile_answer_is_refused(exercise: Exercise, i: int) -> None:
    for seed in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = examine(exercise, exercise.answer(HOSTILE[exercise.name][i]), seed)
        assert found.status in ("wrong", "raised"), found.message
