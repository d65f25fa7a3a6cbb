"""Hand-ins for tests: the built lessons, and ways to write small notebooks."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from vae_course.checks.lessons import EXERCISES
from vae_course.runner.notebooks import HandIn, read_hand_in, run_definitions

ROOT = Path(__file__).parents[3]
LESSON_OF = {exercise.name: exercise.lesson for exercise in EXERCISES.values()}
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))


@cache
def _text(folder: str, lesson: str) -> str:
    return (ROOT / folder / f"{lesson}.ipynb").read_text(encoding="utf-8")


def solved(lesson: str = "01_reparameterization") -> dict[str, Any]:
    return json.loads(_text("solutions", lesson))


def cell_defining(notebook: dict[str, Any], opening: str) -> dict[str, Any]:
    """The code cell in whose text `opening` stands at the beginning of a line."""
    found = [c for c in notebook["cells"] if any(line.startswith(opening) for line in c["source"])]
    return next(cell for cell in found if cell["cell_type"] == "code")


def write(folder: Path, notebook: dict[str, Any] | str | bytes, name: str = "01_reparameterization.ipynb") -> Path:
    path = folder / name
    if isinstance(notebook, dict):
        notebook = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_bytes(notebook.encode() if isinstance(notebook, str) else notebook)
    return path


def notebook_of(*cells: str) -> dict[str, Any]:
    """A notebook with these code cells and nothing that says which lesson it is."""
    made = [{"cell_type": "code", "metadata": {}, "source": cell, "outputs": []} for cell in cells]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def read(folder: Path, *cells: str, name: str = "02_kl_divergence.ipynb") -> HandIn:
    return read_hand_in(write(folder, notebook_of(*cells), name), LESSON_OF)


def values(folder: Path, *cells: str) -> dict[str, Any]:
    """What these cells define, without what every module has."""
    namespace = run_definitions(read(folder, *cells)).namespace
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def changed(notebook: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    notebook = copy.deepcopy(notebook)
    change(notebook)
    return notebook
