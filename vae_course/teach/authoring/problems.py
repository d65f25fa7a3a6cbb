"""One kind of complaint, so that the build can collect them all and show them at once."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """Something that the build refuses: where, what was expected, what is there, and what to do next."""

    path: Path
    line: int
    expected: str
    got: str
    what_next: str
    exercise: str = ""

    def __str__(self) -> str:
        subject = f"exercise {self.exercise}: " if self.exercise else ""
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {subject}expected {self.expected}; got {self.got}.\n    Next: {self.what_next}"


class LessonRefused(Exception):
    """Raised where a step cannot go on; carries the problems found so far."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
