r"""`vae-course build`: the lesson sources become the notebooks. This docstring is the format reference for authors.

    vae-course build [--check] [--force] [LESSON ...]      LESSON: 01_reparameterization, 01, 04b, or solutions/01_....py

solutions/NN_name.py     the only source: jupytext py:percent, solved
solutions/NN_name.ipynb  built: solved and executed, but only when its code or its own exercises changed (or --force)
notebooks/NN_name.ipynb  built: stubs, no outputs. Never edit it: the build refuses to overwrite an edited notebook
docs/what-learners-get-wrong.md   built from the exercises, when no LESSON is named
README.md                the badges in it, from `[tool.vae-course]` in pyproject.toml, when no LESSON is named
--check                  the drift gate: builds into a temporary folder, runs nothing, exits 1 if a notebook differs

## A lesson source

Every cell begins with `# %%` (code) or `# %% [markdown]`; tags are written `# %% tags=["nbval-ignore-output"]`. No
other front matter or cell metadata. The sections (`##`) come in the order of `cards.SKELETON`, after one `# Title`:
What you will build · Before you start (says "NN minutes") · Warm-up (three questions) · ...the lesson... · Summary ·
Check your progress (a cell calling `progress()`) · Where people get stuck · Blank page · Further reading.

## An exercise card, whole

    # %% [markdown]
    # {{ exercise sample_gaussian }}
    #
    # **Goal.** Draw $z$, with noise $\varepsilon \sim N(0, I)$, so that gradients reach `m` and `v`.
    #
    # $$z = m + \sqrt{v}\,\varepsilon$$
    #
    # **Shapes.** In: `m` and `v`, both `(..., dim)`. Out: the same shape. Nothing is summed, nothing averaged.

    # %%
    def sample_gaussian(m, v):
        "Draw z from N(m, v); v is the variance."
        ### BEGIN SOLUTION
        return m + v.sqrt() * torch.randn_like(m)
        ### END SOLUTION

    # %%
    check(sample_gaussian)

    # %%
    if solved(sample_gaussian):
        plots.histogram(sample_gaussian(m, v), target=(m, v))
    else:
        print("Your draws will appear here, beside the curve that they should follow.")

    # %% [markdown]
    # <details><summary>I get a spread of 9 instead of 3</summary>
    #
    # `v` is a variance: take the square root, once.
    # </details>
    #
    # **Think.** Why is `torch.normal(m, v.sqrt())` not enough?
    #
    # <details><summary>Answer</summary>
    #
    # It draws the right numbers and cuts the graph: no gradient reaches `m`.
    # </details>

* `{{ exercise NAME }}` is the first line of its cell and becomes the heading `### Exercise 1.1 · Title` and the line
  "difficulty ●●○○ (2 of 4) · 15 minutes · 7 points · about 2 lines", from `vae_course.checks.lessons`; so a `##` section
  stands above it. One card for several exercises: `{{ exercise VAE.sample_z VAE.sample_x }}`. A card ends at the next
  heading of level 1 to 3; a solution region outside a card is refused.
* **Order of the parts**: head, **Goal.**, formula, **Shapes.**, stub, check, drawing, hints, **Think.** The Shapes say
  what is summed or averaged ("nothing is summed" counts). Answers that are numbers, words or dictionaries write
  `**Answer.**` (its format) in place of `**Shapes.**`, and then need no formula.
* **Stub.** A region inside a function becomes `raise NotImplementedError`. A region at the left margin (constants)
  becomes `# your answer here`, with a placeholder above it, so that the untouched notebook still runs:
      predict_noise = {"dz_dv": None}
      ### BEGIN SOLUTION
      predict_noise = {"dz_dv": 0.5}
      ### END SOLUTION
  A cell may hold several methods, each with a region; it may not mix the two kinds.
* **Check.** `check(f)`, `check(VAE.loss)`, `check(predict_noise, "predict_noise")`, one per exercise, not in a loop.
* **Drawing.** A cell that begins `if solved(`. Required for functions and methods; if there is nothing to draw, tag
  the check cell `no-drawing`.
* **Hints.** At least one `<details>` whose summary reads "I get ... instead ...". A blank line follows each
  `</summary>`, or Markdown inside is not rendered.
* **Widgets.** Text stands right above an `explore(...)`, what to try or to predict, and right below it, what it shows.
* **Symbols.** A displayed formula's letters are in lesson 00's notation table, or the text up to there names them ($k$).
* **Slides.** A cell with the tag `slide` is one slide of the lesson's deck: of a text its formulas, lists and bold words, of a
  code cell its figure or what it prints, of a card the goal and the stub (`site/slides.py`). About twenty fill a lecture; look at them (`make site`).
* **Links** are relative to notebooks/ and resolve in the repository: `02_kl_divergence.ipynb`, `../docs/x.md`,
  `#Heading-text` (spaces become hyphens). Images have alt text; so have figures (`figures.style`).
* **Answers stay out of sight**: no other cell, comment, string or code in the prose repeats a solved region; no hint does.

## Puzzles

A section `## Puzzles` stands before the Summary, and needs no card: text (what is asked, the minutes, "optional"), a stub with its region
inside a function, and below it `puzzle("01.word", its_name)`. The function is not called as an exercise is, so that nobody's
answer is taken for it. The puzzle is an entry of `checks/learning/puzzles/table.py`; a weak test that is to be broken stands in
`weak_tests.py` there, and the same code in a cell above the stub.

## What the cells may print, and nbval

The build runs a lesson in an empty folder with VAE_COURSE_STATIC=1 (widgets show their PNG, no progress bars), and
refuses errors, anything on stderr, carriage returns, memory addresses, paths of this machine, and outputs other than
text/plain, text/html, text/markdown and image/png. nbval 0.11 (`make nbval`; its plugin
tests/teach/authoring/nbval_like_build.py gives each lesson the same environment) then compares every code cell's printed text
and every MIME type except image/png, image/jpeg and widget views; for a picture its text/plain, which is its alt text. So:

* `progress()` shows every lesson: the build gives its cell the tag `nbval-ignore-output` by itself;
* a figure alone needs no tag; neither do numbers from a fixed seed, rounded to few decimals;
* a cell that prints, or puts into HTML, what training computed (it differs between machines in the last digits) has
  the tag `nbval-ignore-output`, and an `assert` in it or in the next code cell, or the build refuses it. What another
  right answer could fail stands between `### BEGIN BUILD ONLY` and `### END BUILD ONLY`: no learner gets these lines.
"""

