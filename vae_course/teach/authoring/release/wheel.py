"""The students' wheel: the course's own, without what only teachers have."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

from vae_course import workspace
from vae_course.runner.rooms import NOT_FOR_STUDENTS

EXTRAS = ("lab",)
SUMMARY = "A course on the variational autoencoder, the edition for students. `vae-course lab` opens the lessons.\n"


def student_wheel(course: Path, lessons: Mapping[str, str], checks: bool, out: Path) -> Path:
    """Make the students' wheel of the course's.

    Args:
        course: the wheel of the whole course.
        lessons: the notebooks that it gets, {file name: text}.
        checks: whether answers are checked at once.
        out: the folder into which it is written.

    Returns:
        the wheel, whose version says which edition it is and when it was made, so that pip takes a later one: 0.2.0+student.20261130.0915.

    Raises:
        subprocess.CalledProcessError: `wheel pack` failed, and has said why.
    """
    unpacked = out / ".unpacked"
    with ZipFile(course) as packed:
        packed.extractall(unpacked)
    try:
        package = unpacked / "vae_course"
        for part in (*NOT_FOR_STUDENTS, *(() if checks else ("checks",)), "notebooks"):
            shutil.rmtree(package / part, ignore_errors=True)
            (package / f"{part}.py").unlink(missing_ok=True)
        (package / "notebooks").mkdir()
        for name, text in lessons.items():
            (package / "notebooks" / name).write_text(text, encoding="utf-8")
        edition = {"checks": checks, "lessons": [name.removesuffix(".ipynb") for name in lessons]}
        (package / workspace.EDITION).write_text(json.dumps(edition, indent=1) + "\n", encoding="utf-8")
        _label(unpacked, f"{'student' if checks else 'exam'}.{datetime.now(UTC):%Y%m%d.%H%M%S}")
        pack = [sys.executable, "-m", "wheel", "pack", "--dest-dir", str(out), str(unpacked)]
        subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
    finally:
        shutil.rmtree(unpacked)
    [made] = out.glob("vae_course-*.whl")
    return made


def _label(unpacked: Path, edition: str) -> None:
    """Write the edition into the version, and take out what speaks of extras that it has not."""
    [info] = unpacked.glob("vae_course-*.dist-info")
    path = info / "METADATA"
    described = message_from_string(path.read_text(encoding="utf-8"))
    version = f"{described['Version']}+{edition}"
    described.replace_header("Version", version)
    _keep(described, "Provides-Extra", lambda extra: extra in EXTRAS)
    _keep(
        described, "Requires-Dist", lambda needed: "extra ==" not in needed or any(f"'{e}'" in needed for e in EXTRAS)
    )
    described.set_payload(SUMMARY)
    path.write_text(described.as_string(), encoding="utf-8")
    info.rename(unpacked / f"vae_course-{version}.dist-info")


def _keep(described: Message, name: str, wanted: "object") -> None:
    kept = [value for value in described.get_all(name, []) if wanted(value)]  # type: ignore[operator]
    del described[name]
    for value in kept:
        described[name] = value
