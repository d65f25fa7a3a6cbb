"""A lesson's page on the site: what a learner finds, what the cells show when it is solved, and each answer folded."""

import copy
import re

from nbformat import NotebookNode

from vae_course.teach.authoring.regions import MARKS
from vae_course.teach.authoring.site import glossary

SHOWN, HIDDEN = "Show one solution", "Hide the solution"


def lesson_page(
    solved: NotebookNode,
    untouched: NotebookNode,
    solutions: bool,
    entries: list[glossary.Entry],
    others: dict[str, str],
) -> NotebookNode:
    """A notebook for MyST-NB.

    Args:
        solved: the lesson with its outputs.
        untouched: the lesson as it is handed out; a cell has the same id in both.
        solutions: whether one answer stands below each stub, folded.
        entries: of the glossary, whose words are linked where they are first used.
        others: the lesson's other forms, by their names: where they lie.
    """
    stubs = {cell.id: cell for cell in untouched.cells}
    page = copy.deepcopy(solved)
    page.cells = []
    for cell in copy.deepcopy(solved.cells):
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            continue  # it sets the course up where the notebook runs
        if cell.metadata.get("nbgrader", {}).get("solution"):
            stub = copy.deepcopy(stubs[cell.id])
            page.cells.append(stub)
            if not solutions:
                continue
            cell.id = f"{cell.id}-solved"
            cell.source = MARKS.sub("", cell.source)
            cell.metadata["tags"] = ["hide-input"]
            cell.metadata["mystnb"] = {"code_prompt_show": SHOWN, "code_prompt_hide": HIDDEN}
        else:
            cell.source = stubs[cell.id].source  # without the lines for the build alone
        if alt := _alt_texts(cell):
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt}
        page.cells.append(cell)
    texts = [cell for cell in page.cells if cell.cell_type == "markdown"]
    for cell, text in zip(
        texts, glossary.linked([cell.source for cell in texts], entries, solved.metadata.vae_course.lesson), strict=True
    ):
        cell.source = text
    links = " · ".join(f'<a href="{where}">{name}</a>' for name, where in others.items())
    texts[0].source = re.sub(r"^(# .+)$", rf"\1\n\n{links}", texts[0].source, count=1, flags=re.MULTILINE)
    return page


def _alt_texts(cell: NotebookNode) -> str:
    """What a cell's pictures show, in words. MyST-NB has one text for all pictures of a cell."""
    found = [output.get("metadata", {}).get("image/png", {}).get("alt", "") for output in cell.get("outputs", [])]
    return " ".join(filter(None, found))
