"""How fast does a widget answer? Every slider of every lesson, moved through its range in the lesson's own kernel.

    python -m tests.benchmarks.widgets                  all lessons
    python -m tests.benchmarks.widgets 04 05            some of them
    python -m tests.benchmarks.widgets --json build/benchmark_widgets.json

A solved lesson runs with its `explore` replaced by one that moves each slider to five places, the others at their start, and
times the drawing until its picture has been handed to the notebook: computing, matplotlib, PNG. What the browser adds is not in
it. Milliseconds of wall clock, with as many threads as torch takes by itself; the first drawing of a widget, made when its cell
runs, is not counted. Never part of `make test`.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent.parent
MOST = 100.0  # ms: what the course promises
PLACES = 5
MARK = "widgets: "
FIRST = "from tests.benchmarks import widgets as benchmark; benchmark.replace_explore()"

_measured: list[dict[str, Any]] = []


def replace_explore() -> None:
    """In a lesson's kernel: from now on a widget is measured, and shows nothing else."""
    from vae_course.figures import widgets

    widgets.explore = _measure


def _measure(draw: Callable[..., None], **sliders: Any) -> None:
    from IPython.utils.capture import capture_output

    from vae_course.figures.style import Moving, again

    start = {name: values[0] for name, values in sliders.items()}
    times = []
    with capture_output(), again(Moving()):
        draw(**start)
        for values in _moves(start, sliders):
            gc.collect()  # what came before leaves garbage, whose collection costs up to 200 ms at any moment
            begun = time.perf_counter()
            draw(**values)
            times.append(1000 * (time.perf_counter() - begun))
    _measured.append({"sliders": list(sliders), "median": statistics.median(times), "most": max(times)})


def _moves(start: dict[str, Any], sliders: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, values in sliders.items():
        if isinstance(values, list):
            places = values[1 : PLACES + 1]
        else:
            _, low, high, step = values
            places = [low + round((high - low) * i / (PLACES - 1) / step) * step for i in range(PLACES)]
        for place in places:
            yield start | {name: place}


def run(path: Path) -> list[dict[str, Any]]:
    """One row for each widget of a lesson."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    last = max((i for i, source in enumerate(code) if "explore(" in source), default=-1)
    if last < 0:
        return []
    report = f"print({MARK!r} + benchmark.json.dumps(benchmark._measured))"
    cells = [FIRST, *code[: last + 1], report]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=None, resources={"metadata": {"path": folder}})
        environment = os.environ | {"VAE_COURSE_HOME": folder, "TQDM_DISABLE": "1", "PYTHONPATH": str(ROOT)}
        with client.setup_kernel(env=environment):
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
    [said] = [output.text for output in notebook.cells[-1].outputs if output.output_type == "stream"]
    found: list[dict[str, Any]] = json.loads(said.removeprefix(MARK))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="beginnings of names, such as 04; default: all")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    rows: list[dict[str, Any]] = []
    print(f"{'lesson':24}{'sliders':28}{'median ms':>10}{'most':>8}")
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        if args.lessons and not path.name.startswith(tuple(args.lessons)):
            continue
        for row in run(path):
            rows.append({"lesson": path.stem} | row)
            print(f"{path.stem:24}{', '.join(row['sliders']):28}{row['median']:10.0f}{row['most']:8.0f}", flush=True)
    accepted = all(row["most"] <= MOST for row in rows)
    print(f"at most {MOST:g} ms a move: {'yes' if accepted else 'NO'}")
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"accepted": accepted, "widgets": rows}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
