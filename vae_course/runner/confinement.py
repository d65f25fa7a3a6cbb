"""What a process of the sandbox gives up before it runs a student's code. Linux only.

By ctypes, because Python has no `os.unshare` before 3.12 and no `mount`, `capset` or seccomp at all. Every step raises
`OSError` if the kernel refuses it, and then no student's code is run.
"""

import ctypes
import os
import resource
import struct

NOBODY = 65534

_NEW_MOUNTS, _NEW_CGROUP, _NEW_NAMES, _NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
_NEW_USER, _NEW_PIDS, _NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_PROGRAMS, _RECURSIVE, _PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _DROP_BOUND, _SET_NO_NEW_PRIVILEGES = 1, 4, 22, 24, 38
_FILTER = 2
_CAPABILITIES_VERSION_3, _LAST_CAPABILITY = 0x20080522, 63
_KILL = 9

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(option: int, argument: int = 0, more: int = 0) -> None:
    _call("prctl", option, argument, more, 0, 0)


def become_nobody() -> None:
    """Stop being root, for good; a process that is not root stays who it is."""
    if os.getuid() == 0:
        become(NOBODY)
        _prctl(_SET_DUMPABLE, 1)  # else its files in /proc belong to root, and it cannot name itself in `own_users`


def become(user: int) -> None:
    """Stop being root, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def own_users(more: int = 0) -> None:
    """A user namespace of its own, in which the process is nobody with all rights, which reach nothing outside."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NEW_USER | more)
    for file, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w") as entry:
            entry.write(line)


class Forks:
    """Forks whose every child is the first, and sees only itself, in a namespace of processes.

    To make one, the process moves into such a namespace itself (only then may it leave each new one again): what is called
    goes on in a child, and the process that called ends with it.
    """

    def __init__(self) -> None:
        own_users(_NEW_PIDS)
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
        _prctl(_SET_DEATH_SIGNAL, _KILL)
        self._ours = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """As `os.fork`."""
        _call("unshare", _NEW_PIDS)
        pid = os.fork()
        if pid:
            _call("setns", self._ours, _NEW_PIDS)  # one namespace for each child
        return pid

    def confine(self, program: bytes, *, memory: int, disk: int, seconds: int, keep: int, scratch: str) -> None:
        """Shut a child in; see `confine`."""
        confine(program, memory=memory, disk=disk, seconds=seconds, keep=keep, scratch=scratch)


def own_files(scratch: str, disk: int, empty: tuple[str, ...]) -> None:
    """Mounts of its own, with all other namespaces: `scratch` holds nothing, and so do the `empty` folders, for ever."""
    own_users(_NEW_MOUNTS | _NEW_NETWORK | _NEW_IPC | _NEW_NAMES | _NEW_CGROUP)
    safe = _NO_SUID | _NO_DEVICES | _NO_PROGRAMS
    _call("mount", None, b"/", None, _RECURSIVE | _PRIVATE, None)
    _call("mount", b"tmpfs", scratch.encode(), b"tmpfs", safe, f"size={disk},nr_inodes=1000,mode=700".encode())
    for folder in empty:
        _call("mount", b"tmpfs", folder.encode(), b"tmpfs", safe | _READ_ONLY, b"size=4096,nr_inodes=1")


def confine(program: bytes, *, memory: int, disk: int, seconds: int, keep: int, scratch: str) -> None:
    """Shut the calling process in, for good. It was made by `Forks.fork`.

    Args:
        program: the filter of system calls, from `system_calls.filter_program`.
        memory: bytes of address space beyond what the process has now.
        disk: bytes that `scratch` holds.
        seconds: of CPU time; then the kernel kills it.
        keep: the one file descriptor beside 0, 1, 2 that stays open.
        scratch: its working directory, empty, the only place that it can write to.
    """
    shut(keep)
    limits = resources(memory, disk, seconds)  # read off /proc
    own_files(scratch, disk, ("/proc",))
    os.chdir(scratch)
    for what, limit in limits.items():
        resource.setrlimit(what, (limit, limit))
    give_up(program)


def shut(keep: int) -> None:
    """A session of its own, and no open file but one."""
    os.setsid()
    nowhere = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.closerange(3, keep)
    os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def give_up(program: bytes) -> None:
    """All capabilities, new privileges, and the system calls that the filter does not let through."""
    _prctl(_SET_DEATH_SIGNAL, _KILL)  # it does not outlive the process that made it
    for capability in range(_LAST_CAPABILITY + 1):
        if _libc.prctl(_DROP_BOUND, capability, 0, 0, 0) != 0:
            break  # this kernel knows no more
    header = struct.pack("=Ii", _CAPABILITIES_VERSION_3, 0)
    _call("capset", header, bytes(24))
    no_new_privileges()
    instructions = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    filtered = ctypes.create_string_buffer(pointer, len(pointer))
    _prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(filtered))


def no_new_privileges() -> None:
    """No program that it starts, and no file of whatever rights, gives it more than it has."""
    _prctl(_SET_NO_NEW_PRIVILEGES, 1)


def resources(memory: int, disk: int, seconds: int) -> dict[int, int]:
    """The limits of a submission, as `resource.setrlimit` takes them; for the arguments see `confine`."""
    with open("/proc/self/statm") as pages:
        size = int(pages.read().split()[0]) * resource.getpagesize()
    return {
        resource.RLIMIT_AS: size + memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: disk,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 64,  # threads; the filter lets it make no process
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 100,
    }
