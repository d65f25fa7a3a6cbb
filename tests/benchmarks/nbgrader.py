"""The same lessons with `nbgrader autograde`: every cell but imports, answers and checks is removed, to be fair to it."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.classes import ROOT, bare, read
from tests.benchmarks.usage import watched

LESSONS = ("01_reparameterization", "02_kl_divergence", "03_reconstruction", "05_iwae")
_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.root = {root!r}
c.ExecutePreprocessor.timeout = 120
"""


def autograde(python: str, folder: Path, students: int) -> tuple[int, float, float]:
    """How many notebooks were marked, and the seconds that took: of CPU, and of the wall clock.

    Args:
        python: of an environment with nbgrader. The notebooks' kernel is this process's Python.
    """
    for lesson in LESSONS:
        stub, solved = (bare(read(ROOT / kind / f"{lesson}.ipynb")) for kind in ("notebooks", "solutions"))
        _write(folder / "source" / lesson / f"{lesson}.ipynb", solved)
        _write(folder / "release" / lesson / f"{lesson}.ipynb", stub)
        for number in range(students):
            _write(folder / "submitted" / f"student_{number:02d}" / lesson / f"{lesson}.ipynb", solved)
    (folder / "nbgrader_config.py").write_text(_CONFIG.format(root=str(folder)), encoding="utf-8")
    kernel = folder / "jupyter" / "kernels" / "python3"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    _write(kernel / "kernel.json", {"argv": argv, "display_name": "Python 3", "language": "python", "env": one_thread})
    own = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"  # where its alembic is
    environment = {"JUPYTER_PATH": str(folder / "jupyter"), "PATH": own}
    cpu = wall = 0.0
    for lesson in LESSONS:
        watched([python, "-m", "nbgrader", "generate_assignment", lesson, "--force"], environment, folder=folder)
        usage = watched([python, "-m", "nbgrader", "autograde", lesson], environment, folder=folder)
        cpu, wall = cpu + usage.trusted, wall + usage.seconds
    marked = len(list((folder / "autograded").glob("*/*/*.ipynb")))
    if marked != students * len(LESSONS):
        raise RuntimeError(f"nbgrader marked {marked} notebooks of {students * len(LESSONS)}")
    return marked, cpu, wall


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
