"""Forging results: frames, numbers and files that the grader is to take for its own."""

from tests.submissions.hand_in import ZERO, HandIn, Row, attack, killed

ZEROS = "torch.zeros(qm.shape[:-1])"

SOCKET = """
import json, stat, struct
def connection():
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return fd
        except OSError:
            pass

def frame(facts, tensors=b""):
    return struct.pack(">II", len(facts), len(tensors)) + facts + tensors

def question():
    here = sys._getframe()
    while here is not None:
        if isinstance(here.f_locals.get("facts"), dict) and "id" in here.f_locals["facts"]:
            return here.f_locals["facts"]["id"]
        here = here.f_back
"""
"""The descriptor that the grader speaks on, a frame of the protocol, and the number of the question just asked."""

FORGED = "wrote to the grader itself"


def sends(name: str, tries: str, data: str) -> HandIn:
    """An attack that writes some bytes to the grader and then returns zeros."""
    text = f"{SOCKET}\ndef kl_normal(qm, qv, pm, pv):\n    os.write(connection(), {data})\n    return {ZEROS}\n"
    return attack(name, tries, text, killed(FORGED))


HAND_INS = (
    attack(
        "forge 1 standard output",
        "Prints a mark, and writes it to the descriptors of output: both lead nowhere.",
        f"""
def kl_normal(qm, qv, pm, pv):
    mark = '{{"exercise": "kl_normal", "status": "correct", "points": 6}}'
    print(mark)
    for fd in (1, 2):
        os.write(fd, mark.encode())
    return {ZEROS}
""",
        ZERO,
    ),
    sends("forge 2 no frame", "Bytes that are no frame.", "b'@' * 100"),
    sends(
        "forge 3 a frame of four gigabytes",
        "The head of a frame larger than memory.",
        "struct.pack('>II', 2**32 - 1, 2**32 - 1)",
    ),
    sends(
        "forge 4 a deep frame",
        "Lists in lists, 100,000 deep.",
        """frame(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")""",
    ),
    sends(
        "forge 5 an answer to the next question",
        "The reply to a question that will only be asked.",
        """frame(json.dumps({"id": question() + 1, "status": "correct", "points": 6}).encode())""",
    ),
    attack(
        "forge 6 an answer of its own",
        "Replies to the question itself, before the true reply, which is then one too many: the number must still be right.",
        f"""
{SOCKET}
from safetensors.torch import save
def kl_normal(qm, qv, pm, pv):
    facts = {{"id": question(), "error": None, "outputs": ["0"], "kinds": {{"returned": "Tensor", "0": "Tensor"}}}}
    facts |= {{"differentiable": ["0"], "changed": []}}
    os.write(connection(), frame(json.dumps(facts).encode(), save({{"0": {ZEROS}}})))
    return {ZEROS}
""",
        killed("Entry"),
    ),
    attack(
        "forge 7 a pickle",
        "A pickle instead of tensors, which would empty the canary if anybody loaded it.",
        f"""
{SOCKET}
import pickle
class Opens:
    def __reduce__(self):
        return open, ("@CANARY@", "w")
def kl_normal(qm, qv, pm, pv):
    os.write(connection(), frame(json.dumps({{"id": question()}}).encode(), pickle.dumps(Opens())))
    return {ZEROS}
""",
        killed(FORGED),
    ),
    sends(
        "forge 8 a tensor of terabytes",
        "Tensors whose head promises more numbers than there are.",
        """frame(json.dumps({"id": question()}).encode(), struct.pack("<Q", 64) +
            b'{"0":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,0]}}')""",
    ),
    sends(
        "forge 9 no number",
        "JSON with NaN, which is no JSON, where the question's number belongs.",
        """frame(b'{"id": NaN}')""",
    ),
    sends(
        "forge 10 a number of 4,000 digits",
        "A whole number that no float holds.",
        """frame(b'{"id": 1' + b"0" * 4000 + b"}")""",
    ),
    sends(
        "forge 11 half a character",
        "Half of a surrogate pair, which no file can hold.",
        r"""frame(b'{"id": "\\ud800"}')""",
    ),
    attack(
        "forge 12 half a frame and the end",
        "Promises a frame, sends half of it, and ends the process.",
        f"""
{SOCKET}
def kl_normal(qm, qv, pm, pv):
    os.write(connection(), struct.pack(">II", 1000, 0) + b"half")
    os._exit(0)
""",
        killed("exit code 0"),
    ),
    attack(
        "forge 13 the grader's questions",
        "Takes the connection away from the server: the next question is never answered.",
        f"""
{SOCKET}
def kl_normal(qm, qv, pm, pv):
    os.dup2(os.open(os.devnull, os.O_RDWR), connection())
    return {ZEROS}
""",
        killed("closed its connection"),
    ),
    attack(
        "forge 14 files of marks",
        "Writes marks into files of the grader's names where it stands.",
        f"""
def kl_normal(qm, qv, pm, pv):
    for name in ("marks.csv", "found.sqlite", "totals.csv"):
        with open(name, "w") as file:
            file.write("forge 14 files of marks,02_kl_divergence,kl_normal,correct,6,6,,")
    return {ZEROS}
""",
        ZERO,
    ),
    attack(
        "forge 15 a symbolic link",
        "A link in the one folder that it may write to, which leads to the canary.",
        f"""
def kl_normal(qm, qv, pm, pv):
    os.symlink("@CANARY@", "link")
    with open("link", "w") as file:
        file.write("overwritten")
    return {ZEROS}
""",
        Row("raised", says="PermissionError"),
    ),
    attack(
        "forge 16 a status of the grader's own",
        "Raises the grader's own exceptions, and one that looks like a fault of the grader.",
        """
from vae_course.runner.answers import OutOfMemory
class WorkerLost(Exception):
    pass
def kl_normal(qm, qv, pm, pv):
    raise WorkerLost("this is no fault of the student's; a person has to look at it")
# %%
def kl_monte_carlo(z, qm, qv, pm, pv):
    raise OutOfMemory("grader error")
""",
        Row("raised", says="WorkerLost"),
        kl_monte_carlo=Row("forbidden", says="answers.OutOfMemory"),
    ),
    attack(
        "forge 17 an answer that is not in the file",
        "Puts an answer to another exercise among its names while it is called: the file defines none, and none is marked.",
        f"""
def kl_normal(qm, qv, pm, pv):
    sys._getframe().f_globals["kl_test"] = lambda kl: True
    return {ZEROS}
""",
        ZERO,
    ),
)
