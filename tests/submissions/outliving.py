"""Outliving one's time: something that is to go on after the submission, and to write into the canary or speak to it."""

from tests.submissions.hand_in import ZERO, attack, raised

WRITES = """
def writes(seconds=1.0):
    time.sleep(seconds)
    with open("@CANARY@", "w") as file:
        file.write("outlived")
"""
RETURN_ZEROS = "return torch.zeros(qm.shape[:-1])"

HAND_INS = (
    attack(
        "outlive 1 a thread",
        "A thread that wakes up when the submission is over: it has ended with its process.",
        f"""
import threading
{WRITES}
def kl_normal(qm, qv, pm, pv):
    threading.Thread(target=writes).start()
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "outlive 2 a daemon",
        "A second process in a session of its own, by two forks: the first is refused.",
        f"""
{WRITES}
def kl_normal(qm, qv, pm, pv):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            writes(2.0)
        os._exit(0)
    {RETURN_ZEROS}
""",
        raised("PermissionError"),
    ),
    attack(
        "outlive 3 at exit",
        "Functions that Python calls at its end: it does not end so.",
        f"""
import atexit, weakref
{WRITES}
class Registered:
    atexit.register(writes, 0.0)
    weakref.finalize(atexit, writes, 0.0)
def kl_normal(qm, qv, pm, pv):
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "outlive 4 a child of the system",
        "Another program in the background: none can be started.",
        f"""
import subprocess
def kl_normal(qm, qv, pm, pv):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(2)"], start_new_session=True)
    {RETURN_ZEROS}
""",
        raised("PermissionError"),
    ),
    attack(
        "outlive 5 a worker of multiprocessing",
        "A process by the library for processes.",
        f"""
import multiprocessing
def kl_normal(qm, qv, pm, pv):
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(2,), daemon=False).start()
    {RETURN_ZEROS}
""",
        raised("PermissionError"),
    ),
    attack(
        "outlive 6 an alarm",
        "A timer of the kernel, whose signal comes when somebody else is marked.",
        f"""
import signal
{WRITES}
def kl_normal(qm, qv, pm, pv):
    signal.signal(signal.SIGVTALRM, lambda number, frame: writes(0.0))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2, 0.2)
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "outlive 7 a program in its place",
        "Becomes another program, which holds the connection on.",
        """
def kl_normal(qm, qv, pm, pv):
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(2)"])
""",
        raised("PermissionError"),
    ),
    attack(
        "outlive 8 a last word",
        "A destructor that writes when all else is gone.",
        f"""
{WRITES}
class Last:
    def __del__(self):
        writes(0.0)
LAST = []
def kl_normal(qm, qv, pm, pv):
    LAST.append(Last())
    {RETURN_ZEROS}
""",
        ZERO,
    ),
)
