"""What a learner does with a lesson: open it, Run All, read it, move a slider."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

from .server import Lab

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without the background-networking flags Chromium calls its maker at every start.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
RUN_SECONDS = 240.0


@dataclass(frozen=True)
class CellResult:
    """One code cell after Run All: its source, whether it ran, the error if there was one, all its text."""

    source: str
    ran: bool
    error: str
    text: str


def chromium() -> str:
    """The browser's path; an error that says what to install where there is none."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    raise RuntimeError("No Chromium found: install Debian's package `chromium` (apt-get install chromium).")


@contextmanager
def browser_page(width: int = 1400, height: int = 1000) -> Iterator[Page]:
    """A page of a new headless Chromium, with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook of the work folder in JupyterLab and wait for its kernel."""
    page.goto(lab.address(f"lab/tree/{name}?reset"))
    page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
    wait_for(lab.is_idle, "the kernel to start", page)


def run_all(page: Page, lab: Lab, name: str, seconds: float = RUN_SECONDS) -> list[CellResult]:
    """Menu Run, Run All Cells; then save, and read from the saved file what every code cell did.

    The file and not the page is read because JupyterLab takes cells that are out of sight out of the page.
    """
    menu(page, "Run", "Run All Cells")
    path = lab.work / name
    started = time.monotonic()
    while True:
        wait_for(lambda: lab.is_idle() and not _is_waiting(page), "the cells to finish", page, seconds)
        time.sleep(0.3)
        if not (lab.is_idle() and not _is_waiting(page)):
            continue  # only the pause between two cells
        menu(page, "File", "Save Notebook")
        cells = _read(path)
        # Done is: every cell has a number, or one raised and JupyterLab dropped the rest.
        if all(cell.ran for cell in cells) or any(cell.error for cell in cells):
            return cells
        if time.monotonic() - started > seconds:
            return cells


def run_cell(page: Page, words: str) -> None:
    """Click into the first cell that holds these words, and press Shift+Enter."""
    page.locator(".jp-CodeCell", has_text=words).first.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def moving_widgets(page: Page, lab: Lab) -> list[tuple[str, bool]]:
    """Move every slider, choose another entry of every menu; (its label, whether what is drawn around it changed) for each."""
    found: list[tuple[str, bool]] = []
    # The slider of a prediction moves nothing but itself.
    moving = ".widget-slider:not(.vae-prediction), .widget-dropdown"
    for cell in _cells_with(page, moving):
        for widget in cell.locator(moving).all():
            label = widget.locator(".widget-label").first
            name = label.inner_text() if label.count() else "(no label)"
            before = _drawn(cell)
            _move(page, widget)
            found.append((name, _becomes(lambda cell=cell, before=before: _drawn(cell) != before and lab.is_idle())))
    return found


def _move(page: Page, widget: Locator) -> None:
    """A slider with the keyboard, as somebody without a mouse does; a menu to its second entry."""
    menu = widget.locator("select")
    if menu.count():
        menu.select_option(index=1)
        return
    handle = widget.locator("[role=slider]").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    for _ in range(3):
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")


def broken_widgets(page: Page) -> list[str]:
    """Messages that JupyterLab shows in the place of a widget that it cannot draw."""
    words = ("Error displaying widget", "Error creating widget", "Loading widget...", "Could not create a view")
    return [word for word in words if page.get_by_text(word).count()]


def _cells_with(page: Page, selector: str) -> list[Locator]:
    return page.locator(".jp-NotebookPanel:visible .jp-CodeCell").filter(has=page.locator(selector)).all()


def _drawn(cell: Locator) -> str:
    """All that a cell's outputs show, the sliders' own numbers and the menus' entries left out."""
    return cell.locator(".jp-Cell-outputArea").first.evaluate(
        """area => {
            const copy = area.cloneNode(true);
            for (const readout of copy.querySelectorAll('.widget-slider, .widget-dropdown')) readout.remove();
            const pictures = [...area.querySelectorAll('canvas')].map(canvas => canvas.toDataURL());
            return copy.innerHTML + pictures.join();
        }"""
    )


def menu(page: Page, menu: str, item: str) -> None:
    """Choose from JupyterLab's menu bar. A dialog on top would make this fail, as it would stop a learner."""
    page.locator(".lm-MenuBar-itemLabel", has_text=menu).filter(visible=True).first.click()
    entry = page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True)
    entry.first.click()


def _is_waiting(page: Page) -> bool:
    """True while a cell shows [*]."""
    return page.locator(".jp-NotebookPanel:visible .jp-InputPrompt", has_text="[*]").count() > 0


def wait_for(condition: Callable[[], bool], what: str, page: Page, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        page.wait_for_timeout(200)  # unlike time.sleep, this lets Playwright handle the page's events
    raise TimeoutError(f"Waited {seconds:.0f} s for {what}.")


def _becomes(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def saved(path: Path) -> dict[str, Any]:
    """A notebook file."""
    text = ""

    def is_whole() -> bool:  # Jupyter empties the file before it writes it anew
        nonlocal text
        text = path.read_text(encoding="utf-8")
        return text.rstrip().endswith("}")

    _becomes(is_whole)
    return json.loads(text)


def _read(path: Path) -> list[CellResult]:
    """The code cells of a notebook file that are not empty."""
    results = []
    for cell in saved(path)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not source.strip():
            continue
        errors = [f"{out['ename']}: {out['evalue']}" for out in cell["outputs"] if out["output_type"] == "error"]
        text = "\n".join(_text(out) for out in cell["outputs"])
        results.append(CellResult(source, cell["execution_count"] is not None, "; ".join(errors), text))
    return results


def _text(output: dict) -> str:
    """What an output says: a stream's text, or its plain and HTML forms."""
    data = output.get("data", {})
    parts = [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    return "\n".join("".join(part) for part in parts if part)
