"""Run a command as platforms run containers: as root with all users, and without the right to make namespaces.

    python container.py PATH... -- COMMAND...

The kernel really refuses: the command runs in a user namespace that may hold no other, and has no CAP_SYS_ADMIN there. In a container Python
lies where everybody may read it. Here it may lie in somebody's home, so the PATHs are shown to all, in the place of what lies around them.
"""

import ctypes
import os
import sys
from pathlib import Path

NEW_MOUNTS, NEW_USER, DROP_BOUND, SYS_ADMIN, BIND, PRIVATE = 0x20000, 0x10000000, 24, 21, 0x1000, 0x44000

libc = ctypes.CDLL(None, use_errno=True)


def called(name: str, *arguments: object) -> None:
    """A call of the C library."""
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def main(paths: list[str], command: list[str]) -> None:
    """Replace this process by the command's."""
    enter()
    called("mount", None, b"/", None, PRIVATE, None)
    show(paths)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    called("prctl", DROP_BOUND, SYS_ADMIN, 0, 0, 0)
    os.chdir("/")
    os.execvp(command[0], command)


def enter() -> None:
    """New namespaces of users and mounts, with the users of the machine."""
    (asked, ask), (told, tell) = os.pipe(), os.pipe()
    parent = os.getpid()
    helper = os.fork()
    if helper == 0:  # it stays outside, and says who is who inside
        os.read(asked, 1)
        for file in ("uid_map", "gid_map"):
            Path(f"/proc/{parent}/{file}").write_text("0 0 65536")
        os.write(tell, b"x")
        os._exit(0)
    called("unshare", NEW_USER | NEW_MOUNTS)
    os.write(ask, b"x")
    os.read(told, 1)
    os.waitpid(helper, 0)


def show(paths: list[str]) -> None:
    """An empty folder in the place of each that only some may enter, and in it those of the paths that lie there."""
    shut: dict[Path, list[Path]] = {}
    for path in sorted({Path(os.path.realpath(path)) for path in paths}):
        above = [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]
        if above:
            shut.setdefault(above[0], []).append(path)
    for folder, inside in shut.items():
        held = [(path, os.open(path, os.O_PATH)) for path in inside]
        called("mount", b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"mode=755")
        for path, place in held:
            path.mkdir(parents=True, exist_ok=True)
            called("mount", f"/proc/self/fd/{place}".encode(), str(path).encode(), None, BIND, None)
            os.close(place)


if __name__ == "__main__":
    end = sys.argv.index("--")
    main(sys.argv[1:end], sys.argv[end + 1 :])
