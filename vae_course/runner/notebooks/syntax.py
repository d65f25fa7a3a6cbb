"""From a cell's text to a syntax tree: magics out, conflicts settled, and of a broken cell whatever parses by itself.

Every repair keeps the number of each line, so that an error can be shown where the student wrote it.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from vae_course.runner.notebooks.conflicts import has_conflict, sides
from vae_course.runner.notebooks.names import children

_DEEPEST = 200  # levels of a syntax tree; whoever reads one does so by recursion
_SHORT = 20_000  # characters of a cell that is remembered
_PYTHON_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3", "debug", "memit"}
_MAGIC_LINE = re.compile(r"^\s*(?:%{1,2}[A-Za-z].*|[!?].*|[\w.]+\?\??\s*|[\w, ]+=\s*[%!].*)$")
_ENDLESS = re.compile(r"0[xXoObB][\da-fA-F_]{3000}")
_INNER_LINE = re.compile(r"(?:[)\]}#]|(?:else|elif|except|finally)\b)")  # belongs to what stands above
_DEFINED = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|(\w+)\s*(?::[^=]+)?=(?!=)")


@dataclass(frozen=True)
class Parsed:
    """A cell's text after all repairs and its tree; `notes` on repairs, and `lost`: the names that could not be had.

    Nobody changes any of it: cells that are alike share one.
    """

    source: str
    tree: ast.Module
    notes: tuple[str, ...] = ()
    magics: str = ""  # a note that matters only if the cell defines something
    lost: Mapping[str, str] = field(default_factory=dict)


def parse_cell(source: str, place: str) -> Parsed:
    """Parse a code cell; it never fails, in the worst case nothing is left. Notes begin with the place."""
    return _remembered(source, place) if len(source) <= _SHORT else _parsed(source, place)


@lru_cache(maxsize=1000)
def _remembered(source: str, place: str) -> Parsed:
    """Most cells of a class's notebooks are as they were handed out."""
    return _parsed(source, place)


def _parsed(source: str, place: str) -> Parsed:
    source = source.replace("\x00", "").encode(errors="replace").decode()  # half a surrogate pair is no text
    tree, _ = _parse(source)
    if tree is not None:
        return Parsed(source, tree)
    notes: list[str] = []
    if has_conflict(source):
        choices = [(text, side, _parse(_without_magics(text)[0])[0]) for text, side in sides(source)]
        source, side, _ = next((choice for choice in choices if choice[2] is not None), choices[0])
        notes.append(f"{place}: git's conflict markers stand in it; {side} of the conflict was read.")
    source, dropped = _without_magics(source)
    magics = f"{place}: lines for IPython alone were left out ({', '.join(dropped)})." if dropped else ""
    if _parse(source)[0] is None:
        cleaned = textwrap.dedent(re.sub(r"[\u200b\u200c\u200d\u2060\ufeff]", "", source).replace("\u00a0", " "))
        if cleaned != source and _parse(cleaned)[0] is not None:
            notes.append(f"{place}: invisible characters or an indentation of the whole cell were removed.")
            source = cleaned
    tree, error = _parse(source)
    if tree is not None:
        return Parsed(source, tree, tuple(notes), magics)
    rescued = _rescue(source, place)
    line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    kept = [name for node in rescued.tree.body for name in _names(node)]
    saved = f"; what could be read by itself: {', '.join(kept)}" if kept else ""
    notes.append(f"{place} has a syntax error ({what}{line}){saved}.")
    return Parsed(rescued.source, rescued.tree, tuple(notes), magics, rescued.lost)


