"""Landlock: a process gives up all files but some, for good, without namespaces or rights of its own. Linux 5.13 and newer.

Source: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many kinds of access a version knows; later ones know no more."""

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """What the kernel offers; 0 if nothing."""
    return max(0, int(_libc.syscall(_CREATE, None, 0, _ASK_VERSION)))


def see_only(readable: Iterable[str], writable: Iterable[str]) -> None:
    """From now on this process, which has given up new privileges, reaches nothing but these files and what is below these folders.

    Raises:
        OSError: the kernel refuses.
    """
    everything = (1 << _BITS.get(version(), 16)) - 1
    attributes = struct.pack("=Q", everything)
    rules = _checked(_libc.syscall(_CREATE, attributes, len(attributes), 0))
    for paths, access in ((readable, _EXECUTE | _READ_FILE | _READ_DIR), (writable, everything)):
        for path in paths:
            _allow(rules, path, access)
    _checked(_libc.syscall(_RESTRICT, rules, 0))
    os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    if not os.path.isdir(path):
        access &= _EXECUTE | _READ_FILE | _WRITE_FILE
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _checked(_libc.syscall(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0))
    os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return result
