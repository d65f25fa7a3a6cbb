"""What the build reads of an exercise, and the head of its card made from it."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class MistakeFacts(Protocol):
    """What is told of a mistake after a pass."""

    @property
    def reason(self) -> str: ...
    @property
    def seen(self) -> str: ...


class ExerciseFacts(Protocol):
    """What the build reads of an Exercise. Read-only, so that frozen dataclasses fit."""

    @property
    def name(self) -> str: ...
    @property
    def lesson(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def points(self) -> float: ...
    @property
    def misconceptions(self) -> Sequence[MistakeFacts]: ...
    @property
    def minutes(self) -> float: ...
    @property
    def difficulty(self) -> int: ...
    @property
    def lines(self) -> str: ...
    @property
    def tries(self) -> int: ...
    @property
    def optional(self) -> bool: ...


Exercises = Mapping[str, ExerciseFacts]


def card_head(exercises: Sequence[ExerciseFacts]) -> str:
    """The heading and the line of facts. The words say everything; the dots only repeat it."""
    first = exercises[0]
    difficulties = [e.difficulty for e in exercises]
    hardest, in_words = max(difficulties), _for_each(difficulties, "")
    minutes = sum(e.minutes for e in exercises)
    points = sum(e.points for e in exercises)
    facts = [f"difficulty {'●' * hardest}{'○' * (4 - hardest)} ({in_words} of 4)"]
    facts.append(f"{minutes:g} minute{'' if minutes == 1 else 's'}")
    if all(e.optional for e in exercises):
        facts.append("optional")
    else:
        facts.append(f"{points:g} point{'' if points == 1 else 's'}")
    if first.lines:
        # "about 2 lines" is an estimate; "3 numbers" is what is asked.
        about = "about " if "line" in first.lines else ""
        facts.append(about + _for_each([e.lines for e in exercises], " each"))
    if first.tries:
        facts.append(f"the first {first.tries} tries count")
    numbers = list(dict.fromkeys(e.number for e in exercises))
    titles = first.title if len(numbers) == 1 else "; ".join(e.title for e in exercises)
    return f"### Exercise{'s'[: len(numbers) - 1]} {' and '.join(numbers)} · {titles}\n\n*{' · '.join(facts)}*"


def _for_each(values: Sequence[object], each: str) -> str:
    """One value for all; else "3 and 1" where all differ, "1 line or 2 lines each" where some agree."""
    different = list(dict.fromkeys(map(str, values)))
    if len(different) == len(values):
        return " and ".join(different)
    return " or ".join(different) + each
