"""The section of puzzles: a stub with its region, and below it the call that hands in what the stub defines."""

import ast

from vae_course.teach.authoring.card_code import names_bound, parse
from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.problems import Problem


def check_puzzles(lesson: Lesson) -> list[Problem]:
    """Every region in the section stands in a function, which a later cell hands to `puzzle(...)`; an exercise card is none of it."""
    problems = []
    section = [cell for cell in lesson.cells if cell.puzzles]
    for index, cell in enumerate(section):
        if cell.exercises:
            told = (
                "no exercise card in the section of puzzles",
                cell.exercises[0],
                "move the card to a section of its own",
            )
            problems.append(Problem(lesson.path, cell.line, *told, cell.exercises[0]))
        handed = {name for later in section[index + 1 :] for _, name in puzzles_called(later.source)}
        for region in cell.regions:
            if not region.in_function:
                told = ("a region inside a function", "one at the left margin", "puzzles take functions: write `def`")
                problems.append(Problem(lesson.path, region.line, *told))
            elif not names_bound(cell.source) & handed:
                told = ('a later cell `puzzle("NAME", ...)` with the function', "none in the section", "add it")
                problems.append(Problem(lesson.path, region.line, *told))
    return problems


def puzzles_called(source: str) -> list[tuple[str, str]]:
    """The puzzles that a cell calls, and what it hands to each."""
    found = []
    for call in ast.walk(parse(source)):
        match call:
            case ast.Call(func=ast.Name(id="puzzle"), args=[ast.Constant(value=str(name)), answer]):
                found.append((name, ast.unparse(answer)))
    return found
