"""How an answer ends that does not end by itself. Nothing here needs torch: hand-ins are read without it."""


class Stopped(BaseException):
    """An answer did not end by itself. Not an `Exception`, so that `except Exception` in it cannot swallow this."""

    status = "killed"


class TimedOut(Stopped):
    """An answer was stopped by its time limit."""

    status = "timed out"


class OutOfMemory(Stopped):
    """An answer wanted more memory than there is for it."""

    status = "out of memory"


class Killed(Stopped):
    """An answer ended, or had to be ended with, the process it ran in. Only a sandbox notices."""
