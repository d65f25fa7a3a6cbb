"""Has an answer changed since it was marked? A hash of the code that it stands on answers that."""

import ast
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from vae_course.runner.notebooks import HandIn
from vae_course.runner.notebooks.names import MOST, needed
from vae_course.teach.grading.incoming.syllabus import Question
from vae_course.teach.grading.reading.lint import Source

_SIMPLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)
_MODEL = 64 * 2**20  # bytes


def digest(parts: Iterable[str | bytes]) -> str:
    """A hash of several things in their order."""
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

    def of(self, exercise: Question) -> str:
        wanted = {exercise.name.split(".")[0]}
        if exercise.in_class:  # the class may have any name
            wanted |= {node.name for node, *_ in self._rows if isinstance(node, ast.ClassDef)}
        while more := set().union(*(reads for _, touched, reads, _ in self._rows if touched & wanted)) - wanted:
            wanted |= more
        kept = [text for node, touched, _, text in self._rows if not isinstance(node, _SIMPLE) or touched & wanted]
        lost = [f"{name}: {why}" for name, why in sorted(self._hand_in.lost.items()) if name.split(".")[0] in wanted]
        uses_files = any(".safetensors" in text for text in kept)
        files = [_start(path) for path in self._models] if uses_files else []
        return digest([*kept, "lost", *lost, "files", *files])


@lru_cache(maxsize=MOST)
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
