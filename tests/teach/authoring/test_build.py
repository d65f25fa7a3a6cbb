"""What the command writes, when it runs a lesson, what it refuses to overwrite, and what the drift gate finds."""

import json
from pathlib import Path

import nbformat
import pytest

from tests.teach.authoring.fake import EXERCISES, LESSON, NAME
from vae_course.teach.authoring.build import main


def run(root: Path, *arguments: str) -> int:
    return main([*(arguments or (NAME,))], exercises=EXERCISES, root=root)


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()}


def edit(path: Path, change) -> None:
    notebook = json.loads(path.read_text())
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1))


def test_building_twice_touches_nothing_and_runs_once(root: Path, without_running: list[str]) -> None:
    assert run(root) == 0
    before = snapshot(root)
    assert len(before) == 5  # two sources, a picture, two notebooks
    assert run(root, "01") == 0
    assert snapshot(root) == before
    assert without_running == [NAME]
    assert run(root, NAME, "--check") == 0


def test_only_changed_code_runs_again(root: Path, without_running: list[str]) -> None:
    source = root / "solutions" / f"{NAME}.py"
    assert run(root) == 0
    source.write_text(LESSON.replace("# Nowhere.", "# Somewhere."))
    assert run(root) == 0
    assert without_running == [NAME]
    assert "Somewhere." in (root / "solutions" / f"{NAME}.ipynb").read_text()
    source.write_text(LESSON.replace('print("all done")', 'print("done")'))
    assert run(root) == 0
    assert without_running == [NAME, NAME]
    assert run(root, NAME, "--force") == 0
    assert len(without_running) == 3


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
def test_a_hand_edited_or_foreign_notebook_is_never_overwritten(
    root: Path, folder: str, without_running: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / folder / f"{NAME}.ipynb"
    assert run(root) == 0
    edit(path, lambda notebook: notebook["cells"][0]["source"].append(" mine"))
    (root / "solutions" / f"{NAME}.py").write_text(LESSON.replace("# Nowhere.", "# Somewhere."))
    before = snapshot(root)
    assert run(root) == 1
    assert snapshot(root) == before
    said = capsys.readouterr().out
    assert f"{folder}/{NAME}.ipynb: expected a file that the build made" in said
    assert f"move the edit to solutions/{NAME}.py, or delete {folder}/{NAME}.ipynb" in said
    path.write_text("not a notebook")
    assert run(root) == 1 and path.read_text() == "not a notebook"
    path.unlink()
    assert run(root) == 0


def test_a_refused_lesson_keeps_no_other_from_being_built(root: Path, without_running: list[str]) -> None:
    assert run(root, "01", "02") == 1  # 02_next has no card, no title, nothing
    assert (root / "notebooks" / f"{NAME}.ipynb").exists()
    assert not (root / "notebooks" / "02_next.ipynb").exists()


def test_lessons_are_named_by_number_stem_or_path(root: Path, without_running: list[str]) -> None:
    for name in ("01", NAME, f"solutions/{NAME}.py", f"{NAME}.py"):
        assert run(root, name) == 0
    assert run(root, "03") == 1


def test_a_full_build_misses_sources_and_finds_left_overs(
    root: Path, without_running: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "solutions" / f"{NAME}.py").unlink()
    (root / "notebooks" / "05_gone.ipynb").write_text("{}")
    assert main(["--check"], exercises=EXERCISES, root=root) == 1
    said = capsys.readouterr().out
    assert f"solutions/{NAME}.py: expected a source for the lesson that exercises name" in said
    assert "notebooks/05_gone.ipynb: expected a source" in said


DRIFTS = {
    "source": (lambda nb: nb["cells"][1].update(source="# Another"), "cell 2 (# A toy lesson) has other text"),
    "cell metadata": (lambda nb: nb["cells"][4]["metadata"].update(tags=["x"]), "metadata: tags is"),
    "notebook metadata": (lambda nb: nb["metadata"]["kernelspec"].update(name="julia"), "kernelspec is"),
    "id": (lambda nb: nb["cells"][2].update(id="abc"), "has the id abc instead of"),
    "missing cell": (lambda nb: nb["cells"].pop(), "cells instead of"),
    "cell type": (lambda nb: nb["cells"][1].update(cell_type="raw"), "is raw instead of markdown"),
    "output": (lambda nb: nb["cells"][1].update(execution_count=7), "made or edited by hand"),
}


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
@pytest.mark.parametrize("kind", DRIFTS)
def test_the_drift_gate_names_the_first_difference(
    root: Path, kind: str, folder: str, without_running: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root) == 0
    change, message = DRIFTS[kind]
    edit(root / folder / f"{NAME}.ipynb", change)
    before = snapshot(root)
    assert run(root, NAME, "--check") == 1
    said = capsys.readouterr().out
    assert f"{folder}/{NAME}.ipynb" in said and message in said
    assert snapshot(root) == before and without_running == [NAME]  # it runs and writes nothing


def test_the_drift_gate_sees_a_changed_source_and_a_missing_notebook(
    root: Path, without_running: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root, NAME, "--check") == 1
    assert "got no file" in capsys.readouterr().out
    assert run(root) == 0
    capsys.readouterr()
    (root / "solutions" / f"{NAME}.py").write_text(LESSON.replace("math.sqrt(v)", "v**0.5"))
    assert run(root, NAME, "--check") == 1
    said = capsys.readouterr().out
    assert f"solutions/{NAME}.ipynb: " in said and f"notebooks/{NAME}.ipynb" not in said  # learners see no difference


def test_a_notebook_in_another_layout_is_still_ours(root: Path, without_running: list[str]) -> None:
    assert run(root) == 0
    path = root / "notebooks" / f"{NAME}.ipynb"
    path.write_text(json.dumps(json.loads(path.read_text())))  # another tool's line breaks
    assert run(root) == 0
    assert path.read_text() == nbformat.writes(nbformat.read(path, 4)) + "\n"
