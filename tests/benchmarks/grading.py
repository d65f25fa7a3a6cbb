"""How fast is a class marked? CPU seconds a student, students per second, memory; and the same of nbgrader.

    python -m tests.benchmarks.grading                             300 whole courses
    python -m tests.benchmarks.grading --students 1000 --jobs 2    with the rate of every 100
    python -m tests.benchmarks.grading --students 10000 --jobs 2 --lesson 02_kl_divergence --every 1000
    python -m tests.benchmarks.grading --nbgrader /path/to/python  also 20 students' lessons 01, 02, 03 and 05 with nbgrader
    python -m tests.benchmarks.grading --json build/grading.json

`--nbgrader` takes the python of an environment of its own with nbgrader in it (`python -m venv E && E/bin/pip install
nbgrader`); the lessons themselves run in this one. Everything is included: starting, reading, marking, writing. Rates are by
CPU time, because other processes on the machine lengthen the wall clock's. Never part of `make test`.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.classes import ROOT, make_class
from tests.benchmarks.nbgrader import autograde
from tests.benchmarks.usage import Usage, watched
from tests.teach.grading import marks_folder
from vae_course.checks.lessons import LESSON_OF, LESSONS

SECONDS, TIMES, MEGABYTES = 0.35, 30.0, 400.0
"""What is accepted: CPU seconds a whole course, nbgrader's notebooks per second as many times, memory of a worker."""


@dataclass
class Row:
    """How things stood after so many students."""

    students: int
    seconds: float
    trusted: float
    sandboxed: float
    worker: float
    grader: float


def grade(path: Path, out: Path, jobs: int, every: int) -> tuple[list[Row], Usage]:
    """Mark a class with `vae-course grade` and write down what that takes."""
    rows: list[Row] = []

    def look(usage: Usage) -> None:
        try:
            done = marks_folder.count(out, "student")
        except sqlite3.OperationalError:  # being written just now
            return
        while done >= every * (len(rows) + 1):
            rows.append(_row(every * (len(rows) + 1), usage))
            _print(rows[-1], rows[-2] if len(rows) > 1 else None)

    command = [sys.executable, "-m", "vae_course.cli", "grade", str(path), "--out", str(out), "--seed", "5"]
    return rows, watched([*command, "--jobs", str(jobs)], {"PYTHONPATH": str(ROOT)}, look)


def _row(students: int, usage: Usage) -> Row:
    return Row(students, usage.seconds, usage.trusted, usage.sandboxed, usage.worker, usage.grader)


def _print(row: Row, before: Row | None) -> None:
    before = before or Row(0, 0, 0, 0, 0, 0)
    count = row.students - before.students
    print(
        f"{row.students:8d} {count / (row.seconds - before.seconds):10.2f} {(row.trusted - before.trusted) / count:10.3f}"
        f" {(row.sandboxed - before.sandboxed) / count:10.3f} {row.worker:10.0f} {row.grader:10.0f}",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--lesson", choices=LESSONS, help="hand in this one alone; default: the whole course")
    parser.add_argument("--every", type=int, default=100, metavar="STUDENTS", help="print how things stand")
    parser.add_argument("--no-models", action="store_true", help="nobody hands in a trained model (exercise 7.3)")
    parser.add_argument("--nbgrader", metavar="PYTHON", help="of an environment in which nbgrader is installed")
    parser.add_argument("--nbgrader-students", type=int, default=20, metavar="N")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="vae-course-benchmark-") as folder:
        os.environ["VAE_COURSE_HOME"] = folder
        found = _measure(args, Path(folder))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    lessons = (args.lesson,) if args.lesson else LESSONS
    make_class(
        folder / "class",
        args.students,
        models=not args.no_models and LESSON_OF["trained_model"] in lessons,
        lessons=lessons,
    )
    heads = ("students", "a second", "CPU s each", "in sandbox", "worker MB", "grader MB")
    print(" ".join(f"{head:>10}" for head in heads)[2:])
    rows, usage = grade(folder / "class", folder / "marks", args.jobs, args.every)
    last = _row(args.students, usage)
    each = (usage.trusted + usage.sandboxed) / args.students
    rate = args.students * len(lessons) / (usage.trusted + usage.sandboxed)
    handed_in = f"hand-ins of {args.lesson}" if args.lesson else "whole courses"
    print(
        f"{args.students} {handed_in} in {usage.seconds:.0f} s with {args.jobs} jobs: {each:.3f} s of CPU each, starting "
        f"included ({usage.trusted / args.students:.3f} outside of the sandbox, {usage.sandboxed / args.students:.3f} "
        f"inside)" + ("" if args.lesson else f"; at most {SECONDS:g}: {_yes(each <= SECONDS)}")
    )
    print(f"memory outside of the sandbox at most {usage.most:.0f} MB")
    print(
        f"memory of a worker or a submission {usage.peak:.0f} MB; at most {MEGABYTES:g}: {_yes(usage.peak <= MEGABYTES)}"
    )
    found = {
        "rows": [vars(row) for row in [*rows, last]],
        "cpu_each": each,
        "worker_mb": usage.peak,
        "grader_mb": usage.most,
        "notebooks_per_cpu_s": rate,
        "tables": _tables(folder / "marks"),
    }
    if not args.nbgrader:
        print("nbgrader: not measured; --nbgrader PYTHON names a Python that has it.")
        return found
    notebooks, seconds, wall = autograde(args.nbgrader, folder / "nbgrader", args.nbgrader_students)
    times = rate * seconds / notebooks
    print(
        f"nbgrader autograde: {notebooks} bare notebooks, {seconds / notebooks:.2f} s of CPU and {wall / notebooks:.2f} s "
        f"each; vae-course grade does {rate:.1f} notebooks per CPU second, {times:.0f} times as many; at least {TIMES:g}: "
        f"{_yes(times >= TIMES)}"
    )
    return found | {"nbgrader_cpu_each": seconds / notebooks, "nbgrader_wall_each": wall / notebooks, "times": times}


def _tables(out: Path) -> dict[str, dict[str, float]]:
    """What it takes to make tables, pages and exports of the marks once more."""
    found = {}
    for name, command in {
        "report": ["report", str(out)],
        "export csv": ["export", "csv", str(out), "--out", str(out.with_name("wide.csv"))],
        "export json": ["export", "json", str(out), "--out", str(out.with_name("all.json"))],
    }.items():
        usage = watched([sys.executable, "-m", "vae_course.cli", *command], {"PYTHONPATH": str(ROOT)})
        found[name] = {"seconds": usage.seconds, "mb": usage.most}
        print(f"{name}: {usage.seconds:.0f} s, {usage.most:.0f} MB")
    return found


def _yes(accepted: bool) -> str:
    return "yes" if accepted else "NO"


if __name__ == "__main__":
    sys.exit(main())
