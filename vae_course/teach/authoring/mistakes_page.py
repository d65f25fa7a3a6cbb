"""docs/what-learners-get-wrong.md: the catalogue of misconceptions as a page for teachers, made from the exercises."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from vae_course.checks.engine.exercise import COLLECTED, Misconception
from vae_course.checks.lessons import Exercise
from vae_course.teach.authoring.exercise_facts import ExerciseFacts
from vae_course.teach.authoring.problems import Problem

PAGE = Path("docs") / "what-learners-get-wrong.md"

_INTRODUCTION = """# What learners get wrong, and what we tell them

<!-- Made by `vae-course build` from vae_course/checks/lessons. Edit the exercises, not this page. -->

Every exercise of the course knows the mistakes that people make in it: {mistakes} in {exercises} exercises. When an answer is wrong,
it is compared with each of them on the same inputs; the one that gives the same numbers is named on the card, with the sentence
below. Mistakes that no number can tell apart share a *family*,
and the sentence says what they have in common. An answer that shows none of these is told how its numbers relate to the right ones, which formula they
follow, or the smallest input for which it goes wrong.

Use the page to prepare a lecture (which three slips will this room make?), to read a class's marks, or to see what a hint should
lead away from. Each of these mistakes is a test of the course itself: `make check-the-checks` shows that it is refused and named,
whatever the random numbers.
"""


def write(exercises: Mapping[str, ExerciseFacts], root: Path) -> list[Problem]:
    """Write the page if it changed. Nothing can go wrong: the list of problems is empty."""
    if problems(exercises, root):
        (root / PAGE).parent.mkdir(exist_ok=True)
        (root / PAGE).write_text(page(_whole(exercises)), encoding="utf-8")
        print(f"wrote    {PAGE}")
    return []


def problems(exercises: Mapping[str, ExerciseFacts], root: Path) -> list[Problem]:
    """The drift gate: what lies in the repository is not what the exercises say."""
    whole = _whole(exercises)
    if not whole or ((root / PAGE).exists() and (root / PAGE).read_text(encoding="utf-8") == page(whole)):
        return []
    return [Problem(PAGE, 0, "what the exercises say", "something else or no file", "vae-course build")]


def _whole(exercises: Mapping[str, ExerciseFacts]) -> dict[str, Exercise]:
    """Those that are more than the facts on a card."""
    return {name: exercise for name, exercise in exercises.items() if isinstance(exercise, Exercise)}


def page(exercises: Mapping[str, Exercise]) -> str:
    """The whole page, in Markdown."""
    mistakes = sum(len(exercise.misconceptions) for exercise in exercises.values())
    parts = [_INTRODUCTION.format(mistakes=mistakes, exercises=len(exercises))]
    for lesson, members in groupby(exercises.values(), key=lambda exercise: exercise.lesson):
        parts.append(f"## {lesson}\n")
        parts += [_section(exercise) for exercise in members]
    return "\n".join(parts)


def _section(exercise: Exercise) -> str:
    worth = "optional" if exercise.optional else f"{exercise.points:g} point{'' if exercise.points == 1 else 's'}"
    head = f"### {exercise.number} `{exercise.name}`: {exercise.title} ({worth})\n"
    rows = ["| mistake | what the learner reads |", "| --- | --- |", *(_row(m) for m in exercise.misconceptions)]
    return "\n".join([head, *rows, ""])


def _row(mistake: Misconception) -> str:
    name = f"**{mistake.name}**"
    if mistake.family:
        name += f" (family {mistake.family})"
    if mistake.seen:
        name += f" · of {COLLECTED} collected answers, {mistake.seen}"
    if not callable(mistake.wrong):
        name += f"<br>`{_value(mistake.wrong)}`"
    late = f"After a pass or the last try: {mistake.reason}" if mistake.reason else ""
    read = "<br>".join(filter(None, (mistake.message, late)))
    return f"| {name.replace('|', chr(92) + '|')} | {read.replace('|', chr(92) + '|')} |"


def _value(wrong: object) -> str:
    """A constant as Python writes it, its numbers to four digits."""
    if isinstance(wrong, float):
        return f"{wrong:.4g}"
    if isinstance(wrong, dict):
        return "{" + ", ".join(f"{key!r}: {_value(value)}" for key, value in wrong.items()) + "}"
    return repr(wrong)
