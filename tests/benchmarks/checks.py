"""What does a check cost? CPU milliseconds of every exercise, for right answers and for every wrong one in the catalogue.

    python -m tests.benchmarks.checks                       a table; about four minutes
    python -m tests.benchmarks.checks VAE.loss log_weights  some exercises only
    python -m tests.benchmarks.checks --json build/checks.json

Columns: a right answer (median and maximum over styles), a wrong answer with its diagnosis (median and maximum over the
catalogue), each after a first one; and the first wrong answer of a fresh process, which pays for what is computed once of
the catalogue (a right answer comes before it and pays for what torch imports late, half a second in the first backward
pass). Process time on one thread, the least of several seeds: other processes on the machine only add to it. Never part of
`make test`.
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tests.check_the_checks import wrong_answer
from tests.checks.right import RIGHT
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Constant
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.lessons import EXERCISES, Exercise

MEAN_RIGHT, MOST_RIGHT, MOST_WRONG = 20.0, 60.0, 200.0  # ms, what the design allows
EXEMPT = {"trained_model"}  # it measures a model on 10,000 images


def timed(exercise: Exercise, answer: Any, seed: int) -> tuple[float, Outcome]:
    """CPU milliseconds of one check, its diagnosis included, and what it found."""
    gc.collect()  # what came before leaves garbage, whose collection costs up to 100 ms at any moment
    start = time.process_time()
    found = examine(exercise, exercise.answer(answer), seed)
    return 1000 * (time.process_time() - start), found


def right_answers(exercise: Exercise) -> list[Any]:
    """Every correct variant; for constants, the truth."""
    if isinstance(exercise, Constant):
        return [exercise.right]
    return list(RIGHT[exercise.name].values())


def least(exercise: Exercise, answer: Any, seeds: int, *, right: bool) -> float:
    """The least cost of this answer over some seeds, after a first check."""
    costs = []
    for seed in range(seeds + 1):
        cost, found = timed(exercise, answer, seed)
        assert bool(found) is right, (exercise.name, seed, found.message)
        costs.append(cost)
    return min(costs[1:])


def measure(exercise: Exercise, seeds: int) -> dict[str, float]:
    """Median and maximum over right and over wrong answers."""
    right = [least(exercise, answer, seeds, right=True) for answer in right_answers(exercise)]
    wrong = [least(exercise, wrong_answer(exercise, m), seeds, right=False) for m in exercise.misconceptions]
    return {
        "right": statistics.median(right),
        "right_most": max(right),
        "wrong": statistics.median(wrong),
        "wrong_most": max(wrong),
    }


def first_diagnosis(name: str) -> float:
    """The first check of a wrong answer in a fresh process, after a right one."""
    command = [sys.executable, "-m", "tests.benchmarks.checks", "--first", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("exercises", nargs="*", help="default: all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--first", metavar="NAME", help="print the cost of this process's first diagnosis, and no more")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    if args.first:
        exercise = EXERCISES[args.first]
        timed(exercise, right_answers(exercise)[0], 0)
        print(timed(exercise, wrong_answer(exercise, exercise.misconceptions[-1]), 1)[0])
        return 0
    rows: dict[str, dict[str, float]] = {}
    print(f"{'CPU ms of a check':28} {'right':>7} {'most':>7} {'wrong':>7} {'most':>7} {'first':>7}")
    for name in args.exercises or EXERCISES:
        rows[name] = measure(EXERCISES[name], args.seeds) | {"first_wrong": first_diagnosis(name)}
        print(f"{name:28} " + " ".join(f"{value:7.1f}" for value in rows[name].values()), flush=True)
    counted = [row for name, row in rows.items() if name not in EXEMPT]
    mean = statistics.mean(row["right"] for row in counted) if counted else 0.0
    accepted = (
        mean <= MEAN_RIGHT
        and all(row["right"] <= MOST_RIGHT for row in counted)
        and all(max(row["wrong_most"], row["first_wrong"]) <= MOST_WRONG for row in counted)
    )
    print(
        f"mean of right answers {mean:.1f}; at most {MEAN_RIGHT:g} on average, {MOST_RIGHT:g} for a right answer and "
        f"{MOST_WRONG:g} for a wrong one: {'yes' if accepted else 'NO'}"
    )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(
            json.dumps({"accepted": accepted, "milliseconds": rows}, indent=2) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
