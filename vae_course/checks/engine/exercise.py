"""An exercise is data: one object says everything about it.

The check in the notebook, the hint ladder, the progress card, the autograder, the class report and the tests of the
checks themselves are all made from it. There are four kinds, by what is asked for: a `Constant`, a `Formula`, a `Method`, and what
is `Played`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Generator, Tensor

from vae_course.runner.answers import Answer, LocalAnswer

Arguments = tuple[Any, ...]
Fingerprint = Callable[[Answer], dict[str, Tensor]]

COLLECTED = 277
"""How many real homework answers to these exercises were collected from public repositories, to count mistakes in."""


@dataclass(frozen=True)
class Check:
    """One thing that a right answer does. `test(trial)` returns when it does, and raises `Wrong` when it does not (both are in `trial`).

    A check of 0 points is a gate: when it fails, the checks after it are not reached.
    """

    name: str
    test: Callable[[Any], None]
    points: float = 0


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation with a name, and the sentence that a good tutor would say.

    Args:
        name: short, in kebab-case.
        wrong: what the mistaken learner writes (a function, a class or a constant, as the exercise asks).
        message: the likely reason and the way out; empty in a choice that is judged as a whole, which has a `reason`.
        family: the name shared by mistakes that give the same numbers, where the message says only what is certain.
        seen: what was counted in the `COLLECTED` answers, e.g. "7 got the sign of rec wrong"; empty where nobody counted.
        reason: of a choice whose tries are counted, what the message may not tell yet, because it is the answer: shown after
            a pass or the last try.
        otherwise: the message once more without the names of functions, for a puzzle that forbids them.
    """

    name: str
    wrong: Any
    message: str = ""
    family: str = ""
    seen: str = ""
    reason: str = ""
    otherwise: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Exercise:
    """What every exercise has.

    Args:
        name: the function, "VAE.method", class or constant that the learner writes.
        lesson: "01_reparameterization", the lesson's file name without its ending.
        number: "1.1", as on the card.
        title: the card's heading.
        minutes, difficulty: difficulty runs from 1 to 4.
        lines: how long a right answer is, in words: "2 lines".
        checks: in order; their points are the exercise's.
        misconceptions: wrong answers by name; every one fails.
        hints: at least three; the last stops just short of the answer.
        optional: counts in no total.
        tries: of a choice between a few words: how many wrong tries count in the notebook; 0: any number.
        seconds: how long one call may take before it is stopped.
    """

    name: str
    lesson: str
    number: str
    title: str
    minutes: int
    difficulty: int
    lines: str
    checks: tuple[Check, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    optional: bool = False
    tries: int = 0
    seconds: float = 1.8

    def __post_init__(self) -> None:
        if len(self.hints) < 3:
            raise ValueError(f"exercise {self.name}: a hint ladder has at least three rungs, not {len(self.hints)}")

    @property
    def points(self) -> float:
        total = round(sum(check.points for check in self.checks), 6)  # ten tenths are one
        return int(total) if total == int(total) else total

    @property
    def method(self) -> str:
        """ "loss" for "VAE.loss"; empty for what is no method."""
        return self.name.partition(".")[2]

    @property
    def in_class(self) -> bool:
        """The answer is a class, or a method of one: it may have any name."""
        return bool(self.method) or self.name == "VAE"

    def answer(self, obj: Any) -> LocalAnswer:
        """An object in this process as an answer to this exercise."""
        return LocalAnswer(obj)


@dataclass(frozen=True, eq=False, kw_only=True)
class Constant(Exercise):
    """Numbers, words or an order, marked without running anything. A misconception of a dictionary names only the entries that
    it gets wrong.

    Args:
        right: the right value: a number, a string, a list or a dictionary.
    """

    right: Any


@dataclass(frozen=True, eq=False, kw_only=True)
class Called(Exercise):
    """What is called: the common part of the three kinds below.

    Args:
        arguments: generator -> the arguments of one call; (for models: a `Model` first).
        parameters: their names, as in the stub; of a formula they are its truth's.
        fingerprint: answer -> numbers by which mistakes are told apart. Default: outputs and gradients on two draws.
        agreement: how far two fingerprints of the same mistake may lie apart, relative to 1 + their size.
        scaffold: right versions of other exercises that the answer stands on, by name ("f" or "VAE.method").
        harness: plays the call for answers that take objects; see `LocalAnswer`.
        slopes: the inputs ask for gradients; False where none is promised, and numpy is as good as torch.
        notes: trial of a right answer -> a sentence for its card, or an empty string.
    """

    arguments: Callable[[Generator], Arguments]
    parameters: tuple[str, ...] = ()
    fingerprint: Fingerprint | None = None
    agreement: float = 1e-4
    scaffold: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    harness: Callable[..., Any] | None = None
    slopes: bool = True
    notes: tuple[Callable[[Any], str], ...] = ()

    def answer(self, obj: Any) -> LocalAnswer:
        return LocalAnswer(obj, method=self.method, scaffold=self.scaffold, harness=self.harness, slopes=self.slopes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Formula(Called):
    """Tensors in, a tensor out.

    Args:
        truth: the right value for these arguments, sharing no code with the answer key; of a random draw, its mean.
        formulas: the right one, in one spelling or more, as expressions of the arguments; see `engine.formulas`.
        draws: the value is a random draw, so that it has no right numbers, and the checks look at its law.
    """

    truth: Callable[..., Tensor]
    formulas: tuple[str, ...] = ()
    draws: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "parameters", tuple(inspect.signature(self.truth).parameters))


@dataclass(frozen=True, eq=False, kw_only=True)
class Method(Called):
    """A method of a model, a function that takes one, or the whole class: bounds and sampling.

    Args:
        taught: of the whole class: the exercises before it, by name. Its methods' mistakes are theirs.
    """

    taught: Mapping[str, Exercise] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Played(Called):
    """What takes or gives objects, so that a harness plays the call: a training step, a test, a network.

    Args:
        warm_up: called once before the answer's time is taken, for what torch loads when it is first used.
    """

    harness: Callable[..., Any]
    warm_up: Callable[[], object] = lambda: None
