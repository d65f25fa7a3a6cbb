"""Where the course lies, and the learner's folder: lessons are copied from notebooks/ into work/, and what is there is never overwritten."""

import json
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EDITION = "edition.json"
FIRST_LESSON = "00_start_here.ipynb"


@dataclass(frozen=True)
class Copied:
    """What `copy_lessons` did: names of the lessons that it copied, and of those that it found and left alone."""

    new: tuple[str, ...]
    kept: tuple[str, ...]


def clone() -> Path | None:
    """The clone of the repository in which this package lies; None where it was installed from a wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "Makefile").is_file() and (root / "solutions").is_dir() else None


def installing(extra: str) -> str:
    """The command that adds what an extra needs to this copy of the course. pip finds an installed course without an index."""
    return f"pip install -e '.[{extra}]' (in the course's folder)" if clone() else f"pip install 'vae-course[{extra}]'"


def folder(name: str) -> Path:
    """The course's folder "notebooks" or "solutions": inside the package, where a wheel has it, else beside it, as in a clone. An edition
    for students has no solutions, so that the folder need not exist."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@cache
def edition() -> dict[str, Any]:
    """What `vae-course release` has written of the edition that it made: {"lessons": [...], "checks": True}; else empty."""
    file = Path(__file__).resolve().parent / EDITION
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def lessons_folder(work: Path | None = None) -> Path:
    """The folder with the lessons as handed out: notebooks/ here, unless that is the learner's own folder; else the course's.

    Raises:
        FileNotFoundError: this copy of the course has no lessons.
    """
    here = Path.cwd() / "notebooks"
    is_mine = work is not None and here.resolve() == work.resolve()
    found = here if (here / FIRST_LESSON).is_file() and not is_mine else folder("notebooks")
    if found.is_dir():
        return found
    raise FileNotFoundError(
        f"No lessons found: there is no {here}, and this copy of the course has none ({found}). Install the course's wheel again, or run the "
        "command in a clone of its repository."
    )


def copy_lessons(source: Path, work: Path) -> Copied:
    """Copy each lesson of `source` that `work` lacks. A file that exists stays as it is, whatever is in it."""
    work.mkdir(parents=True, exist_ok=True)
    new: list[str] = []
    kept: list[str] = []
    for lesson in sorted(source.glob("*.ipynb")):
        (new if _copy_if_missing(lesson, work / lesson.name) else kept).append(lesson.name)
    return Copied(tuple(new), tuple(kept))


def _copy_if_missing(source: Path, target: Path) -> bool:
    """Copy, or return False where `target` exists. No moment in between at which a learner's file could be lost."""
    if os.path.lexists(target):  # also a broken link: it is the learner's
        return False
    part = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copyfile(source, part)
    try:
        os.link(part, target)  # unlike a rename, this fails if the target has appeared meanwhile
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        return _written_if_missing(part, target)
    finally:
        part.unlink()
    return True


def _written_if_missing(source: Path, target: Path) -> bool:
    """As `_copy_if_missing`, by writing: half a lesson, which would be taken for the learner's, does not stay."""
    try:
        with target.open("xb") as file:
            try:
                file.write(source.read_bytes())
            except OSError:
                target.unlink()
                raise
    except FileExistsError:
        return False
    return True
