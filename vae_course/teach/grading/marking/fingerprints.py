"""Has that changed by which an answer was marked? A hash for each mark answers that, as `answer_hashes` does for the answer itself.

Both rather change too often than too seldom: then an exercise is marked again, and gets the same mark.
"""

import ast
import sys
from functools import cache
from pathlib import Path

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES, MODULE_OF
from vae_course.runner.answers import LocalAnswer
from vae_course.teach.grading.reading.answer_hashes import digest


@cache
def checks_hash(exercise: str) -> str:
    """The hash of everything by which an exercise is marked: the sources of its module and of all that this imports of the course,
    the machinery included; and the files beside its module."""
    beside = sorted(path for path in _file(MODULE_OF[exercise]).parent.iterdir() if path.suffix not in (".py", ""))
    files = [*map(_file, sorted(reached(exercise))), *beside]
    return digest(path.read_bytes() for path in files)


def reached(exercise: str) -> set[str]:
    """The modules of the course whose text has a say in the mark of an exercise."""
    taught = getattr(EXERCISES[exercise], "taught", ())  # the reasons of a whole class are those of earlier exercises
    new = {examine.__module__, LocalAnswer.__module__, *(MODULE_OF[name] for name in (exercise, *taught))}
    found: set[str] = set()
    while new:
        found |= new
        new = set().union(*map(_imported, new)) - found
    return found


def _file(module: str) -> Path:
    return Path(str(sys.modules[module].__file__))


@cache
def _imported(module: str) -> frozenset[str]:
    """The modules of the course that a module's text imports."""
    nodes = [node for node in ast.walk(ast.parse(_file(module).read_bytes())) if isinstance(node, ast.ImportFrom)]
    names = {name for node in nodes for alias in node.names for name in (node.module, f"{node.module}.{alias.name}")}
    return frozenset(name for name in names if name and name.startswith("vae_course.") and name in sys.modules)
