"""`progress()`: what is solved, over all lessons."""

from collections.abc import Container, Iterable
from html import escape
from itertools import groupby

from vae_course.checks.learning import edition, state
from vae_course.checks.learning.cards import frame
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.lessons import BEYOND, CORE, EXERCISES, Exercise
from vae_course.printable import printable

ENDS = (
    "On {} this card is kept until the session ends. To keep it longer, name a folder that stays before your first check: "
    'import os; os.environ["VAE_COURSE_HOME"] = "..."'
)
UNIFORM_PIXELS = 543.43  # 784 ln 2: a model that knows nothing


class Progress:
    """The progress card: HTML in a notebook, plain text everywhere else."""

    def __init__(
        self, entries: dict[str, dict], nats: float | None, predictions: dict[str, dict], puzzles: dict[str, dict]
    ) -> None:
        self._entries = entries
        self._nats = nats
        self._predictions = predictions
        solved = len(puzzles.keys() & PUZZLES.keys())
        service = state.ends_with()
        begun = any(exercise.name in entries for exercise in _exercises() if exercise.lesson in BEYOND)
        self._below = [f"beyond the core, counted apart: {self._points(BEYOND)}"] if begun else []
        self._below += [f"puzzles: {solved} of {len(PUZZLES)}"] if solved else []
        self._below += [ENDS.format(service)] if service else []

    def __repr__(self) -> str:
        lines = [self._head()]
        for lesson, exercises in _by_lesson():
            names = ", ".join(f"{self._sign(e)} {e.name}" for e in exercises)
            lines.append(f"  {lesson}: {names}{self._foreseen(lesson)}")
        return printable("\n".join([*lines, *(f"  {line}" for line in self._below)]))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left;vertical-align:top;padding-right:1em'>{escape(lesson)}</td>"
            f"<td style='text-align:left'>{' · '.join(f'{self._sign(e)}&nbsp;{escape(e.name)}' for e in exercises)}{self._foreseen(lesson)}</td></tr>"
            for lesson, exercises in _by_lesson()
        )
        table = f"<table style='margin:.4em 0 0'>{rows}</table>"
        below = "".join(f"<div style='margin-top:.4em'>{escape(line)}</div>" for line in self._below)
        return frame(f"<b>{escape(self._head())}</b>{table}{below}", "#0072B2")

    def _head(self) -> str:
        nats = UNIFORM_PIXELS if self._nats is None else self._nats
        counted = self._points(CORE) or self._points(BEYOND)
        return f"Your progress: {counted} · our model: −{nats:.1f} nats per image"

    def _points(self, lessons: Container[str]) -> str:
        """What is earned in some lessons, of what they are worth; empty if this edition has none of them."""
        of_these = [exercise for exercise in _exercises() if exercise.lesson in lessons]
        earned = sum(self._entries.get(e.name, {}).get("points", 0) for e in of_these)
        return f"{earned:g} of {sum(e.points for e in of_these):g} points" if of_these else ""

    def _foreseen(self, lesson: str) -> str:
        """How many predictions of a lesson came true, of those that were made and seen."""
        number = lesson.partition("_")[0]
        judged = [p["right"] for name, p in self._predictions.items() if name.startswith(f"{number}.") and "right" in p]
        return f" · right predictions: {sum(judged)} of {len(judged)}" if judged else ""

    def _sign(self, exercise: Exercise) -> str:
        status = self._entries.get(exercise.name, {}).get("status", "not started")
        return {"correct": "✓", "not started": "○"}.get(status, "✗")


def progress(nats: float | None = None) -> Progress:
    """A card over all lessons: ✓ solved, ✗ tried, ○ not started; and how good our model is by now.

    Args:
        nats: a new figure for "our model": the negative bound of a test image, in nats, so a positive number, as in
            `evaluate(...).nll`; the smallest one is kept.

    Raises:
        ValueError: nats is negative, as a bound on log p(x) is, or 0.
    """
    if nats is not None:
        nats = float(nats)
        if nats <= 0:
            raise ValueError(
                f"nats={nats:g} is no cost of an image: expected is the NELBO, a positive number of nats. evaluate(...).bound "
                "is a bound on log p(x) and negative: give its negative, evaluate(...).nll."
            )
        state.record_nats(nats)
    found = state.load()
    return Progress(found["exercises"], found["nats"], found["predictions"], found["puzzles"])


def _exercises() -> list[Exercise]:
    return [exercise for exercise in EXERCISES.values() if exercise.lesson in edition.lessons()]


def _by_lesson() -> Iterable[tuple[str, list[Exercise]]]:
    for lesson, exercises in groupby(_exercises(), key=lambda e: e.lesson):
        yield lesson, list(exercises)
