"""How far a run is: one line of a terminal, and nothing where the words go elsewhere."""

import io

import pytest

from vae_course.teach.grading.outgoing import progress
from vae_course.teach.grading.outgoing.progress import progress_bar


class Terminal(io.StringIO):
    """A terminal, and what of it can be seen by now."""

    seen = ""

    def flush(self) -> None:
        self.seen = self.getvalue()

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that it is, to be set."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_the_line_says_how_many_are_done_how_fast_and_how_long_it_takes(clock: list[float]):
    stream = Terminal()
    show = progress_bar(stream)
    show(0, 40)
    assert stream.seen == f"\r{' ' * 30} 0 of 40 students, starting    "
    clock[0] += 5
    show(10, 40)
    assert stream.getvalue().split("\r")[-1] == f"{'#' * 7}{' ' * 23} 10 of 40 students, 2 a second, 15 s left    "
    clock[0] += 15
    show(40, 40)
    assert stream.getvalue().split("\r")[-1] == f"{'#' * 30} 40 of 40 students, 2 a second, 0 s left    \n"


def test_a_run_as_quick_as_the_clock_divides_by_nothing(clock: list[float]):
    stream = Terminal()
    progress_bar(stream)(1, 1)
    assert "1 of 1 students" in stream.getvalue() and stream.getvalue().endswith("\n")


def test_where_nobody_looks_or_nothing_is_to_be_done_nothing_is_written(clock: list[float]):
    for stream, of in ((io.StringIO(), 3), (Terminal(), 0)):
        show = progress_bar(stream)
        for done in range(of + 1):
            show(done, of)
        assert stream.getvalue() == ""
