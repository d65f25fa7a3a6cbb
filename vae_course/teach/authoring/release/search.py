"""Does anything in an edition for students solve an exercise? Every file is read, those in its wheel too."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile

import nbformat

from vae_course.teach.authoring.leaks import Solved, code_in, code_of_prose, code_of_python, solved_in

OPENED = re.compile(r"\bsolution\([^)\n]*anyway\s*=\s*True")
READERS: dict[str, Callable[[str], Iterator[ast.Module]]] = {
    ".py": code_of_python,
    ".ipynb": lambda text: code_in(nbformat.reads(text, as_version=nbformat.NO_CONVERT)),
    **dict.fromkeys((".html", ".json", ".md", ".toml", ".txt", ".yml", "METADATA"), code_of_prose),
}


def files_in(edition: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file of the folder, and of every file in its wheel."""
    for path in sorted(edition.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(edition).as_posix()
        yield name, path.read_bytes()
        if path.suffix == ".whl":
            with ZipFile(path) as packed:
                yield from ((f"{name}/{inside}", packed.read(inside)) for inside in packed.namelist())


def solving(edition: Path, wanted: Sequence[Solved]) -> list[str]:
    """A sentence for each place that solves something: a solved region as syntax, a call that opens one, a solved lesson."""
    found = []
    for name, raw in files_in(edition):
        read = next((reader for ending, reader in READERS.items() if name.endswith(ending)), None)
        if read is None:  # data, pictures, weights
            continue
        text = raw.decode("utf-8")
        found += [f"{name} opens a solution: {opened}" for opened in OPENED.findall(text)]
        blocks = read(text)
        for region in solved_in(blocks, wanted):
            of = ", ".join(region.card) or "a puzzle"
            found.append(f"{name} has the solved lines of {of} ({region.path}, line {region.line})")
    return found
