"""One run at a time writes to a folder of marks, on whatever file system it lies."""

import contextlib
import errno
import warnings
from collections.abc import Iterator
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

LOCK, NAMED = ".lock", ".running"
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS)


class FolderRefused(Exception):
    """The folder of the marks cannot be used. The message is one sentence."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Nobody else can lock the folder meanwhile, however this process ends. True if its file system has locks.

    The operating system's lock, which ends with its process; where the file system has none (some network drives, some
    mounted clouds), a file that names the process, and that the next run takes away once that one has ended.

    Raises:
        FolderRefused: another run uses it.
        OSError: it cannot be written.
    """
    told = f"another run is writing to {folder} just now; wait for its end, or take another --out."
    lock: BaseFileLock = FileLock(folder / LOCK, timeout=0)
    has_locks = True
    try:
        with warnings.catch_warnings(action="error"):  # FileLock's own way out takes an earlier run's file for a lock
            lock.acquire()
    except Timeout:
        raise FolderRefused(told) from None
    except (OSError, NotImplementedError, UserWarning) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        has_locks = False
        lock = SoftFileLock(folder / NAMED, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            told += f" (Its file system has no locks: if you know that no run is going on, delete {folder / NAMED}.)"
            raise FolderRefused(told) from None
    try:
        yield has_locks
    finally:
        lock.release()
