"""One answer under examination, and the ways in which a check can end."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor

from vae_course.checks.engine.exercise import Arguments, Called, Exercise, Formula, Misconception
from vae_course.checks.engine.findings import Finding, Reading
from vae_course.runner.answers import Answer, Call

T = TypeVar("T")
Closer = Callable[[], Reading | str]
"""A closer look at a wrong answer: a sentence, or more than one."""


class Wrong(Exception):
    """A check's verdict on a wrong answer.

    Args:
        got: a sentence on what came back, or all of a finding.
        expected: a sentence on what should have come.
        closer: called when no misconception is found, for a closer look: what can be told of the two numbers.
        reason: finds the misconception, where not the exercise's own catalogue is to be asked.
        where: what it is about, where an answer has several parts: an entry of a dictionary.
        follows: names of checks. Where one of them fails too, this is no news of its own, and a card leaves it out.

    Attributes:
        check: the name of the check that says so.
        part: of an answer that is a whole class: the method that it is about.
        rests_on: other methods, which this one may call, and whose mistakes fail it too.
    """

    check = ""
    part = ""
    rests_on: tuple[str, ...] = ()

    def __init__(
        self,
        got: str | Finding,
        expected: str = "",
        closer: Closer | None = None,
        reason: Callable[[], Misconception | None] | None = None,
        where: str = "",
        follows: tuple[str, ...] = (),
    ) -> None:
        super().__init__(got)
        self.finding = got if isinstance(got, Finding) else Finding(got, expected, where)
        self.closer = closer
        self.reason = reason
        self.follows = follows


class Unwritten(Wrong):
    """A part of an answer is a stub still. A card speaks of what is written first."""


class NotStarted(Exception):
    """What came back are the placeholders of a stub, so that nothing is written yet."""


class Raised(Exception):
    """The answer raised; `call.error` says what."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.error)
        assert call.error is not None
        self.call, self.error = call, call.error


class Trial:
    """One answer under examination: what the checks of an exercise share.

    All randomness comes from `seed`; each label has a stream of its own, so that adding a check moves no other. What one check
    has found out for all of them is kept, see `per_trial`.

    Args:
        arguments: in place of a draw of the exercise's own.
    """

    def __init__(self, exercise: Exercise, answer: Answer, seed: int, arguments: Arguments | None = None) -> None:
        self.exercise = exercise
        self.answer = answer
        self.seed = seed
        self.kept: dict[Any, Any] = {} if arguments is None else {"arguments": arguments}

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What was made when it was first asked for."""
        if key not in self.kept:
            self.kept[key] = make()
        found: T = self.kept[key]
        return found

    def generator(self, label: str) -> Generator:
        """A fresh generator for one purpose."""
        return generator(self.seed, label)

    @property
    def arguments(self) -> Arguments:
        """One draw of the exercise's arguments, the same for all checks of this trial."""
        return self.once("arguments", lambda: self._called.arguments(self.generator("arguments")))

    def draw(self, index: int) -> Arguments:
        """Draw number `index` of the arguments; 0 is `self.arguments`."""
        return self._called.arguments(self.generator(f"arguments {index}")) if index else self.arguments

    def call_on_draw(self, index: int) -> Call:
        """Call the answer on draw number `index`; draw 0 is called once for all checks."""
        return self.call() if index == 0 else self.call(*self.draw(index), seed=index)

    def named(self, arguments: Arguments) -> dict[str, Any]:
        """The arguments by their names."""
        return dict(zip(self.formula.parameters, arguments, strict=True))

    def truth(self, arguments: Arguments | None = None) -> Tensor:
        """The right value for some arguments (`self.arguments`), in double precision."""
        return self.formula.truth(*(_double(a) for a in (self.arguments if arguments is None else arguments)))

    def call(self, *arguments: Any, seed: int = 0, twice: bool = False) -> Call:
        """Call the answer; without arguments, on `self.arguments`, once for all checks. `twice`: see `LocalAnswer.call`.

        Raises:
            Raised: the answer raised.
        """
        if not arguments:
            return self.once("call", lambda: self.call(*self.arguments, seed=self.seed))
        call = self.answer.call(*arguments, seed=self.seed_of(seed), twice=twice)
        if call.error is not None:
            raise Raised(call)
        return call

    def seed_of(self, seed: int) -> int:
        """What torch is seeded with where the answer is called with `seed`."""
        return self.seed + 7919 * seed

    @property
    def _called(self) -> Called:
        assert isinstance(self.exercise, Called), f"{self.exercise.name} is a constant"
        return self.exercise

    @property
    def formula(self) -> Formula:
        """The exercise, whose truth is known for every input."""
        assert isinstance(self.exercise, Formula), f"{self.exercise.name} has no truth of its own"
        return self.exercise


def per_trial(measure: Callable[..., T]) -> Callable[..., T]:
    """A measurement `measure(trial, *details)` that is made once for each trial, whichever check asks first."""

    @wraps(measure)
    def kept(trial: Trial, *details: Any) -> T:
        return trial.once((measure, details), lambda: measure(trial, *details))

    return kept


def _double(a: Any) -> Any:
    return a.double() if isinstance(a, Tensor) and a.is_floating_point() else a


def generator(seed: int, label: str) -> Generator:
    """A generator seeded by a number and a word."""
    stream = sum((i + 1) * byte for i, byte in enumerate(label.encode()))
    return torch.Generator().manual_seed(1_000_003 * seed + stream)
