"""A sample hand-in as data: what is handed in, and the mark that it must get."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.runner.notebooks.hand_ins import notebook_of
from vae_course.checks.lessons import EXERCISES

LESSON = "02_kl_divergence"


@dataclass(frozen=True)
class Row:
    """One row of marks.csv. `says`: words that its message must contain, so that the cause is named."""

    status: str
    points: float = 0
    misconception: str = ""
    says: str = ""


def correct(points: float) -> Row:
    return Row("correct", points)


def wrong(points: float = 0, misconception: str = "", says: str = "") -> Row:
    return Row("wrong", points, misconception, says)


def raised(says: str = "", points: float = 0) -> Row:
    return Row("raised", points, says=says)


def killed(says: str = "", points: float = 0) -> Row:
    return Row("killed", points, says=says)


def late(says: str = "still running after", points: float = 0) -> Row:
    return Row("timed out", points, says=says)


def no_memory(says: str = "1 GB") -> Row:
    return Row("out of memory", says=says)


NOT_STARTED = Row("not started")
ZERO = wrong(says="of your result is 0")
"""For the attacks that return zeros and hope."""

Form = Callable[["HandIn", str], "str | bytes"]


def as_notebook(hand_in: "HandIn", text: str) -> str:
    """The text as a notebook of its lesson, a cell for each part between lines that say `# %%`."""
    made: dict[str, Any] = notebook_of(*re.split(r"(?m)^# %%.*\n", text))
    made["metadata"] = {"vae_course": {"lesson": hand_in.lesson}}
    return json.dumps(made)


@dataclass(frozen=True)
class HandIn:
    """One student's file.

    Args:
        student: the name that the marks must show.
        tries: one sentence: what this is, or tries, and what must come of it.
        text: Python in the form of cells. `@NAME@` stands for a canary of the test: see `canary.py`.
        rows: the marks, by exercise; the others of the lesson are not started.
        file: where it lies in the class's folder.
        form: makes the file's content of the text.
        beside: more files in the class's folder, older than it.
    """

    student: str
    tries: str
    text: str
    rows: Mapping[str, Row] = field(default_factory=dict)
    lesson: str = LESSON
    file: str = ""
    form: Form = as_notebook
    beside: Mapping[str, "str | bytes"] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.file or f"{self.student}.ipynb"

    def code(self) -> Iterator[str]:
        """The Python of every notebook that is handed in."""
        yield self.text
        for name, content in self.beside.items():
            if name.endswith(".ipynb"):
                cells = json.loads(content)["cells"]
                yield "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")

    def expected(self) -> dict[str, Row]:
        """The rows of all exercises of the lesson."""
        names = [exercise.name for exercise in EXERCISES.values() if exercise.lesson == self.lesson]
        assert set(self.rows) <= set(names), f"{self.student}: {set(self.rows) - set(names)} are not in {self.lesson}"
        return {name: self.rows.get(name, NOT_STARTED) for name in names}


HEAD = """
import os, sys, time
import torch
from torch import Tensor, nn
from vae_course import given
# %%
"""

BYSTANDERS = """
# %%
def log_normal(x, m, v):
    return (-0.5 * (torch.log(2 * torch.pi * v) + (x - m).square() / v)).sum(-1)
# %%
predict_negative_share = 0.3085
"""
"""Right answers in the same file as an attack: it costs itself alone."""

SECRET = "lambda qm, qv, pm, pv: 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"
"""What the canaries hold: a right kl_normal. Who can read one, gets full marks, and the test is red."""


def attack(name: str, tries: str, text: str, kl_normal: Row, **others: Row) -> HandIn:
    """An attack by a `kl_normal`, with `BYSTANDERS` that must keep their marks unless `others` says what they lose."""
    rows = {"log_normal": correct(5), "predict_negative_share": correct(1), "kl_normal": kl_normal} | others
    return HandIn(name, tries, f"{HEAD}{BYSTANDERS}# %%\n{text.strip()}\n", rows)


WITNESS = f"""{HEAD}
import builtins, gc, threading
import numpy

def witness():
    traces = {{
        "an attribute": any(hasattr(thing, "left_behind") for thing in (torch, builtins, numpy, given, sys, Tensor)),
        "a module": any("left_behind" in name for name in sys.modules),
        "a variable": any("left_behind" in name for name in os.environ),
        "a file": len(os.listdir(".")) > 0,
        "a thread": threading.active_count() > 1,
        "a type": torch.get_default_dtype() != torch.float32,
        "a sum": (torch.ones(2) + torch.ones(2)).tolist() != [2.0, 2.0] or abs(-2) != 2,
        "a limit": sys.getrecursionlimit() > 10_000 or sys.getswitchinterval() > 1 or not gc.isenabled(),
    }}
    found = [trace for trace, there in traces.items() if there]
    if found:
        raise RuntimeError(f"an earlier submission has left {{found}} behind")

def kl_normal(qm, qv, pm, pv):
    witness()
    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
{BYSTANDERS}"""
"""The right hand-in after every attack: it is correct, and says so if it sees a trace of anybody before it."""


def after(hand_in: HandIn) -> HandIn:
    """The witness that is marked directly after a hand-in: students are marked in the order of their names."""
    student = f"{hand_in.student[:90]}~"
    rows = {"kl_normal": correct(6), "log_normal": correct(5)}
    share = {"predict_negative_share": correct(1)}
    return HandIn(
        student, "What comes after an attack gets its full marks.", WITNESS, rows | share, file=f"{student}.ipynb"
    )
