"""Run a solved notebook the same way everywhere, and keep of its outputs only what is the same every time."""

import base64
import os
import re
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from vae_course.teach.authoring.lesson_source import Lesson
from vae_course.teach.authoring.problems import Problem

KEPT = ("text/plain", "text/html", "text/markdown", "image/png")
KEPT_PNG_METADATA = ("alt", "height", "width")
PNG_BUDGET = 1_500_000  # bytes a lesson: the repository carries them twice, in history and in the tree
TIMEOUT = 300  # seconds a cell
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def kernel_environment(folder: str | Path) -> dict[str, str]:
    """A lesson's kernel gets this; for nbval tests/teach/authoring/nbval_like_build.py sees to it. `folder` is empty."""
    return {
        **os.environ,
        "VAE_COURSE_HOME": str(folder),
        "VAE_COURSE_STATIC": "1",
        "IPYTHONDIR": str(Path(folder) / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",  # the number of threads changes the last digits of sums
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def execute(lesson: Lesson, notebook: NotebookNode, root: Path) -> tuple[list[Problem], list[str]]:
    """Runs `notebook` in place. Returns what is refused, and warnings."""
    language_info = dict(notebook.metadata["language_info"])
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as cwd:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": cwd}},
        )
        try:
            client.execute(env=kernel_environment(home))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return [_failure(lesson, notebook, error)], []
        notebook.metadata["language_info"] = language_info  # the client has written this machine's Python into it
        paths = [home, cwd, str(root.resolve()), str(Path.home())]
    problems = []
    count = 0
    for cell, line in _with_lines(lesson, notebook):
        if cell.cell_type != "code":
            continue
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        complaints = clean_outputs(cell, paths)
        problems += [Problem(lesson.path, line, *complaint) for complaint in complaints]
    return problems, _over_budget(lesson, notebook)


def _with_lines(lesson: Lesson, notebook: NotebookNode) -> Iterator[tuple[NotebookNode, int]]:
    """Each cell, and where its source stands: that of the first, which sets up, nowhere in the lesson's."""
    return zip(notebook.cells, [1, *(cell.line for cell in lesson.cells)], strict=True)


def _failure(lesson: Lesson, notebook: NotebookNode, error: Exception) -> Problem:
    """The last cell that began is the one that failed."""
    line, code, trace = 1, "", str(error)
    for cell, place in _with_lines(lesson, notebook):
        if cell.cell_type == "code" and (cell.execution_count or cell.outputs):
            line, code = place, cell.source
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                trace = "\n".join(output.traceback)
                break
    indented = "\n".join(f"      {text}" for text in f"{code}\n\n{_ANSI.sub('', trace)}".splitlines())
    what_next = f"correct the cell, then build again. The cell and what it raised:\n{indented}"
    return Problem(lesson.path, line, "a solved lesson that runs", f"{type(error).__name__}", what_next)


def clean_outputs(cell: NotebookNode, paths: list[str]) -> list[tuple[str, str, str]]:
    """Cleans a cell's outputs in place; returns (expected, got, what next) for what can not be kept."""
    complaints = []
    kept: list[NotebookNode] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                got = f"`{output.text.strip()[:200]}`"
                complaints.append(
                    ("nothing on stderr (a learner reads it as an error)", got, "cure the cause, or print it")
                )
            if "\r" in output.text:
                complaints.append(("no progress bar", "a carriage return", "heed VAE_COURSE_STATIC=1"))
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        else:
            other = sorted(set(output.data) - set(KEPT))
            if other:
                # Dropped, they would come back under nbval, which compares every MIME type but pictures.
                what_next = "draw with matplotlib as PNG; under VAE_COURSE_STATIC=1 a widget shows its picture"
                complaints.append((f"outputs of {', '.join(KEPT)}", ", ".join(other), what_next))
            output.data = {mime: output.data[mime] for mime in KEPT if mime in output.data}
            output.metadata = _picture_metadata(output.metadata)
            if "image/png" in output.data:
                output.data["image/png"] = strip_png(output.data["image/png"])
                if not output.metadata.get("image/png", {}).get("alt"):
                    what_next = "draw it on `figures.style.canvas`, in a function marked @figure or with alt=..."
                    complaints.append(("a picture with alt text", "one without", what_next))
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
        kept.append(output)
    cell.outputs = kept
    cell.metadata.pop("execution", None)
    text = "\n".join(o.text if o.output_type == "stream" else _texts(o) for o in kept)
    if _ADDRESS.search(text):
        complaints.append(
            ("the same text on every run", f"`...{_ADDRESS.findall(text)[0]}...`", "print something else")
        )
    for path in paths:
        if path not in ("", "/") and path in text:
            complaints.append(("no path of this machine", f"`{path}`", "print the file's name alone"))
    return complaints


def _texts(output: NotebookNode) -> str:
    return "\n".join(str(output.data[mime]) for mime in KEPT[:3] if mime in output.data)


def _picture_metadata(metadata: NotebookNode) -> dict[str, dict[str, object]]:
    kept = {key: value for key, value in metadata.get("image/png", {}).items() if key in KEPT_PNG_METADATA}
    return {"image/png": kept} if kept else {}


def strip_png(encoded: str) -> str:
    """The picture without its text and time chunks, which name the software and the moment."""
    data = base64.b64decode(encoded)
    kept, position = data[:8], 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        end = position + 12 + length
        if data[position + 4 : position + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept += data[position:end]
        position = end
    return base64.b64encode(kept).decode("ascii")


def _over_budget(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    pictures = [
        len(output.data["image/png"]) * 3 // 4
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    if sum(pictures) <= PNG_BUDGET:
        return []
    size = f"{sum(pictures) / 1e6:.1f} MB in {len(pictures)} pictures, the largest {max(pictures) / 1e6:.2f} MB"
    return [f"{lesson.path}: {size}; the budget is {PNG_BUDGET / 1e6:.1f} MB. Lower the dpi, or draw fewer points."]
