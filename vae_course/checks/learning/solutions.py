"""Our answers to exercises and puzzles, for those who have passed or ask. An edition for students has no such module."""

import re
from pathlib import Path

from vae_course import workspace
from vae_course.checks.learning import state
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.text import Text
from vae_course.checks.lessons import EXERCISES


def opened_by(name: str) -> str:
    """The call that shows our answer to whoever has not passed."""
    return f'solution("{name}", anyway=True)'


def solution(name: str, anyway: bool) -> Text:
    """Our answer to an exercise or to a puzzle."""
    if name in PUZZLES:
        return _of_puzzle(name, anyway)
    if state.load()["exercises"].get(name, {}).get("status") != "correct" and not anyway:
        return Text(
            f"{name} is not solved yet",
            f'hint("{name}") goes one step at a time. To see the solution now: {opened_by(name)}.',
        )
    short = name.split(".")[-1]
    return _shown(name, EXERCISES[name].lesson, (f"def {short}(", f"class {short}", f"{short} ="))


def _of_puzzle(name: str, anyway: bool) -> Text:
    """The answer that the solved lesson gives to a puzzle, which need not be the shortest."""
    about = PUZZLES[name].exercise
    if name not in state.load()["puzzles"] and not anyway:
        return Text(
            f"The puzzle {name} is not solved yet",
            f'To see an answer now: {opened_by(name)}. The exercise\'s own: solution("{about}").',
        )
    lesson = EXERCISES[about].lesson
    text = _source_of(lesson).read_text(encoding="utf-8")
    asked = re.search(rf'^puzzle\("{re.escape(name)}", (\w+)\)', text, re.M)
    return _shown(name, lesson, (f"def {asked[1]}(",) if asked else ())


def _source_of(lesson: str) -> Path:
    return workspace.folder("solutions") / f"{lesson}.py"


def _shown(name: str, lesson: str, starts: tuple[str, ...]) -> Text:
    return Text(f"Our solution of {name}", _region(_source_of(lesson), starts), code=True)


def _region(source: Path, starts: tuple[str, ...]) -> str:
    """The cell of the solved lesson in which a line starts so, without the markers."""
    for cell in source.read_text(encoding="utf-8").split("\n# %%"):
        lines = cell.splitlines()[1:]
        if "### BEGIN SOLUTION" in cell and any(line.strip().startswith(starts) for line in lines):
            return "\n".join(line for line in lines if not line.strip().startswith("### ")).strip()
    return f"See {source.name} in the folder solutions."
