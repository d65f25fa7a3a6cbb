"""The outline of a lesson: one title, headings that go down in steps, the sections of `cards.SKELETON`."""

import re
from itertools import pairwise

from vae_course.teach.authoring.cards import SKELETON
from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.markdown import headings
from vae_course.teach.authoring.problems import Problem


def check_skeleton(lesson: Lesson) -> list[Problem]:
    """One H1, no jump between heading levels, and the sections of SKELETON in order with what they must hold."""
    problems: list[Problem] = []
    found = [
        (index, level, text, cell.line_of(offset))
        for index, cell in enumerate(lesson.cells)
        if cell.kind == "markdown"
        for level, text, offset in headings(cell.source)
    ]
    titles = [line for _, level, _, line in found if level == 1]
    if len(titles) != 1:
        where = titles[1] if len(titles) > 1 else 1
        problems.append(
            Problem(lesson.path, where, "exactly one `# Title`", f"{len(titles)}", "keep one, the first cell's")
        )
    for (_, before, _, _), (_, level, text, line) in pairwise(found):
        if level > before + 1:
            got = f"level {level} (`{text}`) after level {before}"
            problems.append(Problem(lesson.path, line, "headings that go one level deeper at a time", got, "raise it"))
    sections = [(index, text, line) for index, level, text, line in found if level == 2]
    position = -1
    for title, pattern, holds in SKELETON:
        match = next((i for i, (_, text, _) in enumerate(sections) if text.lower().startswith(title.lower())), None)
        if match is None:
            got = "a lesson without it"
            problems.append(
                Problem(lesson.path, 1, f"a section `## {title}`", got, "write it (cards.SKELETON has all)")
            )
            continue
        first, _, line = sections[match]
        if match < position:
            problems.append(
                Problem(lesson.path, line, f"`## {title}` in the order of cards.SKELETON", "it too early", "move it")
            )
        position = max(position, match)
        last = sections[match + 1][0] if match + 1 < len(sections) else len(lesson.cells)
        text = "\n".join(cell.source for cell in lesson.cells[first : max(last, first + 1)])
        if pattern and not re.search(pattern, text, re.MULTILINE):
            problems.append(Problem(lesson.path, line, f"{holds} in the section {title}", "none", "add it"))
    return problems
