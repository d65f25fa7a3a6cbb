"""Each layer of the sandbox alone, so that none can go missing behind another.

Three processes are looked at: one in bubblewrap's box and nothing else; one that has shut itself in, and is in no box;
and the process of a hand-in, which is both. They run honest code that says what it sees, or are looked at from outside, in
/proc of this machine. The filter of system calls is tried in a plain process, with arguments that no call would accept.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.teach.grading.conftest import MARKER, seen
from vae_course.runner.notebooks import read_hand_in
from vae_course.teach.grading.sandbox import sandbox, system_calls
from vae_course.teach.grading.sandbox.remote import RemoteSubmission, Workers

MIB = 2**20
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
FIXED = {"NOFILE": 64, "NPROC": 64, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0, "SIGPENDING": 100}
IN_PROC = {
    **{
        "NOFILE": "Max open files",
        "NPROC": "Max processes",
        "CORE": "Max core file size",
        "MEMLOCK": "Max locked memory",
    },
    **{"MSGQUEUE": "Max msgqueue size", "SIGPENDING": "Max pending signals", "CPU": "Max cpu time"},
    **{"FSIZE": "Max file size", "AS": "Max address space"},
}
ROOT = os.getuid() == 0
PATIENCE = 60  # seconds for what takes a fraction of one


class Process:
    """What the kernel says of a process, in /proc of this machine."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.folder = Path(f"/proc/{pid}")
        lines = (self.folder / "status").read_text().splitlines()
        self.status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        self.namespaces = {name: os.readlink(self.folder / "ns" / name) for name in NAMESPACES}
        self.descriptors = {int(path.name): os.readlink(path) for path in (self.folder / "fd").iterdir()}
        self.mounts = mounts((self.folder / "mountinfo").read_text())
        self.interfaces = [
            line.split(":")[0].strip() for line in (self.folder / "net/dev").read_text().splitlines()[2:]
        ]
        self.session = int((self.folder / "stat").read_text().rpartition(")")[2].split()[3])

    def limits(self) -> dict[str, tuple[int, int]]:
        """Every limit by its name in /proc, soft and hard; -1 for none."""
        lines = (self.folder / "limits").read_text().splitlines()[1:]
        values = {line[:26].strip(): line[26:].replace("unlimited", "-1").split()[:2] for line in lines}
        return {name: (int(soft), int(hard)) for name, (soft, hard) in values.items()}


def mounts(text: str) -> dict[str, set[str]]:
    """{where: its options}; of several mounts at one place the last, which covers the others."""
    return {line.split()[4]: set(line.split()[5].split(",")) for line in text.splitlines()}


def alike(namespaces: dict[str, str], others: dict[str, str]) -> set[str]:
    return {name for name, namespace in namespaces.items() if others.get(name) == namespace}


