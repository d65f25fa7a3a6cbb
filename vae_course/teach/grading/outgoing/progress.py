"""How far a run is, on one line of a terminal."""

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30


def progress_bar(stream: TextIO) -> Callable[[int, int], None]:
    """A function of (done, of all) that shows both, the rate and the time left; silent where the stream is no terminal."""
    begun = time.monotonic()

    def show(done: int, of: int) -> None:
        if not stream.isatty() or not of:
            return
        rate = done / max(time.monotonic() - begun, 1e-9)
        left = f"{rate:.2g} a second, {(of - done) / rate:.0f} s left" if done else "starting"
        end = "\n" if done == of else ""
        stream.write(f"\r{'#' * (_WIDTH * done // of):{_WIDTH}} {done} of {of} students, {left}    {end}")
        stream.flush()

    return show