import argparse
import tempfile
from pathlib import Path

from nbformat import NotebookNode

from vae_course.teach.authoring import keeper, mistakes_page, repository
from vae_course.teach.authoring.execute import execute
from vae_course.teach.authoring.exercise_facts import Exercises
from vae_course.teach.authoring.prepare import Notebooks, prepare
from vae_course.teach.authoring.problems import LessonRefused, Problem

ROOT = Path(__file__).resolve().parents[3]


def main(argv: list[str] | None = None, *, exercises: Exercises | None = None, root: Path = ROOT) -> int:
    """The command. Returns 0 if every lesson was built (or, with --check, is as built), else 1."""
    parser = argparse.ArgumentParser(prog="vae-course build", description="Build the notebooks from solutions/*.py.")
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="e.g. 01 or 01_reparameterization; default: all")
    parser.add_argument("--check", action="store_true", help="write nothing, run nothing; fail if a notebook differs")
    parser.add_argument("--force", action="store_true", help="run the solved lessons even if their code is unchanged")
    arguments = parser.parse_args(argv)
    if exercises is None:
        from vae_course.checks.lessons import EXERCISES

        exercises = EXERCISES
    try:
        chosen = _choose(arguments.lessons, root)
    except LessonRefused as refused:
        print(refused)
        return 1
    pairs, problems = prepare(chosen, exercises, root)
    if not arguments.lessons:
        problems += _without_source(exercises, root)
        problems += mistakes_page.problems(exercises, root) if arguments.check else mistakes_page.write(exercises, root)
        problems += repository.problems(root) if arguments.check else repository.write(root)
    for pair in pairs:
        if arguments.check:
            problems += drift(pair, root)
        else:
            problems += build(pair, root, force=arguments.force)
    for problem in problems:
        print(f"refused  {problem}")
    if problems:
        print(
            f"{len(problems)} problem{'' if len(problems) == 1 else 's'}. The format: vae_course/teach/authoring/build.py"
        )
    return 1 if problems else 0


