"""Run the mutants of an area of the package against the tests of that area.

    python -m tests.mutation --list                        the areas
    python -m tests.mutation learning training             some of them: every mutant
    python -m tests.mutation figures --sample 400          so many, drawn by chance
    python -m tests.mutation FILE --tests tests/checks/learning   one module, against these tests

For each area: the tests run once and say which lines each of them runs (coverage.py: `pip install coverage`); then every mutant meets
the tests that run its line, the quickest first, in a copy of the repository, until one fails. A mutant that fails none has survived:
its line is printed, and written to build/mutation.json. A minute or two for each hundred mutants on two cores.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.edits import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "work", "build", "__pycache__", ".*_cache", ".ipynb_checkpoints", "*.egg-info", "test-results"
)
SECONDS = 120.0  # for the tests of one mutant; one that takes longer has been noticed
MOST_TESTS = 400  # that one mutant meets, the quickest first

AREAS: dict[str, tuple[str, str]] = {
    "learning": ("vae_course/checks/learning/*.py", "tests/checks/learning tests/checks/test_newcomer.py"),
    "figures": ("vae_course/figures/*.py", "tests/figures"),
    "marks": (
        "vae_course/teach/grading/outgoing/*.py",
        "tests/teach/grading/test_results.py tests/teach/grading/test_tables.py tests/teach/grading/test_runs.py "
        "tests/teach/grading/test_grade.py tests/teach/grading/test_progress_bar.py",
    ),
    "training": (
        "vae_course/training.py vae_course/checkpoints.py vae_course/curves.py",
        "tests/test_training.py tests/test_training_recipe.py tests/test_checkpoints.py tests/test_curves.py",
    ),
    "networks": ("vae_course/nns/*.py", "tests/nns"),
    "evaluation": (
        "vae_course/evaluation.py vae_course/importance.py",
        "tests/test_evaluation.py tests/test_evaluation_averages.py",
    ),
    "notebooks": ("vae_course/runner/notebooks/*.py", "tests/runner/notebooks"),
}


@dataclass(frozen=True)
class Survivor:
    file: str
    line: int
    change: str


def environment(course: Path) -> dict[str, str]:
    """The copy's package is what its tests see, those in processes of their own too."""
    own = {"PYTHONPATH": str(course), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return os.environ | own | {"VAE_COURSE_HOME": str(course.parent / "home")}


def lines_of_tests(course: Path, files: Sequence[str], tests: Sequence[str]) -> dict[tuple[str, int], dict[str, float]]:
    """{(file, line): {test: its seconds}} for every line that a test runs."""
    report = course.parent / "lines.json"
    command = [sys.executable, "-m", "tests.mutation.trace", str(report), *tests]
    done = subprocess.run(command, cwd=course, env=environment(course), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(
            f"without a mutant the tests are red, or coverage is missing:\n{(done.stdout + done.stderr)[-3000:]}"
        )
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    traced = json.loads(report.read_text())
    for test, seen in traced["lines"].items():
        for file, lines in seen.items():
            for line in lines:
                found[file, line][test] = traced["seconds"].get(test, 0.0)
    return found


@cache
def lines_of_bodies(file: str) -> set[int]:
    """The lines inside functions, which do not run when a module is loaded."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [n for n in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))) if isinstance(n, functions)]
    return {line for node in nodes for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


def chosen_tests(lines: dict[tuple[str, int], dict[str, float]], file: str, mutant: Mutant) -> list[str]:
    """The tests that run its line; inside a statement of several lines, those that run the nearest before.

    What runs on import, as constants and default values do, meets every test of the file: a test that only loads it says little.
    """
    tests: dict[str, float] = {}
    if mutant.line in lines_of_bodies(file):
        nearest = range(mutant.line, max(0, mutant.line - 12), -1)
        tests = next((found for line in nearest if (found := lines.get((file, line)))), {})
    if not tests:
        tests = {test: seconds for (of, _), found in lines.items() if of == file for test, seconds in found.items()}
    return sorted(tests, key=lambda test: tests[test])[:MOST_TESTS]


class Course:
    """A copy of the repository, in which one mutant at a time is planted, and a warm process that runs its tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(shutil.copytree(ROOT, folder / "course", ignore=LEFT_OUT, symlinks=True))
        command = [sys.executable, str(Path(__file__).with_name("warm.py"))]
        self._warm = subprocess.Popen(
            command, env=environment(self.folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def survives(self, file: str, mutant: Mutant, tests: Sequence[str]) -> bool:
        """True if no test fails; the file is put back."""
        assert self._warm.stdin is not None and self._warm.stdout is not None
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        path.write_text(mutant.text, encoding="utf-8")
        try:
            order = {"course": str(self.folder), "tests": tests, "seconds": SECONDS}
            self._warm.stdin.write(json.dumps(order) + "\n")
            self._warm.stdin.flush()
            return self._warm.stdout.readline().strip() == "0"
        finally:
            path.write_text(before, encoding="utf-8")

    def close(self) -> None:
        assert self._warm.stdin is not None
        self._warm.stdin.close()
        self._warm.wait()


def run(files: Sequence[str], tests: Sequence[str], sample: int, jobs: int, seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        each = [Course(Path(folder, str(number))) for number in range(jobs)]
        free: SimpleQueue[Course] = SimpleQueue()
        for course in each:
            free.put(course)
        lines = lines_of_tests(each[0].folder, files, tests)
        every = [(file, mutant) for file in files for mutant in mutants((ROOT / file).read_text(encoding="utf-8"))]
        count = len(every)
        if sample and sample < count:
            every = random.Random(seed).sample(every, sample)
        done = 0

        def one(file: str, mutant: Mutant) -> Survivor | None:
            nonlocal done
            tests = chosen_tests(lines, file, mutant)
            course = free.get()
            try:
                alive = not tests or course.survives(file, mutant, tests)
            finally:
                free.put(course)
            done += 1
            if done % 50 == 0:
                print(f"  {done} of {len(every)}", file=sys.stderr, flush=True)
            return (
                Survivor(file, mutant.line, mutant.change + ("" if tests else " (no test runs it)")) if alive else None
            )

        with ThreadPoolExecutor(jobs) as pool:
            found = list(pool.map(lambda pair: one(*pair), every))
        for course in each:
            course.close()
    left = sorted((s for s in found if s), key=lambda s: (s.file, s.line))
    return {"mutants": count, "run": len(every), "killed": len(every) - len(left), "survivors": [vars(s) for s in left]}


def expanded(patterns: Iterable[str]) -> list[str]:
    return [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("areas", nargs="*", help="default: all; or files, with --tests")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH")
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="mutants of each area, by chance; default: all"
    )
    parser.add_argument("--seed", type=int, default=0, help="of that chance")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "mutation.json")
    args = parser.parse_args(argv)
    if args.list:
        for name, (files, tests) in AREAS.items():
            print(f"{name:12} {files}\n{'':12} {tests}")
        return 0
    if args.tests:
        chosen = {" ".join(args.areas): (expanded(args.areas), expanded(args.tests))}
    else:
        unknown = [name for name in args.areas if name not in AREAS]
        if unknown:
            parser.error(f"no area is called {unknown[0]}; there are {', '.join(AREAS)}; for a file add --tests")
        chosen = {name: tuple(expanded(part.split()) for part in AREAS[name]) for name in args.areas or AREAS}  # type: ignore[misc]
    results = {}
    for name, (files, tests) in chosen.items():
        begun = time.monotonic()
        results[name] = found = run(files, tests, args.sample, args.jobs, args.seed)
        share = found["killed"] / max(1, found["run"])  # type: ignore[operator]
        print(
            f"{name}: {found['mutants']} mutants, {found['run']} run, {found['killed']} killed ({share:.1%}), {time.monotonic() - begun:.0f} s"
        )
        for survivor in found["survivors"]:  # type: ignore[attr-defined]
            print(f"  {survivor['file']}:{survivor['line']}  {survivor['change']}", flush=True)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
