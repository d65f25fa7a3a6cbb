"""One student, and where their files are."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from vae_course.teach.grading.incoming.fates import Fate
from vae_course.teach.grading.incoming.layouts import Owner

MOST_FILES = 2_000  # of one student
DEEPEST = 12  # folders inside folders


@dataclass(frozen=True)
class Packed:
    """What is a student's in a zip archive that holds a class, and by which path people know the archive itself.

    The first `steps` of a member's path were named by who packed the class; what follows, by the student.
    """

    archive: Path
    members: tuple[zipfile.ZipInfo, ...]
    within: tuple[str, ...] = ()
    steps: int = 1


@dataclass(frozen=True)
class Student:
    """One student, and where their files are. `hand_ins.read_student` opens them.

    Args:
        name: as it stands in marks.csv.
        paths: files and folders on disk.
        packed: what lies in archives that hold a class.
        notes: sentences for the report.
        problem: why nothing of theirs is opened, as a sentence; empty for nearly everybody.
        owner: by what this student is known.
        within: for each of `paths`, the folders of the class above it.
        refused: files that are not opened.
    """

    name: str
    paths: tuple[Path, ...] = ()
    packed: tuple[Packed, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    owner: Owner = Owner("", "")
    within: tuple[tuple[str, ...], ...] = ()
    refused: tuple[Fate, ...] = ()
