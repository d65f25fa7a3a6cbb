"""How long all calls of an answer together may take."""

import time
from dataclasses import dataclass
from typing import Any

from vae_course.answers.call import Answer, Call, TimedOut


@dataclass
class _Deadline:
    at: float
    seconds: float


class Budget:
    """An answer that is not called any more once the time for all its calls is used up.

    Nothing is interrupted here: the call that is running has a limit of its own, so that the whole may take one such limit
    longer. `method` gives the same answer on the same budget.
    """

    def __init__(self, answer: Answer, seconds: float, deadline: _Deadline | None = None) -> None:
        self.value = answer.value
        self._answer = answer
        self._deadline = deadline or _Deadline(time.monotonic() + seconds, seconds)

    def renew(self, seconds: float) -> None:
        """From now on, so many seconds for what is still to come."""
        self._deadline.at, self._deadline.seconds = time.monotonic() + seconds, seconds

    def call(self, *inputs: Any, seed: int) -> Call:
        """One call.

        Raises:
            TimedOut: the budget is used up.
        """
        if time.monotonic() > self._deadline.at:
            raise TimedOut(
                f"The calls of this check took more than {self._deadline.seconds:g} seconds together, so the rest was left "
                "out. A right answer takes milliseconds a call: compute with whole tensors, without loops over their entries."
            )
        return self._answer.call(*inputs, seed=seed)

    def method(self, name: str) -> "Budget":
        return Budget(self._answer.method(name), 0, self._deadline)
