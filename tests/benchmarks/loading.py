"""What does `load_mnist` cost? Processor time and wall clock of its first call in a fresh process, for every split.

    python -m tests.benchmarks.loading                  a table
    python -m tests.benchmarks.loading --json build/benchmark_loading.json

The digits come with the course, packed: a lesson's first cell unpacks them. The import of torch is not in it. The least of
some rounds, on one thread: other processes on the machine only add to it. Never part of `make test`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.machine import write, yes
from vae_course.data import SPLITS

MOST = 0.5  # seconds of processor time: what the course promises
LOADS = """
import json, sys, time
from vae_course.data import load_mnist
begun, used = time.perf_counter(), time.process_time()
images = len(load_mnist(sys.argv[1]).images)
print(json.dumps({"images": images, "cpu": time.process_time() - used, "wall": time.perf_counter() - begun}))
"""


def run(split: str, rounds: int) -> dict[str, float]:
    """Images, and the least seconds of processor time and of wall clock."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LOADS, split]
    rows = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
        for _ in range(rounds)
    ]
    return {name: min(row[name] for row in rows) for name in ("images", "cpu", "wall")}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    splits: dict[str, dict[str, float]] = {}
    print(f"{'split':14}{'images':>8}{'CPU s':>8}{'wall s':>8}")
    for split in SPLITS:
        splits[split] = row = run(split, args.rounds)
        print(f"{split:14}{row['images']:8,.0f}{row['cpu']:8.2f}{row['wall']:8.2f}", flush=True)
    accepted = all(row["cpu"] < MOST for row in splits.values())
    print(f"under {MOST:g} s of processor time: {yes(accepted)}")
    if args.json:
        write({"accepted": accepted, "splits": splits}, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
