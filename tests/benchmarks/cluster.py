"""What does a Dask cluster cost? CPU seconds a student with one process, with `--jobs`, and with clusters of worker processes on this machine.

    python -m tests.benchmarks.cluster                       lesson 02, slopes between 40 and 160 students
    python -m tests.benchmarks.cluster --students 100 400
    python -m tests.benchmarks.cluster --json build/benchmark_cluster.json

Each row is measured with few students and with many: their difference is what a student costs, the rest what starting costs. CPU time is compared,
because other processes on the machine lengthen the wall clock's. The last lines say what the head spends on a student, by which many machines are
limited. Never part of `make test`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.classes import ROOT, make_class
from tests.benchmarks.usage import watched

WORKERS = (1, 2, 4)
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "2s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}
"""As docs/marking.md says: Dask does not look at its own processes a hundred times a second."""
OVERHEAD = 10.0  # per cent more than one process, which is accepted
RUN = """
import resource, sys
from distributed import LocalCluster
from vae_course.cli import main
if __name__ == "__main__":
    workers, path, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with LocalCluster(n_workers=workers, threads_per_worker=1, protocol="tcp://", host="127.0.0.1", dashboard_address=None) as cluster:
        code = main(["grade", path, "--out", out, "--seed", "5", "--scheduler", cluster.scheduler_address])
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        # Scheduler, reader and tables; the workers have not ended yet.
        open(out + "/head", "w").write(str(sum(one.ru_utime + one.ru_stime for one in used)))
    sys.exit(code)
"""


def cpu(command: Sequence[str]) -> tuple[float, float]:
    """CPU seconds and seconds of the clock that a command takes."""
    used = watched(command, {"PYTHONPATH": str(ROOT), **QUIET}, lambda usage: None)
    return used.trusted + used.sandboxed, used.seconds


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, nargs=2, default=(40, 160), metavar=("FEW", "MANY"))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    few, many = args.students
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="vae-course-benchmark-") as folder:
        place = Path(folder)
        script = place / "run.py"
        script.write_text(RUN)
        for students in (few, many):
            make_class(place / f"class{students}", students, models=False, lessons=("02_kl_divergence",))
        base = [sys.executable, "-m", "vae_course.cli", "grade"]
        ways: dict[str, list[str]] = {"one process": [*base], "--jobs 2": [*base]}
        print(f"{'':24s} {'CPU s a student':>16s} {'more':>7s} {'start, CPU s':>13s} {'students a second':>18s}")
        for way in [*ways, *(f"cluster of {n}" for n in WORKERS)]:
            taken, heads = [], []
            for students in (few, many):
                path, out = str(place / f"class{students}"), str(place / f"marks {way} {students}")
                if way.startswith("cluster"):
                    command = [sys.executable, str(script), way.split()[-1], path, out]
                else:
                    jobs = ["--jobs", "2"] if way == "--jobs 2" else []
                    command = [*base, path, "--out", out, "--seed", "5", *jobs]
                taken.append(cpu(command))
                if way.startswith("cluster"):
                    heads.append(float((Path(out) / "head").read_text()))
            each = (taken[1][0] - taken[0][0]) / (many - few)
            rate = (many - few) / (taken[1][1] - taken[0][1])
            found[way] = {"cpu_each": each, "start": taken[0][0] - few * each, "rate": rate}
            if heads:
                found[way]["head_each"] = (heads[1] - heads[0]) / (many - few)
            more = 100 * (each / found["one process"]["cpu_each"] - 1)
            print(f"{way:24s} {each:16.3f} {more:6.1f}% {found[way]['start']:13.1f} {rate:18.2f}", flush=True)
    worst = max(100 * (found[f"cluster of {n}"]["cpu_each"] / found["one process"]["cpu_each"] - 1) for n in WORKERS)
    print(f"a cluster costs at most {worst:.1f} % more; at most {OVERHEAD:g}: {'yes' if worst <= OVERHEAD else 'NO'}")
    head = max(found[f"cluster of {n}"]["head_each"] for n in WORKERS)
    each = found["cluster of 4"]["cpu_each"] - found["cluster of 4"]["head_each"]
    print(
        f"the head spends {head:.3f} s of CPU on a student: {1 / head:.0f} students a second, which {each / head:.0f} cores of workers give"
    )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
