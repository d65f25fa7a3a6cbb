"""Packages that a teacher adds to the sandbox: `vae-course grade --with einops`.

The sandbox shows the Python that marks, with all that is installed in it. What lies elsewhere, in the user's own site-packages, in a folder or in
another environment, is shown part by part, so that nothing else of its place is there.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from vae_course.teach.grading.sandbox.sandbox import PACKAGE, python_folders

_NO_PART = re.compile(r"\.\.|__pycache__|bin|vae_course.*|__editable__.*|.*\.(?:pth|dist-info|egg-info)", re.S)


class NoPackage(Exception):
    """A package cannot be added. The message is one sentence."""


def packages(wanted: Iterable[str], secret: Iterable[Path]) -> tuple[Path, ...]:
    """The folders and modules that are to be shown: each package with what it needs, but for what the sandbox has anyway.

    Args:
        wanted: names of modules or distributions that this Python can import; or folders, with a slash in them: an environment, or what
            `pip install --target` has filled.
        secret: what no such folder may hold.

    Raises:
        NoPackage: it is not there.
    """
    parts: dict[str, Path] = {}
    for one in wanted:
        found = _in_folder(Path(one).absolute(), [PACKAGE, *secret]) if "/" in one else _of_name(one, set())
        parts = {part.name: part for part in found} | parts  # of two of one name the first counts
    shown = [Path(folder) for folder in python_folders()]
    return tuple(part for part in parts.values() if not any(part.resolve().is_relative_to(folder) for folder in shown))


def _in_folder(folder: Path, secret: list[Path]) -> Iterator[Path]:
    if not folder.is_dir():
        raise NoPackage(f"{folder} is no folder; --with wants the name of a package, or a folder of packages.")
    places = sorted(folder.glob("lib/python*/site-packages"))
    if places and not (
        places := [p for p in places if p.parent.name == f"python{sys.version_info[0]}.{sys.version_info[1]}"]
    ):
        raise NoPackage(
            f"{folder} is an environment of another Python than {sys.version.split()[0]}, which marks; make one with that."
        )
    place = places[0] if places else folder
    for path in secret:
        if path.resolve().is_relative_to(place.resolve()):
            raise NoPackage(
                f"{place} holds {path}, which no student's code may see; give --with a folder of packages alone."
            )
    parts = [part for part in sorted(place.iterdir()) if _is_part(part)]
    if not parts:
        raise NoPackage(f"{place} holds no package; fill it with: pip install --target {place} NAME")
    yield from parts


def _of_name(name: str, seen: set[str], needed_by: str = "") -> Iterator[Path]:
    """The parts of a module or distribution, and of all that it needs; `seen` has those done already."""
    key = re.sub(r"[-_.]+", "_", name).lower()
    if key in seen:
        return
    seen.add(key)
    if key == PACKAGE.name:
        if not needed_by:
            raise NoPackage("vae_course is in the sandbox, without what answers an exercise; it needs no --with.")
        return
    found = _distribution(name)
    modules = [name] if found is None else [name, key, *(found.read_text("top_level.txt") or "").split()]
    parts = {part for module in modules for part in _module(module)}
    for file in (found.files if found else None) or ():
        part = Path(str(found.locate_file(file.parts[0])))  # type: ignore[union-attr]
        parts |= {part} if _is_part(part) else set()
    if found is None and not parts:
        by = f", which {needed_by} needs," if needed_by else ""
        raise NoPackage(
            f"{name}{by} is not installed in the Python that marks. If it is a package that you know, and no file that a student forgot, install it there ({sys.executable} -m pip install {name}), or in a "
            f"folder of its own (pip install --target FOLDER/ {name}), and give --with FOLDER/."
        )
    yield from sorted(parts)
    for line in (found.requires if found else None) or ():
        needs = Requirement(line)
        if needs.marker is None or needs.marker.evaluate({"extra": ""}):
            yield from _of_name(needs.name, seen, name)


def _distribution(name: str) -> Distribution | None:
    for called in (name, *packages_distributions().get(name, ())):
        try:
            return distribution(called)
        except PackageNotFoundError:
            continue
    return None


def _module(name: str) -> Iterator[Path]:
    """Where a module lies; nothing of it is run."""
    spec = find_spec(name) if name.isidentifier() else None
    if spec is not None and spec.origin and Path(spec.origin).is_file():
        part = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
        if not PACKAGE.is_relative_to(part.resolve()):
            yield part


def _is_part(part: Path) -> bool:
    """True for what Python may import, or what a package brings beside it."""
    return (
        not _NO_PART.fullmatch(part.name)
        and not part.name.startswith(".")
        and (part.is_dir() or part.suffix in (".py", ".so"))
    )
