"""The box around the worker, made by bubblewrap: no network, nothing to write but a small folder, and to read only Python and
those parts of the course that students' code may use.

Whoever runs the grader, the worker is not root: root starts bubblewrap, and the worker becomes nobody before it does anything.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Protocol

import vae_course
from vae_course.runner.rooms import NOT_IN_SANDBOX
from vae_course.teach.grading.sandbox import system_calls

PACKAGE = Path(vae_course.__file__).resolve().parent
INSIDE = "/course"
ADDED = "/packages"  # what a teacher has added; Python looks there last
SCRATCH = "/scratch"  # the only place to write; not /tmp, where the Python of a test may lie
ENVIRONMENT = {
    "HOME": SCRATCH,
    "LANG": "C.UTF-8",
    "LOGNAME": "nobody",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": f"{SCRATCH}/matplotlib",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/nowhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    # All memory from the C library, and that in pages of 2 MB: a fork then copies a page table of a hundredth the size.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "PYTHONMALLOC": "malloc",
    "TMPDIR": SCRATCH,
}
"""All of the environment that exists in the sandbox."""

_FIRST = (
    f"import sys; sys.path.insert(0, {INSIDE!r}); sys.path.append({ADDED!r}); from vae_course.runner import confinement; "
    "confinement.become_nobody(); forks = confinement.Forks(); "
)
START = _FIRST + "from vae_course.runner.worker import main; main(forks)"  # torch is loaded by nobody, and once
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache")
# The C library looks here before it asks for large pages (see ENVIRONMENT), and asks for none where it finds nothing.
_LARGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
_PROBE = _FIRST + f"confinement.own_files({SCRATCH!r}, 4096, ('/proc',)); import vae_course.unchecked"
NEEDS_LINUX = "Marking a class needs Linux, WSL 2 or a container with Linux in it; lessons and `vae-course check` work everywhere."
_CONTAINER = (
    "In a container, start it with user namespaces: docker run --security-opt seccomp=unconfined --security-opt "
    "apparmor=unconfined --security-opt systempaths=unconfined --cap-add SYS_ADMIN. On Ubuntu from 23.10: "
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
)


class Level(Protocol):
    """How worker and reader are started where no namespaces can be made."""

    def worker_command(self, descriptor: int) -> list[str]: ...
    def reader_command(self, visible: Iterable[Path], scratch: Path, descriptor: int) -> list[str]: ...
    def hand_over(self, folder: Path) -> None: ...


def course() -> list[Path]:
    """All of the course that exists in the sandbox: files and folders of the package."""
    left_out = {*NOT_IN_SANDBOX, "__pycache__"}
    return sorted(part for part in PACKAGE.iterdir() if part.name not in left_out)


def command(python: list[str], added: Sequence[Path] = ()) -> list[str]:
    """bubblewrap's command line that runs Python with some arguments inside the box, and shows some packages besides."""
    bwrap = walls("CAP_SETUID", "CAP_SETGID")
    for name, value in ENVIRONMENT.items():
        bwrap += ["--setenv", name, value]
    shown = libraries()
    parts = {str(part): f"{INSIDE}/vae_course/{part.name}" for part in course()}
    parts |= {str(part): f"{ADDED}/{part.name}" for part in added}
    # Folders on the way, which bubblewrap would else make for root alone.
    for folder in sorted({str(above) for path in [*shown, *parts.values()] for above in Path(path).parents}):
        bwrap += ["--dir", folder]
    for path in shown:
        bwrap += ["--ro-bind", path, path]
    bwrap += ["--ro-bind-try", _LARGE_PAGES, _LARGE_PAGES]
    bwrap += links()
    # Where the course is installed among the libraries, its whole would be there: an empty folder covers it.
    for path in sorted({str(PACKAGE), *chain.from_iterable(map(_copies, shown))}):
        if os.path.isdir(path) and any(Path(path).is_relative_to(seen) for seen in shown):
            bwrap += ["--tmpfs", path, "--remount-ro", path]
    for path, inside in parts.items():
        bwrap += ["--ro-bind", path, inside]
    for part in added:
        for copy in _copies(str(part)):
            inside = f"{ADDED}/{Path(copy).relative_to(part.parent)}"
            bwrap += ["--tmpfs", inside, "--remount-ro", inside]
    bwrap += ["--proc", "/proc", "--dir", "/dev", "--dev-bind", "/dev/null", "/dev/null"]
    bwrap += ["--dev-bind", "/dev/urandom", "/dev/urandom", "--perms", "0777", "--size", str(2**24), "--tmpfs", SCRATCH]
    return [*bwrap, "--chdir", SCRATCH, "--remount-ro", "/", "--", executable(), "-sP", *python]


def walls(*rights: str) -> list[str]:
    """bubblewrap with namespaces of its own, an empty environment, and nothing to see.

    Args:
        rights: the capabilities that root keeps; anybody else has none.
    """
    bwrap = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    bwrap += ["--cap-drop", "ALL"] if os.getuid() == 0 else ["--unshare-user", "--cap-drop", "ALL"]
    for right in rights if os.getuid() == 0 else ():
        bwrap += ["--cap-add", right]
    return [*bwrap, "--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]


def libraries() -> list[str]:
    """Python and what it is linked to."""
    found = [*python_folders(), *LIBRARIES]
    return [path for path in found if os.path.exists(path) and not os.path.islink(path)]


def links() -> list[str]:
    """What of these is a link, and lies in none of the folders, as bubblewrap's arguments."""
    inside = [path for path in libraries() if os.path.isdir(path)]
    found = [path for path in (*LIBRARIES, *python_folders()) if os.path.islink(path)]
    alone = [path for path in found if not any(Path(path).is_relative_to(folder) for folder in inside)]
    return [word for path in alone for word in ("--symlink", os.readlink(path), path)]


@cache
def _copies(folder: str) -> tuple[str, ...]:
    """The course wherever it lies below a folder: as it is installed in this Python or another, unpacked, or built. Links lead to what is
    not shown, or is found where it lies."""
    found, left = [], [folder]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:  # nor can the worker look there
            continue
        found += [entry.path for entry in inner if entry.name == PACKAGE.name]
        left += [entry.path for entry in inner if entry.name not in (PACKAGE.name, "__pycache__")]
    return tuple(found)


def available() -> str:
    """What is missing for the sandbox, and what to do, in one sentence; an empty string if it can be used here."""
    if sys.platform != "linux":
        return NEEDS_LINUX
    if shutil.which("bwrap") is None:
        return "The sandbox needs bubblewrap; install it with: sudo apt-get install bubblewrap"
    if missing := system_calls.missing():
        return missing
    done = subprocess.run(command(["-S", "-c", _PROBE]), capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"Namespaces cannot be made here ({said}), and the sandbox needs them. {_CONTAINER}"
    return ""


def python_folders() -> list[str]:
    """The Python installation: an environment and what it was made from; system folders are among the libraries."""
    folders = {
        os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    }
    if folders & {"/usr", "/usr/local"}:
        folders |= _leading_to(executable())
    return sorted(folders - {"/usr", "/usr/local", "/"})


def _leading_to(path: str) -> set[str]:
    """A path, and each to which it leads as a link: of an environment bin/python leads to /usr/bin/python3, and that to python3.11."""
    found = {path}
    while os.path.islink(path):
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        found.add(path)
    return found


def executable() -> str:
    """Python in its own folder by the folder's real name: in an environment this is a link, and tells that it is one."""
    return str(Path(os.path.realpath(Path(sys.executable).parent), Path(sys.executable).name))
