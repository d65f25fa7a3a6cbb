"""`run_definitions`: the definitions of a hand-in come to life in a namespace of their own."""

import __future__

import ast
import contextlib
import io
import itertools
import linecache
import re
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vae_course.runner.notebooks.hand_in import HandIn
from vae_course.runner.notebooks.names import makes
from vae_course.runner.notebooks.snippets import Snippet
from vae_course.runner.stopped import TimedOut

NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")
EVERYTHING = "*"
"""Stands among the names that failed for all that a star import was to bring."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Definitions:
    """What a hand-in defines.

    Args:
        namespace: every name with its value, as a module's.
        failed: names that the hand-in was to define or change, and the sentence why that failed, `HandIn.lost` included. An
            earlier definition of the same name stays in the namespace.
        versions: everything that each name has stood for, in order: several where a cell was written twice.
    """

    namespace: dict[str, Any]
    failed: dict[str, str]
    versions: dict[str, list[Any]]


def run_definitions(hand_in: HandIn, limit: Callable[[Callable[[], None]], None] = lambda work: work()) -> Definitions:
    """Execute the definitions of a hand-in, one statement at a time; a statement that raises costs the names it defines.

    What they print and warn about is swallowed. Statements that lack a name are tried again after all others, since people
    run cells in any order. The functions' module is a fresh one in `sys.modules`, so that dataclasses and pickles find it.

    Args:
        hand_in: what `read_hand_in` returned.
        limit: calls the work it is given; each statement goes through it. If it raises `answers.TimedOut`, that statement alone
            has failed.
    """
    module = types.ModuleType(f"hand_in_{next(_numbers)}")
    sys.modules[module.__name__] = module
    steps = [step for snippet in hand_in.cells for step in _steps(snippet, hand_in.path.name, module.__name__)]
    flags = __future__.annotations.compiler_flag if any(step.is_future_import for step in steps) else 0
    raised: dict[str, str] = {}
    versions: dict[str, list[Any]] = {}
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        while steps:
            again = []
            for i, step in enumerate(steps):
                error = step.run(module.__dict__, flags, limit)
                for name in step.names or ({EVERYTHING} if step.is_star_import else ()):
                    raised.pop(name, None)
                    if error is not None:
                        raised[name] = f"{step.place} raised {_words(error)}"
                    elif name in module.__dict__:
                        versions.setdefault(name, []).append(module.__dict__[name])
                overtaken = any(step.names & later.names for later in steps[i + 1 :])
                if isinstance(error, NameError) and not overtaken:
                    again.append(step)
            if len(again) == len(steps):
                break
            steps = again
    for name, sentence in list(raised.items()):
        missing = NOT_DEFINED.search(sentence)
        if missing and missing[1] in raised:  # what it lacks failed before: that is the reason
            raised[name] = raised[missing[1]]
    for name, value in module.__dict__.items():
        if not name.startswith("__") and not any(value is known for known in versions.get(name, ())[-1:]):
            versions.setdefault(name, []).append(value)  # bound by code that runs inside another statement
    return Definitions(module.__dict__, dict(hand_in.lost) | raised, versions)


@dataclass(frozen=True, eq=False)
class _Step:
    """One statement, ready to run."""

    node: ast.stmt
    place: str
    filename: str
    names: frozenset[str]

    @property
    def is_star_import(self) -> bool:
        return isinstance(self.node, ast.ImportFrom) and self.node.names[0].name == "*"

    @property
    def is_future_import(self) -> bool:
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"

    def run(
        self, namespace: dict[str, Any], flags: int, limit: Callable[[Callable[[], None]], None]
    ) -> BaseException | None:
        """What it raised, or None."""
        try:
            code = compile(ast.Module([self.node], []), self.filename, "exec", flags, dont_inherit=True)
            limit(lambda: exec(code, namespace))
        except (Exception, SystemExit, TimedOut) as error:
            return error
        return None


def _steps(snippet: Snippet, file: str, module: str) -> Iterator[_Step]:
    """The statements of a snippet. Its text is given to `linecache`, so that errors and `inspect` show the student's lines."""
    filename = f"<{module}: {file}, {snippet.place}>"
    lines = [f"{line}\n" for line in snippet.source.split("\n")]
    linecache.cache[filename] = (len(snippet.source), None, lines, filename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = ast.parse(snippet.source).body
    for node in body:
        place = f"{snippet.place}, line {node.lineno},"
        for single in _one_name_each(node):
            yield _Step(single, place, filename, makes(single, set()))


def _one_name_each(node: ast.stmt) -> list[ast.stmt]:
    """An import as one statement for each name, so that a name that does not exist costs itself alone."""
    if isinstance(node, ast.Import):
        return [ast.copy_location(ast.Import([alias]), node) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node) for alias in node.names]
    return [node]


def _words(error: BaseException) -> str:
    try:
        if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("vae_course."):
            return f"{type(error).__name__}: {error.name} does not exist where answers are marked: write the formula yourself"
        if isinstance(error, ModuleNotFoundError):
            return (
                f"{type(error).__name__}: {error}: it is neither installed where this runs nor handed in with the notebook; a package that "
                f"whoever marks knows can be added: vae-course grade --with {str(error.name).partition('.')[0]}"
            )
        return f"{type(error).__name__}: {error}"
    except Exception:  # an exception of the student's own, whose text cannot be made
        return type(error).__name__
