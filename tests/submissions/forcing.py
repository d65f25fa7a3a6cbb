"""Forcing a person to look: answers over which the grader itself is to stumble, so that a zero becomes a "grader error" that somebody
has to settle. Each gets a mark of its own, and the reason."""

from collections.abc import Mapping
from dataclasses import replace

from tests.submissions.hand_in import HEAD, Form, HandIn, Row, as_notebook, attack, killed, raised, wrong

RIGHT = "0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"


def forces(name: str, tries: str, text: str, lesson: str, rows: Mapping[str, Row]) -> HandIn:
    return HandIn(name, tries, f"{HEAD}{text.strip()}\n", rows, lesson=lesson)


def digits(count: int) -> str:
    """A number of so many hexadecimal digits: Python reads it, and refuses to write it with ten."""
    return "0x" + "f" * count


def deep(expression: str) -> Form:
    """A notebook in which this stands for DEEP: the rules read the text without it, as no parser can read it with it."""
    return lambda hand_in, text: as_notebook(hand_in, text.replace("DEEP", expression))


HAND_INS = (
    forces(
        "force 1 a number that no tensor holds",
        "A whole number of 400 digits where one of the three numbers belongs.",
        """
class VAE(given.VAE):
    def negative_elbo_bound(self, x):
        return 10**400, torch.zeros(()), torch.zeros(())
""",
        "04_nelbo",
        {"VAE.negative_elbo_bound": wrong(says="cannot be compared")},
    ),
    forces(
        "force 2 a shape that changes with the batch",
        "One row less where the batch is large, which only the comparison of rows meets.",
        """
def sample_gaussian(m, v):
    z = m + v.sqrt() * torch.randn_like(m)
    return z[1:] if len(m) == 64 else z
""",
        "01_reparameterization",
        {"sample_gaussian": wrong(5, says="cannot be compared")},
    ),
    forces(
        "force 3 a kind that changes from call to call",
        "The right first step, and nothing in the second.",
        """
CALLS = []
def training_step(model, x, optimizer):
    optimizer.zero_grad()
    loss, _ = model.loss(x)
    loss.backward()
    optimizer.step()
    CALLS.append(1)
    return loss.detach() if len(CALLS) == 1 else None
""",
        "04_nelbo",
        {"training_step": wrong(2, says="cannot be compared")},
    ),
    attack(
        "force 4 five thousand digits",
        "A number that Python reads and cannot write, in a default.",
        f"""
def kl_normal(qm, qv, pm, pv, much={digits(5000)}):
    return {RIGHT}
""",
        raised("a number of thousands of digits"),
    ),
    replace(
        attack(
            "force 5 three hundred brackets",
            "An expression that is nested deeper than Python's own parser goes.",
            f"def kl_normal(qm, qv, pm, pv):\n    return DEEP + {RIGHT}",
            raised("too many nested parentheses"),
        ),
        form=deep("(" * 300 + "0" + ")" * 300),
    ),
    replace(
        attack(
            "force 6 ten thousand signs",
            "An expression that is nested deeper than whoever walks it goes.",
            f"def kl_normal(qm, qv, pm, pv):\n    return DEEP + {RIGHT}",
            raised("nested too deeply"),
        ),
        form=deep("-" * 10_000 + "0"),
    ),
    attack(
        "force 7 what claims to be a number",
        "A constant that says it is a float, has no value when it is asked, and equals everything.",
        """
class Claims:
    __class__ = float
    __hash__ = None
    def __eq__(self, other): return True
    def __float__(self): raise SystemError("no value")
    def __repr__(self): raise SystemError("no text")
    def __len__(self): raise SystemError("no length")
def kl_normal(qm, qv, pm, pv):
    return Claims()
# %%
predict_negative_share = Claims()
""",
        wrong(),
        predict_negative_share=killed("exit code 1"),
    ),
    attack(
        "force 8 what claims to be a tensor",
        "A constant that says it is a tensor, of a size that no memory holds and with numbers that are none.",
        """
class Claims:
    __class__ = Tensor
    shape = (1,)
    dtype, device, layout, is_nested, requires_grad = torch.float32, torch.device("cpu"), torch.strided, False, True
    def detach(self): return self
    def item(self): return {("a", 1): [float("nan")] * 3, None: object()}
    def __getattr__(self, name): raise SystemError(name)
def kl_normal(qm, qv, pm, pv):
    return Claims()
# %%
predict_negative_share = Claims()
""",
        wrong(),
        predict_negative_share=wrong(),
    ),
    attack(
        "force 9 a type without a name",
        "A result whose type's name is no text and cannot be written.",
        """
class Nameless(type):
    @property
    def __name__(cls): raise SystemError("no name")
class Result(metaclass=Nameless):
    pass
def kl_normal(qm, qv, pm, pv):
    return {"a": Result()}
""",
        raised(),
    ),
    attack(
        "force 10 a gradient that does not fit",
        "The right value; on the way back, gradients of other shapes and of numbers that are none.",
        f"""
def kl_normal(qm, qv, pm, pv):
    def grad(outputs, inputs, *others, **options):
        return [torch.full((3, 1, 0), complex("nan")) for _ in inputs]
    torch.autograd.grad = grad
    return {RIGHT}
""",
        killed("a gradient of another shape", points=3),
    ),
    forces(
        "force 11 half characters",
        "An order of which every letter is half of a character, which no file can hold.",
        r"""
derivation = ["\ud800", "\udfff", "\0", "=1+1", "\u202e", "", "A"]
""",
        "04b_collapse",
        {"derivation": wrong()},
    ),
    forces(
        "force 12 a dictionary of everything",
        "Keys that are no words, and values that are no numbers: lists in lists, itself, infinities.",
        """
two_boxes = {"evidence": float("inf"), "posterior": float("nan"), "best_elbo": [[[[[[[1]]]]]]], None: 1, (1, 2): 2, 10**5000: 3}
two_boxes["gap"] = two_boxes
""",
        "00_start_here",
        {"two_boxes": wrong()},
    ),
)
