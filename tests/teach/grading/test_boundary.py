"""The sandbox holds. Every probe is harmless where it does not: it looks at a canary made by its test, a bounded number of
times, and says what it saw."""

import contextlib
import os
import shlex
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.teach.grading.conftest import MARKER, called, exercise_called, seen
from vae_course.runner.answers import Killed, OutOfMemory, TimedOut
from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.sandbox import sandbox
from vae_course.teach.grading.sandbox.remote import RemoteSubmission, WorkerLost, Workers
from vae_course.teach.grading.sandbox.workers import STARTS, Worker

Submit = Callable[[str], RemoteSubmission]

LOOKS = """
import os, socket, sys, ctypes, threading, torch

def reads(path):
    try:
        with open(path) as file:
            return {"read": len(file.read())}
    except OSError:
        return {"read": 0}

def writes(path):
    try:
        with open(path, "a") as file:
            return {"wrote": file.write("overwritten")}
    except OSError:
        return {"wrote": 0}

def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        return {"connected": 1}
    except OSError:
        return {"connected": 0}
"""


@pytest.fixture
def canary() -> Iterator[Path]:
    """A file that everybody on this machine may read and write."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = Path(folder, "canary.txt")
        path.write_text("a secret", encoding="utf-8")
        path.chmod(0o666)
        yield path
        assert path.read_text(encoding="utf-8") == "a secret"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_file_of_this_machine_can_be_neither_read_nor_written(submitted: Submit, canary: Path):
    submission = submitted(LOOKS)
    assert seen(submission, "reads", str(canary)) == {"read": 0}
    assert seen(submission, "writes", str(canary)) == {"wrote": 0}


def test_nobody_listens_on_the_network(submitted: Submit, listener: socket.socket):
    assert seen(submitted(LOOKS), "connects", listener.getsockname()[1]) == {"connected": 0}
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_without_the_sandbox_the_same_probes_succeed(
    monkeypatch: pytest.MonkeyPatch, hand_in: Callable[[str], HandIn], canary: Path, listener: socket.socket
):
    """The planted fault: a worker that is not in the box, and does not shut its children in, though it is nobody."""
    start = (
        "import encodings.idna; from vae_course.runner import confinement, worker; worker._load(); worker._load = lambda: None; "
        "confinement.confine = lambda *args, **kwargs: None; confinement.become_nobody(); "
        "worker.main(confinement.Forks())"
    )
    path = f"import sys; sys.path.insert(0, {str(sandbox.PACKAGE.parent)!r}); "
    own = {name: str(canary.parent) for name in ("HOME", "TMPDIR", "MPLCONFIGDIR")}
    env = ["env", *(f"{name}={value}" for name, value in (sandbox.ENVIRONMENT | own).items())]
    monkeypatch.setattr(
        sandbox, "command", lambda python, added=(): [*env, sys.executable, "-c", path + start, python[-1]]
    )
    with Workers(1) as workers, workers.submission(hand_in(LOOKS)) as submission:
        assert seen(submission, "reads", str(canary)) == {"read": 8}
        assert seen(submission, "connects", listener.getsockname()[1]) == {"connected": 1}
        assert seen(submission, "writes", str(canary)) == {"wrote": 11}
    canary.write_text("a secret", encoding="utf-8")


def test_nothing_of_the_environment_is_there(submitted: Submit):
    found = seen(submitted("import os\ndef looks(): return {name: 1 for name in os.environ}"), "looks")
    more = {
        name for name in found.keys() - sandbox.ENVIRONMENT.keys() if not name.startswith("TORCH")
    }  # torch sets some
    assert MARKER in os.environ and more <= {"LC_CTYPE", "PWD"}


def test_the_answers_and_the_checks_cannot_be_imported(submitted: Submit):
    hidden = "teach teach.reference checks checks.lessons checks.learning checks.around.scaffolds teach.grading.grade"
    text = f"""
import importlib
def looks():
    found = {{"given": 0}}
    for name in {(hidden + " given").split()!r}:
        try:
            importlib.import_module("vae_course." + name)
            found[name] = 1
        except ImportError:
            pass
    return found
"""
    assert seen(submitted(text), "looks") == {"given": 1}


def test_no_other_process_can_be_seen(submitted: Submit):
    text = """
