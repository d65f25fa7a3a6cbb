"""Where no namespaces can be made, in a container for one submission: what a process gives up instead. It is another user, sees few files
where the kernel has Landlock, and has the same limits and the same filter of system calls as everywhere.

What this does not stop stands in docs/marking.md.
"""

import os
import resource
import tempfile
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


class PlainForks:
    """Makes processes for submissions, as `confinement.Forks` does. Whoever makes them stays root, so that none can reach their maker.

    Args:
        folder: root's own. Each submission has a new folder in it, the only one to which it can write; whatever is left there stays until the
            container's end.
        readable: what it may read, where the kernel has Landlock.
    """

    def __init__(self, folder: str, readable: Sequence[str]) -> None:
        self._folder, self._readable, self._scratch = folder, tuple(readable), ""

    def fork(self) -> int:
        """As `os.fork`."""
        self._scratch = tempfile.mkdtemp(dir=self._folder)
        os.chown(self._scratch, confinement.NOBODY, confinement.NOBODY)
        return os.fork()

    def confine(self, program: bytes, *, memory: int, disk: int, seconds: int, keep: int, scratch: str) -> None:
        """As `confinement.confine`, in the fork's own folder and not in `scratch`; `disk` limits each file and not their sum."""
        confinement.shut(keep)
        limits = confinement.resources(memory, disk, seconds)
        os.environ.update(HOME=self._scratch, TMPDIR=self._scratch, MPLCONFIGDIR=f"{self._scratch}/matplotlib")
        tempfile.tempdir = None
        os.chdir(self._scratch)
        for what, limit in limits.items():
            resource.setrlimit(what, (limit, limit))
        see_only(self._readable, [self._scratch])
        confinement.become(confinement.NOBODY)
        confinement.give_up(program)
