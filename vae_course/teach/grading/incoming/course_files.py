"""The course's own files are nobody's answer: people hand in a whole clone, with the solutions and the tests in it.

They are known by their place in a clone, of whatever version, or, wherever they lie, by their content while it is unchanged. A copy of a
solution under another name, in which something was changed, cannot be told from an answer.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import vae_course
from vae_course import workspace
from vae_course.teach.grading.incoming.layouts import is_zip

PACKAGE = Path(vae_course.__file__).resolve().parent
FOLDERS = ("solutions", "tests", "vae_course")
_LESSON = re.compile(r"\d\d[a-z]?_[a-z_]+\.(?:py|ipynb)")
_MOST_BYTES = 20 * 2**20  # the largest solution, with its pictures, has a tenth of it

Parts = tuple[str, ...]


def clones_in(paths: Iterable[Parts]) -> set[Parts]:
    """The folders that hold a clone of the course, or what is left of one: its package, or the source of a lesson's solution; or
    a solution beside other folders of the course."""
    paths = [path for path in paths if len(path) > 1]
    folders = {path[:end] for path in paths for end in range(1, len(path))}
    found = set()
    for path in paths:
        root, folder, name = path[:-2], path[-2], path[-1]
        if folder == "vae_course" and name == "__init__.py":
            found.add(root)
        elif folder == "solutions" and _LESSON.fullmatch(name):
            beside = any((*root, other) in folders for other in ("notebooks", "work", "tests", "vae_course"))
            if name.endswith(".py") or beside:
                found.add(root)
    return found


def in_its_place(path: Parts, clones: set[Parts]) -> bool:
    """True for a file of the course in a clone. The lessons in its `notebooks` may have been worked in."""
    for root in clones:
        if path[: len(root)] == root and len(path) > len(root) + 1:
            folder, name = path[len(root)], path[-1]
            lesson = folder == "solutions" and _LESSON.fullmatch(name)
            if lesson or folder in FOLDERS[1:] and not (".ipynb" in name or is_zip(name)):
                return True
    return False


def unchanged(path: Path) -> str:
    """The file of the course that has the same content, as "solutions/02_kl_divergence.py", or an empty string."""
    try:
        return _contents().get(_digest(path), "") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""


def places() -> dict[str, Path]:
    """Where those of the folders lie that this copy of the course has: an installed one has no tests."""
    root = workspace.clone()
    known = {"solutions": workspace.folder("solutions"), "vae_course": PACKAGE}
    known |= {"tests": root / "tests"} if root else {}
    return {name: place for name, place in known.items() if place.is_dir()}


@cache
def _contents() -> dict[str, str]:
    """Every file of the course that might be taken for an answer, by its content, under its name in a clone."""
    return {
        _digest(path): f"{name}/{path.relative_to(place).as_posix()}"
        for name, place in places().items()
        for path in sorted(place.rglob("*.*"))
        if path.suffix in (".py", ".ipynb") and path.stat().st_size
    }


def _digest(path: Path) -> str:
    """Of the text with line breaks of one kind: git changes them on Windows."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
