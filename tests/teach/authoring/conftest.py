from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.teach.authoring.fake import EXERCISES, NAME, make_repository
from vae_course.teach.authoring import build as build_module
from vae_course.teach.authoring import prepare as prepare_module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


@pytest.fixture
def without_running(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Building without a kernel, for tests of what is written; yields the names of the lessons that would have run."""
    ran: list[str] = []

    def pretend(lesson, notebook, root):
        ran.append(lesson.name)
        for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
            cell.execution_count = count
        return [], []

    monkeypatch.setattr(build_module, "execute", pretend)
    monkeypatch.setattr(prepare_module, "check_spelling", lambda sources: [])  # a process each time; tested elsewhere
    yield ran


@pytest.fixture
def complaints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The problems of a lesson, as text; fails if the build would have gone on to run it."""

    def of(lesson: str, exercises=EXERCISES) -> list[str]:
        root = make_repository(tmp_path / f"repository{len(list(tmp_path.iterdir()))}", lesson)
        if "Teh" not in lesson:  # codespell is a process each time
            monkeypatch.setattr(prepare_module, "check_spelling", lambda sources: [])
        pairs, problems = prepare_module.prepare([root / "solutions" / f"{NAME}.py"], exercises, root)
        assert not (pairs and problems)
        return [str(problem) for problem in problems]

    return of
