"""Reading what is hidden: every canary holds a right answer, so that whoever reads it gets full marks and turns the test red."""

from tests.submissions.hand_in import HEAD, HandIn, Row, attack, raised

HAND_INS = (
    attack(
        "read 1 a file",
        "Opens a file of the grader's machine that everybody may read: it does not exist in the sandbox.",
        """
def kl_normal(qm, qv, pm, pv):
    return eval(open("@CANARY@").read())(qm, qv, pm, pv)
""",
        raised("FileNotFoundError"),
    ),
    attack(
        "read 2 the environment",
        "Looks for a variable of the grader's environment.",
        """
def kl_normal(qm, qv, pm, pv):
    return eval(os.environ["@VARIABLE@"])(qm, qv, pm, pv)
""",
        raised("KeyError"),
    ),
    attack(
        "read 3 another process",
        "Reads another process's environment in the folder of processes, which is empty.",
        """
def kl_normal(qm, qv, pm, pv):
    text = open("@PROCESS@/environ").read().split("SECRET=")[1].split(chr(0))[0]
    return eval(text)(qm, qv, pm, pv)
""",
        raised("FileNotFoundError"),
    ),
    attack(
        "read 4 an inherited descriptor",
        "Reads the number of a descriptor that the grader holds open and lets its children inherit.",
        """
def kl_normal(qm, qv, pm, pv):
    return eval(os.pread(@DESCRIPTOR@, 1000, 0))(qm, qv, pm, pv)
""",
        raised("OSError"),
    ),
    attack(
        "read 5 all descriptors",
        "Looks through all descriptors for a file: there are none but its own connection and the empty device.",
        """
import stat
def kl_normal(qm, qv, pm, pv):
    for fd in range(64):
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return eval(os.pread(fd, 1000, 0))(qm, qv, pm, pv)
        except OSError:
            pass
    raise LookupError("no descriptor holds a file")
""",
        raised("no descriptor holds a file"),
    ),
    attack(
        "read 6 frames",
        "Climbs the frames for a truth, a check or a mark: the process that knows them is another one.",
        """
def kl_normal(qm, qv, pm, pv):
    frame = sys._getframe()
    while frame is not None:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            if name in ("truth", "exercise", "trial", "misconceptions", "EXERCISES") and callable(getattr(value, "truth", value)):
                return getattr(value, "truth", value)(qm, qv, pm, pv)
        frame = frame.f_back
    raise LookupError("no frame holds a truth")
""",
        raised("no frame holds a truth"),
    ),
    attack(
        "read 7 all objects",
        "Asks the garbage collector for the functions of the answer key and of the exercises.",
        """
import gc, types
def kl_normal(qm, qv, pm, pv):
    gc.unfreeze()
    for thing in gc.get_objects():
        home = thing.__module__ or "" if isinstance(thing, types.FunctionType) else ""
        if home.startswith(("vae_course.checks.lessons", "vae_course.teach.reference", "vae_course.checks.learning")):
            return thing(qm, qv, pm, pv)
    raise LookupError("no object is of the answer key")
""",
        raised("no object is of the answer key"),
    ),
    attack(
        "read 8 the answer key",
        "Imports the reference by a name that no text search finds: it is not in the sandbox.",
        """
import importlib
def kl_normal(qm, qv, pm, pv):
    key = importlib.import_module("vae_course." + "refer" + "ence.distributions")
    return getattr(key, "kl_normal")(qm, qv, pm, pv)
""",
        raised("ModuleNotFoundError"),
    ),
    attack(
        "read 9 a neighbour's hand-in",
        "Lists the folder of all hand-ins to copy from a neighbour.",
        """
def kl_normal(qm, qv, pm, pv):
    for name in os.listdir("@SUBMISSIONS@"):
        text = open(os.path.join("@SUBMISSIONS@", name)).read()
    return eval(text)(qm, qv, pm, pv)
""",
        raised("FileNotFoundError"),
    ),
    attack(
        "read 10 the network",
        "Asks a server on this machine for the answer: there is no network.",
        """
import socket
def kl_normal(qm, qv, pm, pv):
    with socket.create_connection(("127.0.0.1", @PORT@), timeout=0.5) as connection:
        return eval(connection.recv(1000))(qm, qv, pm, pv)
""",
        raised("PermissionError"),
    ),
    attack(
        "read 11 its own memory map",
        "Reads where memory lies, to find in it what a fork has left.",
        """
def kl_normal(qm, qv, pm, pv):
    return torch.zeros(len(open("@PROCESSES@/self/maps").read()))
""",
        raised("FileNotFoundError"),
    ),
    attack(
        "read 12 the source of the checks",
        "Looks beside the course's own files for those of the exercises.",
        """
from vae_course import nns
def kl_normal(qm, qv, pm, pv):
    course = os.path.dirname(os.path.dirname(nns.__file__))
    with open(os.path.join(course, "checks", "worlds", "truth.py")) as file:
        return torch.zeros(len(file.read()))
""",
        raised("FileNotFoundError"),
    ),
    attack(
        "read 14 where the course is installed",
        "Asks Python's own records where the course was installed from, and looks for the key there, as text, resource and compiled code.",
        """
import importlib.metadata, importlib.resources, importlib.util, linecache, pkgutil, re
def kl_normal(qm, qv, pm, pv):
    course = importlib.metadata.distribution("vae-course")
    roots = [str(course.locate_file("")), *__import__("vae_course").__path__]
    for file in course.files or ():
        if str(file).endswith(("finder.py", ".pth", "direct_url.json")):
            roots += [word for word in re.split("['\\"]", file.read_text() or "") if "vae_course" in word or "file:" in word]
    for root in roots:
        for end in ("teach", "vae_course/teach", "checks"):
            file = os.path.join(root.removeprefix("file:"), end, "reference", "distributions.py")
            text = "".join(linecache.getlines(file)) or "".join(linecache.getlines(importlib.util.cache_from_source(file)))
            if text:
                return eval(text)(qm, qv, pm, pv)
    found = [module.name for module in pkgutil.walk_packages(__import__("vae_course").__path__, "vae_course.")]
    inside = [part.name for part in importlib.resources.files("vae_course").iterdir()]
    if {"vae_course.teach", "vae_course.checks"} & {*found} or {"teach", "checks"} & {*inside}:
        return torch.zeros(qm.shape[:-1])
    raise LookupError("the records lead nowhere")
""",
        raised("the records lead nowhere"),
    ),
    HandIn(
        "read 13 what is lent",
        "A bound that searches the process for the right one, which is lent to other exercises.",
        f"""{HEAD}
import gc, types
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        gc.unfreeze()
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__name__ == "right_bound":
                return thing(self, x)
        frame = sys._getframe()
        while frame is not None:
            around = frame.f_globals.get("around")
            if around is not None:
                return around.scaffolds.right_bound(self, x)
            frame = frame.f_back
        raise LookupError("nobody lends a bound")
""",
        {"VAE.negative_elbo_bound": Row("raised", says="nobody lends a bound")},
        lesson="04_nelbo",
    ),
)
