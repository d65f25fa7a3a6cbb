"""A widget teaches whoever knows what to look for: prose stands above each one, and below it prose that says what it shows."""

from vae_course.teach.authoring.lesson_source import Cell, Lesson
from vae_course.teach.authoring.problems import Problem

WIDGET = "explore("
NEAR = 2
"""Within how many cells its prose stands: one cell of code may lie between."""


def check_demonstrations(lesson: Lesson) -> list[Problem]:
    """Every cell that shows a widget has prose near above it, and near below it prose that opens no new section."""
    problems = []
    for index, cell in enumerate(lesson.cells):
        if cell.kind != "code" or WIDGET not in cell.source:
            continue
        above = lesson.cells[max(0, index - NEAR) : index]
        below = [other for other in lesson.cells[index + 1 : index + 1 + NEAR] if _is_prose(other)][:1]
        for there, where, what_next in (
            (any(map(_is_prose, above)), "above", "say what to try, or ask for a prediction"),
            (any(not other.source.startswith("#") for other in below), "below", "say what it shows"),
        ):
            if not there:
                problems.append(Problem(lesson.path, cell.line, f"text right {where} a widget", "none", what_next))
    return problems


def _is_prose(cell: Cell) -> bool:
    return cell.kind == "markdown"
