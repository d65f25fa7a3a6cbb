"""The learner's notebook: cleared by nbgrader, stable ids, runs untouched."""

import dataclasses
from pathlib import Path

import matplotlib
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions

from tests.teach.authoring.fake import EXERCISES, LESSON, NAME, Fake
from vae_course.checks.learning.puzzles.table import PUZZLES
from vae_course.teach.authoring.exercise_facts import card_head
from vae_course.teach.authoring.markdown import hold_punctuation
from vae_course.teach.authoring.prepare import Notebooks, prepare
from vae_course.teach.authoring.student import STUB_AT_MARGIN, code_sha256


@pytest.fixture
def pair(root: Path) -> Notebooks:
    (pair,), problems = prepare([root / "solutions" / f"{NAME}.py"], EXERCISES, root)
    assert problems == []
    return pair


def cell_with(notebook: nbformat.NotebookNode, text: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if text in cell.source)


def test_stubs(pair: Notebooks) -> None:
    function = cell_with(pair.learner, "def standardize")
    assert function.source == 'def standardize(x, m, v):\n    "The standard score."\n    raise NotImplementedError'
    numbers = cell_with(pair.learner, "numbers = ")
    assert numbers.source == f'numbers = {{"half": None, "third": None, "fourth": None}}\n{STUB_AT_MARGIN}'
    assert "SOLUTION" not in nbformat.writes(pair.learner)


def test_lines_for_the_build_alone_run_in_the_solved_notebook_and_are_in_no_learners(root: Path) -> None:
    source = root / "solutions" / f"{NAME}.py"
    only = "### BEGIN BUILD ONLY\nassert True\n### END BUILD ONLY"
    source.write_text(LESSON.replace("# %%\nprogress()", f"# %%\nprogress()\n{only}\nprint(1)", 1))
    (pair,), problems = prepare([source], EXERCISES, root)
    assert problems == []
    assert cell_with(pair.learner, "progress()\n").source == "progress()\nprint(1)"
    assert cell_with(pair.solved, "progress()\n").source == f"progress()\n{only}\nprint(1)"
    indented = "\n".join(f"    {line}" for line in only.splitlines())
    source.write_text(LESSON.replace("# %%\nprogress()", f"# %%\nif 1:\n    progress()\n{indented}", 1))
    (pair,), problems = prepare([source], EXERCISES, root)
    assert problems == [] and cell_with(pair.learner, "if 1").source == "if 1:\n    progress()"


def test_both_notebooks_are_valid_and_share_ids_and_metadata(pair: Notebooks) -> None:
    for notebook in (pair.solved, pair.learner):
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata["kernelspec"]["name"] == "python3"
        assert notebook.metadata["vae_course"]["lesson"] == NAME
    for solved, learner in zip(pair.solved.cells, pair.learner.cells, strict=True):
        progress = solved.source.startswith("progress(")  # it shows every lesson: nbval leaves its output aside
        tags = {"tags": [*learner.metadata.get("tags", []), "nbval-ignore-output"]} if progress else {}
        assert (solved.id, solved.metadata) == (learner.id, learner.metadata | tags)
    assert len({cell.id for cell in pair.learner.cells}) == len(pair.learner.cells)
    answer = cell_with(pair.learner, "def standardize")
    assert answer.metadata["nbgrader"]["grade_id"] == "standardize"
    assert not any(cell.metadata.get("nbgrader", {}).get("grade") for cell in pair.learner.cells)


def test_nbgraders_own_defaults_accept_the_solved_notebook(pair: Notebooks) -> None:
    cleared, _ = ClearSolutions().preprocess(pair.solved, {})
    assert cell_with(cleared, "def standardize").source.endswith(
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )


def test_an_id_survives_a_better_solution_but_not_other_words(root: Path, pair: Notebooks) -> None:
    source = root / "solutions" / f"{NAME}.py"
    ids = [cell.id for cell in pair.learner.cells]
    source.write_text(LESSON.replace("math.sqrt(v)", "v**0.5").replace("# Nowhere.", "# Somewhere."))
    (other,), _ = prepare([source], EXERCISES, root)
    changed = [a != b for a, b in zip(ids, [cell.id for cell in other.learner.cells], strict=True)]
    assert sum(changed) == 1


def test_untouched_notebook_runs(pair: Notebooks) -> None:
    namespace: dict[str, object] = {}
    matplotlib.use("Agg")
    for cell in pair.learner.cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)


def test_card_head() -> None:
    assert card_head([EXERCISES["standardize"]]) == (
        "### Exercise 1.1 · Standardize\n\n*difficulty ●●○○ (2 of 4) · 5 minutes · 3 points · about 1 line*"
    )
    assert "· optional ·" in card_head([Fake("extra", optional=True, points=0)])
    shared = card_head([Fake("VAE.sample_z", number="6.1"), Fake("VAE.sample_x", number="6.1", difficulty=3, points=1)])
    assert (
        shared.startswith("### Exercise 6.1 ·")
        and "(2 and 3 of 4) · 10 minutes · 4 points · about 1 line each" in shared
    )
    two = card_head(
        [Fake("VAE.bound", number="4.1", title="The bound"), Fake("VAE.loss", number="4.2", title="The loss")]
    )
    assert two.startswith("### Exercises 4.1 and 4.2 · The bound; The loss\n")


