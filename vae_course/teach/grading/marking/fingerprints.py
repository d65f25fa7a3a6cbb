"""Has an answer changed since it was marked, or what it was marked by? Two hashes for each mark answer that.

Both rather change too often than too seldom: then an exercise is marked again, and gets the same mark.
"""

import ast
import functools
import hashlib
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES, MODULE_OF, Exercise
from vae_course.runner.answers import LocalAnswer
from vae_course.runner.notebooks import HandIn
from vae_course.runner.notebooks.names import MOST, needed
from vae_course.teach.grading.marking.lint import Source

_SIMPLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)
_MODEL = 64 * 2**20  # bytes


def _digest(parts: Iterable[str | bytes]) -> str:
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        made.update(b"%d:" % len(data) + data)
    return made.hexdigest()[:32]


class AnswerHashes:
    """The hash of the code that an answer stands on, for each exercise of one hand-in.

    Definitions that the answer's own code does not name, directly or through others, do not count.
    """

    def __init__(self, hand_in: HandIn, source: Source, models: Sequence[Path] = ()) -> None:
        self._hand_in = hand_in
        self._rows = [
            (node, touched, needed(node) if isinstance(node, _SIMPLE) else set(), _text(node))
            for node, touched in zip(source.statements, source.touched, strict=True)
        ]
        self._models = sorted(models)

    def of(self, exercise: Exercise) -> str:
        wanted = {exercise.name.split(".")[0]}
        if exercise.in_class:  # the class may have any name
            wanted |= {node.name for node, *_ in self._rows if isinstance(node, ast.ClassDef)}
        while more := set().union(*(reads for _, touched, reads, _ in self._rows if touched & wanted)) - wanted:
            wanted |= more
        kept = [text for node, touched, _, text in self._rows if not isinstance(node, _SIMPLE) or touched & wanted]
        lost = [f"{name}: {why}" for name, why in sorted(self._hand_in.lost.items()) if name.split(".")[0] in wanted]
        uses_files = any(".safetensors" in text for text in kept)
        files = [_start(path) for path in self._models] if uses_files else []
        return _digest([*kept, "lost", *lost, "files", *files])


@functools.lru_cache(maxsize=MOST)
def _text(node: ast.stmt) -> str:
    return ast.unparse(node)


def _start(path: Path) -> bytes:
    """What tells a model from another: its size and its first bytes, as many as a model of this course has."""
    try:
        if path.is_symlink() or not path.is_file():
            return b""
        with path.open("rb") as file:
            return b"%d " % path.stat().st_size + file.read(_MODEL)
    except OSError:
        return b""


@cache
def checks_hash(exercise: str) -> str:
    """The hash of everything by which an exercise is marked: the sources of its module and of all that this imports of the course,
    the machinery included; and the files beside its module."""
    beside = sorted(path for path in _file(MODULE_OF[exercise]).parent.iterdir() if path.suffix not in (".py", ""))
    files = [*map(_file, sorted(reached(exercise))), *beside]
    return _digest(path.read_bytes() for path in files)


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
