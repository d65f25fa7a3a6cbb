"""All that the build checks before it runs or writes anything: lessons in, pairs of notebooks and problems out."""

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from vae_course.checks.engine.exercise import Exercise
from vae_course.teach.authoring.cards import check_cards
from vae_course.teach.authoring.demonstrations import check_demonstrations
from vae_course.teach.authoring.exercise_facts import Exercises
from vae_course.teach.authoring.hints import check_hints
from vae_course.teach.authoring.leaks import check_leaks
from vae_course.teach.authoring.lesson_source import Lesson, read_lesson
from vae_course.teach.authoring.problems import LessonRefused, Problem
from vae_course.teach.authoring.prose import check_prose, check_spelling
from vae_course.teach.authoring.puzzle_cells import check_puzzles
from vae_course.teach.authoring.repository import Repository
from vae_course.teach.authoring.skeleton import check_skeleton
from vae_course.teach.authoring.student import IGNORED_BY_NBVAL, check_stubs, code_sha256, make_notebooks
from vae_course.teach.authoring.symbols import check_symbols


@dataclass
class Notebooks:
    """A lesson and the two notebooks that its source says it should have."""

    lesson: Lesson
    solved: NotebookNode
    learner: NotebookNode


def prepare(chosen: list[Path], exercises: Exercises, root: Path) -> tuple[list[Notebooks], list[Problem]]:
    """The pairs of those lessons that are in order, and all problems of the others. Runs and writes nothing."""
    repository = Repository.of(root)
    lessons: list[Lesson] = []
    problems_of: dict[str, list[Problem]] = {path.stem: [] for path in chosen}
    for source in sorted((root / "solutions").glob("[0-9][0-9]*_*.py")):
        try:
            lesson, problems = read_lesson(source, exercises, source.relative_to(root))
        except LessonRefused as refused:
            problems_of.get(source.stem, []).extend(refused.problems)
            continue
        lessons.append(lesson)  # all of them: no lesson may show another's answer
        problems_of.get(source.stem, []).extend(problems)
    pairs = []
    for lesson in lessons:
        if lesson.name not in problems_of:
            continue
        problems = problems_of[lesson.name]
        for check in (check_skeleton, check_demonstrations, check_stubs, check_puzzles, check_asserts):
            problems += check(lesson)
        problems += (
            check_cards(lesson, exercises)
            + check_prose(lesson, root)
            + check_minutes(lesson, exercises)
            + check_symbols(lesson, root)
        )
        problems += check_hints(lesson, [e for e in exercises.values() if isinstance(e, Exercise)])
        if not problems:  # clearing needs well-formed regions
            solved, learner = make_notebooks(lesson, repository)
            problems += check_leaks(lessons, lesson, learner)
            solved.metadata["vae_course"]["code_sha256"] = code_sha256(solved, exercises)
            pairs.append(Notebooks(lesson, solved, learner))
    spelling = check_spelling([(path, path.relative_to(root)) for path in chosen])
    for problem in spelling:
        problems_of[problem.path.stem].append(problem)
    found = [problem for problems in problems_of.values() for problem in problems]
    return [pair for pair in pairs if not problems_of[pair.lesson.name]], found


def check_asserts(lesson: Lesson) -> list[Problem]:
    """Outputs that nbval does not compare are vouched for by an assert, there or in the next code cell."""
    code = [cell for cell in lesson.cells if cell.kind == "code"]
    problems = []
    for cell, following in zip(code, [*code[1:], None], strict=True):
        near = cell.source + "\n" + (following.source if following else "")
        if IGNORED_BY_NBVAL in cell.tags and "assert " not in near:
            expected, got = f"an assert beside a cell tagged {IGNORED_BY_NBVAL}", "none in it or in the next code cell"
            problems.append(Problem(lesson.path, cell.line, expected, got, "assert what must hold of the output"))
    return problems


def check_minutes(lesson: Lesson, exercises: Exercises) -> list[Problem]:
    """The minutes that the prose counts for the exercises are theirs, with or without the optional ones."""
    own = [exercise for exercise in exercises.values() if exercise.lesson == lesson.name]
    counts = {sum(e.minutes for e in own), sum(e.minutes for e in own if not e.optional)}
    problems = []
    for cell in lesson.cells:
        for offset, line in enumerate(cell.source.split("\n")) if cell.kind == "markdown" else ():
            for said in re.findall(r"(\d+) of exercises", line):
                if int(said) not in counts:
                    expected = " or ".join(f"{count:g}" for count in sorted(counts, reverse=True))
                    told = (f"{expected} minutes of exercises", f"`{said} of exercises`", "count again")
                    problems.append(Problem(lesson.path, cell.line_of(offset), *told))
    return problems
