"""Patching the checker: what compares, counts or imports is replaced. The checker is in another process."""

from tests.submissions.hand_in import ZERO, attack, killed, wrong

ZEROS = "torch.zeros(qm.shape[:-1])"
RETURN_ZEROS = f"""
def kl_normal(qm, qv, pm, pv):
    return {ZEROS}
"""

SERVING = """
def serving():
    frame = sys._getframe()
    while frame is not None:
        if "_HandedIn" in frame.f_globals:
            return frame.f_globals
        frame = frame.f_back
"""
"""The globals of the module that calls the answer, found among the frames."""

HAND_INS = (
    attack(
        "patch 1 comparisons of torch",
        "Every comparison of torch says yes, in the student's process alone.",
        f"""
class Patch:
    for name in ("allclose", "equal", "isclose", "isfinite", "isnan", "eq"):
        setattr(torch, name, lambda *args, **kwargs: True)
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 2 operators of Tensor",
        "Differences are zero and comparisons true: the answers of the same file suffer, and nobody else's.",
        f"""
class Patch:
    Tensor.__eq__ = Tensor.__lt__ = Tensor.__le__ = lambda self, other: torch.ones(self.shape, dtype=torch.bool)
    Tensor.__sub__ = Tensor.__rsub__ = lambda self, other: torch.zeros_like(self)
{RETURN_ZEROS}""",
        ZERO,
        log_normal=wrong(),
    ),
    attack(
        "patch 3 numpy",
        "The comparisons of numpy and of its tests say yes.",
        f"""
import numpy as np
class Patch:
    np.allclose = np.isclose = np.array_equal = np.testing.assert_allclose = lambda *args, **kwargs: True
    np.abs = np.max = lambda *args, **kwargs: 0.0
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 4 builtins",
        "abs is zero, all and isinstance are true: the student's process cannot even reply any more.",
        f"""
import builtins
def kl_normal(qm, qv, pm, pv):
    builtins.abs = lambda number: 0.0
    builtins.all = builtins.any = lambda things: True
    builtins.isinstance = builtins.issubclass = lambda thing, kind: True
    return {ZEROS}
""",
        killed("exit code 1"),
    ),
    attack(
        "patch 5 an import hook",
        "A finder before all others serves modules of checks that pass everything.",
        f"""
import importlib.abc, importlib.machinery
class Hook(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.startswith("vae_course.") or name.startswith("safetensors"):
            return importlib.machinery.ModuleSpec(name, self)
    def exec_module(self, module):
        module.examine = module.check = module.load = lambda *args: {{"status": "correct", "points": 100}}
class Patch:
    sys.meta_path.insert(0, Hook())
    sys.modules.pop("safetensors.torch", None)
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 6 a shadow of the course",
        "Modules of one's own under the names of the course's, in which everything is correct.",
        f"""
import types
class Patch:
    for name in ("vae_course", "vae_course.checks.lessons", "vae_course.teach.grading", "vae_course.teach.reference"):
        shadow = types.ModuleType(name)
        shadow.check = shadow.examine = shadow.truth = lambda *args, **kwargs: True
        sys.modules[name] = shadow
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 7 what the truth is made of",
        "The functions of torch.distributions, from which the truth is computed, return zeros.",
        f"""
import torch.distributions as d
class Patch:
    d.kl_divergence = d.kl.kl_divergence = lambda p, q: torch.zeros(p.batch_shape)
    d.Normal.log_prob = lambda self, value: torch.zeros_like(value)
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 8 the server of answers",
        "The function that describes a call is replaced by one that says correct: such a reply is none.",
        f"""
{SERVING}
def kl_normal(qm, qv, pm, pv):
    serving()["_described"] = lambda call: ({{"status": "correct", "points": 6, "outputs": []}}, {{}})
    return {ZEROS}
""",
        killed("wrote to the grader itself"),
    ),
    attack(
        "patch 9 how answers are called",
        "The class that calls answers is replaced, and says that the inputs' gradients are whatever is asked for.",
        f"""
{SERVING}
def kl_normal(qm, qv, pm, pv):
    answer = serving()["LocalAnswer"]
    answer.call = lambda self, *inputs, seed: serving()["Call"]({{"0": {ZEROS}}}, {{"returned": "Tensor", "0": "Tensor"}})
    return {ZEROS}
""",
        ZERO,
    ),
    attack(
        "patch 10 how tensors are written",
        "The writer of tensors sends numbers of another shape than it says.",
        f"""
{SERVING}
import safetensors.torch
def kl_normal(qm, qv, pm, pv):
    channel = serving()["Channel"].send.__globals__
    channel["packed"] = lambda tensors: b"\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00{{\\"0\\":1}} "
    return {ZEROS}
""",
        killed("wrote to the grader itself"),
    ),
    attack(
        "patch 11 how facts are written",
        "The writer of facts claims full marks in every key: keys that nobody asked for are not read.",
        f"""
import json
class Patch:
    dumps = json.dumps
    def more(facts, dumps=json.dumps, **options):
        return dumps(facts | {{"status": "correct", "points": 100, "passed": True}}, **options)
    json.dumps = more
{RETURN_ZEROS}""",
        ZERO,
    ),
    attack(
        "patch 12 a trace function",
        "A trace function looks for frames of a checker, to change what they hold.",
        f"""
def trace(frame, event, argument):
    if frame.f_code.co_name in ("examine", "equals_truth", "test"):
        frame.f_locals["passed"] = True
    return trace
def kl_normal(qm, qv, pm, pv):
    sys.settrace(trace)
    return {ZEROS}
""",
        ZERO,
    ),
)
