"""Which lines of the package does each test run? `python -m tests.mutation.trace REPORT TESTS...` runs them and writes JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class _Tracer:
    def __init__(self, measured: coverage.Coverage) -> None:
        self._coverage = measured
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def main(report: str, tests: list[str]) -> int:
    measured = coverage.Coverage(data_file=None, source=[str(ROOT / "vae_course")])
    measured.start()
    tracer = _Tracer(measured)
    code = int(pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *tests], plugins=[tracer]))
    measured.stop()
    data = measured.get_data()
    lines: dict[str, dict[str, list[int]]] = {}
    for file in data.measured_files():
        name = str(Path(file).relative_to(ROOT))
        for line, contexts in data.contexts_by_lineno(file).items():
            for test in filter(None, contexts):
                lines.setdefault(test, {}).setdefault(name, []).append(line)
    Path(report).write_text(json.dumps({"lines": lines, "seconds": tracer.seconds}))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
