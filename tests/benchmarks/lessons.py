"""How long does each lesson run, and how much memory does it hold? Each solved notebook, run as a whole.

    python -m tests.benchmarks.lessons                  all lessons, one after the other
    python -m tests.benchmarks.lessons 04 05            some of them
    python -m tests.benchmarks.lessons --json build/benchmark_lessons.json

Seconds are those of the cells, from the first to the last, with as many threads as torch takes by itself (the kernel's
start comes before, and is printed beside). Memory is the peak of the kernel's resident memory. Never part of `make test`,
whose notebooks run two at a time; the limit on memory is (tests/memory_gate.py).
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.memory_gate import LIMIT, peak_memory

ROOT = Path(__file__).resolve().parent.parent.parent
EACH, ALL = 60.0, 240.0  # seconds on two cores: what the course promises


def run(path: Path) -> dict[str, float]:
    """Seconds until the kernel answers, seconds of all cells, and peak memory in MB."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": folder}})
        environment = os.environ | {"VAE_COURSE_HOME": folder, "VAE_COURSE_STATIC": "1"}
        start = time.monotonic()
        with client.setup_kernel(env=environment):
            ready = time.monotonic()
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            end = time.monotonic()
            assert client.km is not None
            peak = peak_memory(client.km.provisioner.pid) or 0  # type: ignore[union-attr]
    return {"start": ready - start, "seconds": end - ready, "megabytes": peak / 1e6}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of names, such as 04; default: all")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    paths = sorted((ROOT / "solutions").glob("*.ipynb"))
    rows: dict[str, dict[str, float]] = {}
    print(f"{'lesson':24}{'start s':>9}{'cells s':>9}{'peak MB':>9}")
    for path in paths:
        if not args.lessons or path.name.startswith(tuple(args.lessons)):
            rows[path.stem] = row = run(path)
            print(f"{path.stem:24}{row['start']:9.1f}{row['seconds']:9.1f}{row['megabytes']:9.0f}", flush=True)
    total = sum(row["seconds"] for row in rows.values())
    accepted = (
        total < ALL
        and all(r["seconds"] < EACH for r in rows.values())
        and all(r["megabytes"] < LIMIT / 1e6 for r in rows.values())
    )
    print(
        f"all {total:.0f} s; at most {EACH:g} s a lesson, {ALL:g} s for all, {LIMIT / 1e6:g} MB: {'yes' if accepted else 'NO'}"
    )
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"accepted": accepted, "lessons": rows}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
