"""`vae-course grade` for tests: whole classes of harmless hand-ins, marked in this process."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.grading.test_collect import tree
from tests.notebooks.hand_ins import notebook_of
from vae_course import cli
from vae_course.grading import grade

RIGHT = "import torch\ndef sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn_like(m)"
WRONG = RIGHT.replace(".sqrt()", "")
LESSON = "01_reparameterization"

Run = Callable[..., int]


def hand_in(*cells: str, lesson: str = LESSON) -> str:
    made = notebook_of(*cells)
    made["metadata"] = {"vae_course": {"lesson": lesson}}
    return json.dumps(made)


@pytest.fixture
def marks(tmp_path: Path) -> Callable[[], dict[tuple[str, str], dict[str, Any]]]:
    """marks.csv, by student and exercise; every pair stands in it once."""

    def read() -> dict[tuple[str, str], dict[str, Any]]:
        with (tmp_path / "marks" / "marks.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found = {(row["student"], row["exercise"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    return read


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Mark `tmp_path / "class"` into `tmp_path / "marks"`, all students in this process; options by name or as text.

    Only for hand-ins that do no harm: the rule that they are one person's own is lifted.
    """
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)

    def run(*options: str, folder: Path | None = None) -> int:
        path = folder or tmp_path / "class"
        return cli.main(["grade", str(path), "--out", str(tmp_path / "marks"), "--no-sandbox", *options])

    return run


@pytest.fixture
def two_students(tmp_path: Path) -> Path:
    return tree(tmp_path / "class", {"ada.ipynb": hand_in(RIGHT), "bob.ipynb": hand_in(WRONG)})
