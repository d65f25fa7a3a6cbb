"""The box around the reader, made by bubblewrap: no network, hand-ins to read, and one folder to write to."""

from collections.abc import Iterable
from pathlib import Path

from vae_course.teach.grading.incoming.course_files import PACKAGE, places
from vae_course.teach.grading.incoming.student import Student
from vae_course.teach.grading.sandbox import sandbox

_START = "import sys; sys.path.insert(0, {!r}); from vae_course.teach.grading.reading.serve import main; main()"


def command(visible: Iterable[Path], scratch: Path, descriptor: int) -> list[str]:
    """bubblewrap's command line that starts the reader.

    Args:
        visible: what it may read.
        scratch: where it may write.
        descriptor: of the socket that it speaks on.
    """
    bwrap = [*sandbox.walls("CAP_DAC_READ_SEARCH"), "--setenv", "LANG", "C.UTF-8", *sandbox.links()]
    for path in [*sandbox.libraries(), *map(str, places().values()), *map(str, visible)]:
        bwrap += ["--ro-bind", path, path]
    bwrap += ["--bind", str(scratch), str(scratch), "--chdir", str(scratch), "--remount-ro", "/"]
    # Without the packages that are installed beside Python, none of which it needs.
    return [*bwrap, "--", sandbox.executable(), "-ISB", "-c", _START.format(str(PACKAGE.parent)), str(descriptor)]


def visible(students: Iterable[Student]) -> list[Path]:
    """What has to be seen for these students to be read: the folder of a class, or somebody's one file; and archives."""
    inside: dict[Path, set[Path]] = {}
    found: set[Path] = set()
    for student in students:
        found |= {packed.archive for packed in student.packed}
        for path, above in zip(student.paths, student.within, strict=True):
            inside.setdefault(path.parents[len(above)], set()).add(path)
    for folder, paths in inside.items():
        found |= paths if len(paths) == 1 else {folder}
    return sorted(found)
