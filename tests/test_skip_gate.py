"""The gate against skipped tests is seen to bite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skip_gate import ALLOWED_SKIPS, read_allowed

ROOT = Path(__file__).resolve().parent.parent

SKIPS = "import pytest\n\n@pytest.mark.skip(reason='no time')\ndef test_one():\n    pass\n"
SKIPS_WHOLE_MODULE = "import pytest\npytest.importorskip('no_such_module')\n\ndef test_one():\n    pass\n"


def run_planted(folder: Path, source: str, ci: str) -> subprocess.CompletedProcess[str]:
    """pytest with the gate on a planted test file."""
    (folder / "test_planted.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.skip_gate", "-p", "no:cacheprovider", str(folder)]
    environment = os.environ | {"CI": ci, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("source", [SKIPS, SKIPS_WHOLE_MODULE], ids=["a test", "a module"])
def test_in_ci_a_skip_that_nobody_announced_fails(tmp_path: Path, source: str):
    done = run_planted(tmp_path, source, ci="true")
    assert done.returncode != 0
    assert "allowed_skips.txt does not name it" in done.stdout


@pytest.mark.parametrize("source", [SKIPS, SKIPS_WHOLE_MODULE], ids=["a test", "a module"])
def test_elsewhere_a_skip_is_a_skip(tmp_path: Path, source: str):
    done = run_planted(tmp_path, source, ci="")
    assert done.returncode in (0, 5), done.stdout
    assert "1 skipped" in done.stdout


def test_every_allowed_skip_has_a_reason():
    read_allowed(ALLOWED_SKIPS.read_text(encoding="utf-8"))
    assert read_allowed("# head\n\na.py::b  # root may read it\n") == {"a.py::b": "root may read it"}
    with pytest.raises(ValueError, match="no reason"):
        read_allowed("a.py::b\n")
    with pytest.raises(ValueError, match="twice"):
        read_allowed("a.py::b  # one\na.py::b  # two\n")
