"""How many threads compute: one policy for the whole course, in one place.

A check works on tensors of a few numbers, and a training step of these models on few: a second thread gains a tenth on an idle machine,
and on a busy one the two wait for each other, for many times the work itself. So:

    a check              one thread, whatever else is set
    training             as many as there are processors for this process; where there are at most two, one
    bounds over a data   as many, each of which computes for itself and waits for nobody
    set (`evaluate`)

A person's own setting wins in the last two: OMP_NUM_THREADS or MKL_NUM_THREADS in the environment, or another number for torch
(`torch.set_num_threads`) than there are processors.

Importing this module makes one correction: torch counts the processors of the machine; where the process may use fewer (a container
on Binder or JupyterHub), torch's threads would stand in each other's way, and are cut down to these.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

PERSONS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
FEW = 2
"""With so many processors or fewer, a second thread for one training step costs more on a busy machine than it ever gains."""


def processors(proc: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """How many processors this process may really use: those of its affinity, and no more than its control group's quota.

    Args:
        proc, groups: where Linux says which control groups a process is in, and what they allow (versions 1 and 2).
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min([count, *(math.ceil(quota) for quota in _quotas(proc, groups))]))


def for_training() -> int:
    """Threads for one product after another."""
    if _is_a_persons():
        return torch.get_num_threads()
    count = processors()
    return 1 if count <= FEW else count


def for_evaluation() -> int:
    """Threads of which each computes alone."""
    return torch.get_num_threads() if _is_a_persons() else processors()


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
