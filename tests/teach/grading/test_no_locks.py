"""A folder of marks where the file system has no locks, as some network drives: `flock` is refused here as it is there."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.share import one_in
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, hand_in
from vae_course import cli

HOLD = """
import errno, fcntl, os, sys
from pathlib import Path
def flock(file, how):
    raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = flock
from vae_course.teach.grading.keeping.folder import opened
with opened(Path(sys.argv[1]), sandbox=True, version="1"):
    print("open", flush=True)
    sys.stdin.read()
    os._exit(9)  # as if killed: nothing is put back
"""


@pytest.fixture(params=one_in(3, [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS], ["ENOLCK", "EOPNOTSUPP", "ENOSYS"]))
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(file: int, how: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", flock)


def grade(tmp_path: Path) -> int:
    if not (tmp_path / "class").exists():
        tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT)})
        (tmp_path / "marks").mkdir(exist_ok=True)
        (tmp_path / "marks" / ".lock").touch()  # of a run on a file system with locks, from which the folder was copied
    return cli.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks")])


@pytest.mark.slow
def test_a_class_is_marked_and_the_next_run_finds_the_folder_free(no_locks: None, tmp_path: Path, capsys):
    assert grade(tmp_path) == 0 and grade(tmp_path) == 0
    out, err = capsys.readouterr()
    assert "1 of 1 student looked at" in out and "0 of 1 student looked at" in out and "vae-course:" not in err
    assert "sample_gaussian,correct" in (tmp_path / "marks" / "marks.csv").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("no_locks", [errno.ENOLCK], indirect=True)
def test_a_second_run_is_refused_and_one_after_a_killed_run_is_not(no_locks: None, tmp_path: Path, capsys):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "marks")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == b"open\n"
        assert grade(tmp_path) == 2
        said = capsys.readouterr().err
        assert "another run is writing" in said and ".running" in said and said.count("\n") == 1
    finally:
        other.communicate(timeout=60)
    assert other.returncode == 9 and (tmp_path / "marks" / ".running").exists()
    assert grade(tmp_path) == 0


def test_another_trouble_with_the_lock_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys):
    def flock(file: int, how: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert grade(tmp_path) == 2
    assert os.strerror(errno.EIO) in capsys.readouterr().err
