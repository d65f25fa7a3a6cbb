"""What `vae-course check` does: a whole file is checked as its cells would be in the notebook."""

import contextlib
import glob
import os
import secrets
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vae_course.checks.engine.verdict_on import verdict_on
from vae_course.checks.learning.cards import verdict_text
from vae_course.checks.learning.check import Verdict, check
from vae_course.checks.lessons import BEYOND, CORE, EXERCISES, LESSON_OF, Exercise
from vae_course.printable import printable
from vae_course.runner.answers.time_limit import within
from vae_course.runner.notebooks import Definitions, Unreadable, answers_in, read_hand_in, run_definitions
from vae_course.updating import KEPT_IN

SECONDS = 30  # for one definition: the first import of a figure loads matplotlib

UNREADABLE = "?"  # in place of the lesson of a file that cannot be read


@dataclass(frozen=True)
class FileReport:
    """The verdicts on one file. Its text: notes first, then a card for each exercise, then what adds up."""

    path: Path
    lesson: str
    seed: int
    notes: tuple[str, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def complete(self) -> bool:
        """True if every exercise that is not optional is correct."""
        return all(self.required)

    def __str__(self) -> str:
        required = self.required
        points, most = sum(v.points for v in required), sum(v.max_points for v in required)
        stuck = next((v.exercise for v in self.verdicts if v.status not in ("correct", "not started")), "")
        return "\n".join(
            [
                f"{self.path}, lesson {self.lesson} (seed {self.seed})",
                *(f"note: {note}" for note in self.notes),
                "",
                *(f"{printable(verdict_text(verdict, in_python=False))}\n" for verdict in self.verdicts),
                *([f'Stuck? In the notebook, hint("{stuck}") goes one step at a time.'] if stuck else []),
                f"{sum(map(bool, required))} of {len(required)} solved, {points:g} of {most:g} points",
            ]
        )

    def as_facts(self) -> dict[str, Any]:
        """The same for programs."""
        fields = ("exercise", "lesson", "status", "points", "max_points", "misconception", "message")
        return {
            "file": str(self.path),
            "seed": self.seed,
            "notes": self.notes,
            "exercises": [{name: getattr(verdict, name) for name in fields} for verdict in self.verdicts],
            "points": sum(v.points for v in self.required),
            "max_points": sum(v.max_points for v in self.required),
        }

    @property
    def required(self) -> list[Verdict]:
        """The verdicts on what is not optional."""
        return [verdict for verdict in self.verdicts if not EXERCISES[verdict.exercise].optional]


def together(reports: Sequence[FileReport]) -> str:
    """What several files add up to; of an exercise that stands in two of them the better."""
    best: dict[str, float] = {}
    for verdict in (verdict for report in reports for verdict in report.required):
        best[verdict.exercise] = max(verdict.points, best.get(verdict.exercise, 0))
    points = {True: 0.0, False: 0.0}
    for name, earned in best.items():
        points[EXERCISES[name].lesson in CORE] += earned
    worth = sum(exercise.points for exercise in EXERCISES.values() if exercise.lesson in CORE)
    beyond = (
        f" And {points[False]:g} beyond the core." if any(EXERCISES[name].lesson in BEYOND for name in best) else ""
    )
    return f"Together {points[True]:g} of the course's {worth:g} points.{beyond}"


def no_such_file(path: Path) -> str:
    """What is said of a path where nothing is: a lesson's name for its file, perhaps."""
    near = sorted(
        other for folder in (Path(), Path("work")) for other in folder.glob(f"{glob.escape(path.name)}*.ipynb")
    )
    meant = f"Did you mean {near[0]}?" if near else "Name a notebook, a Python file or a folder of them, such as work."
    return f"there is no file or folder {path}. {meant}"


def hand_ins_in(folder: Path, lesson: str = "") -> tuple[list[Path], list[str]]:
    """The files in a folder that are a lesson's, and a sentence for each other that may have been meant as one.

    Notebooks at any depth, and the Python files that lie directly in it, whose lesson no notebook is of: one beside a
    notebook may be its helper. Hidden folders, such as Jupyter's checkpoints, virtual environments, and what `lab --update` has put
    away are left alone.

    Args:
        lesson: only this one's.
    """
    notebooks: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith((".", "__")) and f != KEPT_IN and not Path(root, f, "pyvenv.cfg").exists()
        )
        notebooks += [Path(root, name) for name in sorted(names) if name.endswith(".ipynb") and name[0] != "."]
    lessons = {path: _lesson_of(path) for path in notebooks}
    for path in sorted(folder.glob("[!.]*.py")):
        told = _lesson_of(path)
        if told and told not in lessons.values():
            lessons[path] = told
    lost = [path for path, told in lessons.items() if not told]
    notes = [
        f"{path} was not checked: it does not say which lesson it is, and has no answer by which to tell."
        for path in lost
    ]
    return [path for path, told in lessons.items() if told and (lesson in ("", told) or told == UNREADABLE)], notes


def _lesson_of(path: Path) -> str:
    try:
        return read_hand_in(path, LESSON_OF).lesson
    except (Unreadable, OSError):
        return UNREADABLE  # `check_file` says why


def check_file(path: Path, lesson: str = "", seed: int | None = None, only: str = "") -> FileReport:
    """Read a notebook or a Python file, run its definitions, and check every answer of its lesson, or of its lessons.

    The learner's progress is not changed. File names in the answers are looked for beside the notebook.

    Args:
        path: the file.
        lesson: its full name; by default the file says it.
        seed: repeats an earlier check; without it, new inputs are drawn.
        only: one exercise's name.

    Raises:
        notebooks.Unreadable: the file is no hand-in.
        OSError: there is no such file.
        ValueError: the lesson cannot be told; it is a folder.
    """
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder with no notebook of {lesson or 'a lesson'} in it: name the one that holds your notebooks."
        )
    hand_in = read_hand_in(path, LESSON_OF, {file.stem: file for file in path.resolve().parent.glob("*.py")})
    lessons = (lesson,) if lesson else tuple(filter(None, (hand_in.lesson, *hand_in.also)))
    if not lessons:
        raise ValueError(
            f"{path.name} does not say which lesson it is, and has no answer by which to tell: add --lesson NAME."
        )
    seed = secrets.randbelow(2**31) if seed is None else seed
    with _quietly(path.resolve().parent):
        definitions = run_definitions(hand_in, partial(within, SECONDS))
        exercises = [e for e in EXERCISES.values() if e.lesson in lessons and only in ("", e.name)]
        verdicts = tuple(_verdict(exercise, definitions, seed) for exercise in exercises)
    raised = (text for name, text in definitions.failed.items() if name not in hand_in.lost)
    notes = dict.fromkeys([*hand_in.notes, *(f"{text[:1].upper()}{text[1:]}" for text in raised)])
    return FileReport(path, " and ".join(sorted(lessons)), seed, tuple(notes), verdicts)


@contextlib.contextmanager
def _quietly(folder: Path) -> Iterator[None]:
    """No warnings and no windows; relative file names mean those beside the notebook."""
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "Agg"
    try:
        with contextlib.chdir(folder), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if backend is None:
            del os.environ["MPLBACKEND"]
        else:
            os.environ["MPLBACKEND"] = backend


def _verdict(exercise: Exercise, definitions: Definitions, seed: int) -> Verdict:
    found = verdict_on(
        exercise,
        answers_in(definitions, exercise.name, EXERCISES),
        definitions.failed,
        lambda answer: check(answer, exercise.name, seed=seed, quiet=True),
        seed,
    )
    return found if isinstance(found, Verdict) else Verdict(**vars(found))