import os
def looks():
    return {"me": os.getpid(), "parent": os.getppid(), "user": os.getuid(), "in proc": len(os.listdir("/proc"))}
"""
    found = seen(submitted(text), "looks")
    assert found == {"me": 1, "parent": 0, "user": found["user"], "in proc": 0} and found["user"] != 0


def test_only_the_connection_of_its_own_is_open(submitted: Submit):
    text = """
import os, stat
def looks():
    found = {"sockets": 0, "devices": 0, "others": 0}
    for fd in range(1000):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        kind = "sockets" if stat.S_ISSOCK(mode) else "devices" if stat.S_ISCHR(mode) else "others"
        found[kind] += 1
    return found
"""
    assert seen(submitted(text), "looks") == {"sockets": 1, "devices": 3, "others": 0}


def test_the_file_system_is_read_only_and_holds_no_ones_home(submitted: Submit):
    text = """
import os
def looks():
    found = {}
    for folder, folders, files in os.walk("/"):
        if folder.count("/") < 4:
            try:
                name = os.path.join(folder, "made")
                open(name, "w").close()
                os.remove(name)
                found[folder] = 1
            except OSError:
                pass
        else:
            folders.clear()
    # Of /sys the C library reads one folder, before it asks for large pages.
    found["homes"] = len([f for f in ("/home", "/etc/passwd", "/var", "/sys/class", "/sys/kernel/mm/ksm", "/boot") if os.path.exists(f)])
    return found
"""
    assert seen(submitted(text), "looks") == {"/scratch": 1, "homes": 0}


CALLS = """
import ctypes, os, signal, socket, subprocess

