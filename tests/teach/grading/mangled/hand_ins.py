"""A generated student and what they hand in, before and after it is mangled: files as data, and how they are packed.

Everybody's answers differ from everybody else's, so that a mark says whose it is. Most are numbers, which cost the grader little.
"""

import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tests.runner.notebooks.hand_ins import notebook_of

LESSONS = ("00_start_here", "01_reparameterization")
FIRST_NUMBER = 4000
_FIRST = "Ada Bo Chloé Dag Eva-Lu Fen Gül Hal Ida Jörg Kim Léa Max Noor Omar Pia Quy Rosa Søren Tïm".split()
_LAST = "Abt Böll Cox Diaz Eck Fox Groß Hill Ito Jain Kahn Lee Müller Nagy O'Hara Pérez Quist Roth Sato Tran".split()


@dataclass(frozen=True)
class Person:
    """Somebody of a class.

    Args:
        number: the platform's, which is the roster's id too.
        name: as the roster has it.
        written: as the platform writes it; empty: the same.
    """

    number: int
    name: str
    written: str = ""

    @property
    def shown(self) -> str:
        return self.written or self.name

    @property
    def login(self) -> str:
        return f"user{self.number}"


@dataclass(frozen=True)
class File:
    """A file of a hand-in. `day` says when it was saved; `inside` are the paths in it, of an archive that is opened."""

    path: str
    data: bytes
    day: int = 9
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandIn:
    """What one person hands in, a file for each lesson before anything happens to it."""

    person: Person
    files: tuple[File, ...]


def person(place: int) -> Person:
    """The person at a place of the class: up to 400 of different names."""
    return Person(FIRST_NUMBER + place, f"{_FIRST[place % 20]} {_LAST[place // 20 % 20]}")


def hand_in(who: Person) -> HandIn:
    files = zip(LESSONS, answers(who.number - FIRST_NUMBER), strict=True)
    return HandIn(who, tuple(File(f"{lesson}.ipynb", notebook(lesson, *cells)) for lesson, cells in files))


def answers(place: int) -> tuple[list[str], list[str]]:
    """The cells of both lessons; every fourth person has code among them, which runs in the sandbox."""
    own = round(0.101 + 0.001 * place, 3)
    first = [f'two_boxes = {{"evidence": 0.55, "posterior": {own}, "gap": 0.5, "best_elbo": -0.6}}  # die Größe']
    if place % 4 == 0:
        slip = "" if place % 8 else ".sqrt()"
        first.append(f"def standardize(x, m, v):\n    # Abstand in Ä\n    d = x - m\n    return d / v{slip}")
    return first, [
        f'predict_noise = {{"slope": {own}, "mean": 1 / 2, "variance": 1 / 12}}  # die Größe',
        'choose_estimator = {"square": "pathwise", "step": "score function", "moving edge": "neither"}',
    ]


def notebook(lesson: str, *cells: str) -> bytes:
    made = notebook_of(*cells)
    made["metadata"] = {"vae_course": {"lesson": lesson}}
    return json.dumps(made, indent=1, ensure_ascii=False).encode()


class Bytes(zipfile.ZipInfo):
    """A member whose name is written as the bytes that it has on a disk, without the flag for UTF-8: as macOS does."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile calls it so
        return self.filename.encode("utf-8", "surrogateescape"), self.flag_bits & ~0x800


def packed(name: str, files: Iterable[File], kind: type[zipfile.ZipInfo] = zipfile.ZipInfo) -> File:
    """Files in a zip archive."""
    files, data = list(files), io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for file in files:
            member = kind(file.path, (2026, 3, 1 + file.day, 10, 0, 0))
            archive.writestr(member, file.data, zipfile.ZIP_DEFLATED)
    inside = [path for file in files for path in (file.path, *(f"{file.path}/{deeper}" for deeper in file.inside))]
    return File(name, data.getvalue(), max(file.day for file in files), tuple(inside))


def in_folder(folder: str, files: Iterable[File]) -> tuple[File, ...]:
    return tuple(replace(file, path=f"{folder}/{file.path}") for file in files)


def seconds(day: int) -> float:
    return datetime(2026, 3, 1 + day, 10).timestamp()
