"""Stop an answer that takes too long, without losing the kernel."""

import ctypes
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from types import CodeType, FrameType
from typing import TypeVar

from vae_course.runner.stopped import TimedOut

T = TypeVar("T")

POLITE = 0.05
"""Seconds that an answer has to clean up after its first interruption, and between later volleys of them."""

PATIENCE = 4
"""How many times its limit an answer may take by the wall clock: a busy machine moves no mark, and what only waits ends too."""

IMPORTS = 5
"""How often an import is left to end, each time for the whole limit: half a module would break the kernel for good."""

_jitter = random.Random(0)  # not the learner's generator


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns, unless it is still running after some seconds of CPU time, or PATIENCE times as long: then it is stopped.

    CPU time is this thread's; where the system does not tell it, the wall clock decides.

    `TimedOut` is raised inside the running code again and again until it gets out of what swallows it (`except: pass`): from
    Python 3.12 on at each line of the notebook (`_AtEachLine`), in 3.11 at irregular moments, so that a loop is soon hit where
    nothing catches. In the main thread a signal brings it, which ends a sleep or a wait too; elsewhere (another thread,
    Windows) an asynchronous exception, which waits for the next line of Python, and in 3.11 does not get out of a loop that
    catches everything. One long call into C cannot be interrupted: it counts as late when it returns. Threads that run
    the notebook's code and were started by `work` end with it.

    A function of a function and no context manager: between the end of a `with` block and the next line an interruption
    could still arrive. What must be put back afterwards is put back by the caller, outside.

    Raises:
        TimedOut: the time was over, even if `work` swallowed that and returned.
    """
    begun, clock, threads = time.monotonic(), _Clock(seconds), set(sys._current_frames())
    in_main_thread = threading.current_thread() is threading.main_thread()
    limited = _by_signal if in_main_thread and hasattr(signal, "SIGALRM") else _by_thread
    result = limited(clock, work)
    if result:
        return result[0]
    spent, computed = time.monotonic() - begun, clock.computed()
    late = (
        f" after {computed:.0f}, because one long call or import is not interrupted" if computed > seconds + 2 else ""
    )
    # The two clocks are read a moment apart: only who computed for less than most of the limit was stopped for waiting.
    waited = f", of which it computed for {computed:.1f}," if computed < 0.9 * seconds else ""
    for thread, frame in sys._current_frames().items():
        if thread not in threads and any(caller.f_globals.get("__name__") == "__main__" for caller in _stack(frame)):
            raise_in(thread, SystemExit)  # it ends a thread without a word
    raise TimedOut(
        f"Your code was still running after {spent if waited else seconds:.2g} seconds{waited} and was stopped{late}. A right answer takes "
        f"milliseconds: look for {'what it waits for' if waited else 'a loop that never ends'}."
    )


class _Clock:
    """How long the thread that makes this has still got.

    Args:
        seconds: of CPU time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        thread = getattr(time, "pthread_getcpuclockid", lambda thread: None)(threading.get_ident())
        self._cpu: Callable[[], float] = time.monotonic if thread is None else lambda: time.clock_gettime(thread)
        self._from, self._last = self._cpu(), time.monotonic() + PATIENCE * seconds

    def computed(self) -> float:
        """Seconds of CPU time since then."""
        return self._cpu() - self._from

    def left(self) -> float:
        """Seconds until it is worth looking again; 0 once the time is over."""
        left = min(self.seconds - self.computed(), self._last - time.monotonic())
        return 0.0 if left < 1e-3 else left


