"""A check cannot tell an answer behind the pipe from one in this process: the same outcome, word for word."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.teach.grading.conftest import NAMES, called, exercise_called, seen
from tests.teach.grading.wrong_answers import HEAD, WRONG
from vae_course.checks import around
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Called, Constant
from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.given import VAE
from vae_course.runner.answers import BackwardFailed, Model
from vae_course.runner.notebooks import HandIn, answers_in, read_hand_in, run_definitions
from vae_course.teach.grading.sandbox.remote import RemoteSubmission, Workers

ROOT = Path(__file__).resolve().parents[3]
# 7.3 is marked by its file of weights, which no function computes.
CALLED = [e for e in EXERCISES.values() if isinstance(e, Called) and e.name != "trained_model"]
CONSTANTS = [e for e in EXERCISES.values() if isinstance(e, Constant)]
LESSONS = sorted({e.lesson for e in EXERCISES.values()})

Submit = Callable[[str], RemoteSubmission]


def solved(lesson: str) -> HandIn:
    return read_hand_in(ROOT / "solutions" / f"{lesson}.ipynb", NAMES)


@pytest.mark.parametrize("lesson", LESSONS)
def test_right_answers_have_the_same_outcome_in_the_sandbox(workers: Workers, lesson: str):
    here = run_definitions(solved(lesson))
    with workers.submission(solved(lesson)) as submission:
        assert all("does not exist where answers are marked" in why for why in submission.failed.values())
        assert submission.stopped is None
        for exercise in [e for e in (*CALLED, *CONSTANTS) if e.lesson == lesson]:
            assert exercise.name in submission.names
            there = examine(exercise, submission.answer(exercise), 11)
            answer, *_ = answers_in(here, exercise.name, EXERCISES)
            assert there.status == "correct" and there == examine(exercise, exercise.answer(answer), 11)


@pytest.mark.parametrize("exercise", CALLED, ids=lambda e: e.name)
def test_a_wrong_answer_has_the_same_outcome_in_the_sandbox(
    submitted: Submit, hand_in: Callable[[str], HandIn], exercise: Exercise
):
    text = HEAD + WRONG[exercise.name]
    submission = submitted(text)
    assert not submission.failed
    answer, *_ = answers_in(run_definitions(hand_in(text)), exercise.name, EXERCISES)
    here = examine(exercise, exercise.answer(answer), 12)
    there = examine(exercise, submission.answer(exercise), 12)
    assert there == here and there.status in ("wrong", "raised") and there.points < max(1, exercise.points)


def test_what_is_not_there_is_not_started(submitted: Submit):
    submission = submitted("a = 1")
    for exercise in CALLED:
        assert examine(exercise, submission.answer(exercise), 1).status == "not started"


def test_every_scaffold_and_harness_can_be_named_to_a_sandbox():
    for exercise in CALLED:
        for function in [*exercise.scaffold.values(), *filter(None, [exercise.harness])]:
            module, _, name = around.name_of(function).partition(":")
            assert f"def {name}(" in around.source_of(module, (name,))
    with pytest.raises(ValueError, match="cannot be named to a sandbox"):
        around.name_of(lambda: None)


def test_names_and_failures_are_those_of_the_definitions(submitted: Submit):
    submission = submitted(
        "import torch\ndef f(): pass\ndef log_normal(): return 1\nclass A:\n    def loss(self): pass\nkl_normal = torch.nothing"
    )
    assert submission.names == {"log_normal": 1, "VAE": 1, "VAE.loss": 1, "IWAE.loss": 1}
    assert re.search("no attribute 'nothing'", submission.failed["kl_normal"])


def test_a_methods_class_counts_by_its_name_else_by_the_method(submitted: Submit):
    text = """
import torch
from vae_course import given
class Mine(given.VAE):
    def loss(self, x): return torch.tensor(1.0)
class Other(given.VAE):
    def bound(self, x): return torch.tensor(2.0)
class VAE(given.VAE):
    def bound(self, x): return torch.tensor(3.0)
"""
    model = Model("tiny", 2, VAE(nn="tiny", z_dim=2).state_dict())
    submission, x = submitted(text), torch.ones(1, 784)
    assert called(submission, "VAE.loss", model, x).outputs["0"] == 1
    assert called(submission, "VAE.bound", model, x).outputs["0"] == 3


CALLS = """
import torch
def noisy(x): return x * torch.randn_like(x)
def unused(x, y): return x * 2
def changes(x):
    x.add_(1)
    return x.sum()
class Back(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): raise ValueError("on the way back")
def raises_back(x): return Back.apply(x)
def raises(x):
    raise KeyError("x" * 5000)
"""


def test_gradients_are_of_the_same_forward_pass_and_of_several_calls_in_any_order(submitted: Submit):
    submission = submitted(CALLS)
    answer = submission.answer(exercise_called("noisy"))
    x = torch.full((3,), 2.0)
    first, second = answer.call(x, seed=1), answer.call(x, seed=2)
    for call in (second, first, second):
        assert torch.allclose(call.pull_back({"0": torch.ones(3)})["0"] * 2, call.outputs["0"])
    assert called(submission, "unused", x, x).pull_back({"0": torch.ones(3)})["1"] is None
    assert called(submission, "changes", x).changed == ("0",)


def test_errors_arrive_with_the_students_own_line_and_no_longer_than_needed(submitted: Submit):
    submission = submitted(CALLS)
    error = called(submission, "raises", torch.ones(1)).error
    assert error is not None and error.type == "KeyError" and len(error.message) <= 1100
    assert error.line == 'line 15: raise KeyError("x" * 5000)'
    call = called(submission, "raises_back", torch.ones(1))
    with pytest.raises(BackwardFailed, match="on the way back"):
        call.pull_back({"0": torch.ones(1)})


def test_calls_that_nobody_holds_are_forgotten_and_held_ones_are_not(submitted: Submit):
    text = """
import gc
def twice(x): return x * 2
def held(): return {"calls": sum(str(type(thing)) == "<class 'vae_course.runner.answers.call.Call'>" for thing in gc.get_objects())}
"""
    submission = submitted(text)
    answer = submission.answer(exercise_called("twice"))
    keep = [answer.call(torch.ones(3), seed=i) for i in range(5)]
    for i in range(20):
        answer.call(torch.ones(3), seed=i)
    assert seen(submission, "held")["calls"] == len(keep)


@pytest.mark.parametrize("value", ["3.5", "{'a': 1, 'b': [True, None]}", "torch.tensor(2.0)", "'no'", "print"])
def test_constants_arrive(submitted: Submit, value: str):
    expected = {"torch.tensor(2.0)": 2.0}
    found = submitted(f"import torch\ntwo_boxes = {value}").constant("two_boxes")
    if value == "print":
        assert found.kind == "builtin_function_or_method"
    else:
        assert found == (expected[value] if value in expected else eval(value))
