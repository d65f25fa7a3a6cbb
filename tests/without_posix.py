"""A pytest plugin (`-p tests.without_posix`): to the course this machine is one without POSIX, as Windows is.

What only POSIX has cannot be imported by `vae_course`, and is gone from `signal` and `os`. Python's own library keeps what it has imported.
"""

import builtins
import os
import signal
from typing import Any

MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"}
SIGNALS = ("SIGALRM", "setitimer", "ITIMER_REAL")
OF_OS = ("fork",)

_whole = builtins.__import__


def _imported(name: str, globals: Any = None, *rest: Any, **named: Any) -> Any:
    if name.partition(".")[0] in MODULES and str((globals or {}).get("__name__", "")).startswith("vae_course"):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _whole(name, globals, *rest, **named)


import multiprocessing.util  # noqa: E402, F401  (the library's own users of what goes now)
import random  # noqa: E402, F401
import subprocess  # noqa: E402, F401
import tempfile  # noqa: E402, F401

import torch  # noqa: E402, F401

builtins.__import__ = _imported
for module, names in ((signal, SIGNALS), (os, OF_OS)):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