def kernel():
    libc = ctypes.CDLL(None, use_errno=True)
    asked = {
        "unshare": (0x10000000,), "setns": (0, 0), "ptrace": (0, 0, 0, 0), "mount": (None, b"/scratch", None, 0, None),
        "umount2": (b"/scratch", 0), "chroot": (b"/scratch",), "pivot_root": (b"/", b"/"), "socket": (1, 1, 0),
        "memfd_create": (b"x", 0), "kill": (1, 0), "setuid": (0,), "personality": (0,), "shmget": (0, 4096, 0o1600),
        "process_vm_readv": (1, None, 0, None, 0, 0), "io_setup": (1, None), "prctl": (4, 1, 0, 0, 0),
    }
    # By number on x86-64 and arm64 alike, from io_uring_setup on.
    numbers = {"io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438, "clone3": 435, "landlock": 444}
    found = {}
    for name, arguments in asked.items():
        ctypes.set_errno(0)
        try:
            found[name] = getattr(libc, name)(*arguments)
        except AttributeError:
            continue
    for name, number in numbers.items():
        found[name] = libc.syscall(number, 0, 0, 0, 0, 0)
    return {name: result for name, result in found.items() if result != -1} | {"asked": len(found)}

def processes():
    started = 0
    for _ in range(20):
        try:
            if os.fork() == 0:
                os._exit(0)
            started += 1
        except OSError:
            pass
    try:
        subprocess.run(["true"])
        started += 1
    except OSError:
        pass
    return {"started": started}

def threads():
    import threading
    stop, running = threading.Event(), 0
    try:
        for _ in range(200):
            threading.Thread(target=stop.wait, args=(1,), daemon=True).start()
            running += 1
    except (RuntimeError, MemoryError):
        pass
    stop.set()
    return {"running": running}

def disk():
    written = 0
    try:
        for i in range(64):
            with open(f"/scratch/{i}", "wb") as file:
                written += file.write(bytes(2**20))
    except OSError:
        pass
    return {"MiB": written // 2**20}

def files():
    opened = []
    try:
        for _ in range(1000):
            opened.append(open("/dev/null"))
    except OSError:
        pass
    return {"opened": len(opened)}
"""


def test_the_kernel_refuses_what_computing_does_not_need(submitted: Submit):
    found = seen(submitted(CALLS), "kernel")
    assert found.pop("asked") > 15 and not found


def test_processes_cannot_be_started_and_threads_disk_and_files_are_few(submitted: Submit):
    submission = submitted(CALLS)
    assert seen(submission, "processes") == {"started": 0}
    assert seen(submission, "threads")["running"] < 100
    assert seen(submission, "disk")["MiB"] <= 16
    assert seen(submission, "files")["opened"] < 64


GREEDY = """
import torch
def one(): return torch.ones(2**31)
def many(): return len([bytearray(2**24) for _ in range(128)])
def expanded(): return torch.zeros(1).expand(2**31)
def prints():
    for _ in range(2000):
        print("x" * 2**15)
    return torch.ones(1)
def right(): return torch.ones(1)
"""


@pytest.mark.parametrize("name", ["one", "many"])
def test_memory_is_limited_and_the_lack_of_it_is_named(submitted: Submit, name: str):
    submission = submitted(GREEDY)
    with pytest.raises(OutOfMemory, match="1 GB"):
        called(submission, name, seconds=10)
    assert seen(submission, "right") == {"0": [1.0]}


def test_a_result_too_large_to_look_at_is_an_error_of_the_answer(submitted: Submit):
    error = called(submitted(GREEDY), "expanded").error
    assert error is not None and error.type == "ResultTooLarge" and "2,147,483,648 numbers" in error.message


def test_output_goes_nowhere(submitted: Submit, capfd: pytest.CaptureFixture[str]):
    assert seen(submitted(GREEDY), "prints") == {"0": [1.0]}
    assert capfd.readouterr() == ("", "")


ENDINGS = """
import ctypes, os, torch
def exits(): os._exit(3)
def aborts(): os.abort()
def crashes(): ctypes.string_at(0)
def loops(): sum(range(10**12))
def waits():
    while True:
        try:
            while True: pass
        except BaseException: pass
def closes(): os.closerange(3, 100)
def right(): return torch.ones(1)
"""


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("exits", Killed, "exit code 3"),
        ("aborts", Killed, "SIGABRT|SIGSEGV"),
        ("crashes", Killed, "SIGSEGV"),
        ("closes", Killed, "connection"),
        ("loops", TimedOut, "still running after"),
        ("waits", TimedOut, "still running after"),
    ],
)
def test_an_answer_that_ends_or_hangs_its_process_costs_itself_alone(
    submitted: Submit, name: str, kind: type[BaseException], words: str
):
    submission = submitted(ENDINGS)
    answer = submission.answer(exercise_called(name, 0.3))
    for _ in range(2):  # it does not recover
        with pytest.raises(kind, match=words):
            answer.call(seed=1)
    assert seen(submission, "right") == {"0": [1.0]}


def test_definitions_that_hang_in_c_stop_the_submission_and_nobody_else(
    submitted: Submit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vae_course.teach.grading.sandbox.remote.DEFINITIONS", 1.0)
    submission = submitted("class A:\n    total = sum(range(10**12))\ndef right(): return 1.0")
    assert isinstance(submission.stopped, TimedOut) and not submission.names
    with pytest.raises(TimedOut):
        called(submission, "right")
    assert seen(submitted(ENDINGS), "right") == {"0": [1.0]}


def test_a_hand_in_of_any_length_is_nobody_elses_problem(submitted: Submit):
    submission = submitted(f"two_boxes = '{'x' * 400_000}'")
    assert isinstance(submission.stopped, Killed) and "400,0" in str(submission.stopped)
    assert submitted("two_boxes = 1").constant("two_boxes") == 1


def test_nothing_is_left_for_the_next_submission(submitted: Submit):
    leaves = """
import torch, builtins, threading, time
def leaves():
    torch.canary = builtins.canary = 1
    torch.Tensor.__add__ = lambda self, other: self
    torch.set_default_dtype(torch.float64)
    open("/scratch/canary", "w").close()
    threading.Thread(target=time.sleep, args=(5,)).start()
    return torch.ones(1)
"""
    looks = """
import torch, builtins, os, threading
def looks():
    return {
        "canary": hasattr(torch, "canary") or hasattr(builtins, "canary"), "sum": torch.ones(1) + torch.ones(1),
        "dtype": torch.get_default_dtype() == torch.float64, "files": len(os.listdir("/scratch")),
        "threads": threading.active_count(),
    }
"""
    seen(submitted(leaves), "leaves")
    assert seen(submitted(looks), "looks") == {"canary": False, "sum": [2.0], "dtype": False, "files": 0, "threads": 1}


FORGES = """
import json, os, struct, torch
def forges(what):
    sends = {
        "garbage": b"\\xff" * 100,
        "too large": struct.pack(">II", 2**31, 0),
        "no JSON": struct.pack(">II", 4, 0) + b"nope",
        "deep": struct.pack(">II", 2000, 0) + b'{"a":' + b"[" * 997 + b"]" * 997 + b"}",
        "very deep": struct.pack(">II", 200_006, 0) + b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "another question": struct.pack(">II", 8, 0) + b'{"id":0}',
        "no tensors": struct.pack(">II", 2, 9) + b"{}" + b"\\x80\\x04K\\x01.0000",
        "twice": struct.pack(">II", 8, 0) * 2,
    }
    import stat
    for fd in range(100):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, sends[what])
        except OSError:
            pass
    return torch.ones(1)
def right(): return torch.ones(1)
"""


@pytest.mark.parametrize(
    "what", ["garbage", "too large", "no JSON", "deep", "very deep", "another question", "no tensors", "twice"]
)
def test_a_forged_reply_is_that_answers_failure(submitted: Submit, what: str):
    submission = submitted(FORGES)
    with pytest.raises(Killed, match="wrote to the grader itself"):
        called(submission, "forges", what)
        called(submission, "forges", what)  # what came late is found now
    assert seen(submission, "right") == {"0": [1.0]}


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_is_no_mistake_of_the_answer(
    workers: Workers, hand_in: Callable[[str], HandIn]
):
    with workers.submission(hand_in(ENDINGS)) as submission:
        box = psutil.Process(workers._all[0]._process.pid)
        inside = box.children(recursive=True)
        box.kill()
        assert not psutil.wait_procs(inside, 30)[1], "they end with it, a moment later"
        with pytest.raises(WorkerLost):
            called(submission, "right")
        assert seen(submission, "right") == {"0": [1.0]}
        workers._all[0]._process.kill()
    with workers.submission(hand_in(ENDINGS)) as submission:  # closing the dead one has freed its place
        assert seen(submission, "right") == {"0": [1.0]}


def test_a_process_that_is_killed_from_outside_is_no_mistake_of_the_answer_once(submitted: Submit, workers: Workers):
    submission = submitted(ENDINGS)
    for error in (WorkerLost, Killed):
        inside = psutil.Process(workers._all[0]._process.pid).children(recursive=True)
        [process] = [process for process in inside if not process.children()]
        process.kill()
        with pytest.raises(error):
            called(submission, "right")
        assert seen(submission, "right") == {"0": [1.0]}


def test_a_worker_that_is_killed_while_it_starts_is_started_again_but_not_for_ever(
    hand_in: Callable[[str], HandIn], monkeypatch: pytest.MonkeyPatch
):
    left, whole = 0, Worker.wait

    def killed_before_it_is_ready(worker: Worker) -> None:
        nonlocal left
        if left:
            left -= 1
            box = psutil.Process(worker._process.pid)
            while not box.children():  # the outer one, killed this early, would not always take the inner one with it
                time.sleep(0.001)
            for process in (*box.children(recursive=True), box):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        whole(worker)

    monkeypatch.setattr(Worker, "wait", killed_before_it_is_ready)
    left = STARTS - 1
    with Workers(1) as workers:
        with workers.submission(hand_in("a = 1")) as submission:
            assert left == 0 and submission.constant("a") == 1
    left = STARTS
    with pytest.raises(WorkerLost, match="A worker of the sandbox ended"), Workers(1):
        raise AssertionError("it cannot have started")


@pytest.mark.slow
def test_two_workers_serve_two_submissions_at_a_time(hand_in: Callable[[str], HandIn]):
    with Workers(2) as two, two.submission(hand_in("a = 1")) as first, two.submission(hand_in("a = 2")) as second:
        assert (first.constant("a"), second.constant("a")) == (1, 2)


def test_what_is_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch):
    assert sandbox.available() == ""
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "apt-get install bubblewrap" in sandbox.available()
    monkeypatch.undo()
    box = shlex.split("bwrap --unshare-user --unshare-net --ro-bind / / false")
    monkeypatch.setattr(sandbox, "command", lambda python, added=(): box)
    assert "Namespaces cannot be made here" in sandbox.available() and "docker run" in sandbox.available()
