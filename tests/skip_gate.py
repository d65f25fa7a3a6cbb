"""In CI a skipped test is a failed test, unless tests/allowed_skips.txt names it with a reason.

A pytest plugin: tests/conftest.py takes its hooks in, and runs over notebooks name it (`-p tests.skip_gate`).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")


def read_allowed(text: str) -> dict[str, str]:
    """{node id: reason} of a list of allowed skips.

    Raises:
        ValueError: a line has no reason, or a test stands there twice.
    """
    allowed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        test, _, reason = line.partition("  #")
        if not reason.strip():
            raise ValueError(f"allowed_skips.txt, line {number}: no reason given; write `node id  # reason`: {line!r}")
        if test.strip() in allowed:
            raise ValueError(f"allowed_skips.txt, line {number}: {test.strip()} stands there twice")
        allowed[test.strip()] = reason.strip()
    return allowed


def _refuse(report: Any) -> None:
    """Turn an unannounced skip into a failure."""
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    if report.nodeid in read_allowed(ALLOWED_SKIPS.read_text(encoding="utf-8")):
        return
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"skipped in CI, and tests/allowed_skips.txt does not name it: {report.nodeid}\n{why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[Any]:
    """A whole module skips while it is collected (`pytest.importorskip` at its top)."""
    report = yield
    _refuse(report)
    return report
