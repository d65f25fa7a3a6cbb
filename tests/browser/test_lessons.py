"""Every lesson in a real browser: the handed-out ones run untouched, the solved ones are all correct."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .driver import (
    CellResult,
    broken_widgets,
    browser_page,
    menu,
    moving_widgets,
    open_notebook,
    run_all,
    run_cell,
    saved,
    wait_for,
)
from .server import Lab, serve

ROOT = Path(__file__).resolve().parent.parent.parent
# What `make test` runs here, so that it takes a quarter of an hour; the rest is for `make test-all` (nbval runs all in both).
UNTOUCHED_ALWAYS, SOLVED_ALWAYS = ("00", "04_"), ("01",)


def lessons(folder: str, always: tuple[str, ...]) -> list[Any]:
    return [
        pytest.param(path.name, marks=() if path.name.startswith(always) else pytest.mark.slow)
        for path in sorted((ROOT / folder).glob("*.ipynb"))
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as `make lab` serves it: the command itself copies the lessons."""
    with serve(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def solved_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The same with the solved lessons in the work folder; the command keeps them, as it keeps a learner's."""
    folder = tmp_path_factory.mktemp("solved")
    with serve(folder, sorted((ROOT / "solutions").glob("*.ipynb"))) as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page() as page:
        yield page


def run_lesson(page: Page, lab: Lab, name: str) -> list[CellResult]:
    """Open, Run All; no cell may raise, every cell must run, every widget must be drawn and move something."""
    try:
        open_notebook(page, lab, name)
        cells = run_all(page, lab, name)
        assert not [(cell.source, cell.error) for cell in cells if cell.error]
        assert not [cell.source for cell in cells if not cell.ran]
        assert not broken_widgets(page)
        dead = [label for label, moved in moving_widgets(page, lab) if not moved]
        assert not dead, f"sliders or menus that change nothing: {dead}"
        return cells
    finally:
        lab.stop_kernels()


def checks(cells: list[CellResult]) -> list[CellResult]:
    """The cells that call `check(...)`."""
    return [cell for cell in cells if _calls_check(cell.source)]


def _calls_check(source: str) -> bool:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, say
        return False
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return any(call.func.id == "check" for call in calls)


@pytest.mark.parametrize("name", lessons("notebooks", UNTOUCHED_ALWAYS))
def test_a_lesson_runs_before_anything_is_solved(page: Page, lab: Lab, name: str):
    cells = run_lesson(page, lab, name)
    assert checks(cells), "a lesson has exercises"
    wrong = [(cell.source, cell.text[:300]) for cell in checks(cells) if "not started" not in cell.text.lower()]
    assert not wrong, f"an untouched exercise must be told as not started: {wrong}"


def test_a_prediction_is_made_with_the_keyboard_and_the_answer_then_stands_beside_it(page: Page, lab: Lab):
    try:
        open_notebook(page, lab, "00_start_here.ipynb")
        for beginning in ("import math", 'predict("00.who-draws")'):
            run_cell(page, beginning)
        form = page.locator(".widget-vbox", has=page.get_by_text("Which one draws new digits?")).first
        form.get_by_role("button").first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        form.get_by_role("status").wait_for()
        assert "You predicted: the VAE" in form.get_by_role("status").inner_text()
        run_cell(page, 'predict("00.who-draws").was()')
        page.get_by_text("You predicted: the VAE. ✓ So it is.").wait_for()
    finally:
        lab.stop_kernels()


def test_a_figure_is_read_aloud_and_in_the_dark_theme_dark(page: Page, lab: Lab):
    try:
        open_notebook(page, lab, "00_start_here.ipynb")
        run_cell(page, "import math")
        picture = page.locator(".jp-OutputArea-child:has(.vae-figure) + .jp-OutputArea-child img").first
        picture.wait_for()
        assert page.locator(".vae-figure").first.text_content().startswith("Figure: ")
        look = "image => getComputedStyle(image).filter"
        assert picture.evaluate(look) == "none"
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")  # as JupyterLab's themes do
        assert "invert" in picture.evaluate(look)
    finally:
        lab.stop_kernels()


def test_a_slider_has_a_name_and_moves_its_picture_while_it_is_dragged(page: Page, lab: Lab):
    name = "00_start_here.ipynb"
    try:
        open_notebook(page, lab, name)
        run_cell(page, "import math")
        cell = page.locator(".jp-CodeCell", has_text="import math").first
        picture, handle = cell.locator("img").first, cell.get_by_role("slider", name="z₁")
        picture.wait_for()
        handle.scroll_into_view_if_needed()
        wait_for(lab.is_idle, "the picture", page)
        seen = {picture.get_attribute("src")}
        place = handle.bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 4):
            page.mouse.move(x - 40 * step, y, steps=20)
            wait_for(lambda: picture.get_attribute("src") not in seen and lab.is_idle(), "another picture", page)
            seen.add(picture.get_attribute("src"))
        page.mouse.up()

        def is_saved() -> bool:
            menu(page, "File", "Save Notebook")
            return picture.get_attribute("src").endswith(last_picture(lab.work / name))

        wait_for(is_saved, "the file to have the picture that is seen", page)
    finally:
        lab.stop_kernels()


def last_picture(path: Path) -> str:
    """Of the notebook's first cell that shows one."""
    cells = (cell for cell in saved(path)["cells"] if cell["cell_type"] == "code")
    pictures = ([o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o.get("data", {})] for cell in cells)
    return next((found[-1] for found in pictures if found), "none yet").replace("\n", "")


@pytest.mark.parametrize("name", lessons("solutions", SOLVED_ALWAYS))
def test_a_solved_lesson_passes_every_check(page: Page, solved_lab: Lab, name: str):
    cells = run_lesson(page, solved_lab, name)
    assert checks(cells), "a lesson has exercises"
    wrong = [(cell.source, cell.text[:300]) for cell in checks(cells) if not is_correct(cell.text)]
    assert not wrong


def is_correct(text: str) -> bool:
    """The verdict's word for right, and none of the others (a card that says "not correct" is not right).

    It stands in the first line; below it a card may say what others got wrong.
    """
    words = text.strip().split("\n")[0].lower()
    others = ("not started", "wrong", "raised", "timed out", "forbidden", "not correct", "incorrect")
    return "correct" in words and not any(word in words for word in others)
