"""A fresh environment: a wheel and what it needs, and nothing of the repository."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def ran(*command: object, cwd: Path, code: int = 0) -> str:
    """What a command says; it must end with `code`."""
    # The Makefile's PIP_CONSTRAINT is a file beside it; commands run elsewhere, and name the pins themselves.
    hidden = ("PYTHONPATH", "PIP_CONSTRAINT")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextlib.contextmanager
def python_with(wheel: Path, pins: Path, folder: Path) -> Iterator[Path]:
    """The interpreter of a new environment in `folder` with a wheel, its [lab], and the pinned versions."""
    ran(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    torch = next(line for line in pins.read_text().splitlines() if line.startswith("torch=="))
    ran(python, "-m", "pip", "install", "-q", "--no-deps", torch, cwd=folder)  # a CPU build is here, if there is one
    ran(python, "-m", "pip", "install", "-q", "-c", pins, f"{wheel}[lab]", cwd=folder)
    yield python
    shutil.rmtree(folder / "venv")  # a gigabyte
