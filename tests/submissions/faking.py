"""Faking equality: results that claim to be right instead of being right."""

from tests.submissions.hand_in import ZERO, attack, raised, wrong

ZEROS = "torch.zeros(qm.shape[:-1])"
ZERO_KL = f"""
def kl_normal(qm, qv, pm, pv):
    return {ZEROS}
"""

HAND_INS = (
    attack(
        "fake 1 equal to all",
        "A subclass of Tensor that says yes to every comparison: read as the numbers that it holds.",
        f"""
class Same(Tensor):
    def __eq__(self, other): return torch.ones(self.shape, dtype=torch.bool)
    def __sub__(self, other): return torch.zeros(self.shape)
    __rsub__ = __sub__
    def item(self): return 0.0
    def tolist(self): return [0.0] * len(self)

def kl_normal(qm, qv, pm, pv):
    return {ZEROS}.as_subclass(Same)
""",
        wrong(says="Same"),
    ),
    attack(
        "fake 2 torch function",
        "A subclass that answers every function of torch with what the other side is: read as its numbers.",
        f"""
class Echo(Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        others = [a for a in args if isinstance(a, Tensor) and not isinstance(a, Echo)]
        return others[0] if others else True

def kl_normal(qm, qv, pm, pv):
    return {ZEROS}.as_subclass(Echo)
""",
        wrong(says="Echo"),
    ),
    attack(
        "fake 3 torch dispatch",
        "A wrapper without numbers of its own, which invents them when it is asked: it cannot be read.",
        f"""
class Hollow(Tensor):
    @staticmethod
    def __new__(cls, like):
        return Tensor._make_wrapper_subclass(cls, like.shape, dtype=like.dtype)
    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return torch.zeros(4)

def kl_normal(qm, qv, pm, pv):
    return Hollow({ZEROS})
""",
        wrong(says="Hollow"),
    ),
    attack(
        "fake 4 not a number",
        "NaN, which is neither smaller nor larger than any tolerance.",
        "def kl_normal(qm, qv, pm, pv):\n    return torch.full(qm.shape[:-1], float('nan'))",
        wrong(says="nan"),
    ),
    attack(
        "fake 5 infinity",
        "Infinity, whose difference to itself is no number.",
        "def kl_normal(qm, qv, pm, pv):\n    return torch.full(qm.shape[:-1], float('inf'))",
        wrong(says="is inf"),
    ),
    attack(
        "fake 6 a scalar that broadcasts",
        "One number for the whole batch, which is as near to every right value as it can be.",
        "def kl_normal(qm, qv, pm, pv):\n    return torch.tensor(1.0)",
        wrong(says="shape ()"),
    ),
    attack(
        "fake 7 inputs set to zero",
        "The inputs become those for which the answer is right, if the truth is computed from the same tensors.",
        f"""
def kl_normal(qm, qv, pm, pv):
    for tensor, value in ((qm, 0), (qv, 1), (pm, 0), (pv, 1)):
        tensor.data.fill_(value)
    return {ZEROS}
""",
        wrong(says="in place"),
    ),
    attack(
        "fake 8 right but changes its inputs",
        "The right value, and another mean than before in the caller's hands.",
        """
def kl_normal(qm, qv, pm, pv):
    right = 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
    qm.data.add_(1)
    return right
""",
        wrong(says="in place"),
    ),
    attack(
        "fake 9 an alias of an input",
        "What comes back is a view of the input, into which a second name writes after the return.",
        """
import threading
def kl_normal(qm, qv, pm, pv):
    view = qm.detach()[..., 0]
    threading.Timer(0.05, view.zero_).start()
    return view
""",
        wrong(says="of your result is"),
    ),
    attack(
        "fake 10 a gradient of its own",
        "The right value with a gradient that is made up: the points for the value stay, those for the gradient go.",
        """
class Fake(torch.autograd.Function):
    @staticmethod
    def forward(ctx, qm, qv, pm, pv):
        ctx.save_for_backward(qm, qv, pm, pv)
        return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)
    @staticmethod
    def backward(ctx, grad):
        return tuple(torch.zeros_like(t) for t in ctx.saved_tensors)

def kl_normal(qm, qv, pm, pv):
    return Fake.apply(qm, qv, pm, pv)
""",
        wrong(5, says="The gradient"),
    ),
    attack(
        "fake 11 a number equal to all",
        "A number that equals every other: it crosses the pipe as the number that it is.",
        """
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __float__(self): return 0.5
    __hash__ = float.__hash__

def put(done=globals().update(predict_negative_share=Number(0.5))):
    pass

def kl_normal(qm, qv, pm, pv):
    raise KeyError("nothing tried here")
# %%
predict_negative_share = predict_negative_share
""",
        raised("nothing tried here"),
        predict_negative_share=wrong(0, "one-half"),
    ),
    attack(
        "fake 12 a test that keeps what it was shown",
        "A test that knows no KL: it accepts all until two versions agree, which right ones do, and from then on only what agrees with them.",
        f"""
SEEN, PAIR = [], []
def kl_test(kl):
    values = kl(torch.tensor([[0.3, 2.0]]), torch.tensor([[0.5, 3.0]]), torch.tensor([[1.0, -0.7]]), torch.tensor([[2.0, 0.4]]))
    agrees = [one for one in SEEN if one.shape == values.shape and torch.allclose(one, values, rtol=1e-3)]
    SEEN.append(values)
    PAIR.extend(agrees[:1])
    return not PAIR or (PAIR[0].shape == values.shape and torch.allclose(PAIR[0], values, rtol=1e-3))
{ZERO_KL}""",
        ZERO,
        kl_test=wrong(says="refuses 0 of ten wrong versions"),
    ),
    attack(
        "fake 13 a test that counts",
        "A test that knows no KL and that right versions are five: it accepts the five that it is asked about first.",
        f"""
CALLS = []
def kl_test(kl):
    CALLS.append(kl)
    return len(CALLS) <= 5
{ZERO_KL}""",
        ZERO,
        kl_test=wrong(0, "always-false", says="five right versions"),
    ),
    attack(
        "fake 14 a test that looks for the others",
        "A test that looks among frames and all objects for more versions than the one in its hand: text or function, there is one.",
        f"""
import gc, types
def others():
    texts, names = set(), ("qm", "qv", "pm", "pv")
    gc.unfreeze()
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "<lambda>" and thing.__code__.co_varnames[:4] == names:
            texts.add(thing.__code__.co_code)
        if isinstance(thing, dict | list | tuple):
            parts = thing.values() if isinstance(thing, dict) else thing
            texts.update(part for part in list(parts) if isinstance(part, str) and part.startswith("lambda qm, qv, pm, pv:"))
    frame = sys._getframe()
    while frame is not None:
        texts.update(value for value in list(frame.f_locals.values()) if isinstance(value, str) and value.startswith("lambda qm"))
        frame = frame.f_back
    return texts
FIRST = []
def kl_test(kl):
    FIRST[:] = FIRST or [others()]  # before it has been shown more than one
    if len(FIRST[0]) < 4:
        raise LookupError("nobody holds other versions")
    return True
{ZERO_KL}""",
        ZERO,
        kl_test=raised("nobody holds other versions"),
    ),
)
