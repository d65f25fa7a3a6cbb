"""From hand-out to page: what `vae-course release` made is installed alone, a learner solves lesson 01 in it, hands in, and is marked."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.driver import browser_page
from tests.browser.fresh import python_with, ran
from tests.browser.server import serve
from tests.browser.test_lessons import checks, is_correct, run_lesson
from tests.teach.grading import pages
from vae_course.cli import main

ROOT = Path(__file__).resolve().parents[2]
LESSON = "01_reparameterization.ipynb"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "edition"
    assert main(["release", "--to", str(folder), "--lessons", "00-02"]) == 0
    return folder


@pytest.fixture(scope="module")
def python(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """As START-HERE.html says, with the pins of this clone."""
    [wheel] = edition.glob("*.whl")
    with python_with(wheel, edition / "constraints.txt", tmp_path_factory.mktemp("learner")) as python:
        yield python


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def answered(handed_out: Path, folder: Path) -> Path:
    """The lesson with its stubs written by a learner: the solved lesson's cells in the place of those with the same id."""
    solved = json.loads((ROOT / "solutions" / LESSON).read_text(encoding="utf-8"))
    answers = {cell["id"]: cell["source"] for cell in solved["cells"] if "nbgrader" in cell["metadata"]}
    notebook = json.loads(handed_out.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    (folder / LESSON).write_text(json.dumps(notebook))
    return folder / LESSON


def test_a_learner_begins_solves_hands_in_and_gets_a_page(
    edition: Path, python: Path, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    said = ran(python, "-m", "vae_course.cli", "doctor", cwd=tmp_path)
    assert "3 lessons in" in said and "marking a class: not in this edition" in said
    (tmp_path / "mine").mkdir()
    with serve(tmp_path, [answered(edition / "notebooks" / LESSON, tmp_path / "mine")], python=str(python)) as lab:
        assert {path.stem[:2] for path in lab.work.glob("*.ipynb")} == {"00", "01", "02"}
        cells = checks(run_lesson(page, lab, LESSON))
        assert cells and all(is_correct(cell.text) for cell in cells)
        hand_in = tmp_path / "class" / "Ada Byron" / LESSON
        hand_in.parent.mkdir(parents=True)
        shutil.copy(lab.work / LESSON, hand_in)
    assert main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks")]) == 0
    got = pages.page(tmp_path / "marks", "Ada Byron")
    assert "9 of 9 points" in got and "randn_like" in got


def test_the_guide_prints_on_one_page(edition: Path, page: Page):
    page.goto((edition / "START-HERE.html").as_uri())
    assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1


def test_what_it_installs_solves_nothing_when_asked(python: Path, tmp_path: Path):
    code = "from vae_course import solution; print(solution('kl_normal', anyway=True))"
    assert "comes without solutions" in ran(python, "-c", code, cwd=tmp_path)
    ran(python, "-c", "import vae_course.teach", cwd=tmp_path, code=1)
