"""What a command uses: CPU seconds and memory, its own and those of what it starts, sandboxed processes among them.

Sandboxed processes are read from /proc while they run: a worker is killed at the end, and tells nobody what it used.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.1  # seconds between two looks; what a worker does after the last one is missed
MIB = 2**20
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass
class Usage:
    """What a command has used so far.

    Attributes:
        seconds: of the wall clock.
        trusted: CPU seconds outside of any sandbox.
        grader: megabytes that its largest process outside of the sandbox has now.
        most: the largest `grader` so far.
        worker: megabytes that the largest process in a sandbox has now, a worker or a submission forked by it; most of a
            submission's are shared with its worker.
        peak: the largest `worker` so far.
    """

    seconds: float = 0.0
    trusted: float = 0.0
    grader: float = 0.0
    most: float = 0.0
    worker: float = 0.0
    peak: float = 0.0
    _sandboxes: dict[int, float] = field(default_factory=dict)

    @property
    def sandboxed(self) -> float:
        """CPU seconds in all sandboxes."""
        return sum(self._sandboxes.values())

    def look(self, root: int) -> None:
        """Read what a process and its descendants have used; what ended has left its CPU time to its parent."""
        table: dict[int, _Process] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, ValueError):
                    table[int(entry.name)] = _Process.read(entry)
        ours = _below({root}, table)
        outer = {pid for pid in ours if table[pid].name == "bwrap" and table[table[pid].parent].name != "bwrap"}
        inside = set()
        for pid in outer:
            box = _below({pid}, table)
            self._sandboxes[pid] = max(sum(table[p].cpu for p in box), self._sandboxes.get(pid, 0.0))
            inside |= box
        self.trusted = sum(table[pid].cpu for pid in ours - inside)
        self.grader = max((table[pid].resident for pid in ours - inside), default=0.0)
        self.most = max(self.most, self.grader)
        self.worker = max((table[pid].resident for pid in inside), default=0.0)
        self.peak = max(self.peak, self.worker)


def _below(roots: set[int], table: "dict[int, _Process]") -> set[int]:
    """These processes and all their descendants that are alive."""
    found = roots & table.keys()
    while more := {pid for pid, process in table.items() if process.parent in found} - found:
        found |= more
    return found


@dataclass(frozen=True)
class _Process:
    """A process at one moment: CPU seconds, its ended children's included, and resident megabytes."""

    name: str
    parent: int
    cpu: float
    resident: float

    @classmethod
    def read(cls, entry: Path) -> "_Process":
        text = (entry / "stat").read_text()
        end = text.rindex(")")
        rest = text[end + 2 :].split()
        cpu = sum(map(int, rest[11:15])) / _TICK
        return cls(text[text.index("(") + 1 : end], int(rest[1]), cpu, int(rest[21]) * _PAGE / MIB)


def watched(
    command: Sequence[str],
    environment: Mapping[str, str],
    look: Callable[[Usage], None] = lambda usage: None,
    folder: Path | None = None,
) -> Usage:
    """Run a command to its end, and look at what it uses.

    Args:
        environment: what it sees besides this process's own.
        look: called after each reading.
        folder: where it runs.

    Raises:
        RuntimeError: its exit code is neither 0 nor 1 (for `grade`: something needs a person).
    """
    usage, begun = Usage(), time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | environment, cwd=folder, stdout=quiet, stderr=quiet)
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        usage.seconds = time.monotonic() - begun
        if pid:
            break
        usage.look(process.pid)
        look(usage)
        time.sleep(INTERVAL)
    process.returncode = os.waitstatus_to_exitcode(status)
    usage.trusted = used.ru_utime + used.ru_stime
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return usage
