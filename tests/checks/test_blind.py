"""Answers written from the lesson text alone, by people who had not seen the checks: the catalogue does not examine itself.

In tests/checks/blind/, one file an exercise, 30 right and 30 wrong answers each; in second/ as many again, by other writers who had not seen the
first, a third of the wrong ones with two slips; in third/, by another writer, 5 right and 14 wrong ones each. The five methods of 6.1 stand in one class. A cell begins

    # %% right | name | the style
    # %% wrong | name | what is wrong | the misconception that must be named, or nothing where none is certain
"""

import math
import re
import warnings
from collections import Counter
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
from tests.share import one_in
from vae_course import given, nns
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES

FOLDER = Path(__file__).parent / "blind"
SEED = 7
BOUNDS = ("VAE.negative_elbo_bound", "VAE.negative_iwae_bound")
FIRST = (
    "sample_gaussian",
    "log_normal",
    "kl_normal",
    "log_bernoulli_with_logits",
    "log_mean_exp",
    "log_weights",
    *BOUNDS,
)


@dataclass(frozen=True)
class BlindAnswer:
    exercises: tuple[str, ...]
    right: bool
    name: str
    code: str
    named: str
    writing: str

    @property
    def exercise(self) -> str:
        """Its name; of the five that stand in one class, the first one's."""
        return self.exercises[0]

    def build(self) -> Any:
        """Execute the cell where a learner would, after the lesson's imports, and return the answer."""
        short = self.exercise.split(".")[-1]
        libraries = {
            "math": math,
            "np": np,
            "torch": torch,
            "nn": nn,
            "F": F,
            "Tensor": Tensor,
            "given": given,
            "nns": nns,
        }
        torchs = {name: getattr(distributions, name) for name in distributions.__all__}
        earlier = {name: value for name, value in vars(given).items() if name[0].islower() and name != short}
        namespace = {**earlier, **torchs, **libraries, "distributions": distributions, "__name__": "__main__"}
        exec(compile(self.code, f"{short}: {self.name}", "exec"), namespace)  # our own test data
        return namespace["VAE" if "." in self.exercise else short]


def answers() -> Iterator[BlindAnswer]:
    names = {name.split(".")[-1]: (name,) for name in EXERCISES if not name.startswith("IWAE")}
    names["sampling"] = tuple(name for name, e in EXERCISES.items() if e.number == "6.1")
    for path in sorted(FOLDER.rglob("*.py")):
        for cell in re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, code = cell.partition("\n")
            kind, name, _, *named = (part.strip() for part in head.split("|"))
            yield BlindAnswer(
                names[path.stem], kind == "right", name, code, named[0] if named else "", path.parent.name
            )


ANSWERS = list(answers())


def test_every_main_exercise_has_sixty_answers_half_of_them_right() -> None:
    """But for those that their writers thought wrong, and that are right by the card; one of 7.1 that could be judged either way is left out."""
    counts = Counter((a.writing, a.exercise) for a in ANSWERS if a.right)
    assert {name: counts["blind", name] - 30 for name in FIRST} == dict.fromkeys(FIRST, 0) | {BOUNDS[0]: 2}
    second = {name: 0 for name in (*FIRST, "VAE.sample_z", "VAE", "MyNetwork")} | {BOUNDS[0]: 1, "log_weights": 2}
    assert {name: counts["second", name] - 30 for name in second} == second
    assert {name: counts["third", name] for name in (*FIRST, "VAE")} == dict.fromkeys((*FIRST, "VAE"), 5)
    assert len(ANSWERS) == 480 + 659 + 171


NAMES = [f"{a.writing}-{a.exercise}-{'right' if a.right else 'wrong'}-{a.name}" for a in ANSWERS]


@pytest.mark.parametrize("answer", one_in(40, ANSWERS, NAMES))
def test_a_blind_answer_is_judged_rightly(answer: BlindAnswer) -> None:
    built = answer.build()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [examine(e, e.answer(built), SEED) for e in map(EXERCISES.__getitem__, answer.exercises)]
    assert all(found) == answer.right, [one.message for one in found]
    if answer.named:
        exercise = EXERCISES[answer.exercise]
        assert family_of(exercise, found[0].misconception) == family_of(exercise, answer.named), found[0].message
