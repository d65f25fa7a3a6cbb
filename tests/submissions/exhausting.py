"""Exhausting what there is: at most 1 GB of memory is asked for, 64 MB of disk, 20 processes, and for seconds only."""

from tests.submissions.hand_in import ZERO, attack, no_memory, raised, wrong

HAND_INS = (
    attack(
        "exhaust 1 one block of memory",
        "A tensor as large as all the memory that it has.",
        "def kl_normal(qm, qv, pm, pv):\n    return torch.empty(2**28)",
        no_memory(),
    ),
    attack(
        "exhaust 2 many blocks of memory",
        "A list that grows to the same size.",
        "def kl_normal(qm, qv, pm, pv):\n    return len([torch.empty(2**21) for _ in range(128)])",
        no_memory(),
    ),
    attack(
        "exhaust 3 memory that is kept",
        "Half of the memory in each call, kept: the second call has none left.",
        """
KEPT = []
def kl_normal(qm, qv, pm, pv):
    if len(KEPT) < 2:
        KEPT.append(torch.empty(2**27))
    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
""",
        no_memory(),
    ),
    attack(
        "exhaust 4 disk",
        "Fills the only folder that it may write to.",
        """
def kl_normal(qm, qv, pm, pv):
    for number in range(32):
        with open(f"fills_{number}", "wb") as file:
            file.write(bytes(2**20))
""",
        raised("No space left"),
    ),
    attack(
        "exhaust 5 names of files",
        "Makes more files than there may be.",
        """
def kl_normal(qm, qv, pm, pv):
    for number in range(2000):
        open(f"fills_{number}", "w").close()
""",
        raised("No space left"),
    ),
    attack(
        "exhaust 6 processes",
        "Forks, a bounded number of times: not once.",
        """
def kl_normal(qm, qv, pm, pv):
    for _ in range(20):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
""",
        raised("PermissionError"),
    ),
    attack(
        "exhaust 7 threads",
        "Starts more threads than there may be.",
        """
import threading
def kl_normal(qm, qv, pm, pv):
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
""",
        raised("can't start new thread"),
    ),
    attack(
        "exhaust 8 descriptors",
        "Opens more files than there may be.",
        """
def kl_normal(qm, qv, pm, pv):
    opened = [open(os.devnull) for _ in range(500)]
    return qm
""",
        raised("Too many open files"),
    ),
    attack(
        "exhaust 9 output",
        "Prints 64 MB: nobody reads it.",
        """
def kl_normal(qm, qv, pm, pv):
    for _ in range(2000):
        print("x" * 2**15)
    return torch.zeros(qm.shape[:-1])
""",
        ZERO,
    ),
    attack(
        "exhaust 10 a result of gigabytes",
        "A result that takes no memory where it is, and eight gigabytes where it is copied to.",
        "def kl_normal(qm, qv, pm, pv):\n    return torch.zeros(1).expand(2**31)",
        raised("too much to be looked at"),
    ),
    attack(
        "exhaust 11 a result of 10,000 parts",
        "More tensors than a reply may have.",
        "def kl_normal(qm, qv, pm, pv):\n    return [torch.zeros(1)] * 10_000",
        raised("too much to be looked at"),
    ),
    attack(
        "exhaust 12 an error of megabytes",
        "An error with a text and a name that fill the marks.",
        """
def kl_normal(qm, qv, pm, pv):
    raise type("E" * 2**20, (Exception,), {})("x" * 2**24)
""",
        raised("EEE"),
    ),
    attack(
        "exhaust 13 an error of errors",
        "A chain of 10,000 errors behind one.",
        """
def kl_normal(qm, qv, pm, pv):
    error = ValueError("the last")
    for number in range(10_000):
        inner = ValueError("one more")
        inner.__cause__, error = error, inner
    raise error
""",
        raised("one more"),
    ),
    attack(
        "exhaust 14 a deep structure",
        "A list in a list, 100,000 deep, which whoever walks it falls into.",
        """
def kl_normal(qm, qv, pm, pv):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
""",
        wrong(says="a list of 1"),
    ),
    attack(
        "exhaust 15 processor time elsewhere",
        "A second thread that computes on, while the first returns.",
        """
import threading
def waits():
    end = time.monotonic() + 1
    while time.monotonic() < end:
        pass
def kl_normal(qm, qv, pm, pv):
    threading.Thread(target=waits, daemon=True).start()
    return torch.zeros(qm.shape[:-1])
""",
        ZERO,
    ),
)
