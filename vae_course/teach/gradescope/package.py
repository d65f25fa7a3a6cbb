"""`vae-course gradescope`: the autograder that is uploaded to Gradescope."""

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from vae_course.teach.course_wheel import build_wheel
from vae_course.teach.gradescope.run import SETTINGS

PROGRAMS = ("setup.sh", "run_autograder")


class NotMade(Exception):
    """The zip cannot be made. The message is one sentence."""


def package(root: Path, path: Path, lessons: Sequence[str]) -> None:
    """Write the zip.

    Args:
        root: the clone, of which the course is built and whose versions are taken.
        path: a file that there is not yet.
        lessons: those that count in this assignment.

    Raises:
        NotMade: the file is there already, its folder is not, or the course could not be built.
    """
    if path.exists():
        raise NotMade(f"{path} is there already; name another file, or move it away.")
    if not path.parent.is_dir():
        raise NotMade(f"there is no folder {path.parent}; make it first.")
    index = re.search(r"--extra-index-url (\S+)", (root / "environment.yml").read_text(encoding="utf-8"))
    part = path.with_name(f"{path.name}.part")
    try:
        with tempfile.TemporaryDirectory() as folder, ZipFile(part, "w", ZIP_DEFLATED) as made:
            try:
                wheel = build_wheel(root, Path(folder))
            except subprocess.CalledProcessError:
                raise NotMade("the course's wheel could not be built; pip says above why.") from None
            made.write(wheel, wheel.name)
            made.write(root / "constraints.txt", "constraints.txt")
            made.writestr("torch-index.txt", f"{index[1]}\n" if index else "")
            made.writestr(SETTINGS, json.dumps({"lessons": list(lessons)}))
            for name in PROGRAMS:
                entry = ZipInfo(name)
                entry.external_attr, entry.compress_type = 0o755 << 16, ZIP_DEFLATED
                made.writestr(entry, (Path(__file__).with_name(name)).read_bytes())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
