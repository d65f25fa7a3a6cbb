"""Where no namespaces can be made, in a container for one submission: what a process gives up instead. It is another user, sees few files
where the kernel has Landlock, and has the same limits and the same filter of system calls as everywhere.

What this does not stop stands in docs/marking.md.
"""

import os
import resource
import shutil
from collections.abc import Sequence

from vae_course.runner import confinement, landlock

READER = 65533
"""Who reads hand-ins; students' code is run by nobody, who may not see what the reader does."""
DEVICES = ("/dev/null", "/dev/urandom")


def see_only(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Give up all other files, where the kernel can do that."""
    confinement.no_new_privileges()
    if landlock.version():
        shown = [path for path in readable if os.path.exists(path)]
        landlock.see_only(shown, [*writable, *DEVICES])


class SecondLevel:
    """Makes processes for submissions, as `confinement.Forks` does. Whoever makes them stays root, so that none can reach their maker.

    Args:
        scratch: a folder, emptied for each submission, to which it can write.
        readable: what it may read, where the kernel has Landlock.
    """

    def __init__(self, scratch: str, readable: Sequence[str]) -> None:
        self._scratch, self._readable = scratch, tuple(readable)

    def fork(self) -> int:
        """As `os.fork`."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.mkdir(self._scratch, 0o700)
        os.chown(self._scratch, confinement.NOBODY, confinement.NOBODY)
        return os.fork()

    def confine(self, program: bytes, *, memory: int, disk: int, seconds: int, keep: int, scratch: str) -> None:
        """As `confinement.confine`; `disk` limits each file and not their sum."""
        confinement.shut(keep)
        limits = confinement.resources(memory, disk, seconds)
        os.chdir(scratch)
        for what, limit in limits.items():
            resource.setrlimit(what, (limit, limit))
        see_only(self._readable, [scratch])
        confinement.become(confinement.NOBODY)
        confinement.give_up(program)
