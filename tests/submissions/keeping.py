"""Keeping what is lent: the examination of `loss` in lesson 04 lends a right bound, and a bound is what lesson 07 asks for, of the same
student and a moment later. In a process that lives on, every one of these would answer with what it kept."""

from tests.submissions.hand_in import HEAD, HandIn, as_notebook, wrong

NOTHING = "nothing was kept"
LENDER, ASKER = "04_nelbo", "07_capstone"


def keeps(name: str, tries: str, keep: str, find: str) -> HandIn:
    """Two notebooks: the loss, right, that keeps the bound which it is lent; and the class that answers with it.

    Args:
        keep: code with a function `keep(bound)`.
        find: code with a function `find()`, which returns the bound or None.
    """
    lender = f"""{HEAD}
{keep.strip()}
class VAE(given.VAE):
    def loss(self, x):
        keep(type(self).negative_elbo_bound)
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {{"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}}
"""
    asker = f"""{HEAD}
{find.strip()}
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        bound = find()
        if bound is None:
            raise LookupError("{NOTHING}")
        return bound(self, x)
"""
    before = HandIn(name, tries, lender, lesson=LENDER)
    beside = {f"{name}/{LENDER}.ipynb": as_notebook(before, lender)}
    rows = {"VAE": wrong(0.5, says=NOTHING)}  # half a point is for the prior, which is the course's
    return HandIn(name, tries, asker, rows, lesson=ASKER, file=f"{name}/{ASKER}.ipynb", beside=beside)


HAND_INS = (
    keeps(
        "keep 1 an attribute",
        "In a module that every hand-in imports.",
        "def keep(bound):\n    torch.kept = bound",
        "def find():\n    return getattr(torch, 'kept', None)",
    ),
    keeps(
        "keep 2 a thread",
        "On the stack of a thread that sleeps for some seconds, where frames show it.",
        """
import threading
def holds(held):
    time.sleep(5)
def keep(bound):
    if threading.active_count() < 3:
        threading.Thread(target=holds, args=(bound,), daemon=True).start()
""",
        """
def find():
    for frame in sys._current_frames().values():
        while frame is not None:
            if "held" in frame.f_locals:
                return frame.f_locals["held"]
            frame = frame.f_back
""",
    ),
    keeps(
        "keep 3 the garbage collector",
        "In a list that the collector calls and never collects.",
        "import gc\ndef keep(bound):\n    gc.callbacks.append(lambda phase, about, kept=bound: None)",
        """
import gc
def find():
    for called in gc.callbacks:
        for kept in getattr(called, "__defaults__", None) or ():
            return kept
""",
    ),
    keeps(
        "keep 4 the text of what is compiled",
        "A hook that cannot be taken back hears every text that is compiled, and says it again when it is asked.",
        """
TEXTS, MARK = [], "def right" + "_bound("  # in two parts, so that its own text is none
def hears(event, arguments, texts=TEXTS, mark=MARK):
    if event == "compile" and isinstance(arguments[0], bytes) and mark in arguments[0].decode():
        texts.append(arguments[0].decode())
    if event == "kept":
        arguments[0].extend(texts)
class Hears:
    sys.addaudithook(hears)
def keep(bound):
    pass
""",
        """
def find():
    texts = []
    sys.audit("kept", texts)
    for text in texts:
        space = {}
        exec(text, space)
        return space["right_bound"]
""",
    ),
    keeps(
        "keep 5 a module",
        "Under a name in the table of modules, as if it had been imported.",
        """
import types
def keep(bound):
    sys.modules["kept"] = types.ModuleType("kept")
    sys.modules["kept"].bound = bound
""",
        """
def find():
    return getattr(sys.modules.get("kept"), "bound", None)
""",
    ),
    keeps(
        "keep 6 the code of what is called",
        "A profiler sees the lent function's frame when it is called, and keeps its code and its names.",
        """
import types
def sees(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "right_bound":
        torch.kept = types.FunctionType(frame.f_code, frame.f_globals)
def keep(bound):
    sys.setprofile(sees)
""",
        "def find():\n    return getattr(torch, 'kept', None)",
    ),
)
