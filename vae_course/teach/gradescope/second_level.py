"""The second level of the sandbox: for a container that was made for one submission and in which no namespaces can be made.

Students' code is run by another user, who has no rights on the answer key. What that does not stop stands in docs/marking.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from vae_course.runner.confinement import NOBODY
from vae_course.runner.landlock import version
from vae_course.runner.rooms import not_in_sandbox
from vae_course.runner.second_level import READER
from vae_course.teach.grading.incoming.course_files import places
from vae_course.teach.grading.sandbox import sandbox, system_calls

SAID = "Marked at the second level, without namespaces: see docs/marking.md for what that does not stop."
_WORKER = """import sys; sys.path.insert(0, {course!r})
from vae_course.runner.second_level import PlainForks
from vae_course.runner.worker import main
main(PlainForks({scratch!r}, {readable!r}))"""
_READER = """import sys; sys.path.insert(0, {course!r})
from vae_course.runner import confinement, second_level
second_level.see_only({readable!r}, [{scratch!r}])
confinement.become({user})
from vae_course.teach.grading.reading.serve import main
main()"""
_LOOKS = """import os, sys
os.setgroups([]); os.setresgid({user}, {user}, {user}); os.setresuid({user}, {user}, {user})
import json
for path in sys.argv[1:]:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).close()
    except OSError:
        continue
    print(path)"""


def available(secret: Iterable[Path]) -> str:
    """What stands against marking so, in one sentence; an empty string if nothing does.

    Args:
        secret: folders that students' code must not be able to list, besides those of the course.
    """
    if sys.platform != "linux" or os.getuid() != 0:
        return "The second level needs root in a container with Linux, which becomes another user before a student's code is run."
    if missing := system_calls.missing():
        return missing
    elsewhere = [place for name, place in places().items() if name != "vae_course"]
    look = [sys.executable, "-sSPc", _LOOKS.format(user=NOBODY), *map(str, [*not_in_sandbox(), *elsewhere, *secret])]
    done = subprocess.run(look, capture_output=True, text=True, cwd="/")
    if done.returncode:
        return f"Not everybody may read Python here ({sys.base_prefix}), as the one who runs students' code must: {done.stderr[-200:].strip()}"
    if seen := done.stdout.split("\n")[0]:
        return f"Everybody may read {seen}, and so could a student's code: make it root's alone (chmod -R go= {seen})."
    return ""


class SecondLevel:
    """What worker and reader are started from: copies of those parts of the course that either may see, each readable for its user alone.

    Use it as a context manager; on leaving, the copies are removed.
    """

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="vae-course-"))
        self._scratch = self._home / "scratch"
        self._scratch.mkdir()
        for folder in (self._home, self._scratch):
            folder.chmod(0o711)
        self._course, self._reader = self._home / "course", self._home / "reader"
        for part in sandbox.course():
            into = self._course / "vae_course" / part.name
            into.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if part.is_dir() else shutil.copy)(part, into)
        _open(self._course, 0)
        for name, place in places().items():
            shutil.copytree(place, self._reader / name, ignore=shutil.ignore_patterns("__pycache__"))
        _open(self._reader, READER)
        self._reader.chmod(0o700)
        return self

    def __exit__(self, *_: object) -> None:
        # A student may have left folders in folders deeper than Python removes.
        subprocess.run(["rm", "-rf", "--one-file-system", "--", str(self._home)], check=False)

    def worker_command(self, descriptor: int) -> list[str]:
        """The command line of a worker that speaks on a descriptor."""
        scratch = str(self._scratch)
        readable = [*sandbox.python_folders(), *sandbox.LIBRARIES, str(self._course)]
        start = _WORKER.format(course=str(self._course), scratch=scratch, readable=readable)
        places_to_write = dict.fromkeys(("HOME", "TMPDIR"), scratch) | {"MPLCONFIGDIR": f"{scratch}/matplotlib"}
        return [*_env(sandbox.ENVIRONMENT | places_to_write), sandbox.executable(), "-sP", "-c", start, str(descriptor)]

    def hand_over(self, folder: Path) -> None:
        """Let the reader have a folder and what is in it."""
        hand_over(folder)

    def reader_command(self, visible: Iterable[Path], scratch: Path, descriptor: int) -> list[str]:
        """The command line of a reader of what is visible, which may write to `scratch`."""
        scratch.chmod(0o711)  # each student's folder below it is handed over
        readable = [*sandbox.python_folders(), *sandbox.LIBRARIES, str(self._reader), *map(str, visible)]
        start = _READER.format(course=str(self._reader), readable=readable, scratch=str(scratch), user=READER)
        return [*_env({"LANG": "C.UTF-8"}), sandbox.executable(), "-ISB", "-c", start, str(descriptor)]


def hand_over(folder: Path) -> None:
    """Let the reader have a folder and what is in it."""
    _open(folder, READER)


def landlocked() -> bool:
    """True if the kernel can also hide the files that everybody may read."""
    return version() > 0


def _env(variables: dict[str, str]) -> list[str]:
    return ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in variables.items())]


def _open(folder: Path, owner: int) -> None:
    """Give a folder with all in it to a user; everybody who reaches it may read it."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, owner, owner, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
