"""What does a Dask cluster cost? CPU seconds a student with one process, and with clusters of worker processes on this machine.

    python -m tests.benchmarks.cluster                       lesson 02, 12 rounds
    python -m tests.benchmarks.cluster --rounds 4 --students 5 45
    python -m tests.benchmarks.cluster --json build/benchmark_cluster.json

One process and clusters of 1, 2 and 4 workers are kept up side by side, and mark the same classes in turn: what a machine does besides, faster hours and
slower ones, meets all of them. A turn is a class of few students and one of many, and their difference is what a student costs; what starting costs, and what
a process builds once (in its first dozens of students), is not in it. CPU time is compared, because other processes lengthen the wall clock's. The last
lines say what the head spends on a student, by which many machines are limited. Never part of `make test`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

from tests.benchmarks.classes import ROOT, make_class
from tests.benchmarks.usage import INTERVAL, Usage

WORKERS = (1, 2, 4)
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "2s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
"""As docs/marking.md says: Dask does not look at its own processes a hundred times a second."""
OVERHEAD = 10.0  # per cent more than one process, which is accepted
WARM = 240  # students before the first turn: each of four workers marks dozens
MARK = """
import contextlib, os, sys, time
from distributed import LocalCluster
from vae_course.cli import main
if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        where, workers = [], int(sys.argv[1])
        if workers:
            options = dict(threads_per_worker=1, protocol="tcp://", host="127.0.0.1", dashboard_address=None)
            where = ["--scheduler", stack.enter_context(LocalCluster(n_workers=workers, **options)).scheduler_address]
        for line in sys.stdin:
            path, out = line.split()
            before = time.process_time()
            with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
                code = main(["grade", path, "--out", out, "--seed", "5", *where])
            print(code, time.process_time() - before, flush=True)
"""


class Marker:
    """A process that marks one class after another, by itself or with workers, which stay."""

    def __init__(self, script: Path, workers: int) -> None:
        self.name = f"cluster of {workers}" if workers else "one process"
        command = [sys.executable, str(script), str(workers)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | QUIET
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        os.set_blocking(cast(IO[str], self._process.stdout).fileno(), False)
        self._usage, self._turn = Usage(), 0

    def __enter__(self) -> "Marker":
        return self

    def __exit__(self, *_: object) -> None:
        cast(IO[str], self._process.stdin).close()
        self._process.wait()

    def mark(self, path: Path) -> tuple[float, float]:
        """CPU seconds of all that take part, and of the first process alone, to mark a class.

        Raises:
            RuntimeError: it was not marked.
        """
        self._turn += 1
        before = self._used()
        sent, said = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        sent.write(f"{path} {path.parent / f'marks-{self.name[-1]}-{self._turn}'}\n")
        sent.flush()
        while not (line := said.readline()):
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}")
            time.sleep(INTERVAL)
            self._used()
        code, head = line.split()
        if code not in ("0", "1"):
            raise RuntimeError(f"{self.name}: grade ended with {code}")
        return self._used() - before, float(head)

    def _used(self) -> float:
        self._usage.look(self._process.pid)
        return self._usage.trusted + self._usage.sandboxed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, nargs=2, default=(5, 45), metavar=("FEW", "MANY"))
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    few, many = args.students
    each: dict[str, list[float]] = {}
    heads: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vae-course-benchmark-") as folder, ExitStack() as stack:
        place = Path(folder)
        (place / "mark.py").write_text(MARK)
        for students in (few, many, WARM):
            make_class(place / str(students), students, models=False, lessons=("02_kl_divergence",))
        markers = [stack.enter_context(Marker(place / "mark.py", n)) for n in (0, *WORKERS)]
        for marker in markers:
            marker.mark(place / str(WARM))
        print("CPU s a student " + "".join(f"{marker.name:>14s}" for marker in markers))
        for turn in range(args.rounds):
            for marker in markers[turn % len(markers) :] + markers[: turn % len(markers)]:
                (low, low_head), (high, high_head) = (marker.mark(place / str(n)) for n in (few, many))
                each.setdefault(marker.name, []).append((high - low) / (many - few))
                heads.setdefault(marker.name, []).append((high_head - low_head) / (many - few))
            print(
                f"round {turn + 1:<10d}" + "".join(f"{each[marker.name][-1]:14.3f}" for marker in markers), flush=True
            )
    found: dict[str, Any] = {}
    base = each["one process"]
    for name, taken in each.items():
        # Of each round by itself, in which the machine was the same for all.
        more = [100 * (one / other - 1) for one, other in zip(taken, base, strict=True)]
        found[name] = {"cpu_each": statistics.median(taken), "more": statistics.median(more), "rounds": taken}
        quarters = statistics.quantiles(more, n=4) if len(more) > 1 else [more[0]] * 3
        print(
            f"{name:14s} {found[name]['cpu_each']:.3f} s, {found[name]['more']:+.1f} % (half of the rounds: {quarters[0]:+.1f} to {quarters[2]:+.1f})"
        )
    worst = max(found[f"cluster of {n}"]["more"] for n in WORKERS)
    print(f"a cluster costs at most {worst:.1f} % more; at most {OVERHEAD:g}: {'yes' if worst <= OVERHEAD else 'NO'}")
    head = max(statistics.median(heads[f"cluster of {n}"]) for n in WORKERS)
    left = found["cluster of 4"]["cpu_each"] - head
    print(
        f"the head spends {head:.3f} s of CPU on a student: {1 / head:.0f} students a second, which {left / head:.0f} cores of workers give"
    )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(found | {"head_each": head}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