def _by_signal(clock: _Clock, work: Callable[[], T]) -> list[T]:
    """[what `work` returned], or [] if it was stopped. The caller's own SIGALRM handler and timer are put back."""
    armed, fired, imports = False, 0, 0
    result: list[T] = []
    each_line = _AtEachLine(threading.get_ident())

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal fired, imports
        if armed and not fired and (left := clock.left()):
            signal.setitimer(signal.ITIMER_REAL, left, POLITE)
        elif armed and imports < IMPORTS and _importing(frame):
            imports += 1
            signal.setitimer(signal.ITIMER_REAL, clock.seconds, POLITE)
        elif armed:
            fired += 1
            if fired > 1:
                each_line.raises_in(frame)
            # From 1 to 30 microseconds: about as long as it takes to enter and leave an `except` block.
            pause = POLITE if fired % 1000 == 1 else 10 ** _jitter.uniform(-6, -4.5)
            signal.setitimer(signal.ITIMER_REAL, pause, POLITE)
            raise TimedOut

    begun = time.monotonic()
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    handler = signal.signal(signal.SIGALRM, stop)
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, clock.seconds, POLITE)
        result.append(work())
    except TimedOut:
        fired = fired or 1
    finally:
        armed = False  # an assignment cannot be interrupted; from here on a late signal does nothing
        each_line.end()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if remaining:
            signal.setitimer(signal.ITIMER_REAL, max(remaining - (time.monotonic() - begun), 1e-3), interval)
    return [] if fired else result


def _by_thread(clock: _Clock, work: Callable[[], T]) -> list[T]:
    """The same without signals: a second thread raises `TimedOut` in this one."""
    target, over = threading.get_ident(), threading.Event()
    fired, imports = 0, 0
    result: list[T] = []
    each_line = _AtEachLine(target)

    def watch() -> None:
        nonlocal fired, imports
        pause = clock.seconds
        while not over.wait(pause):
            if not fired and (left := clock.left()):
                pause = left
                continue
            if imports < IMPORTS and _importing(sys._current_frames().get(target)):
                imports, pause = imports + 1, clock.seconds
                continue
            fired += 1
            if fired > 1:
                each_line.raises_in(sys._current_frames().get(target))
            raise_in(target, TimedOut)
            pause = POLITE if fired == 1 else _jitter.uniform(0, POLITE / 5)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        result.append(work())
    except TimedOut:
        fired = fired or 1
    finally:
        while True:
            try:
                over.set()
                watcher.join()
                raise_in(target, None)  # one that is on its way is taken back
                each_line.end()
                break
            except TimedOut:
                pass
    return [] if fired else result


class _AtEachLine:
    """Each line of what runs of a notebook's code raises `TimedOut` in one thread, from `raises_in` to `end`.

    What swallows it gets the next one before it does anything else: the first line of an `except` block lies outside what
    the block guards. Code that came from a file (torch's, the checks') cleans up in peace. Needs Python 3.12; before, this does nothing.
    """

    def __init__(self, thread: int) -> None:
        self._thread = thread
        self._tool: int | None = None  # a number that sys.monitoring gives to whoever watches
        self._codes: set[CodeType] = set()

    if sys.version_info >= (3, 12):

        def raises_in(self, frame: FrameType | None) -> None:
            """In its code and in that of its callers, up to `within`."""
            free = (tool for tool in range(6) if sys.monitoring.get_tool(tool) is None)
            if self._tool is None and (tool := next(free, None)) is not None:
                sys.monitoring.use_tool_id(tool, "vae_course: time limit")
                sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, self._raise)
                self._tool = tool
            for caller in takewhile(lambda caller: caller.f_code.co_filename != __file__, _stack(frame)):
                if self._tool is not None and _of_notebook(caller) and caller.f_code not in self._codes:
                    self._codes.add(caller.f_code)
                    sys.monitoring.set_local_events(self._tool, caller.f_code, sys.monitoring.events.LINE)

        def end(self) -> None:
            if self._tool is not None:
                for code in self._codes:
                    sys.monitoring.set_local_events(self._tool, code, 0)
                sys.monitoring.free_tool_id(self._tool)
                self._tool = None

        def _raise(self, code: CodeType, line: int) -> None:
            if threading.get_ident() == self._thread:
                raise TimedOut

    else:

        def raises_in(self, frame: FrameType | None) -> None: ...

        def end(self) -> None: ...


def _of_notebook(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "__main__" or "__file__" not in frame.f_globals


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _importing(frame: FrameType | None) -> bool:
    return any(caller.f_code.co_filename == "<frozen importlib._bootstrap>" for caller in _stack(frame))


def raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Have an error raised in another thread at its next line of Python; None takes back one that is on its way."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)
