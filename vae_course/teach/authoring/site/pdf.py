"""The site's lessons, printed by a browser."""

import os
import shutil
import subprocess
from pathlib import Path

SECONDS = 60
"""For the formulas of a page; the browser's own clock runs ahead as soon as nothing is left to do."""


def browser() -> str | None:
    """The first Chromium or Chrome that is found."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def print_lessons(site: Path) -> None:
    """Put `pdf/NAME.pdf` beside each `notebooks/NAME.html`.

    Raises:
        RuntimeError: the browser made no file; the sentence has what it said.
    """
    found = browser()
    assert found is not None
    folder = site / "pdf"
    folder.mkdir()
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    for page in sorted((site / "notebooks").glob("*.html")):
        out = folder / f"{page.stem}.pdf"
        command = [found, "--headless", *as_root, "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out}"]
        command += [f"--virtual-time-budget={SECONDS * 1000}", page.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not out.exists():
            raise RuntimeError(f"{found} printed no {out.name}; it said: {done.stderr.strip()[-500:] or 'nothing'}")