def ended(processes: list[psutil.Process]) -> bool:
    """True if all end within some seconds, whether or not anybody waits for them; what is left is ended here."""
    until = time.monotonic() + 10
    while running := [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        if time.monotonic() > until:
            for process in running:
                process.kill()
            return False
        time.sleep(0.01)
    return True


OURS = {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES}


# ---------------------------------------------------------------- the box alone: bubblewrap, and a process that does nothing more

LOOKS_AROUND = """
import json, os, socket, sys
def tree(top):
    return [os.path.join(folder, name) for folder, _, files in os.walk(top) for name in files]
def named(name):
    skipped = ("/proc", "/sys", "/dev")
    return [os.path.join(folder, name) for folder, folders, files in os.walk("/")
            if not folder.startswith(skipped) and name in folders + files]
print(json.dumps({
    "namespaces": {name: os.readlink("/proc/self/ns/" + name) for name in os.listdir("/proc/self/ns")},
    "status": open("/proc/self/status").read(), "mounts": open("/proc/self/mountinfo").read(),
    "interfaces": [name for _, name in socket.if_nameindex()], "host": os.uname().nodename, "environment": dict(os.environ),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]), "pid": os.getpid(), "session": os.getsid(0),
    "root": os.listdir("/"), "dev": os.listdir("/dev"), "etc": os.listdir("/etc"), "course": tree("/course"),
    "courses": named("vae_course"), "folder": os.getcwd(), "path": sys.path, "safe path": sys.flags.safe_path,
    "size": os.statvfs("/scratch").f_blocks * os.statvfs("/scratch").f_frsize, "descriptors": len(os.listdir("/proc/self/fd")),
}))
"""


def in_the_box(code: str) -> dict[str, Any]:
    command = sandbox.command(["-S", "-c", code])
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def box() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(MARKER, "a secret of the grader")
        return in_the_box(LOOKS_AROUND)


@pytest.mark.parametrize("name", ["ipc", "mnt", "net", "pid", "uts", *([] if ROOT else ["user"])])
def test_the_box_alone_has_a_namespace_of_its_own(box: dict[str, Any], name: str):
    assert box["namespaces"][name] != OURS[name]


def test_the_box_alone_has_no_interface_but_the_loopback(box: dict[str, Any]):
    assert box["interfaces"] == ["lo"]


def test_the_box_alone_shows_no_process_of_the_machine(box: dict[str, Any]):
    assert box["processes"] == 2 and box["pid"] == 2, "bubblewrap itself, and what it runs"


def test_the_box_alone_has_a_session_and_a_name_of_its_own(box: dict[str, Any]):
    assert box["session"] == 1 and box["host"] == "sandbox", "0 is a session from outside"


def test_the_box_alone_keeps_of_the_rights_of_root_those_to_become_another(box: dict[str, Any]):
    status = dict(line.split(":\t") for line in box["status"].splitlines() if line.startswith(("Cap", "NoNewPrivs")))
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == (0b11 << 6 if ROOT else 0)
    assert status["NoNewPrivs"] == "1"


def test_the_box_alone_can_write_to_its_scratch_folder_only(box: dict[str, Any]):
    found = mounts(box["mounts"])
    assert {place for place, options in found.items() if "rw" in options} <= {
        "/scratch",
        "/proc",
        "/dev/null",
        "/dev/urandom",
    }
    assert "ro" in found["/"] and {"nosuid", "nodev"} <= found["/"] & found["/scratch"]
    assert box["size"] == 16 * MIB and box["folder"] == "/scratch"


def test_the_box_alone_shows_two_devices_one_file_of_etc_and_no_ones_home(box: dict[str, Any]):
    assert sorted(box["dev"]) == ["null", "urandom"] and set(box["etc"]) <= {"ld.so.cache"}
    assert not {"home", "boot", "var", "run", "srv", "mnt", "media", "opt"} & (set(box["root"]) - parents_of_python())


def parents_of_python() -> set[str]:
    """The topmost folders in which this Python lies, which the box has to show."""
    prefixes = (sys.prefix, sys.base_prefix, sys.executable)
    return {Path(os.path.realpath(prefix)).parts[1] for prefix in prefixes} | {Path(sys.executable).parts[1]}


def test_the_box_alone_has_the_environment_that_is_written_down_and_nothing_of_the_host(box: dict[str, Any]):
    found = box["environment"]
    assert MARKER not in found and "a secret of the grader" not in found.values()
    assert {name: value for name, value in found.items() if name not in ("PWD", "LC_CTYPE")} == sandbox.ENVIRONMENT
    assert (
        found["HOME"] == found["TMPDIR"] == "/scratch" and found["PATH"] == "/nowhere" and found["LOGNAME"] == "nobody"
    )
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "1"


def test_the_box_alone_lacks_the_answer_key_and_the_grader(box: dict[str, Any]):
    below = {path.removeprefix("/course/vae_course/").split("/")[0] for path in box["course"]}
    assert not below & {"checks", "teach", "evaluation.py", "importance.py", "figures"}
    assert {"given.py", "runner", "training.py"} <= below
    folders = [path for path in box["courses"] if path != "/course/vae_course"]
    assert all(Path(path) in (sandbox.PACKAGE, *Path(path).parents) for path in folders), folders
    assert {path for path in box["course"] if path.endswith((".ipynb", ".md", ".toml"))} == set()


@pytest.mark.parametrize(
    "place", ["lib/python3.11/site-packages", "envs/old/lib/python3.9/dist-packages", "build/lib", "."]
)
def test_another_copy_of_the_course_is_an_empty_folder_too(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    key = tmp_path / "python" / place / "vae_course" / "teach" / "key.txt"
    key.parent.mkdir(parents=True)
    key.write_text("a secret of the grader", encoding="utf-8")
    (tmp_path / "python" / "beside.txt").write_text("seen", encoding="utf-8")
    shown = [*sandbox.python_folders(), str(tmp_path / "python")]
    monkeypatch.setattr(sandbox, "python_folders", lambda: shown)
    look = f"import json, os; print(json.dumps([open({str(tmp_path / 'python' / 'beside.txt')!r}).read(), "
    look += f"os.path.exists({str(key)!r}), os.listdir({str(key.parents[1])!r})]))"
    assert in_the_box(look) == ["seen", False, []]


def test_where_the_course_lies_among_the_libraries_the_box_shows_an_empty_folder(monkeypatch: pytest.MonkeyPatch):
    shown = sandbox.python_folders()
    monkeypatch.setattr(sandbox, "python_folders", lambda: [*shown, str(sandbox.PACKAGE.parent)])
    look = f"import json, os; print(json.dumps([os.path.exists({str(sandbox.PACKAGE.parent / 'pyproject.toml')!r}), "
    look += f"os.listdir({str(sandbox.PACKAGE)!r}), os.access({str(sandbox.PACKAGE)!r}, os.W_OK)]))"
    assert in_the_box(look) == [True, [], False]


def test_every_link_on_the_way_to_python_is_in_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As in an environment that Debian's python3 made, whose bin/python leads to /usr/bin/python3, and that to python3.11."""
    for folder in ("usr", "env/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr" / "python3.11").write_text("the program")
    (tmp_path / "usr" / "python3").symlink_to("python3.11")
    (tmp_path / "env" / "bin" / "python").symlink_to(tmp_path / "usr" / "python3")
    way = [str(tmp_path / name) for name in ("env/bin/python", "usr/python3", "usr/python3.11")]
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", way[0])
        patched.setattr(sys, "prefix", str(tmp_path / "env"))
        patched.setattr(sys, "exec_prefix", str(tmp_path / "env"))
        patched.setattr(sys, "base_prefix", "/usr")
        patched.setattr(sys, "base_exec_prefix", "/usr")
        found = sandbox.python_folders()
        assert {*way, str(tmp_path / "env")} == set(found)
    shown = [*sandbox.python_folders(), *found]
    monkeypatch.setattr(sandbox, "python_folders", lambda: shown)
    assert in_the_box(f"import json; print(json.dumps([open(path).read() for path in {way!r}]))") == ["the program"] * 3


def test_the_box_imports_from_python_alone_and_not_from_where_it_stands(box: dict[str, Any]):
    assert box["safe path"] and not {"", "/scratch"} & set(box["path"])


def test_the_box_ends_with_whoever_made_it():
    """Nothing else would end this one: it waits for nobody."""
    inside = sandbox.command(["-S", "-c", f"import time; print('ready', flush=True); time.sleep({PATIENCE})"])
    code = f"import subprocess, time; print(subprocess.Popen({inside!r}).pid, flush=True); time.sleep({PATIENCE})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        outermost = psutil.Process(int(maker.stdout.readline()))
        assert maker.stdout.readline() == "ready\n"
        processes = [outermost, *outermost.children(recursive=True)]
        maker.kill()
        assert ended(processes)


@pytest.mark.parametrize(("user", "rights"), [(0, ["CAP_SETUID", "CAP_SETGID"]), (1000, [])])
def test_whoever_starts_the_box_all_other_rights_are_dropped(
    user: int, rights: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sandbox.os, "getuid", lambda: user)
    command = sandbox.command([])
    assert [command[i + 1] for i, word in enumerate(command) if word == "--cap-add"] == rights
    assert command[command.index("--cap-drop") + 1] == "ALL" and ("--unshare-user" in command) is (user != 0)


# ---------------------------------------------------------------- a process that shuts itself in, and is in no box

SHUTS_ITSELF_IN = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from vae_course.runner import confinement
from vae_course.teach.grading.sandbox import system_calls
program = b"" if sys.argv[3] == "no filter" else system_calls.filter_program()
told, tells = os.pipe()
told, keep, waits = os.dup2(told, 50), os.dup2(tells, 9), os.dup2(os.open(os.devnull, os.O_RDONLY), 51)
for number in (3, 8, 10, 40, 100, 900):
    os.dup2(waits, number)
if os.getuid() == 0:
    os.setgroups([4, 27])  # some that root may be in
confinement.become_nobody()
child = os.fork() if sys.argv[3] == "no forks" else confinement.Forks().fork()
if child == 0:
    try:
        confinement.confine(program, memory=2**28, disk=2**20, seconds=7, keep=keep, scratch=sys.argv[2])
        with open("written", "w") as file:
            file.write("in the scratch folder")
        os.write(keep, b"confined")
        while True:
            os.read(0, 1)
            time.sleep(0.05)
    except BaseException as error:
        os.write(keep, repr(error).encode())
    os._exit(0)
print(os.read(told, 100).decode(), flush=True)
sys.stdin.read()
os.kill(child, 9)
os.waitpid(child, 0)
os._exit(0)
"""


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder that nobody may enter, too."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


def shut_in(scratch: Path, how: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SHUTS_ITSELF_IN, str(sandbox.PACKAGE.parent), str(scratch), how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def below(maker: subprocess.Popen[str]) -> list[psutil.Process]:
    """The first child of the forks, and the process that is shut in."""
    return psutil.Process(maker.pid).children(recursive=True)


@pytest.fixture(scope="module")
def alone(scratch: Path) -> Iterator[tuple[Process, Process]]:
    """A process that has shut itself in, and the one that it was forked from."""
    maker = shut_in(scratch)
    assert maker.stdout is not None and maker.stdout.readline() == "confined\n"
    forks, child = below(maker)
    yield Process(child.pid), Process(forks.pid)
    maker.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_process_alone_has_a_namespace_of_its_own(alone: tuple[Process, Process], name: str):
    child, forks = alone
    assert child.namespaces[name] not in (OURS[name], forks.namespaces[name])


def test_a_process_alone_has_no_interface_but_the_loopback(alone: tuple[Process, Process]):
    assert alone[0].interfaces == ["lo"]


def test_a_process_alone_is_the_first_of_its_namespace_and_of_its_session(alone: tuple[Process, Process]):
    child, forks = alone
    assert child.status["NSpid"][-1] == "1" == forks.status["NSpid"][-1] and child.session == child.pid


def test_a_process_alone_is_not_root_and_has_no_groups(alone: tuple[Process, Process]):
    child, forks = alone
    user = "65534" if ROOT else str(os.getuid())
    assert child.status["Uid"] == forks.status["Uid"] == [user] * 4
    assert child.status["Gid"] == ["65534" if ROOT else str(os.getgid())] * 4
    assert not ROOT or child.status["Groups"] == []


def test_a_process_alone_has_no_capability_and_can_get_none(alone: tuple[Process, Process]):
    child = alone[0]
    assert {name: int(child.status[name][0], 16) for name in CAPABILITIES} == dict.fromkeys(CAPABILITIES, 0)
    assert child.status["NoNewPrivs"] == ["1"]


def test_a_process_alone_has_the_filter_of_system_calls(alone: tuple[Process, Process]):
    assert alone[0].status["Seccomp"] == ["2"]


@pytest.mark.parametrize(("name", "limit"), [*FIXED.items(), ("CPU", 7), ("FSIZE", MIB)])
def test_a_process_alone_has_its_limit_which_cannot_be_raised(alone: tuple[Process, Process], name: str, limit: int):
    assert alone[0].limits()[IN_PROC[name]] == (limit, limit)


def test_a_process_alone_has_so_much_memory_beyond_what_it_had(alone: tuple[Process, Process]):
    soft, hard = alone[0].limits()[IN_PROC["AS"]]
    assert soft == hard and 0 < soft - 2**28 <= psutil.Process(alone[0].pid).memory_info().vms + 32 * MIB


def test_a_process_alone_keeps_one_descriptor_and_speaks_to_nobody_on_the_others(alone: tuple[Process, Process]):
    child, forks = alone
    assert {3, 8, 9, 10, 40, 100, 900} <= forks.descriptors.keys(), "what there was to be closed"
    assert child.descriptors.keys() == {0, 1, 2, 9}
    assert {child.descriptors[fd] for fd in (0, 1, 2)} == {"/dev/null"} and child.descriptors[9].startswith("pipe:")


def test_a_process_alone_writes_to_a_folder_that_ends_with_it(alone: tuple[Process, Process], scratch: Path):
    child, forks = alone
    assert {"rw", "nosuid", "nodev", "noexec"} <= child.mounts[str(scratch)] and str(scratch) not in forks.mounts
    assert os.readlink(child.folder / "cwd") == str(scratch) and list(scratch.iterdir()) == []
    found = os.statvfs(child.folder / "cwd")
    assert found.f_blocks * found.f_frsize == MIB and found.f_files <= 1000


def test_a_process_alone_has_an_empty_proc(alone: tuple[Process, Process]):
    assert {"ro", "nosuid", "nodev", "noexec"} <= alone[0].mounts["/proc"]
    assert list((alone[0].folder / "root/proc").iterdir()) == []


@pytest.mark.parametrize("how", ["no filter", "no folder"])
def test_a_process_that_cannot_be_shut_in_runs_nothing(how: str, scratch: Path):
    maker = shut_in(scratch / "absent" if how == "no folder" else scratch, how)
    out, _ = maker.communicate(timeout=PATIENCE)
    assert "Error" in out and "confined" not in out and list(scratch.iterdir()) == []


@pytest.mark.parametrize(("how", "count"), [("", 2), ("no forks", 1)])
def test_a_process_that_is_shut_in_ends_with_whoever_made_it(how: str, count: int, scratch: Path):
    """With `Forks` the end of their namespace ends it; without them, the signal that it has asked for."""
    maker = shut_in(scratch, how)
    assert maker.stdout is not None and maker.stdout.readline() == "confined\n"
    processes = below(maker)
    assert len(processes) == count
    maker.kill()
    assert ended(processes), "nothing else tells them: what they read from is still open"
    maker.communicate()


# ---------------------------------------------------------------- the filter of system calls alone

ON = -1  # of a pointer, a descriptor, a size, a flag: none that is
FORBIDDEN: dict[str, tuple[int, ...]] = {
    # processes and programs (clone with flags that contradict each other)
    **{"clone": (0x800,), "execve": (), "execveat": (), "unshare": (), "setns": (), "wait4": (0, 0, 0), "waitid": ()},
    **{"kill": (0, 0x7F), "tkill": (), "rt_sigqueueinfo": (), "rt_tgsigqueueinfo": (), "pidfd_send_signal": ()},
    # other processes' memory and secrets
    **{
        "ptrace": (0x4206, 0),
        "process_vm_readv": (),
        "process_vm_writev": (),
        "pidfd_open": (),
        "pidfd_getfd": (),
        "kcmp": (),
    },
    **{"process_madvise": (), "move_pages": (), "migrate_pages": (), "add_key": (), "request_key": (), "keyctl": ()},
    # the network, and all that is shared between processes
    **{
        "socket": (),
        "socketpair": (),
        "bind": (),
        "connect": (),
        "listen": (),
        "accept": (),
        "accept4": (),
        "sendto": (),
    },
    **{"recvfrom": (), "sendmsg": (), "recvmsg": (), "sendmmsg": (), "recvmmsg": (), "shutdown": (), "setsockopt": ()},
    **{"shmget": (ON, 0, 0), "shmat": (), "msgget": (ON, 0), "semget": (ON, ON, 0), "mq_open": (), "memfd_create": ()},
    # file systems
    **{
        "mount": (),
        "umount2": (),
        "pivot_root": (),
        "chroot": (),
        "open_tree": (),
        "move_mount": (),
        "fsopen": (),
        "fsmount": (),
    },
    **{
        "fsconfig": (),
        "fspick": (),
        "mount_setattr": (),
        "mknod": (),
        "mknodat": (),
        "link": (),
        "linkat": (),
        "symlink": (),
    },
    **{
        "symlinkat": (),
        "chown": (),
        "fchown": (),
        "lchown": (),
        "fchownat": (),
        "setxattr": (),
        "open_by_handle_at": (),
    },
    **{
        "name_to_handle_at": (),
        "inotify_init1": (),
        "fanotify_init": (),
        "quotactl": (),
        "swapon": (),
        "swapoff": (),
        "acct": (),
    },
    # who one is, and limits
    **{
        "setuid": (),
        "setgid": (),
        "setreuid": (),
        "setregid": (),
        "setresuid": (),
        "setresgid": (),
        "setgroups": (),
        "setfsuid": (),
    },
    **{"capset": (), "setrlimit": (), "prlimit64": (0, 7, ON), "setpriority": (ON, 0, 0), "sched_setscheduler": ()},
    **{"sched_setaffinity": (), "ioprio_set": (), "personality": (), "seccomp": (), "landlock_create_ruleset": ()},
    **{"mlock": (), "mlockall": (), "setsid": (), "setpgid": ()},
    # the kernel itself
    **{"bpf": (), "perf_event_open": (), "userfaultfd": (), "io_uring_setup": (), "io_uring_enter": (), "io_setup": ()},
    **{
        "init_module": (),
        "finit_module": (),
        "delete_module": (),
        "kexec_load": (),
        "kexec_file_load": (),
        "reboot": (),
    },
    **{"syslog": (), "sethostname": (), "setdomainname": (), "settimeofday": (), "clock_settime": (), "adjtimex": ()},
    **{
        "clock_adjtime": (),
        "iopl": (),
        "ioperm": (ON, ON, 0),
        "modify_ldt": (),
        "timer_create": (),
        "timerfd_create": (),
    },
}
"""Calls, with arguments that make them fail even where they are allowed: that error would be another than the filter's."""

FORBIDDEN_OPTIONS = {
    "set the death signal": ("prctl", (1, 0)),
    "set dumpable": ("prctl", (4, 1)),
    "load a filter": ("prctl", (22, ON)),
    "drop a capability": ("prctl", (24, ON)),
    "ambient capabilities": ("prctl", (47, ON)),
    "let others trace": ("prctl", (0x59616D61, 0)),
    "write into a terminal": ("ioctl", (ON, 0x5412)),
    "write into a terminal, by a number with more bits": ("ioctl", (ON, 0x1_0000_5412)),
    "a terminal's selection": ("ioctl", (ON, 0x541C)),
    "a terminal of its own": ("ioctl", (ON, 0x540E)),
    "the limits of another": ("prlimit64", (1, 7, 0, 0)),
}

TRIES = """
import ctypes, errno, json, os, struct, sys, threading, time
calls, filtered, program = json.loads(sys.stdin.readline()), sys.argv[1] == "filtered", sys.stdin.readline().strip()
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
program = bytes.fromhex(program)
if filtered:
    instructions = ctypes.create_string_buffer(program, len(program))
    pointer = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions)), 16)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.addressof(pointer), 0, 0) == 0
    assert "Seccomp:\\t2" in open("/proc/self/status").read()
found = {}
for name, (number, arguments) in calls.items():
    arguments = [ctypes.c_long(value) for value in (arguments + [-1] * 6)[:6]]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *arguments)
    found[name] = errno.errorcode.get(ctypes.get_errno(), "?") if result == -1 else "done"
def attempt(what):
    try:
        return what() or "done"
    except OSError as error:
        return errno.errorcode[error.errno]
def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
found["fork"] = attempt(fork)
found["start a program"] = attempt(lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0) and None)
ran = []
thread = threading.Thread(target=lambda: ran.append(sum(range(100))))
thread.start()
thread.join()
found["thread"] = str(ran)
print(json.dumps(found))
"""


def tried(calls: dict[str, tuple[str, tuple[int, ...]]], how: str) -> dict[str, str]:
    """The error of each call, by name, in a plain process with the filter or without."""
    import pyseccomp

    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, call) for name, (call, _) in calls.items()}
    asked = {name: (number, list(calls[name][1])) for name, number in numbers.items() if number >= 0}
    program = system_calls.filter_program().hex()
    done = subprocess.run(
        [sys.executable, "-c", TRIES, how],
        input=f"{json.dumps(asked)}\n{program}\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_filter_alone_refuses_every_call_that_computing_does_not_need():
    found = tried({name: (name, arguments) for name, arguments in FORBIDDEN.items()}, "filtered")
    assert found.pop("thread") == "[4950]", "threads go on"
    assert len(found) > 100
    assert {name: error for name, error in found.items() if error != "EPERM"} == {}


def test_the_filter_alone_refuses_what_a_call_that_is_needed_can_do_besides():
    found = tried(FORBIDDEN_OPTIONS, "filtered")
    assert {name: found[name] for name in FORBIDDEN_OPTIONS} == dict.fromkeys(FORBIDDEN_OPTIONS, "EPERM")


def test_the_filter_says_of_the_newer_clone_that_there_is_none_so_that_threads_use_the_older():
    assert tried({"clone3": ("clone3", (0, 0))}, "filtered")["clone3"] == "ENOSYS"


def test_without_the_filter_the_same_calls_have_other_errors():
    """Of those that everybody may try: the table does not take another's refusal for the filter's."""
    names = "clone wait4 execve socket sendto memfd_create process_vm_readv inotify_init1 mlockall timer_create symlink".split()
    found = tried({name: (name, FORBIDDEN[name]) for name in names}, "bare")
    assert {name for name in [*names, "fork", "start a program"] if found[name] == "EPERM"} == set()
    assert found["fork"] == found["start a program"] == "done"


def test_the_filter_is_the_same_program_every_time_and_no_short_one():
    first, second = system_calls.filter_program(), system_calls.filter_program()
    assert first == second and len(first) % 8 == 0 and len(first) > 800


# ---------------------------------------------------------------- the process of a hand-in, in the box and shut in

SAYS = """
import os, resource
def limits():
    found = {}
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            soft, hard = resource.getrlimit(getattr(resource, name))
            found[name[7:] + " soft"], found[name[7:] + " hard"] = float(soft), float(hard)
    return found
def facts():
    return {"user": os.getuid(), "group": os.getgid(), "groups": len(os.getgroups()), "pid": os.getpid(), "session": os.getsid(0),
            "proc": len(os.listdir("/proc")), "sandbox": os.uname().nodename == "sandbox", "scratch": os.getcwd() == "/scratch",
            "bytes": os.statvfs("/scratch").f_blocks * os.statvfs("/scratch").f_frsize}
def environment():
    return {name + "=" + value: 1 for name, value in os.environ.items()}
"""


@pytest.fixture(scope="module")
def hand_in_process(workers: Workers) -> Iterator[tuple[RemoteSubmission, Process, Process, psutil.Process]]:
    """A hand-in's process: to be asked, and as the kernel sees it, with its parent and the outermost process of the box."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hand_in.py")
        path.write_text(SAYS, encoding="utf-8")
        with workers.submission(read_hand_in(path, {})) as submission:
            outermost = psutil.Process(workers._all[0]._process.pid)
            [child] = [process for process in outermost.children(recursive=True) if not process.children()]
            parent = child.parent()
            assert parent is not None
            yield submission, Process(child.pid), Process(parent.pid), outermost


HandInProcess = tuple[RemoteSubmission, Process, Process, psutil.Process]


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_hand_in_has_a_namespace_of_its_own_and_its_worker_another(hand_in_process: HandInProcess, name: str):
    _, child, worker, _ = hand_in_process
    assert len({child.namespaces[name], worker.namespaces[name], OURS[name]}) == 3


def test_a_hand_in_reads_its_own_limits_and_none_can_be_raised(hand_in_process: HandInProcess):
    found = seen(hand_in_process[0], "limits")
    expected = FIXED | {"CPU": 150, "FSIZE": 16 * MIB}
    assert {name: (found[f"{name} soft"], found[f"{name} hard"]) for name in expected} == {
        n: (x, x) for n, x in expected.items()
    }
    assert found["AS soft"] == found["AS hard"]


def test_a_hand_in_has_a_gibibyte_beyond_what_its_worker_has(hand_in_process: HandInProcess):
    _, child, worker, _ = hand_in_process
    soft, hard = child.limits()[IN_PROC["AS"]]
    assert soft == hard and 0 < soft - 2**30 <= psutil.Process(worker.pid).memory_info().vms + 64 * MIB


def test_a_hand_in_is_nobody_and_the_first_of_all_that_it_sees(hand_in_process: HandInProcess):
    found = seen(hand_in_process[0], "facts")
    user, group = (65534, 65534) if ROOT else (os.getuid(), os.getgid())
    assert found == {
        "user": user, "group": group, "groups": found["groups"], "pid": 1, "session": 1, "proc": 0,
        "sandbox": True, "scratch": True, "bytes": 16 * MIB,
    }  # fmt: skip
    assert not ROOT or found["groups"] == 0


def test_a_hand_in_has_no_rights_and_the_filter_of_system_calls(hand_in_process: HandInProcess):
    status = hand_in_process[1].status
    assert {name: int(status[name][0], 16) for name in CAPABILITIES} == dict.fromkeys(CAPABILITIES, 0)
    assert status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"]


def test_a_hand_in_has_no_descriptor_but_its_own_connection(hand_in_process: HandInProcess):
    _, child, worker, _ = hand_in_process
    others = child.descriptors.keys() - {0, 1, 2}
    assert len(others) == 1 and {child.descriptors[fd] for fd in (0, 1, 2)} == {"/dev/null"}
    [connection] = (child.descriptors[fd] for fd in others)
    assert connection.startswith("socket:") and connection not in worker.descriptors.values()


def test_a_hand_in_finds_nothing_that_it_could_write_to_but_the_scratch_folder(hand_in_process: HandInProcess):
    found = hand_in_process[1].mounts
    writable = {place for place, options in found.items() if "rw" in options}
    assert writable == {"/scratch", "/dev/null", "/dev/urandom"}
    assert {"nosuid", "nodev", "noexec"} <= found["/scratch"] & found["/proc"]


def test_neither_a_hand_in_nor_the_box_around_it_gets_the_graders_environment(hand_in_process: HandInProcess):
    submission, child, worker, outermost = hand_in_process
    assert MARKER in os.environ and not any(MARKER in said for said in seen(submission, "environment"))
    for process in (child, worker):
        assert MARKER.encode() not in (process.folder / "environ").read_bytes()
    assert outermost.environ() == {}, "bubblewrap itself has none either"


# ---------------------------------------------------------------- where there can be no sandbox


def test_where_the_sandbox_can_be_used_nothing_is_missing():
    assert sandbox.available() == "" and system_calls.missing() == ""


def test_another_system_is_told_what_to_grade_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert "needs Linux, WSL 2 or a container" in sandbox.available()


def test_a_missing_package_or_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with monkeypatch.context() as patched:
        patched.setattr(system_calls, "find_spec", lambda name: None)
        assert "pip install -e '.[grade]'" in sandbox.available() and "pyseccomp is missing" in sandbox.available()
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('no libseccomp here')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pyseccomp", raising=False)
    assert "(no libseccomp here); install it with: sudo apt-get install libseccomp2" in sandbox.available()


def test_where_no_namespace_can_be_made_the_reason_and_the_way_out_are_told(monkeypatch: pytest.MonkeyPatch):
    failing = "import sys; sys.exit('first line\\nno permission')"
    monkeypatch.setattr(sandbox, "command", lambda python, added=(): [sys.executable, "-c", failing])
    said = sandbox.available()
    assert said.startswith("Namespaces cannot be made here (no permission)") and "docker run" in said
    monkeypatch.setattr(sandbox, "command", lambda python, added=(): ["false"])
    assert "(no reason given)" in sandbox.available()
