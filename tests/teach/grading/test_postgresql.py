"""nbgrader's gradebook in PostgreSQL: a server is started for it, and thirty students agree to the point."""

import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from tests.teach.grading.test_term import CHOSEN, LOG_NORMAL, SECOND
from vae_course import cli
from vae_course.teach.grading import grade

pytestmark = pytest.mark.slow

USER = "postgres"  # whom Debian's package makes; the server refuses to run as root
LESSON = "01_reparameterization"


def program(name: str) -> str:
    """Debian keeps the server's programs off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = shutil.which(name) or (str(found[-1]) if found else "")
    assert path, f"no {name}: install Debian's package postgresql"
    return path


def as_server(*command: str) -> None:
    run_as = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    ran = subprocess.run([*run_as, *command], capture_output=True, text=True, timeout=120, cwd="/")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a database on a server of one's own, reached by a socket and by nobody else."""
    own = Path(tempfile.mkdtemp(prefix="vae-course-postgresql-"))  # pytest's own folders are for nobody else's eyes
    if os.geteuid() == 0:
        shutil.chown(own, USER)
    data, socket = own / "data", own
    as_server(program("initdb"), "-D", str(data), "-A", "trust", "-U", USER, "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{socket}' -c fsync=off"
    as_server(program("pg_ctl"), "-D", str(data), "-w", "-o", options, "-l", str(socket / "log"), "start")
    try:
        yield f"postgresql://{USER}@/{USER}?host={socket}"
    finally:
        as_server(program("pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(own)


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class of thirty, each with some of the answers."""
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    luck = random.Random(1)
    files = {}
    for number in range(30):
        files[f"s{number:02}/1.ipynb"] = hand_in(luck.choice([RIGHT, WRONG]), luck.choice([CHOSEN, "x = 1"]))
        if number % 2:
            files[f"s{number:02}/2.ipynb"] = hand_in(luck.choice([LOG_NORMAL, "x = 1"]), lesson=SECOND)
    tree(tmp_path / "class", files)
    assert cli.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks"), "--no-sandbox"]) == 0
    return tmp_path / "marks"


def test_thirty_students_agree_to_the_point_and_a_manual_score_survives(address: str, marks: Path, tmp_path: Path):
    for _ in range(2):
        assert cli.main(["export", "nbgrader", str(marks), "--out", address]) == 0
        with Gradebook(address) as gradebook:
            grade = gradebook.find_grade("sample_gaussian", LESSON, LESSON, "s00")
            assert grade.manual_score in (None, 6.5)
            grade.manual_score = 6.5
            gradebook.db.commit()
    with (marks / "totals.csv").open(encoding="utf-8", newline="") as file:
        ours = {row["student"]: row for row in csv.DictReader(file)}
    with (marks / "marks.csv").open(encoding="utf-8", newline="") as file:
        [moved] = [r for r in csv.DictReader(file) if (r["student"], r["exercise"]) == ("s00", "sample_gaussian")]
    command = [sys.executable, "-m", "nbgrader", "export", f"--CourseDirectory.db_url={address}", "--to", "grades.csv"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        theirs = {(row["student_id"], row["assignment"]): float(row["score"]) for row in csv.DictReader(file)}
    assert len(ours) == 30 and len(theirs) == 60
    for student, row in ours.items():
        for lesson in (LESSON, SECOND):
            by_hand = 6.5 - float(moved["points"]) if (student, lesson) == ("s00", LESSON) else 0.0
            assert theirs[student, lesson] == float(row[lesson] or 0) + by_hand, (student, lesson)
