"""The two kinds of puzzles, as data."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vae_course.checks.learning.puzzles.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """An exercise once more, under rules about how it is written.

    Args:
        exercise: its name; its own check decides whether an answer is right.
        rules: all of them hold.
        may_use: formulas of `vae_course.given` that an answer may call.
        ours: the length of the course's solution of the exercise, which need not keep the rules, see `rules.operations`.
        shortest: the length of the shortest answer to the puzzle that we know. The tests hold one, and no page does.
        moral: what it was about; said after a pass.
    """

    exercise: str
    rules: tuple[Rule, ...]
    may_use: tuple[str, ...] = ()
    ours: int
    shortest: int
    moral: str

    @property
    def says(self) -> str:
        return ", ".join(rule.says for rule in self.rules)


@dataclass(frozen=True, kw_only=True)
class BreakIt:
    """A weak test of an exercise: wanted is a wrong function that it accepts.

    Args:
        exercise: its name; its own check has to refuse the function, for its numbers.
        test: takes a function and asserts. The lesson shows the very same code (a test holds them together).
        moral: how to test better; said after a pass.
        forgot: those of the exercise's checks that look at what the moral speaks of.
    """

    exercise: str
    test: Callable[..., None] = field(repr=False)
    moral: str
    forgot: tuple[str, ...]


Puzzle = Constraint | BreakIt
