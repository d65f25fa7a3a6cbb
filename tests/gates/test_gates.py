"""Each fault of faults.py, planted alone in a copy of the repository: its gate must turn red, for the right reason."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gates.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "work", "build", "__pycache__", ".*_cache", ".ipynb_checkpoints", "*.egg-info", "test-results"
)

pytestmark = pytest.mark.slow


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the repository to do harm to; what npm fetched is lent to it."""
    course = Path(shutil.copytree(ROOT, tmp_path / "course", ignore=LEFT_OUT, symlinks=True))
    (course / "build").mkdir()
    (course / "build" / "node").symlink_to(ROOT / "build" / "node")
    return course


def plant(fault: Fault, course: Path) -> None:
    path = course / fault.file
    text = path.read_text(encoding="utf-8")
    assert text.count(fault.old) == fault.count, (
        f"{fault.file} no longer says {fault.old!r}: bring the fault up to date"
    )
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")


def run_gate(gate: tuple[str, ...], course: Path) -> subprocess.CompletedProcess[str]:
    """The gate in the copy: its package, and not the one that is installed here, is what the gate sees."""
    environment = os.environ | {"PYTHONPATH": str(course), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    environment["VAE_COURSE_HOME"] = str(course.parent / "home")
    return subprocess.run(
        [sys.executable, *gate], cwd=course, env=environment, capture_output=True, text=True, timeout=900
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_gate_bites(fault: Fault, course: Path):
    plant(fault, course)
    done = run_gate(fault.gate, course)
    report = done.stdout + done.stderr
    assert done.returncode != 0, f"the gate stayed green: {fault.gate}\n{report[-3000:]}"
    assert fault.says in report, f"the gate is red for another reason than {fault.says!r}:\n{report[-3000:]}"


GATES = sorted({fault.gate for fault in FAULTS}, key=str)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: " ".join(gate)[-60:])
def test_the_gate_is_green_without_a_fault(gate: tuple[str, ...], course: Path):
    """Otherwise the red above would prove nothing."""
    done = run_gate(gate, course)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
