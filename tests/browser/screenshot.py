"""Look at a lesson as a learner sees it:

    python -m tests.browser.screenshot NOTEBOOK OUT.png [--width 1400] [--height 2000] [--dark] [--no-run]

Runs the notebook in JupyterLab (a copy of it: your file stays as it is) and writes OUT-1.png, OUT-2.png, ... from top
to bottom, and what each failed cell said.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from .driver import broken_widgets, browser_page, open_notebook, run_all
from .server import serve

# All cells stay in the page, so that scrolling shows them at once; and it ends where the lesson ends.
SETTINGS = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "scrollPastEnd": False}}
DARK = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}
SCROLLER = ".jp-NotebookPanel:visible .jp-WindowedPanel-outer"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshot", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebook", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--height", type=int, default=2000)
    parser.add_argument("--dark", action="store_true", help="in JupyterLab's dark theme")
    parser.add_argument("--no-run", action="store_true", help="show it as it is stored")
    args = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), [args.notebook], SETTINGS | (DARK if args.dark else {})) as lab,
        browser_page(args.width, args.height) as page,
    ):
        open_notebook(page, lab, args.notebook.name)
        page.keyboard.press("Control+b")  # the file list away: the lesson has the whole width
        failed = []
        if not args.no_run:
            failed = [cell for cell in run_all(page, lab, args.notebook.name) if cell.error or not cell.ran]
        for path in photograph(page, args.out):
            print(path)
        for cell in failed:
            print(f"FAILED  {cell.source.splitlines()[0]}  ->  {cell.error or 'did not run'}")
        for message in broken_widgets(page):
            print(f"WIDGET  {message}")
    return 1 if failed else 0


def photograph(page: Page, out: Path) -> list[Path]:
    """Screenshots of the open notebook from top to bottom, one a screenful: OUT-1.png, OUT-2.png, ..."""
    scroller = page.locator(SCROLLER).first
    screen, total = scroller.evaluate("element => [element.clientHeight, element.scrollHeight]")
    step = max(screen - 60, 100)  # neighbours overlap by a line or two
    paths = []
    for number, top in enumerate(range(0, max(total - 60, 1), step), start=1):
        scroller.evaluate("(element, top) => { element.scrollTop = top; }", top)
        page.wait_for_timeout(700)  # images and formulas settle
        paths.append(out.with_name(f"{out.stem}-{number}.png"))
        page.screenshot(path=paths[-1])
    return paths


if __name__ == "__main__":
    sys.exit(main())
