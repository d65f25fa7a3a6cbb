"""Run solved lessons in the kernel of this Python, as somebody does who presses Run All: `python -m tests.environments.lessons NAME ...`."""

import re
import sys
from pathlib import Path

import nbformat

from tests.kernel import started

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def refused(name: str) -> list[str]:
    """What cells with a check say that is not "correct", and what is raised."""
    found, checks = [], 0
    with started(str(SOLUTIONS), watchdog=300) as kernel:
        for cell in nbformat.read(SOLUTIONS / f"{name}.ipynb", as_version=4).cells:
            if cell.cell_type == "code" and cell.source:
                ran = kernel.run(cell.source)
                found += [ran.error] if ran.error else []
                if re.match(r"check\(", cell.source.splitlines()[-1]):
                    checks += 1
                    found += [said for said in ran.shown if ": correct" not in said.split("\n")[0]]
    assert checks, f"{name} has no checks"
    return found


if __name__ == "__main__":
    wrong = {name: found for name in sys.argv[1:] if (found := refused(name))}
    print(wrong or f"every answer of {', '.join(sys.argv[1:])} is accepted")
    sys.exit(1 if wrong else 0)
