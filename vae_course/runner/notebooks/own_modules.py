"""Modules of the student's own, which a cell writes (`%%writefile`) or which lie beside the notebook: their text becomes cells of the hand-in.

So what they define is found, read and judged as if it stood in the notebook, and every name means the same there and here.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from vae_course.runner.notebooks.cells import FileCell

LARGEST = 2**20  # bytes of a module that is read along

_WRITES = re.compile(
    r"\s*%%(?:writefile|file)[ \t]+(?P<more>-a[ \t]+)?[\"']?(?:[^\"'\n]*/)?(?P<name>\w+)\.py[\"']?[ \t]*(?:\n|$)"
)
_FROM = re.compile(
    r"^(?P<indent>[ \t]*)from[ \t]+\.?(?P<module>\w+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]+)[^\n;]*$", re.M
)
_IMPORT = re.compile(
    r"^(?P<indent>[ \t]*)import[ \t]+(?P<module>\w+)(?:[ \t]+as[ \t]+(?P<name>\w+))?[ \t]*(?:#[^\n]*)?$", re.M
)
_RUN = re.compile(r"^(?P<indent>[ \t]*)%run[ \t]+(?:-\w+[ \t]+)*(?:\./)?(?P<module>\w+)(?:\.py)?[ \t]*$", re.M)
_HERE = "__import__('sys').modules[__name__]"


def with_modules(
    cells: list[FileCell], beside: Mapping[str, Path], notes: list[str]
) -> tuple[list[FileCell], tuple[str, ...]]:
    """The cells, with each such module as a cell of its own above the first that imports or runs it; and the names of these modules.

    Args:
        beside: modules that lie beside the file, by name.
        notes: gets a sentence for each module.
    """
    modules = _Modules(beside, notes)
    return list(modules.read(cells)), tuple(sorted(modules.done))


class _Modules:
    def __init__(self, beside: Mapping[str, Path], notes: list[str]) -> None:
        self._beside, self._notes = beside, notes
        self._written: dict[str, str] = {}
        self.done: set[str] = set()

    def read(self, cells: list[FileCell]) -> Iterator[FileCell]:
        for cell in cells:
            if cell.kind != "code":
                yield cell
            elif writes := _WRITES.match(cell.source):
                before = self._written.get(writes["name"], "") if writes["more"] else ""
                self._written[writes["name"]] = before + cell.source[writes.end() :]
                self.done.discard(writes["name"])
                yield FileCell(cell.place, "code", "")
            else:
                yield from self._cell(cell)

    def _cell(self, cell: FileCell) -> Iterator[FileCell]:
        found: list[FileCell] = []

        def taken(match: re.Match[str], made: str) -> str:
            """What stands in the place of an import, on as many lines."""
            if not self._known(match["module"]):
                return match[0]
            found.extend(self._module(match["module"], cell.place))
            return match["indent"] + made + "\n" * match[0].count("\n")

        source = _FROM.sub(lambda match: taken(match, _renamed(match["names"])), cell.source)
        source = _IMPORT.sub(lambda match: taken(match, f"{match['name'] or match['module']} = {_HERE}"), source)
        source = _RUN.sub(lambda match: taken(match, "pass"), source)
        source = _RUN.sub(r"\g<indent>from \g<module> import *", source)  # so that it is said what is missing
        yield from found
        yield FileCell(cell.place, cell.kind, source)

    def _known(self, module: str) -> bool:
        return module in self._written or self._file(module) is not None

    def _file(self, module: str) -> Path | None:
        path = self._beside.get(module)
        return path if path and path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST else None

    def _module(self, module: str, place: str) -> Iterator[FileCell]:
        if module in self.done:
            return
        self.done.add(module)
        path = self._file(module)
        text = self._written[module] if module in self._written else path.read_text("utf-8", "replace") if path else ""
        self._notes.append(f"The module {module}.py, which {place} imports, was read along.")
        yield from self._cell(FileCell(f"{module}.py", "code", text))


def _renamed(names: str) -> str:
    """`a as b, c` as `b = a`."""
    pairs = [part.split() for part in re.sub(r"#[^\n]*", "", names).strip("() \n").split(",")]
    return "; ".join(f"{pair[2]} = {pair[0]}" for pair in pairs if len(pair) == 3 and pair[0] != pair[2]) or "pass"
