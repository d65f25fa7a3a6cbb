"""Running a lesson: with a real kernel, and what is kept of its outputs."""

import base64
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from tests.teach.authoring.fake import EXERCISES, LESSON, NAME
from vae_course.teach.authoring.build import main
from vae_course.teach.authoring.execute import clean_outputs, strip_png


def run(root: Path, *arguments: str) -> int:
    return main([NAME, *arguments], exercises=EXERCISES, root=root)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.teach.authoring.fake import make_repository

    root = make_repository(tmp_path_factory.mktemp("built") / "repository")
    assert run(root) == 0
    return root


def test_the_solved_notebook_is_run_and_clean(built: Path) -> None:
    notebook = nbformat.read(built / "solutions" / f"{NAME}.ipynb", 4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert code[-1].outputs[0].text == "all done\n"
    mimes = {mime for cell in code for output in cell.outputs for mime in output.get("data", {})}
    assert mimes == {"text/plain", "image/png"}
    assert notebook.metadata["language_info"] == {"name": "python"}
    assert "execution" not in nbformat.writes(notebook).replace("execution_count", "")
    learner = nbformat.read(built / "notebooks" / f"{NAME}.ipynb", 4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in learner.cells)


def test_running_again_gives_the_same_bytes(built: Path) -> None:
    before = {path: path.read_bytes() for path in built.rglob("*.ipynb")}
    assert run(built, "--force") == 0
    assert {path: path.read_bytes() for path in built.rglob("*.ipynb")} == before


@pytest.mark.slow
def test_what_nbval_compares(built: Path, tmp_path: Path) -> None:
    """The docstring of build.py promises authors: text is compared, pictures are not, and neither in a tagged cell."""
    notebook = nbformat.read(built / "solutions" / f"{NAME}.ipynb", 4)
    drawing = next(cell for cell in notebook.cells if cell.source.startswith("if solved"))
    picture = next(output for output in drawing.outputs if "image/png" in output.get("data", {}))
    picture.data["image/png"] = base64.b64encode(b"another picture").decode()
    # Each notebook starts from an empty home, although the one before it has left something in its own.
    home = "import os, pathlib\nhome = pathlib.Path(os.environ['VAE_COURSE_HOME'], 'state')\nassert not home.exists()"
    notebook.cells.append(new_code_cell(f"{home}\nhome.write_text('')\nassert os.environ['VAE_COURSE_STATIC'] == '1'"))
    nbformat.write(notebook, tmp_path / "other_picture.ipynb")
    drawing.outputs = [new_output("stream", name="stdout", text="0.5\n"), picture]
    nbformat.write(notebook, tmp_path / "other_text.ipynb")
    drawing.metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(notebook, tmp_path / "other_text_tagged.ipynb")
    options = ["-q", "-rf", "-p", "no:cacheprovider", "-p", "tests.teach.authoring.nbval_like_build", "--nbval"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    repository = Path(__file__).parents[3]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    failed = re.findall(r"^FAILED \S*?(\w+)\.ipynb", result.stdout, re.MULTILINE)
    assert failed == ["other_text"], result.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings; warnings.warn('careful')", "expected nothing on stderr"),
        ("print(object())", "expected the same text on every run"),
    ],
)
def test_a_cell_that_fails_or_warns_is_refused(
    root: Path, code: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = LESSON.replace("# %%\nprogress()", f"# %%\nprogress()\n{code}")
    (root / "solutions" / f"{NAME}.py").write_text(lesson)
    assert run(root) == 1
    out = capsys.readouterr().out
    line = lesson[: lesson.index("progress()\n" + code)].count("\n") + 1
    assert said in out and f"solutions/{NAME}.py:{line}: " in out
    assert not list(root.rglob("*.ipynb"))


def test_the_kernel_sees_an_empty_home_and_the_static_switch(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import os; home = os.environ['VAE_COURSE_HOME']\n"
        "print([f for f in os.listdir(home) if f != 'ipython'], os.listdir(), os.environ['VAE_COURSE_STATIC'])"
    )
    (root / "solutions" / f"{NAME}.py").write_text(LESSON.replace("# %%\nprogress()", f"# %%\nprogress()\n{code}"))
    assert run(root) == 0, capsys.readouterr().out
    assert "[] [] 1" in (root / "solutions" / f"{NAME}.ipynb").read_text()


def png_with_text() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    text = chunk(b"tEXt", b"Software\0Matplotlib") + chunk(b"tIME", b"\0" * 7)
    return b"\x89PNG\r\n\x1a\n" + header + text + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_pictures_lose_their_software_and_date() -> None:
    stripped = base64.b64decode(strip_png(base64.b64encode(png_with_text()).decode()))
    assert b"Matplotlib" not in stripped and b"tIME" not in stripped
    assert stripped.startswith(b"\x89PNG") and b"IDAT" in stripped and stripped.endswith(b"IEND\xaeB`\x82")


def test_streams_are_merged_and_pictures_keep_their_alt_text() -> None:
    png = base64.b64encode(png_with_text()).decode()
    cell = new_code_cell(execution_count=3)
    cell.outputs = [
        new_output("stream", name="stdout", text="a\n"),
        new_output("stream", name="stdout", text="b\n"),
        new_output(
            "display_data",
            {"image/png": png, "text/plain": "<Figure>"},
            metadata={"image/png": {"alt": "a dot", "width": 10, "rendered": "today"}},
        ),
    ]
    assert clean_outputs(cell, []) == []
    assert [output.output_type for output in cell.outputs] == ["stream", "display_data"]
    assert cell.outputs[0].text == "a\nb\n"
    assert cell.outputs[1].metadata == {"image/png": {"alt": "a dot", "width": 10}}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "x"}), "image/svg+xml"),
        (new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}}), "widget-view"),
        (new_output("display_data", {"image/png": base64.b64encode(png_with_text()).decode()}), "one without"),
        (new_output("stream", name="stdout", text="10%\r20%"), "a carriage return"),
        (new_output("stream", name="stdout", text="/home/me/x"), "`/home/me`"),
        (new_output("execute_result", {"text/plain": "<Thing at 0x7f12345678>"}), "at 0x7f12345678"),
    ],
)
def test_outputs_that_differ_from_run_to_run_are_refused(output: nbformat.NotebookNode, message: str) -> None:
    cell = new_code_cell(execution_count=1, outputs=[output])
    ((_, got, _),) = clean_outputs(cell, ["/home/me"])
    assert message in got


def test_too_many_pictures_are_warned_about(capsys: pytest.CaptureFixture[str], monkeypatch, built: Path) -> None:
    from vae_course.teach.authoring import execute

    monkeypatch.setattr(execute, "PNG_BUDGET", 10)
    assert run(built, "--force") == 0
    assert "warning  " in capsys.readouterr().out
