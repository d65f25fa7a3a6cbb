"""Run solved lessons in the kernel of this Python, as somebody does who presses Run All: `python -m tests.environments.lessons NAME ...`."""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def refused(name: str) -> list[str]:
    """What cells with a check say that is not "correct". A cell that raises ends the trial."""
    notebook = nbformat.read(SOLUTIONS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    said = [
        "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and re.match(r"check\(", cell.source.splitlines()[-1] if cell.source else "")
    ]
    assert said, f"{name} has no checks"
    return [text for text in said if ": correct" not in text.split("\n")[0]]


if __name__ == "__main__":
    wrong = {name: found for name in sys.argv[1:] if (found := refused(name))}
    print(wrong or f"every answer of {', '.join(sys.argv[1:])} is accepted")
    sys.exit(1 if wrong else 0)
