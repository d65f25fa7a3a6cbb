"""Answers that are right at first and strange from some call on: wrong, with a reason, and never a fault of ours."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.checks.right import right
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Called
from vae_course.checks.lessons import EXERCISES

STRANGE: dict[str, Callable[[Tensor], Any]] = {
    "nothing": lambda right: None,
    "no entries": lambda right: torch.zeros(0),
    "another shape": lambda right: torch.zeros(3, 5),
    "whole numbers": lambda right: right.long(),
    "a number that no tensor holds": lambda right: 10**400,
}
FUNCTIONS = [name for name, e in EXERCISES.items() if isinstance(e, Called) and not isinstance(right(name), type)]


def from_call(first: int, right: Callable[..., Any], strange: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """The right answer, whose first tensor is another thing from call number `first` on."""
    calls = itertools.count()

    def answer(*inputs: Any) -> Any:
        found = right(*inputs)
        if next(calls) < first:
            return found
        if isinstance(found, tuple):
            return (strange(torch.as_tensor(found[0], dtype=torch.float32)), *found[1:])
        return strange(torch.as_tensor(found, dtype=torch.float32))

    return answer


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_answer_that_becomes_strange_is_no_fault_of_ours(name: str):
    exercise = EXERCISES[name]
    answer = right(name)
    for first in (0, 4):
        for strange in STRANGE.values():
            found = examine(exercise, exercise.answer(from_call(first, answer, strange)), seed=7)
            assert found.status == "correct" or found.message
