"""How far a run is: one line of a terminal, and nothing where the words go elsewhere."""

import io
import re

from vae_course.teach.grading.outgoing.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_says_how_many_are_done_of_how_many_and_ends_with_the_last():
    stream = Terminal()
    show = progress_bar(stream)
    show(0, 40)
    assert "0/40" in stream.getvalue() and "students" in stream.getvalue()
    show(10, 40)
    show(40, 40)
    last = stream.getvalue().split("\r")[-1]
    assert "100%" in last and "40/40" in last and last.endswith("\n")
    assert re.search(r"\[\d\d:\d\d<", last), "the time taken and left"


def test_students_that_are_done_before_the_first_look_count():
    stream = Terminal()
    show = progress_bar(stream)
    show(3, 4)
    show(4, 4)
    assert "4/4" in stream.getvalue().split("\r")[-1]


def test_where_nobody_looks_or_nothing_is_to_be_done_nothing_is_written():
    for stream, of in ((io.StringIO(), 3), (Terminal(), 0)):
        show = progress_bar(stream)
        for done in range(of + 1):
            show(done, of)
        assert stream.getvalue() == ""
