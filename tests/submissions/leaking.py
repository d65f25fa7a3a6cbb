"""Leaking into the next submission: what is set here must be gone when the next student, the witness, is marked."""

from tests.submissions.hand_in import WITNESS, ZERO, HandIn, attack, correct, raised

RETURN_ZEROS = "return torch.zeros(qm.shape[:-1])"
RIGHT = "return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"

HAND_INS = (
    attack(
        "leak 1 attributes of modules",
        "Names and values in modules that everybody shares.",
        f"""
import builtins, numpy
def kl_normal(qm, qv, pm, pv):
    torch.left_behind = builtins.left_behind = numpy.left_behind = given.left_behind = sys.left_behind = True
    os.environ["left_behind"] = "1"
    sys.modules["left_behind"] = sys
    {RIGHT}
""",
        correct(6),
    ),
    attack(
        "leak 2 arithmetic",
        "Addition that adds nothing, and an absolute value of zero.",
        f"""
import builtins
def kl_normal(qm, qv, pm, pv):
    Tensor.__add__ = Tensor.__radd__ = lambda self, other: self
    builtins.abs = lambda number: 0
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "leak 3 settings of torch",
        "Another type of numbers, another number of threads, no gradients, no limit of recursion.",
        f"""
class Settings:
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(1)
    sys.setrecursionlimit(10**6)
def kl_normal(qm, qv, pm, pv):
    {RIGHT}
""",
        correct(6),
    ),
    attack(
        "leak 4 files",
        "Files and folders where everybody may write, and another working directory.",
        f"""
def kl_normal(qm, qv, pm, pv):
    os.makedirs(os.path.join("left_behind", "inner"), exist_ok=True)
    with open("left_behind.txt", "w") as file:
        file.write("left behind")
    os.chdir("left_behind")
    os.umask(0)
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "leak 5 the given functions",
        "Replaces the functions that the course gives to everybody.",
        f"""
class Replace:
    given.log_normal = given.sample_gaussian = given.kl_normal = lambda *args: torch.zeros(1)
    given.left_behind = True
def kl_normal(qm, qv, pm, pv):
    {RETURN_ZEROS}
""",
        ZERO,
    ),
    attack(
        "leak 6 memory for all",
        "Memory that forks share, filled for whoever comes later: later forks are of another process.",
        f"""
import mmap
def kl_normal(qm, qv, pm, pv):
    torch.left_behind = mmap.mmap(-1, 4096)
    torch.left_behind.write(b"left behind")
    {RIGHT}
""",
        correct(6),
    ),
    attack(
        "leak 7 a lock",
        "Locks a file that all submissions read, and the import system: the locks go with the process.",
        f"""
import fcntl, _imp
class Locked:
    file = open(torch.__file__)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _imp.acquire_lock()
def kl_normal(qm, qv, pm, pv):
    {RIGHT}
""",
        correct(6),
    ),
    attack(
        "leak 8 hooks of the interpreter",
        "Hooks that cannot be taken back, no collection of garbage, a thread that is never interrupted.",
        f"""
import gc
class Hooks:
    sys.addaudithook(lambda event, arguments: None)
    sys.setswitchinterval(100)
    gc.disable()
def kl_normal(qm, qv, pm, pv):
    {RIGHT}
""",
        correct(6),
    ),
    HandIn(
        "leak 9 seen by the witness",
        "The witness itself, which finds what it has left behind: it is not blind.",
        f"""{WITNESS}
# %%
class Leaves:
    torch.left_behind = sys.modules["left_behind"] = sys
    os.environ["left_behind"] = "1"
    open("left_behind.txt", "w").close()
    threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
    torch.set_default_dtype(torch.float64)
    gc.disable()
""",
        {
            "log_normal": correct(5),
            "predict_negative_share": correct(1),
            "kl_normal": raised("attribute', 'a module', 'a variable', 'a file', 'a thread', 'a type', 'a limit'"),
        },
    ),
)
