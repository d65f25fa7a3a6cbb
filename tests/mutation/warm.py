"""A process that has loaded what is slow to load (torch above all, nothing of the course) and runs tests in forks of itself.

Reads lines of JSON, {"course": folder, "tests": [...], "seconds": limit}, and answers each with the exit code of pytest; -1: too late.
"""

import json
import os
import signal
import sys
import time

import IPython.core.interactiveshell  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import pytest
import safetensors.torch  # noqa: F401
import torch

torch.set_num_threads(1)


def run(course: str, tests: list[str]) -> int:
    os.setsid()
    os.chdir(course)
    sys.path.insert(0, course)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests]))


def wait(child: int, seconds: float) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = run(order["course"], order["tests"])
        finally:
            os._exit(code)
    answer = wait(child, order["seconds"])
    try:
        os.killpg(child, signal.SIGKILL)  # what its tests left running
    except ProcessLookupError:
        pass
    print(answer, flush=True)
