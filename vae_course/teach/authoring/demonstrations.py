"""A widget teaches whoever has guessed first: a prediction stands above each one, and below it what to read off."""

from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.problems import Problem

WIDGET = "explore("
BEFORE, AFTER = "*Predict first*", "*What to read off:*"


def check_demonstrations(lesson: Lesson) -> list[Problem]:
    """Every cell that shows a widget has both, in the prose next to it on either side."""
    problems = []
    for index, cell in enumerate(lesson.cells):
        if cell.kind != "code" or WIDGET not in cell.source:
            continue
        above = [other for other in lesson.cells[:index] if other.kind == "markdown"][-1:]
        below = [other for other in lesson.cells[index + 1 :] if other.kind == "markdown"][:1]
        for words, where, cells in ((BEFORE, "above", above), (AFTER, "below", below)):
            if not any(words in other.source for other in cells):
                expected = f"`{words}` in the text {where} a widget"
                problems.append(Problem(lesson.path, cell.line, expected, "none", "write it, in a sentence or two"))
    return problems