def _choose(wanted: list[str], root: Path) -> list[Path]:
    sources = sorted((root / "solutions").glob("[0-9][0-9]*_*.py"))
    if not wanted:
        return sources
    chosen = []
    for name in wanted:
        start = Path(name).name.removesuffix(".py")
        found = [source for source in sources if source.stem.partition("_")[0] == start] or [
            source for source in sources if source.stem.startswith(start)
        ]
        if len(found) != 1:
            names = ", ".join(source.stem for source in found or sources) or "nothing"
            raise LessonRefused(Problem(root / "solutions", 0, f"one lesson for `{name}`", names, "name one of them"))
        chosen += found
    return chosen


def build(pair: Notebooks, root: Path, force: bool = False) -> list[Problem]:
    """Writes the two notebooks of a lesson, running the solved one if its code has changed."""
    problems, old = [], None
    for path in _paths(pair, root):
        if path.exists():
            found = keeper.read(path)
            if not keeper.is_ours(found):
                problems.append(_edited(pair, path.relative_to(root)))
            elif path.parent.name == "solutions":
                old = found
    if problems:
        return problems
    if old is not None and not force and _same_code(pair.solved, old):
        _carry_outputs(old, pair.solved)
    else:
        print(f"running  {pair.lesson.path}", flush=True)
        problems, warnings = execute(pair.lesson, pair.solved, root)
        for warning in warnings:
            print(f"warning  {warning}")
    if not problems:
        for path, notebook in zip(_paths(pair, root), (pair.solved, pair.learner), strict=True):
            if keeper.write(path, keeper.seal(notebook)):
                print(f"wrote    {path.relative_to(root)}")
    return problems


def drift(pair: Notebooks, root: Path) -> list[Problem]:
    """Builds the lesson into a temporary folder without running it, and compares with what lies in the repository."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for place, notebook in zip(_paths(pair, root), (pair.solved, pair.learner), strict=True):
            shown = place.relative_to(root)
            built = Path(folder) / shown
            keeper.write(built, keeper.seal(notebook))
            fresh, found = keeper.read(built), keeper.read(place) if place.exists() else None
            assert fresh is not None
            rebuild = f"vae-course build {pair.lesson.name}"
            if not place.exists():
                problems.append(Problem(shown, 0, f"a notebook built from {pair.lesson.path}", "no file", rebuild))
            elif found is None:
                problems.append(_edited(pair, shown))
            elif difference := keeper.first_difference(fresh, found):
                what_next = f"{rebuild}; if it was edited by hand, move the edit to {pair.lesson.path} first"
                problems.append(Problem(shown, 0, f"what {pair.lesson.path} says", difference, what_next))
            elif not keeper.is_ours(found) or (notebook is pair.learner and _has_outputs(found)):
                problems.append(_edited(pair, shown))
    return problems


def _paths(pair: Notebooks, root: Path) -> tuple[Path, Path]:
    name = f"{pair.lesson.name}.ipynb"
    return root / "solutions" / name, root / "notebooks" / name


def _edited(pair: Notebooks, shown: Path) -> Problem:
    what_next = f"move the edit to {pair.lesson.path}, or delete {shown}; then build again"
    return Problem(shown, 0, "a file that the build made, unchanged since", "one made or edited by hand", what_next)


def _same_code(new: NotebookNode, old: NotebookNode) -> bool:
    return new.metadata["vae_course"]["code_sha256"] == old.metadata["vae_course"].get("code_sha256")


def _carry_outputs(old: NotebookNode, new: NotebookNode) -> None:
    """The code is the same, cell by cell; only prose between may have changed, and the cell that sets up."""
    ran = {cell.id: cell for cell in old.cells if cell.cell_type == "code"}
    for cell in new.cells:
        if cell.id in ran:
            cell.outputs, cell.execution_count = ran[cell.id].outputs, ran[cell.id].execution_count


def _has_outputs(notebook: NotebookNode) -> bool:
    return any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def _without_source(exercises: Exercises, root: Path) -> list[Problem]:
    """Lessons that only the exercises or a left-over notebook know."""
    sources = {path.stem for path in (root / "solutions").glob("*.py")}
    problems = []
    for lesson in sorted({exercise.lesson for exercise in exercises.values()} - sources):
        shown = Path("solutions") / f"{lesson}.py"
        problems.append(Problem(shown, 0, "a source for the lesson that exercises name", "no file", "write it"))
    for folder in ("solutions", "notebooks"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in sources:
                expected = f"a source solutions/{path.stem}.py for it"
                problems.append(
                    Problem(path.relative_to(root), 0, expected, "none", "write the source or delete the file")
                )
    return problems


if __name__ == "__main__":
    raise SystemExit(main())
