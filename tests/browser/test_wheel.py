"""The wheel is the course: installed alone in a fresh environment, it opens, checks and marks."""

import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.driver import browser_page
from tests.browser.fresh import python_with, ran
from tests.browser.server import serve
from tests.browser.test_lessons import checks, is_correct, run_lesson
from tests.teach.grading import pages
from tests.teach.grading.test_grade import hand_in
from vae_course.checks.lessons import LESSONS

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.slow

LOOKS = """
def sample_gaussian(m, v):
    import os, vae_course
    return os.listdir(os.path.join(os.path.dirname(vae_course.__file__), "solutions"))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a clean clone, as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    ran("git", "clone", "-q", ROOT, folder / "clone", cwd=folder)
    ran(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, folder / "clone", cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh environment with the wheel, and nothing of the repository but its pins."""
    with python_with(wheel, ROOT / "constraints.txt", tmp_path_factory.mktemp("fresh")) as python:
        yield python


@pytest.fixture(autouse=True)
def no_other_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def test_it_holds_lessons_solutions_and_package_and_nothing_else(wheel: Path):
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.split("/")[0] for name in names} == {
        "vae_course",
        wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info",
    }
    tracked = ran("git", "ls-files", "vae_course", cwd=ROOT).split()
    assert set(tracked) <= set(names)
    for folder in ("notebooks", "solutions"):
        here = {path.name for path in (ROOT / folder).iterdir() if path.suffix in (".ipynb", ".py")}
        assert {name.split("/")[-1] for name in names if name.startswith(f"vae_course/{folder}/")} == here


def test_the_doctor_is_content_and_advises_nothing_that_is_not_there(python: Path, tmp_path: Path):
    said = ran(python, "-m", "vae_course.cli", "doctor", cwd=tmp_path)
    assert "make" not in said and "clone" not in said and "13 lessons in" in said
    assert "pip install 'vae-course[grade]'" in said
    assert "are for a clone of the repository, which this is not" in ran(
        python, "-m", "vae_course.cli", "build", cwd=tmp_path, code=2
    )


def test_lesson_01_is_solved_in_a_browser(python: Path, page: Page, tmp_path: Path):
    package = Path(ran(python, "-c", "import vae_course; print(vae_course.__path__[0])", cwd=tmp_path).strip())
    with serve(tmp_path, [package / "solutions" / "01_reparameterization.ipynb"], python=str(python)) as lab:
        assert len(list(lab.work.glob("*.ipynb"))) == len(LESSONS)
        cells = checks(run_lesson(page, lab, "01_reparameterization.ipynb"))
        assert cells and all(is_correct(cell.text) for cell in cells)


def test_a_class_is_marked_and_no_answer_sees_the_solutions(python: Path, tmp_path: Path):
    ran(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", "vae-course[grade]", cwd=tmp_path)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.ipynb").write_text(hand_in(LOOKS))
    solution = ROOT / "solutions" / "01_reparameterization.ipynb"
    shutil.copy(solution, tmp_path / "class" / "bob.ipynb")
    ran(python, "-m", "vae_course.cli", "grade", "class", "--out", "marks", cwd=tmp_path, code=1)
    assert "No such file or directory" in pages.page(tmp_path / "marks", "ada")
    assert "solutions/01_reparameterization.ipynb" in (tmp_path / "marks" / "files.csv").read_text()
