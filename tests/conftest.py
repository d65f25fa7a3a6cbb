"""What all tests share: an empty learner's home, and the gate against skipped tests (skip_gate.py)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skip_gate import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  (hooks, found by name)


@pytest.fixture(scope="session", autouse=True)
def course_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty VAE_COURSE_HOME, so that no test reads or writes the progress of the person who runs it."""
    home = tmp_path_factory.mktemp("course_home")
    before = os.environ.get("VAE_COURSE_HOME")
    os.environ["VAE_COURSE_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["VAE_COURSE_HOME"]
    else:
        os.environ["VAE_COURSE_HOME"] = before