def _parse(source: str) -> tuple[ast.Module | None, Exception | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a string is not our business
            tree = ast.parse(source)
        if _deeper_than(_DEEPEST, tree):
            raise RecursionError("it is nested too deeply")
        if _ENDLESS.search(source):
            raise ValueError("a number of thousands of digits")  # nothing can show it
        return tree, None
    except MemoryError:  # it says no more, whether the text is too deep for Python or too long
        return None, ValueError("nested too deeply, or too long")
    except (SyntaxError, ValueError, RecursionError) as error:
        return None, error


def _deeper_than(limit: int, tree: ast.Module) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in children(node)]
        if not level:
            return False
    return True


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    return [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []


def _without_magics(source: str) -> tuple[str, list[str]]:
    """The text with lines for IPython replaced by `pass` or nothing, and those lines."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    cell_magic = re.match(r"%%(\w+)", lines[first])
    if cell_magic and cell_magic[1] not in _PYTHON_MAGICS:
        return "\n" * (len(lines) - 1), [f"all of a %%{cell_magic[1]} cell"]
    dropped, goes_on = [], False
    for i, line in enumerate(lines):
        if goes_on or _MAGIC_LINE.match(line):
            if not goes_on:
                dropped.append(f"`{line.strip()[:30]}`")
            indent = "" if goes_on else line[: len(line) - len(line.lstrip())]
            lines[i] = f"{indent}pass" if indent else ""
            goes_on = line.endswith("\\")
    return "\n".join(lines), dropped


def _rescue(source: str, place: str) -> Parsed:
    """The top-level statements that parse by themselves, and of a broken class the members that do."""
    lines = source.split("\n")
    lost: dict[str, str] = {}
    for start, end in _pieces(lines, 0, lambda text: _parse(text)[0] is not None):
        found = _DEFINED.match(lines[start])
        name = (found[1] or found[2]) if found else ""
        if name and lines[start].startswith("class") and _mend_class(lines, start, end, name, place, lost):
            continue
        if name:
            lost[name] = _sentence(name, place, start, lines[start:end])
        lines[start:end] = [""] * (end - start)
    text = "\n".join(lines)
    tree, _ = _parse(text)
    if tree is None:  # pieces that parse alone, and not together; nothing is certain here
        return Parsed("", ast.Module([], []), lost=lost)
    return Parsed(text, tree, lost=lost)


def _sentence(name: str, place: str, line: int, piece: list[str], above: str = "") -> str:
    """With Python's own words, and the line that it points at. `above`: a line that must stand above the piece."""
    _, error = _parse(above + "\n".join(piece))
    what, at = "a syntax error", 0
    if isinstance(error, SyntaxError):
        what, at = error.msg, (error.lineno or 1) - 1 - above.count("\n")
    elif error is not None:
        what = str(error) or "it is nested too deeply"  # more than the parser has room for
    return f"`{name}` could not be read: {place}, line {line + 1 + max(0, min(at, len(piece) - 1))}: {what}."


def _mend_class(lines: list[str], start: int, end: int, name: str, place: str, lost: dict[str, str]) -> bool:
    """Blank the broken members of a class; False if its first line is what is broken, or nothing would be left."""
    # A remark may stand anywhere: the first line that is none says how far the members are indented.
    body = next((i for i in range(start + 1, end) if lines[i].strip() and not lines[i].lstrip().startswith("#")), end)
    if body == end or _parse("\n".join([*lines[start:body], " pass"]))[0] is None:
        return False
    indent = _indent(lines[body])
    members = [line if line.strip() else "" for line in lines[body:end]]
    broken = _pieces(members, indent, lambda text: _parse("class _:\n" + text)[0] is not None)
    mended = list(members)
    for first, last in broken:
        if _begins_a_member(members[first], indent):
            last = next((i for i in range(last, len(members)) if _begins_a_member(members[i], indent)), len(members))
        found = _DEFINED.match(members[first].strip())
        if found:
            member = f"{name}.{found[1] or found[2]}"
            lost[member] = _sentence(member, place, body + first, members[first:last], "class _:\n")
        mended[first:last] = [""] * (last - first)
    if not indent or _parse("\n".join(lines[start:body] + mended))[0] is None:
        return False
    lines[body:end] = mended
    return True


def _indent(line: str) -> int:
    """As Python counts it."""
    wide = line.expandtabs()
    return len(wide) - len(wide.lstrip())


def _begins_a_member(line: str, indent: int) -> bool:
    """What stands before it may be lines of the broken member above, wherever they stand."""
    return (
        len(line) - len(line.lstrip()) == indent
        and re.match(r"@|(?:async\s+)?def\b|class\b", line.lstrip()) is not None
    )


def _pieces(lines: list[str], indent: int, parses: Callable[[str], bool]) -> list[tuple[int, int]]:
    """The pieces, from one statement at this indentation to the next, that parse neither alone nor with those after them."""
    starts = [
        i
        for i, line in enumerate(lines)
        if line.strip() and _indent(line) <= indent and not _INNER_LINE.match(line.lstrip())
    ]
    broken, i = [], 0
    while i < len(starts):
        ends = [*starts[i + 1 :], len(lines)]
        whole = next((j for j, end in enumerate(ends[:40]) if parses("\n".join(lines[starts[i] : end]))), None)
        if whole is None:
            broken.append((starts[i], ends[0]))
        i += 1 if whole is None else whole + 1
    return broken
