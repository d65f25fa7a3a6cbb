"""How long all calls of an answer together may take."""

import time
from dataclasses import dataclass
from typing import Any

from vae_course.runner.answers.call import Answer, Call
from vae_course.runner.answers.time_limit import PATIENCE
from vae_course.runner.stopped import TimedOut


@dataclass
class _Purse:
    seconds: float
    computed: float = 0.0
    spent: float = 0.0

    @property
    def empty(self) -> bool:
        return self.computed > self.seconds or self.spent > PATIENCE * self.seconds


class Budget:
    """An answer that is not called any more once the time for all its calls is used up.

    What counts is the CPU time inside its calls, and PATIENCE times as much by the wall clock: a busy machine is nobody's fault. Nothing is
    interrupted here: the call that is running has a limit of its own, so that the whole may take one such limit longer. `method`
    gives the same answer on the same budget.
    """

    def __init__(self, answer: Answer, seconds: float, purse: _Purse | None = None) -> None:
        self.value = answer.value
        self._answer = answer
        self._purse = purse or _Purse(seconds)

    def renew(self, seconds: float) -> None:
        """From now on, so many seconds for what is still to come."""
        self._purse.seconds, self._purse.computed, self._purse.spent = seconds, 0.0, 0.0

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call:
        """One call.

        Raises:
            TimedOut: the budget is used up.
        """
        if self._purse.empty:
            raise TimedOut(
                f"The calls of this check took more than {self._purse.seconds:g} seconds together, so the rest was left "
                "out. A right answer takes milliseconds a call: compute with whole tensors, without loops over their entries."
            )
        begun = time.monotonic()
        try:
            call = self._answer.call(*inputs, seed=seed, twice=twice)
        finally:
            self._purse.spent += time.monotonic() - begun
        self._purse.computed += call.cpu
        return call

    def method(self, name: str) -> "Budget":
        return Budget(self._answer.method(name), 0, self._purse)
