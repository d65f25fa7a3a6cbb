"""Ending or hanging: the process goes, or does not go on. Every wait here ends by itself within half a minute."""

from tests.submissions.hand_in import attack, correct, killed, late, raised, wrong

WAITS = """
def waits(seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
"""

HAND_INS = (
    attack(
        "end 1 exit",
        "Ends Python politely.",
        "def kl_normal(qm, qv, pm, pv):\n    sys.exit(0)",
        raised("never ends Python"),
    ),
    attack(
        "end 2 at once",
        "Ends the process without a word, and as if all were well.",
        "def kl_normal(qm, qv, pm, pv):\n    os._exit(0)",
        killed("exit code 0"),
    ),
    attack(
        "end 3 abort",
        "Has the C library abort.",
        "def kl_normal(qm, qv, pm, pv):\n    os.abort()",
        killed("crashed"),
    ),
    attack(
        "end 4 a wrong address",
        "Reads from an address where nothing is.",
        "import ctypes\ndef kl_normal(qm, qv, pm, pv):\n    ctypes.string_at(0)",
        killed("SIGSEGV"),
    ),
    attack(
        "end 5 a signal to itself",
        "Kills itself: the kernel ignores it, because it is the first process of its namespace.",
        "import signal\ndef kl_normal(qm, qv, pm, pv):\n    signal.raise_signal(signal.SIGKILL)",
        wrong(says="returned None"),
    ),
    attack(
        "end 6 a call of the kernel",
        "Sends its own process a signal through the kernel, which refuses.",
        "def kl_normal(qm, qv, pm, pv):\n    os.kill(os.getpid(), 15)",
        raised("PermissionError"),
    ),
    attack(
        "end 7 an endless recursion",
        "Calls itself for ever.",
        "def kl_normal(qm, qv, pm, pv):\n    return kl_normal(qm, qv, pm, pv)",
        raised("RecursionError"),
    ),
    attack(
        "end 8 an exception of the first kind",
        "Raises what is no Exception.",
        "def kl_normal(qm, qv, pm, pv):\n    raise KeyboardInterrupt",
        raised("KeyboardInterrupt"),
    ),
    attack(
        "end 9 while it is read",
        "Ends the process in a class body: what needs no code keeps its marks.",
        "class Ends:\n    os._exit(1)\ndef kl_normal(qm, qv, pm, pv):\n    return qm",
        killed("exit code 1"),
        log_normal=killed("exit code 1"),
        kl_monte_carlo=killed("exit code 1"),
        kl_test=killed("exit code 1"),
    ),
    attack(
        "end 10 when it is counted",
        "Ends the process when its length is asked for, which only the one who reads results does.",
        """
class Trap(dict):
    def items(self): os._exit(7)
def kl_normal(qm, qv, pm, pv):
    return Trap(a=qm)
""",
        killed("exit code 7"),
    ),
    attack(
        "hang 1 a loop",
        "Does not come back.",
        f"{WAITS}\ndef kl_normal(qm, qv, pm, pv):\n    waits()",
        late(),
    ),
    attack(
        "hang 2 a handler that swallows",
        "Does not come back, and swallows every interruption.",
        """
def kl_normal(qm, qv, pm, pv):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            time.sleep(1)
        except BaseException:
            pass
""",
        late(),
    ),
    attack(
        "hang 3 one long call",
        "One call of C, which no exception interrupts.",
        "def kl_normal(qm, qv, pm, pv):\n    return sum(range(3 * 10**8))",
        late(),
    ),
    attack(
        "hang 4 no signals",
        "Blocks the signal that would stop it.",
        """
import signal
def kl_normal(qm, qv, pm, pv):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(20)
""",
        late(),
    ),
    attack(
        "hang 5 its own timer",
        "Switches off the timer that would stop it, and its handler.",
        """
import signal
def kl_normal(qm, qv, pm, pv):
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(20)
""",
        late(),
    ),
    attack(
        "hang 6 on the way back",
        "Waits in its backward pass only: the points for the value are kept.",
        f"""
{WAITS}
class Slow(torch.autograd.Function):
    @staticmethod
    def forward(ctx, right): return right.clone()
    @staticmethod
    def backward(ctx, grad): waits()
def kl_normal(qm, qv, pm, pv):
    return Slow.apply(0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1))
""",
        late(points=3),
    ),
    attack(
        "hang 7 in an error's text",
        "Raises an error whose text takes for ever.",
        f"""
{WAITS}
class Endless(Exception):
    def __str__(self):
        waits()
        return "done"
def kl_normal(qm, qv, pm, pv):
    raise Endless
""",
        late(),
    ),
)

SLOW = (
    attack(
        "hang 8 while it is read",
        "One long call of C in a class body: all that needs code is late, and nobody else waits longer than the limit.",
        "class Hangs:\n    total = sum(range(2 * 10**9))\ndef kl_normal(qm, qv, pm, pv):\n    return qm",
        late(),
        log_normal=late(),
        kl_monte_carlo=late(),
        kl_test=late(),
    ),
    attack(
        "hang 9 a little each time",
        "Every call takes nearly as long as it may, and is right: slow is no mistake.",
        """
def kl_normal(qm, qv, pm, pv):
    time.sleep(1.5)
    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
""",
        correct(6),
    ),
)
"""What takes longer than a quick test may."""
