"""Other systems: what learners use imports nothing that only POSIX has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments.__main__ import LEARNERS_TESTS

ROOT = Path(__file__).resolve().parent.parent

EVERYTHING_OF_A_LEARNER = """
import tests.without_posix, importlib, pkgutil, sys
import vae_course
from vae_course.runner.rooms import ROOMS
BOX = ("vae_course.runner.worker", "vae_course.runner.confinement", "vae_course.runner.second_level", "vae_course.teach")  # what runs in Linux's sandbox
for found in pkgutil.walk_packages(vae_course.__path__, "vae_course."):
    if not found.name.startswith(BOX):
        importlib.import_module(found.name)
"""
AN_EVENING = """
import tests.without_posix
from vae_course import check, hint, progress
from vae_course.cli import main
def sample_gaussian(m, v):
    while True: pass
print(check(sample_gaussian))
print(main(["doctor"]), main(["grade", "class", "--out", "marks"]))
"""


def run(code: str, tmp_path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "VAE_COURSE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_all_that_learners_use_can_be_imported_without_posix(tmp_path: Path):
    assert run(EVERYTHING_OF_A_LEARNER, tmp_path) == ""


def test_without_posix_an_endless_answer_is_stopped_and_marking_says_what_it_needs(tmp_path: Path):
    said = run(AN_EVENING, tmp_path)
    assert "timed out" in said and "13 lessons in" in said
    assert "vae-course: Marking a class needs Linux, WSL 2 or a container with Linux in it" in said and "0 2\n" in said


@pytest.mark.slow
def test_the_learners_tests_pass_without_posix():
    """But for those that set alarms themselves."""
    options = "-q -x -p tests.without_posix -p no:cacheprovider --ignore=tests/checks/learning/test_survival.py"
    command = [sys.executable, "-m", "pytest", *options.split(), "-m", "not slow", *LEARNERS_TESTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout[-4000:]
