"""Has an answer changed since it was marked, or what it was marked by? Two hashes for each mark answer that.

Both rather change too often than too seldom: then an exercise is marked again, and gets the same mark.
"""

import ast
import dataclasses
import functools
import hashlib
import inspect
import itertools
import types
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor

from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import Exercise
from vae_course.runner.notebooks import HandIn
from vae_course.runner.notebooks.names import MOST, needed
from vae_course.teach.grading.marking.lint import Source

_SIMPLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)
_NO_MATTER = {"title", "number", "minutes", "difficulty", "lines", "hints", "tries", "correct"}
_OURS = "vae_course."
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

    def __init__(self, hand_in: HandIn, source: Source) -> None:
        self._hand_in = hand_in
        self._rows = [
            (node, touched, needed(node) if isinstance(node, _SIMPLE) else set(), _text(node))
            for node, touched in zip(source.statements, source.touched, strict=True)
        ]
        self._models = sorted(hand_in.path.parent.glob("*.safetensors"))

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
def checks_hash(exercise: Exercise) -> str:
    """The hash of everything by which an exercise is marked: its fields, and the code that they reach in this package."""
    fields = {f.name: getattr(exercise, f.name) for f in dataclasses.fields(exercise) if f.name not in _NO_MATTER}
    return _digest(_Walk().parts([fields, examine]))


class _Walk:
    """Takes an object apart into texts that are the same in every process."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._numbers = itertools.count()
        self._alive: list[Any] = []

    def parts(self, thing: Any) -> Iterable[str | bytes]:
        if thing is None or isinstance(thing, bool | int | float | complex | str | bytes):
            yield f"{type(thing).__name__} {thing!r}"
            return
        if id(thing) in self._seen:
            yield f"again {self._seen[id(thing)]}"
            return
        self._seen[id(thing)] = next(self._numbers)
        self._alive.append(thing)  # an id is given away again when its object dies
        yield type(thing).__qualname__
        if isinstance(thing, dict | types.MappingProxyType):
            for key, value in thing.items():
                yield from self.parts(key)
                yield from self.parts(value)
        elif isinstance(thing, list | tuple):
            for value in thing:
                yield from self.parts(value)
        elif isinstance(thing, set | frozenset):
            yield from sorted(map(repr, thing))
        elif isinstance(thing, Tensor):
            yield f"{thing.dtype} {tuple(thing.shape)}"
            yield thing.detach().cpu().contiguous().numpy().tobytes()
        elif isinstance(thing, types.CodeType):
            yield from self._code(thing)
        elif isinstance(thing, types.FunctionType):
            yield from self._function(thing)
        elif isinstance(thing, functools.partial):
            yield from self.parts([thing.func, thing.args, thing.keywords])
        elif isinstance(thing, types.MethodType):
            yield from self.parts([thing.__func__, thing.__self__])
        elif hasattr(thing, "__wrapped__"):  # functools.cache and the like
            yield from self.parts(thing.__wrapped__)
        elif inspect.isclass(thing):
            yield thing.__qualname__
            if thing.__module__.startswith(_OURS):
                yield from self._members(vars(thing))
        elif type(thing).__module__.startswith(_OURS):
            yield from self.parts(type(thing))
            yield from self._members(vars(thing) if hasattr(thing, "__dict__") else {})

    def _members(self, members: Any) -> Iterable[str | bytes]:
        for name, value in sorted(members.items()):
            if not (name.startswith("__") and name not in ("__init__", "__call__")) and name != "__wrapped__":
                yield name
                yield from self.parts(value.__func__ if isinstance(value, staticmethod | classmethod) else value)

    def _function(self, function: types.FunctionType) -> Iterable[str | bytes]:
        yield from self.parts([function.__code__, function.__defaults__, function.__kwdefaults__])
        for cell in function.__closure__ or ():
            if cell != types.CellType():
                yield from self.parts(cell.cell_contents)
        if not function.__module__.startswith(_OURS):
            return
        names = sorted(_names(function.__code__))
        for name in names:
            value = function.__globals__.get(name)
            if isinstance(value, types.ModuleType):
                if value.__name__.startswith(_OURS):
                    yield from self.parts([getattr(value, inner, None) for inner in names])
            elif value is not None and _is_ours(value):
                yield name
                yield from self.parts(value)

    def _code(self, code: types.CodeType) -> Iterable[str | bytes]:
        yield code.co_code
        yield " ".join([*code.co_names, *code.co_varnames])
        docstring = code.co_consts[:1] if code.co_consts and isinstance(code.co_consts[0], str) else ()
        for constant in code.co_consts[len(docstring) :]:
            yield from self.parts(constant)


def _names(code: types.CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _is_ours(value: Any) -> bool:
    """A function or class of this package, or plain data; a module's own state (an open file, a lock) is neither."""
    if isinstance(value, bool | int | float | str | bytes | tuple | list | dict | frozenset | set | Tensor):
        return True
    home = getattr(value, "__module__", None) or type(value).__module__
    return str(home).startswith(_OURS)
