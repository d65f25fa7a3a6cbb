"""How many threads compute: one policy for the whole course, in one place.

A check works on tensors of a few numbers, where a second thread gains nothing. In training it gains a third on an idle machine; on a
busy one the threads wait for each other at every product, for many times the work itself. So:

    a check              one thread, whatever else is set
    training             one, or as many as there are processors for this process: whichever is quicker just now (`Pace`)
    bounds over a data   as many, each of which computes for itself and waits for nobody
    set (`evaluate`)

A person's own setting wins in the last two: OMP_NUM_THREADS or MKL_NUM_THREADS in the environment, or another number for torch
(`torch.set_num_threads`) than there are processors.

Importing this module makes one correction: torch counts the processors of the machine; where the process may use fewer (a container
on Binder or JupyterHub), torch's threads would stand in each other's way, and are cut down to these.
"""

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

PERSONS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def processors(proc: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """How many processors this process may really use: those of its affinity, and no more than its control group's quota.

    Args:
        proc, groups: where Linux says which control groups a process is in, and what they allow (versions 1 and 2).
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min([count, *(math.ceil(quota) for quota in _quotas(proc, groups))]))


def for_evaluation() -> int:
    """Threads of which each computes alone."""
    return torch.get_num_threads() if _is_a_persons() else processors()


class Pace:
    """Steps of a training, on one thread or on all, whichever has been quicker lately.

        pace = Pace()
        for ...:
            with pace.step():
                ...

    Of every `CYCLE` steps the first few try both in turn, and the others are done on the quicker of the two: the machine may become busy,
    and idle again. Sums may differ in their last digits: `v1` gave the same numbers on one thread and two for batches of 20 and 100, and
    for 300 weights that differ by 2e-7.
    """

    BLOCK, TRIED, CYCLE = 5, 20, 240

    def __init__(self) -> None:
        most = torch.get_num_threads() if _is_a_persons() else processors()
        self._choices = (most,) if _is_a_persons() or most == 1 else (1, most)
        self._quicker = self._choices[-1]
        self._number = 0
        self._seconds: dict[int, float] = {}

    @contextmanager
    def step(self) -> Iterator[None]:
        """One step; the threads are put back after it."""
        at = self._number % self.CYCLE
        self._number += 1
        tries = at < self.TRIED and len(self._choices) > 1
        count = self._choices[at // self.BLOCK % 2] if tries else self._quicker
        begun = time.perf_counter()
        with computing_on(count):
            yield
        if not tries:
            return
        if at == 0:
            self._seconds = dict.fromkeys(self._choices, 0.0)
        if at % self.BLOCK:  # the first on another number of threads pays for the change
            self._seconds[count] += time.perf_counter() - begun
        if at == self.TRIED - 1:
            self._quicker = min(self._choices, key=self._seconds.__getitem__)


@contextmanager
def computing_on(count: int) -> Iterator[None]:
    """Within, torch computes on so many threads; afterwards on as many as before."""
    before = torch.get_num_threads()
    if count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def _is_a_persons() -> bool:
    return any(map(os.environ.get, PERSONS)) or torch.get_num_threads() != processors()


def _quotas(proc: Path, groups: Path) -> Iterator[float]:
    """Processors that each control group of this process may use, its parents' included; nothing where there is no limit."""
    try:
        lines = proc.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = groups / controllers if controllers else groups
        inside = root / path.strip("/")
        for folder in (inside, *inside.parents):
            if folder.is_relative_to(root):
                yield from _quota(folder)


def _quota(folder: Path) -> Iterator[float]:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()  # "max 100000" without a limit
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()  # -1 without a limit
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        if quota != "max" and int(quota) > 0:
            yield int(quota) / int(period)
    except (OSError, ValueError):  # not there, or of another form than is known: no limit that we could tell
        return


if not any(map(os.environ.get, PERSONS)) and processors() < torch.get_num_threads():
    torch.set_num_threads(processors())
