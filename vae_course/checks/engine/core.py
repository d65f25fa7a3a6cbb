"""An exercise is data: one object says everything about it.

The check in the notebook, the hint ladder, the progress card, the autograder, the class report and the tests of the
checks themselves are all made from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.runner.answers import Answer, Call, LocalAnswer

Arguments = tuple[Any, ...]

COLLECTED = 277
"""How many real homework answers to these exercises were collected from public repositories, to count mistakes in."""


class Wrong(Exception):
    """A check's verdict on a wrong answer.

    Args:
        got: a sentence on what came back.
        expected: a sentence on what should have come.
        closer: called when no misconception is found, for a closer look: what can be told of the two numbers.
        reason: finds the misconception, where not the exercise's own catalogue is to be asked.
    """

    def __init__(
        self,
        got: str,
        expected: str = "",
        closer: Callable[[], str] | None = None,
        reason: "Callable[[], Misconception | None] | None" = None,
    ) -> None:
        super().__init__(got)
        self.got = got
        self.expected = expected
        self.closer = closer
        self.reason = reason


class Unwritten(Wrong):
    """A part of an answer is a stub still. A card speaks of what is written first."""


class NotStarted(Exception):
    """What came back are the placeholders of a stub, so that nothing is written yet."""


class Raised(Exception):
    """The answer raised; `call.error` says what."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.error)
        self.call = call