def test_several_methods_in_one_cell_share_a_card(root: Path) -> None:
    lesson = LESSON.replace("{{ exercise standardize }}", "{{ exercise Toy.one Toy.two }}").replace(
        'def standardize(x, m, v):\n    "The standard score."\n    ### BEGIN SOLUTION\n    return (x - m) / math.sqrt(v)\n    ### END SOLUTION',
        "class Toy:\n    def one(self):\n        ### BEGIN SOLUTION\n        return 1\n        ### END SOLUTION\n\n"
        "    def two(self):\n        ### BEGIN SOLUTION\n        return 2\n        ### END SOLUTION",
    )
    lesson = lesson.replace("check(standardize)", "check(Toy.one)\ncheck(Toy.two)").replace(
        "(standardize)", "(Toy.one)"
    )
    (root / "solutions" / f"{NAME}.py").write_text(lesson)
    table = {"numbers": EXERCISES["numbers"], "Toy.one": Fake("Toy.one"), "Toy.two": Fake("Toy.two")}
    (pair,), problems = prepare([root / "solutions" / f"{NAME}.py"], table, root)
    assert problems == []
    cell = cell_with(pair.learner, "class Toy")
    assert cell.source.count("        raise NotImplementedError") == 2
    assert cell.metadata["nbgrader"]["grade_id"] == "Toy-one"


PUZZLE_CELLS = (
    "# ## Puzzles\n\n# %%\ndef other_way(x, m, v):\n    ### BEGIN SOLUTION\n    return x * v**-0.5 - m * v**-0.5\n    ### END SOLUTION\n\n\n"
    '# %%\npuzzle("01.no-root", other_way)\n\n# %% [markdown]\n# ## Summary'
)


def test_a_puzzle_has_a_stub_without_a_card(root: Path) -> None:
    source = root / "solutions" / f"{NAME}.py"
    source.write_text(LESSON.replace("# ## Summary", PUZZLE_CELLS))
    (pair,), problems = prepare([source], EXERCISES, root)
    assert problems == []
    cell = cell_with(pair.learner, "def other_way")
    assert cell.source == "def other_way(x, m, v):\n    raise NotImplementedError"
    assert cell.metadata["nbgrader"]["grade_id"] == "puzzle-other_way"
    assert "v**-0.5" in cell_with(pair.solved, "def other_way").source


def test_an_answer_to_a_puzzle_stays_out_of_sight_too(root: Path) -> None:
    source = root / "solutions" / f"{NAME}.py"
    source.write_text(LESSON.replace("# ## Summary", f"# `x * v**-0.5 - m * v**-0.5`\n#\n{PUZZLE_CELLS}"))
    _, problems = prepare([source], EXERCISES, root)
    assert "this solved region nowhere" in str(problems[0])


def test_a_lesson_runs_again_when_a_puzzle_of_it_tells_something_else(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = root / "solutions" / f"{NAME}.py"
    source.write_text(LESSON.replace("# ## Summary", PUZZLE_CELLS))
    (pair,), _ = prepare([source], EXERCISES, root)
    before = code_sha256(pair.solved, EXERCISES)
    monkeypatch.setitem(PUZZLES, "01.no-root", dataclasses.replace(PUZZLES["01.no-root"], moral="Another."))
    assert code_sha256(pair.solved, EXERCISES) != before
    monkeypatch.undo()
    monkeypatch.setitem(PUZZLES, "02.eight", PUZZLES["01.no-root"])
    assert code_sha256(pair.solved, EXERCISES) == before, "another lesson's puzzle is not its affair"


def test_no_lesson_shows_another_lessons_answer(root: Path) -> None:
    (root / "solutions" / "02_next.py").write_text(
        "# %% [markdown]\n# {{ exercise other }}\n\n# %%\ndef other(a, b):\n    ### BEGIN SOLUTION\n"
        "    return math.cos(a) * math.cos(b)\n    ### END SOLUTION\n"
    )
    source = root / "solutions" / f"{NAME}.py"
    shown = "progress()\nc = lambda a, b: math.cos(a) * math.cos(b)\n\n# %% [m"
    source.write_text(LESSON.replace("progress()\n\n# %% [m", shown))
    table = {**EXERCISES, "other": Fake("other", lesson="02_next")}
    pairs, problems = prepare([source], table, root)
    assert pairs == [] and "exercise other: expected this solved region nowhere" in str(problems[0])


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("of $x$, $y$.", r"of $x\text{,}$ $y\text{.}$"),
        ("$\\frac{1}{1 +\ne}$; and", "$\\frac{1}{1 +\ne}\\text{;}$ and"),
        ("`$x$,` and ``a`$x$,`` stay", "`$x$,` and ``a`$x$,`` stay"),
        ("```\n$x$,\n```\n$x$:", "```\n$x$,\n```\n$x\\text{:}$"),
        ("$$x$$, and \\$5, 6$", "$$x$$, and \\$5, 6$"),
        ("($x$) stays", "($x$) stays"),
    ],
)
def test_punctuation_after_a_formula_cannot_begin_a_line(source: str, held: str) -> None:
    assert hold_punctuation(source) == held
