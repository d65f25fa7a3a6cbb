"""Stop an answer that takes too long, without losing the kernel."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from vae_course.answers import TimedOut


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimedOut` in the running code after some seconds of wall clock.

    The timer repeats, so that an answer which swallows every exception is interrupted again. One long call into C
    cannot be interrupted before it returns. Outside the main thread, or without SIGALRM (Windows), there is no limit.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimedOut(
            f"Your code was still running after {seconds:g} seconds and was stopped. A right answer takes milliseconds: "
            "look for a loop that never ends."
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
