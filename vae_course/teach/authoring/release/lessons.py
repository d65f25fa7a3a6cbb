"""Which lessons are handed out, and their notebooks as they are in the edition for students."""

import re
from collections.abc import Iterable, Sequence

import nbformat

from vae_course.checks.lessons import CORE, LESSONS, full_name
from vae_course.teach.authoring import keeper
from vae_course.teach.authoring.repository import Repository
from vae_course.updating import SET_UP, identity

ALL, OF_THE_CORE, SHORT = "all", "core", "short"
NOT_ON_THE_SHORT_PATH = ("07_capstone",)
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def chosen(text: str) -> tuple[str, ...]:
    """The lessons of "all", "core", "short", or of numbers, names and ranges between commas: "01-03,05". A range has all parts of its last
    number: 01-04 has 04b.

    Raises:
        ValueError: something of it is no lesson; one sentence.
    """
    if text == ALL:
        return LESSONS
    if text == OF_THE_CORE:
        return CORE
    if text == SHORT:
        return tuple(lesson for lesson in CORE if lesson not in NOT_ON_THE_SHORT_PATH)
    found: set[str] = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        start, end = full_name(first), full_name(last if dash else first)
        if LESSONS.index(start) > LESSONS.index(end):
            raise ValueError(f"{part.strip()!r} runs backwards; write {last}-{first}.")
        found |= {lesson for lesson in LESSONS if start <= lesson <= end}
        found |= {lesson for lesson in LESSONS if dash and lesson[:2] == end.partition("_")[0]}
    return tuple(lesson for lesson in LESSONS if lesson in found)


def for_students(notebook: str, lessons: Sequence[str], repository: Repository) -> str:
    """A lesson's notebook, without doors to the whole course and without links to what is not handed out.

    Args:
        notebook: its JSON, as built.
        lessons: those that are handed out.
        repository: where the course lives, and with it its solutions.
    """
    made = nbformat.reads(notebook, as_version=nbformat.NO_CONVERT)
    doors = repository.links(made.metadata["vae_course"]["lesson"])
    for cell in made.cells:
        if cell.id == SET_UP:
            cell.source = Repository("", repository.branch).set_up()
        elif cell.cell_type == "markdown":
            text = cell.source.removesuffix(f"\n\n{doors}") if doors else cell.source
            text = _LINK.sub(lambda link: link[0] if _leads_somewhere(link[2], lessons) else link[1], text)
            if text != cell.source:
                cell.source, cell.id = text, identity("markdown", text)
    return keeper.seal(made)


def _leads_somewhere(target: str, lessons: Iterable[str]) -> bool:
    """An address, a place in the lesson itself, or a lesson that is handed out."""
    name = target.partition("#")[0]
    return not name or "://" in name or name.removesuffix(".ipynb") in lessons
