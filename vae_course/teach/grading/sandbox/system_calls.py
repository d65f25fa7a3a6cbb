"""The system calls that a submission's process may make. Whatever is not named here fails, with "Operation not permitted".

The list is what Python and torch need to compute in one process: memory, threads, clocks, and files among those that the
sandbox shows. There are no new processes or programs, no namespaces, mounts or changes of user, no sockets, no other
process's memory (ptrace, process_vm_*, pidfd_*), no keyring, bpf, perf, io_uring, userfaultfd, kexec or modules, no signal to
another process, and nothing that a kernel invents tomorrow.
"""

import errno
import tempfile
from importlib.util import find_spec

from vae_course.workspace import installing

_FILES = (
    "read readv pread64 preadv write writev pwrite64 pwritev lseek close close_range dup dup2 dup3 pipe pipe2 fcntl flock "
    "open openat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs fstatfs getcwd "
    "chdir fchdir getdents getdents64 mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 truncate ftruncate "
    "fsync fdatasync umask chmod fchmod utimensat sendfile copy_file_range poll ppoll select pselect6"
)
_MEMORY = "brk mmap munmap mremap mprotect madvise mincore msync membarrier"
_THREADS = "futex futex_waitv set_robust_list get_robust_list set_tid_address rseq sched_yield sched_getaffinity exit exit_group"
_SIGNALS = (
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack restart_syscall tgkill "
    "alarm setitimer getitimer pause"
)
_FACTS = (
    "getpid gettid getppid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid getrlimit "
    "getrusage times sysinfo uname clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrandom getcpu "
    "arch_prctl"
)
_CLONE_THREAD = 0x10000
_PRCTL = (3, 15, 16, 38, 39, 0x53564D41)  # get dumpable, set and get name, set and get no-new-privs, name memory
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, its size, bytes waiting, descriptor flags


def missing() -> str:
    """What is not installed, as a sentence; empty if a filter can be made."""
    if find_spec("pyseccomp") is None:
        return f"The Python package pyseccomp is missing; install what marking needs: {installing('grade')}"
    try:
        import pyseccomp  # noqa: F401  (it loads the C library)
    except (OSError, RuntimeError, AttributeError) as error:
        return f"pyseccomp finds no libseccomp ({error}); install it with: sudo apt-get install libseccomp2"
    return ""


def filter_program() -> bytes:
    """The filter as a program for the kernel's BPF machine, to be loaded by `confinement`."""
    import pyseccomp as seccomp

    made = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in " ".join((_FILES, _MEMORY, _THREADS, _SIGNALS, _FACTS)).split():
        _allow(made, name)
    # A thread, never a process. Of clone3 no filter can see the flags; "no such call" sends the C library to clone.
    _allow(made, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    _allow(made, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0))  # reading one's own
    for option in _PRCTL:
        _allow(made, "prctl", seccomp.Arg(0, seccomp.EQ, option))
    for request in _IOCTL:
        _allow(made, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow(made: object, name: str, *conditions: object) -> None:
    import pyseccomp as seccomp

    try:
        made.add_rule(seccomp.ALLOW, name, *conditions)  # type: ignore[attr-defined]
    except (ValueError, OSError, RuntimeError):
        if conditions:
            raise
        # A call that this architecture does not have, or that this libseccomp does not know: it stays refused.
