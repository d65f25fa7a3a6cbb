"""Answers written from the lesson text alone, by people who had not seen the checks: the catalogue does not examine itself.

In tests/checks/blind/, one file an exercise, 30 right and 30 wrong answers each. A cell begins

    # %% right | name | the style
    # %% wrong | name | what is wrong | the misconception that must be named, or nothing where none is certain
"""

import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, distributions, nn

from tests.check_the_checks import family_of
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES

FOLDER = Path(__file__).parent / "blind"
SEED = 7


@dataclass(frozen=True)
class BlindAnswer:
    exercise: str
    right: bool
    name: str
    code: str
    named: str

    def build(self) -> Any:
        """Execute the cell where a learner would, after the lesson's imports, and return the answer."""
        short = self.exercise.split(".")[-1]
        libraries = {"math": math, "np": np, "torch": torch, "nn": nn, "F": F, "Tensor": Tensor, "given": given}
        torchs = {name: getattr(distributions, name) for name in distributions.__all__}
        earlier = {name: value for name, value in vars(given).items() if name[0].islower() and name != short}
        namespace = {**earlier, **torchs, **libraries, "distributions": distributions, "__name__": "__main__"}
        exec(compile(self.code, f"{short}: {self.name}", "exec"), namespace)  # our own test data
        return namespace["VAE" if "." in self.exercise else short]


def answers() -> Iterator[BlindAnswer]:
    names = {name.split(".")[-1]: name for name in EXERCISES if not name.startswith("IWAE")}
    for path in sorted(FOLDER.glob("*.py")):
        for cell in re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, code = cell.partition("\n")
            kind, name, _, *named = (part.strip() for part in head.split("|"))
            yield BlindAnswer(names[path.stem], kind == "right", name, code, named[0] if named else "")


ANSWERS = list(answers())


def test_every_main_exercise_has_sixty_answers_half_of_them_right() -> None:
    for name in (
        "sample_gaussian",
        "log_normal",
        "kl_normal",
        "log_bernoulli_with_logits",
        "log_mean_exp",
        "log_weights",
    ):
        assert [answer.right for answer in ANSWERS if answer.exercise == name].count(True) == 30
    assert len(ANSWERS) == 480  # two that their writer thought wrong are right by the cards of the bounds


@pytest.mark.parametrize(
    "answer", ANSWERS, ids=[f"{a.exercise}-{'right' if a.right else 'wrong'}-{a.name}" for a in ANSWERS]
)
def test_a_blind_answer_is_judged_rightly(answer: BlindAnswer) -> None:
    exercise = EXERCISES[answer.exercise]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = examine(exercise, exercise.answer(answer.build()), SEED)
    assert bool(found) == answer.right, found.message
    if answer.named:
        assert family_of(exercise, found.misconception) == family_of(exercise, answer.named), found.message
