"""Binder gives a learner 2 GB: a lesson whose kernel has ever held more than 1.5 GB fails.

A pytest plugin for runs over notebooks (`-p tests.memory_gate`). After a notebook's last cell it asks Linux for the peak of
its kernel's resident memory; other systems do not keep that number, and nothing is asked there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

LIMIT = 1_500_000_000  # bytes


def peak_memory(pid: int) -> int | None:
    """The most resident memory that a process has held, in bytes; None where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(peak.split()[1])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Asked while the kernel still lives, because pytest takes a notebook down after its last cell; said when that is done."""
    notebook = item.parent
    kernel = getattr(notebook, "kernel", None)
    is_last = notebook is not None and (nextitem is None or nextitem.parent is not notebook)
    peak = peak_memory(kernel.km.provisioner.pid) if kernel is not None and is_last else None
    yield
    if notebook is not None and peak is not None and peak > LIMIT:
        pytest.fail(
            f"{Path(notebook.path).name}: its kernel held {peak / 1e9:.2f} GB at its peak; a lesson may hold {LIMIT / 1e9:g} GB, "
            "because Binder gives 2 GB. Compute in smaller pieces, or free what is not needed.",
            pytrace=False,
        )
