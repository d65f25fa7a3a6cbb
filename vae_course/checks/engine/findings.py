"""What was found: structured, so that text, HTML and tables only render it."""

from collections.abc import Sequence
from dataclasses import dataclass

PROVED, PERHAPS = "proved", "perhaps"
"""The standing of a reason: it says what was seen, or what would make the same numbers."""
LIKELY = "Likely reason"
NOT_REACHED = "not reached"

Table = tuple[tuple[str, str], ...]
"""Rows of a name and what stands beside it."""


@dataclass(frozen=True)
class Reading:
    """What the numbers of an answer themselves say: sentences, and rows that belong to the last of them."""

    sentences: tuple[str, ...] = ()
    table: Table = ()

    def __bool__(self) -> bool:
        return bool(self.sentences or self.table)

    @classmethod
    def of(cls, found: "Reading | str") -> "Reading":
        """A single sentence as a reading; an empty one says nothing."""
        return found if isinstance(found, Reading) else cls((found,) if found else ())


@dataclass(frozen=True)
class Finding:
    """One thing that was found out about an answer.

    Args:
        got: a sentence on what came back.
        expected: a sentence on what should have come.
        where: what it is about, where an answer has several parts: an entry of a dictionary.
        reason: a sentence on why, with the way out.
        standing: of the reason: `PROVED` or `PERHAPS`.
        reading: where no reason is known: what the numbers say.
        line: of what was raised: the learner's own line, as `CallError.line`.
    """

    got: str
    expected: str = ""
    where: str = ""
    reason: str = ""
    standing: str = PERHAPS
    reading: Reading = Reading()
    line: str = ""

    @property
    def certain(self) -> list[str]:
        """What was seen, as lines; with a proved reason."""
        proved = self.reason if self.standing == PROVED else ""
        parts = (part for part in (self.got, self.expected, proved) if part)
        return " ".join(part if part.rstrip(")")[-1:] in (*".?!:…", "") else f"{part}." for part in parts).splitlines()

    @property
    def likely(self) -> str:
        """A reason that is not proved, or an empty string."""
        return self.reason if self.standing == PERHAPS else ""

    @property
    def rows(self) -> list[str]:
        """The table's rows in two columns."""
        width = max((len(name) for name, _ in self.reading.table), default=0)
        return [f"  {name:<{width}}  {value}" for name, value in self.reading.table]

    def __str__(self) -> str:
        likely = [f"{LIKELY}: {self.likely}"] if self.likely else []
        return "\n".join([*self.certain, *likely, *self.reading.sentences, *self.rows])


@dataclass(frozen=True)
class CheckResult:
    """What one check saw: nothing to tell if it passed, and nothing where it was not reached; `unwritten`: it met a stub."""

    name: str
    passed: bool
    points: float
    finding: Finding | None = None
    unwritten: bool = False

    @property
    def reached(self) -> bool:
        return self.passed or self.finding is not None

    @property
    def message(self) -> str:
        return str(self.finding) if self.finding else "" if self.passed else NOT_REACHED


@dataclass(frozen=True)
class Outcome:
    """What is known about an answer. True in a condition if and only if the answer is correct.

    `status`: "correct", "wrong" (may carry points), "not started", "raised", "timed out" or "forbidden"; in a sandbox also
    "out of memory" or "killed".
    """

    exercise: str
    lesson: str
    status: str
    points: float
    max_points: float
    misconception: str
    findings: tuple[Finding, ...]
    checks: tuple[CheckResult, ...]
    seed: int

    @property
    def message(self) -> str:
        """All that was found, as text."""
        return as_text(self.findings)

    def __bool__(self) -> bool:
        return self.status == "correct"


def as_text(findings: Sequence[Finding]) -> str:
    return "\n".join(filter(None, map(str, findings)))