@dataclass(frozen=True)
class Check:
    """One thing that a right answer does. `test(trial)` returns when it does, and raises `Wrong` when it does not.

    A check of 0 points is a gate: when it fails, the checks after it are not reached.
    """

    name: str
    test: Callable[["Trial"], None]
    points: float = 0


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation with a name, and the sentence that a good tutor would say.

    Args:
        name: short, in kebab-case.
        wrong: what the mistaken learner writes (a function, a class or a constant, as the exercise asks).
        message: the likely reason and the way out.
        family: the name shared by mistakes that give the same numbers, where the message says only what is certain.
        seen: what was counted in the `COLLECTED` answers, e.g. "7 got the sign of rec wrong"; empty where nobody counted.
        reason: of a choice whose tries are counted, what the message may not tell yet, because it is the answer: shown after
            a pass or the last try.
    """

    name: str
    wrong: Any
    message: str
    family: str = ""
    seen: str = ""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Exercise:
    """Everything about one exercise.

    Args:
        name: the function, "VAE.method", class or constant that the learner writes.
        lesson: "01_reparameterization", the lesson's file name without its ending.
        number: "1.1", as on the card.
        title: the card's heading.
        points, minutes, difficulty: difficulty runs from 1 to 4. Optional exercises have no points.
        lines: how long a right answer is, in words: "2 lines".
        arguments: generator -> the arguments of one call; (for models: a `Model` first). None for constants.
        truth: the right value for these arguments, sharing no code with the answer key.
        checks: in order; their points add up to `points`.
        misconceptions: wrong answers by name; every one fails.
        correct: right answers by name, in other styles than the solution's; every one passes.
        hints: at least three; the last stops just short of the answer.
        terms: of a closed form summed over the last axis: the terms that it adds up, see `exercises.terms`.
        fingerprint: answer -> numbers by which mistakes are told apart. Default: outputs and gradients on two draws.
        agreement: how far two fingerprints of the same mistake may lie apart, relative to 1 + their size.
        scaffold: right versions of other exercises that the answer stands on, by name ("f" or "VAE.method").
        taught: of a whole class: the exercises before it, by name; its methods' mistakes are theirs.
        harness: plays the call for answers that take objects; see `LocalAnswer`.
        stub: for constants, the placeholder in the untouched notebook.
        tries: of a choice between a few words: how many wrong tries count in the notebook; 0: any number.
        warm_up: called once before the answer's time is taken, for what torch loads when it is first used.
        optional: not part of the 100 points.
        seconds: how long one call may take before it is stopped.

    A constant (number, string, list, dictionary) has no `arguments`, and its `truth()` is the right value. A misconception
    of a dictionary names only the entries that it gets wrong.
    """

    name: str
    lesson: str
    number: str
    title: str
    points: float
    minutes: int
    difficulty: int
    lines: str
    checks: tuple[Check, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    arguments: Callable[[Generator], Arguments] | None = None
    truth: Callable[..., Any] | None = None
    correct: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, tuple[float, Callable[..., Tensor]]] = field(default_factory=dict)
    fingerprint: "Callable[[Answer], dict[str, Tensor]] | None" = None
    agreement: float = 1e-3
    scaffold: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    taught: "Mapping[str, Exercise]" = field(default_factory=dict)
    harness: Callable[..., Any] | None = None
    stub: Any = None
    tries: int = 0
    warm_up: Callable[[], object] | None = None
    optional: bool = False
    seconds: float = 1.8

    def __post_init__(self) -> None:
        total = sum(check.points for check in self.checks)
        if abs(total - self.points) > 1e-9:
            raise ValueError(f"exercise {self.name}: its checks add up to {total} points, not {self.points}")
        if len(self.hints) < 3:
            raise ValueError(f"exercise {self.name}: a hint ladder has at least three rungs, not {len(self.hints)}")

    @property
    def is_constant(self) -> bool:
        """A number, string, list or dictionary: marked without running anything."""
        return self.arguments is None

    @property
    def is_method(self) -> bool:
        return "." in self.name

    def answer(self, obj: Any) -> LocalAnswer:
        """An object in this process as an answer to this exercise."""
        return LocalAnswer(
            obj,
            method=self.name.split(".")[1] if self.is_method else "",
            scaffold=self.scaffold,
            harness=self.harness,
        )


class Trial:
    """One answer under examination: what the checks of an exercise share.

    All randomness comes from `seed`; each label has a stream of its own, so that adding a check moves no other. What one check
    has found out for all of them it may leave in `kept`.
    """

    def __init__(self, exercise: Exercise, answer: Answer, seed: int) -> None:
        self.exercise = exercise
        self.answer = answer
        self.seed = seed
        self.kept: dict[str, Any] = {}
        self._arguments: Arguments | None = None
        self._call: Call | None = None

    def generator(self, label: str) -> Generator:
        """A fresh generator for one purpose."""
        return generator(self.seed, label)

    @property
    def arguments(self) -> Arguments:
        """One draw of the exercise's arguments, the same for all checks of this trial."""
        if self._arguments is None:
            assert self.exercise.arguments is not None, "a constant has no arguments"
            self._arguments = self.exercise.arguments(self.generator("arguments"))
        return self._arguments

    def draw(self, index: int) -> Arguments:
        """Draw number `index` of the arguments; 0 is `self.arguments`."""
        if index == 0:
            return self.arguments
        assert self.exercise.arguments is not None
        return self.exercise.arguments(self.generator(f"arguments {index}"))

    def call_on_draw(self, index: int) -> Call:
        """Call the answer on draw number `index`; draw 0 is called once for all checks."""
        return self.call() if index == 0 else self.call(*self.draw(index), seed=index)

    def truth(self, arguments: Arguments | None = None) -> Tensor:
        """The right value for some arguments (`self.arguments`), in double precision."""
        assert self.exercise.truth is not None
        arguments = self.arguments if arguments is None else arguments
        return self.exercise.truth(*(_double(a) for a in arguments))

    def call(self, *arguments: Any, seed: int = 0) -> Call:
        """Call the answer; without arguments, on `self.arguments`, once for all checks.

        Raises:
            Raised: the answer raised.
        """
        if not arguments:
            if self._call is None:
                self._call = self.call(*self.arguments, seed=self.seed)
            return self._call
        call = self.answer.call(*arguments, seed=self.seed + 7919 * seed)
        if call.error is not None:
            raise Raised(call)
        return call


def _double(a: Any) -> Any:
    return a.double() if isinstance(a, Tensor) and a.is_floating_point() else a


def generator(seed: int, label: str) -> Generator:
    """A generator seeded by a number and a word."""
    stream = sum((i + 1) * byte for i, byte in enumerate(label.encode()))
    return torch.Generator().manual_seed(1_000_003 * seed + stream)
