"""The learner's folder: lessons are copied from notebooks/ into work/, and what is there is never overwritten."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

FIRST_LESSON = "00_start_here.ipynb"


@dataclass(frozen=True)
class Copied:
    """What `copy_lessons` did: names of the lessons that it copied, and of those that it found and left alone."""

    new: tuple[str, ...]
    kept: tuple[str, ...]


def lessons_folder() -> Path:
    """The folder with the lessons as handed out: notebooks/ here, else beside the package.

    Raises:
        FileNotFoundError: the package was installed without the repository, so there are no lessons to copy.
    """
    here = Path.cwd() / "notebooks"
    if (here / FIRST_LESSON).is_file():
        return here
    beside_package = Path(__file__).resolve().parent.parent / "notebooks"
    if beside_package.is_dir():
        return beside_package
    raise FileNotFoundError(
        "No lessons found: there is no notebooks/ folder here or beside the installed package. "
        "Run the command in a clone of the course's repository."
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
