"""From a lesson to its two notebooks: the solved one, and the learner's, made by nbgrader's own ClearSolutions."""

import hashlib
import re
from collections import Counter

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.checks.learning.questions import QUESTIONS
from vae_course.teach.authoring.card_code import defines, names_bound
from vae_course.teach.authoring.exercise_facts import Exercises
from vae_course.teach.authoring.lesson_source import Cell, Lesson
from vae_course.teach.authoring.markdown import hold_punctuation
from vae_course.teach.authoring.problems import Problem
from vae_course.teach.authoring.puzzle_cells import puzzles_called
from vae_course.teach.authoring.regions import BUILD_ONLY
from vae_course.teach.authoring.repository import Repository
from vae_course.updating import SET_UP, identity

STUB_IN_FUNCTION = "raise NotImplementedError"
PROGRESS = re.compile(r"^(?:\w+ = )?progress\(", re.MULTILINE)
IGNORED_BY_NBVAL = "nbval-ignore-output"
SLIDE = "slide"
STUB_AT_MARGIN = "# your answer here"


def make_notebooks(lesson: Lesson, repository: Repository) -> tuple[NotebookNode, NotebookNode]:
    """(solved, for the learner): same cells, ids and metadata; neither has outputs. Before the lesson's own cells stands the one that
    sets up, and under its title the links that open it elsewhere."""
    solved, learner = [_set_up(repository)], [_set_up(repository)]
    ids: Counter[str] = Counter()
    grade_ids: Counter[str] = Counter()
    for cell in lesson.cells:
        metadata: dict[str, object] = {"tags": cell.tags} if cell.tags else {}
        if cell.regions:
            metadata["nbgrader"] = _nbgrader_metadata(cell, grade_ids)
        is_prose = cell.kind == "markdown"
        make = nbformat.v4.new_markdown_cell if is_prose else nbformat.v4.new_code_cell
        source = hold_punctuation(cell.source) if is_prose else cell.source
        if cell is lesson.cells[0]:
            source = "\n\n".join(filter(None, (source, repository.links(lesson.name))))
        shown = make(BUILD_ONLY.sub("", source).rstrip("\n"), metadata=metadata)
        if cell.regions:
            _clear(cell).preprocess_cell(shown, {"language": "python"}, 0)
        # The id says what the learner sees, so a better solution does not change the notebook that is handed out.
        own = identity(cell.kind, shown.source)
        ids[own] += 1
        shown.id = own if ids[own] == 1 else f"{own}-{ids[own]}"
        learner.append(shown)
        if PROGRESS.search(cell.source) and cell.kind == "code" and IGNORED_BY_NBVAL not in cell.tags:
            metadata = metadata | {
                "tags": [*cell.tags, IGNORED_BY_NBVAL]
            }  # what it shows is another lesson's affair as well
        solved.append(make(source, metadata=metadata, id=shown.id))
    return _notebook(lesson, solved), _notebook(lesson, learner)


def code_sha256(notebook: NotebookNode, exercises: Exercises) -> str:
    """What decides whether a solved notebook runs again: its code and tags, but for the cell that sets up and the slides' tag, not its prose; and its own exercises with their points
    and what is told after a pass, which its verdicts show; its questions and puzzles. What the code runs has nbval for its gate."""
    code = [
        (cell.source, [tag for tag in cell.metadata.get("tags", []) if tag != SLIDE])
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.id != SET_UP
    ]
    lesson = notebook.metadata["vae_course"]["lesson"]
    shown = [
        (e.name, e.points, [m.reason + m.seen for m in e.misconceptions])
        for e in exercises.values()
        if e.lesson == lesson
    ]
    asked = [(name, q) for name, q in QUESTIONS.items() if lesson.startswith(f"{name.partition('.')[0]}_")]
    called = {name for source, _ in code for name, _ in puzzles_called(source)}
    puzzles = [(name, PUZZLES[name]) for name in sorted(called & PUZZLES.keys())]
    return hashlib.sha256(repr((code, shown, asked, puzzles)).encode()).hexdigest()


def check_stubs(lesson: Lesson) -> list[Problem]:
    """What is left after clearing must be Python that runs: no stub outside a function, a placeholder for constants."""
    problems = []
    for cell in lesson.cells:
        for region in cell.regions:
            if region.indented != region.in_function:
                expected = "a solution region inside a function, or at the left margin"
                got = "an indented one outside any function"
                problems.append(Problem(lesson.path, region.line, expected, got, "move the markers to the left margin"))
        if len({region.in_function for region in cell.regions}) > 1:
            expected = "regions of one kind in a cell"
            got = "one inside a function and one at the left margin"
            problems.append(Problem(lesson.path, cell.regions[0].line, expected, got, "split the cell in two"))
        if "BUILD ONLY" in BUILD_ONLY.sub("", cell.source):
            expected = (
                "each `### BEGIN BUILD ONLY` and its `### END BUILD ONLY` in the same cell, on lines of their own"
            )
            got = "one without the other, or misspelt"
            problems.append(Problem(lesson.path, cell.line, expected, got, "add, correct or move the marker"))
        for region in (r for r in cell.regions if not r.in_function and not r.indented):
            above, inside = names_bound(region.above), names_bound(region.text)
            wanted = (set(cell.card) & inside) or inside
            missing = sorted(wanted - above)
            if missing or not inside:
                expected = "a placeholder above the region, so that the untouched notebook runs"
                got = f"no assignment to {', '.join(missing)}" if missing else "a region that assigns nothing"
                example = f"write e.g. `{missing[0] if missing else 'answer'} = None` above ### BEGIN SOLUTION"
                problems.append(Problem(lesson.path, region.line, expected, got, example, "".join(cell.card[:1])))
    return problems


def _set_up(repository: Repository) -> NotebookNode:
    """Folded: in JupyterLab by `source_hidden`, on Colab by `cellView`."""
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}}
    return nbformat.v4.new_code_cell(repository.set_up(), metadata=folded, id=SET_UP)


def _nbgrader_metadata(cell: Cell, taken: Counter[str]) -> dict[str, object]:
    other = f"puzzle {min(names_bound(cell.source), default='')}" if cell.puzzles else "answer"
    name = next((name for name in cell.card if defines(cell, name)), "".join(cell.card[:1]) or other)
    name = name.replace(".", "-").replace(" ", "-")
    taken[name] += 1
    grade_id = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }


def _clear(cell: Cell) -> ClearSolutions:
    inside = all(region.in_function for region in cell.regions)
    return ClearSolutions(code_stub={"python": STUB_IN_FUNCTION if inside else STUB_AT_MARGIN})


def _notebook(lesson: Lesson, cells: list[NotebookNode]) -> NotebookNode:
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},  # no version: it would differ from one machine to the next
        "vae_course": {"lesson": lesson.name},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook
