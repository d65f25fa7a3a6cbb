"""One file, three doors: `check` in a live kernel, `vae-course check FILE`, and `vae-course grade` say the same of every answer.

In the kernel every cell is followed by a check of what it has defined, as in a lesson; of several verdicts on an exercise the last
one counts that is more than "not started". All doors draw the same inputs.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel import Kernel, started
from tests.share import one_in
from tests.submissions import mistaken, right
from tests.submissions.hand_in import HandIn
from tests.submissions.run import rows
from vae_course import cli
from vae_course.checks.learning.terminal import check_file
from vae_course.emphasis import without_signs
from vae_course.teach.grading.keeping.texts import plain_text
from vae_course.teach.grading.marking import marking

SEED = 20
HEAD = "import torch\nfrom torch import nn\nfrom vae_course import given\n# %%\n"
BOUND = """
    def negative_elbo_bound(self, x):
        m, v = self.enc(x)
        kl = given.kl_normal(m, v, *self.z_prior).mean()
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return kl + rec, kl, rec
"""
LOSS = """
    def loss(self, x):
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}
"""
STUBS = """
    def negative_elbo_bound(self, x):
        \"\"\"The negative ELBO and its two terms.\"\"\"
        raise NotImplementedError

    def loss(self, x):
        raise NotImplementedError
"""
STUB = f"class VAE(given.VAE):{STUBS}"
ZEROS = "class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        z = torch.zeros(())\n        return z, z, z\n"
WEIGHTS = """
    def negative_iwae_bound(self, x, iw):
        m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in self.enc(x))
        z = given.sample_gaussian(m, v)
        prior_m, prior_v = self.z_prior
        like = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))
        log_w = like + given.log_normal(z, prior_m, prior_v) - given.log_normal(z, m, v)
        kl = given.kl_normal(m[:, 0], v[:, 0], prior_m, prior_v).mean()
        return -given.log_mean_exp(log_w, 1).mean(), kl, -like.mean()
"""
IWAE_LOSS = """
    def loss(self, x, iw=10):
        niwae, kl, rec = self.negative_iwae_bound(x, iw)
        return niwae, {"train/loss": niwae, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}
"""
KL = "def kl_normal(qm, qv, pm, pv):\n    return 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"
KL_STUB = 'def kl_normal(qm, qv, pm, pv):\n    """KL(q || p)."""\n    raise NotImplementedError'
KL_HALF = KL.replace("0.5 * ", "")
LOG_NORMAL = (
    "def log_normal(x, m, v):\n    return (-0.5 * (torch.log(2 * torch.pi * v) + (x - m).square() / v)).sum(-1)"
)
BOXES = '{"evidence": 0.55, "posterior": 0.8182, "gap": 0.2596, "best_elbo": -0.5978}'
NO_BOXES = '{"evidence": None, "posterior": None, "gap": None, "best_elbo": None}'
NAMED = {"loss": "IWAE.loss"}

# name: (lesson, cells): how people write and leave their answers. The mark that is expected stands in EXPECTED.
FILES: dict[str, tuple[str, list[str]]] = {
    "a stub VAE and a right class of another name": ("04_nelbo", [STUB, f"class MyVAE(given.VAE):{BOUND}{LOSS}"]),
    "the right class above the stub": ("04_nelbo", [f"class MyVAE(given.VAE):{BOUND}{LOSS}", STUB]),
    "the stub's cell pasted in again below": ("04_nelbo", [f"class VAE(given.VAE):{BOUND}{LOSS}", STUB]),
    "one method in each of two cells": ("04_nelbo", [f"class VAE(given.VAE):{BOUND}", f"class VAE(VAE):{LOSS}"]),
    "half of the class a stub, the rest in a second class": (
        "04_nelbo",
        [
            f"class VAE(given.VAE):{BOUND}\n    def loss(self, x):\n        raise NotImplementedError",
            f"class Trained(VAE):{LOSS}",
        ],
    ),
    "two versions of a class, of which the second has the loss alone": (
        "04_nelbo",
        [
            f"class VAE(given.VAE):{BOUND}\n    def loss(self, x):\n        raise NotImplementedError",
            f"class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        raise NotImplementedError\n{LOSS}",
        ],
    ),
    "placeholders of zeros, and a class of another name": ("04_nelbo", [ZEROS, f"class Mine(given.VAE):{BOUND}{LOSS}"]),
    "a mixin": ("04_nelbo", [f"class Bounds:{BOUND}{LOSS}", "class VAE(Bounds, given.VAE):\n    pass"]),
    "methods put on the class later": (
        "04_nelbo",
        [
            "class VAE(given.VAE):\n    pass",
            BOUND.replace("\n    ", "\n"),
            "VAE.negative_elbo_bound = negative_elbo_bound",
        ],
    ),
    "an encoder beside the VAE": (
        "04_nelbo",
        [
            f"class VAE(given.VAE):{BOUND}{LOSS}",
            "class Encoder(nn.Module):\n    def forward(self, x):\n        return x",
        ],
    ),
    "a wrong version of a right method": (
        "04_nelbo",
        [f"class VAE(given.VAE):{BOUND}", f"class VAE(given.VAE):{BOUND.replace('kl + rec, kl', 'kl - rec, kl')}"],
    ),
    "a class under a second name": ("04_nelbo", [f"class Mine(given.VAE):{BOUND}{LOSS}", "VAE = Mine"]),
    "a helper method": (
        "04_nelbo",
        [
            "class VAE(given.VAE):\n    def parts(self, x):\n        m, v = self.enc(x)\n"
            "        kl = given.kl_normal(m, v, *self.z_prior).mean()\n"
            "        return kl, -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()\n"
            "    def negative_elbo_bound(self, x):\n        kl, rec = self.parts(x)\n        return kl + rec, kl, rec"
        ],
    ),
    "a bound that raises": (
        "04_nelbo",
        ["class VAE(given.VAE):\n    def negative_elbo_bound(self, x):\n        return self.encoder(x)"],
    ),
    "nbgrader's own stub": (
        "02_kl_divergence",
        ["def kl_normal(qm, qv, pm, pv):\n    # YOUR CODE HERE\n    raise NotImplementedError()"],
    ),
    "a function written twice": ("02_kl_divergence", [KL_HALF, KL]),
    "a function written twice, the wrong one last": ("02_kl_divergence", [KL, KL_HALF]),
    "a function, and its stub pasted in again": ("02_kl_divergence", [KL, KL_STUB]),
    "a function, and its stub above": ("02_kl_divergence", [KL_STUB, KL]),
    "a lambda": (
        "02_kl_divergence",
        ["kl_normal = lambda qm, qv, pm, pv: 0.5 * ((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1)"],
    ),
    "a function under a second name": ("02_kl_divergence", [KL.replace("kl_normal", "mine"), "kl_normal = mine"]),
    "a function that stands on another": (
        "02_kl_divergence",
        [
            LOG_NORMAL,
            "def kl_monte_carlo(z, qm, qv, pm, pv):\n    return log_normal(z, qm, qv) - log_normal(z, pm, pv)",
        ],
    ),
    "an answer beside the stub of what it stands on": (
        "02_kl_divergence",
        [
            "def log_normal(x, m, v):\n    raise NotImplementedError",
            "def kl_monte_carlo(z, qm, qv, pm, pv):\n    return log_normal(z, qm, qv) - log_normal(z, pm, pv)",
        ],
    ),
    "a helper defined below": (
        "02_kl_divergence",
        ["def ratio(a, b):\n    return (a / b).log()", KL.replace("(pv / qv).log()", "ratio(pv, qv)")],
    ),
    "the course's own function": ("02_kl_divergence", ["from vae_course.given import kl_normal"]),
    "a call of the course's own function": (
        "02_kl_divergence",
        ["def kl_normal(*args):\n    return given.kl_normal(*args)"],
    ),
    "a result of another type": ("02_kl_divergence", ["def kl_normal(qm, qv, pm, pv):\n    return 'the KL'"]),
    "nothing returned": ("02_kl_divergence", ["def kl_normal(qm, qv, pm, pv):\n    kl = 0.5 * (qv / pv).sum(-1)"]),
    "a wrong shape": ("02_kl_divergence", [KL.replace(".sum(-1)", ".sum()")]),
    "one argument too few": ("02_kl_divergence", ["def kl_normal(qm, qv, pm):\n    return qm.sum(-1)"]),
    "a name that nothing defines": (
        "02_kl_divergence",
        ["def kl_normal(qm, qv, pm, pv):\n    return variance_ratio(qv, pv)"],
    ),
    "a share as a fraction": ("02_kl_divergence", ["predict_negative_share = 0.309"]),
    "a share in percent": ("02_kl_divergence", ["predict_negative_share = 30.9"]),
    "a share, and its placeholder pasted in again": (
        "02_kl_divergence",
        ["predict_negative_share = 0.309", "predict_negative_share = None"],
    ),
    "a share that is computed": (
        "02_kl_divergence",
        ["import math\npredict_negative_share = 0.5 * (1 + math.erf(-0.5 / math.sqrt(2)))"],
    ),
    "a share as a tensor": ("02_kl_divergence", ["predict_negative_share = torch.tensor(0.309)"]),
    "a dictionary": ("00_start_here", [f"two_boxes = {BOXES}"]),
    "a dictionary, and its placeholders pasted in again": (
        "00_start_here",
        [f"two_boxes = {BOXES}", f"two_boxes = {NO_BOXES}"],
    ),
    "a dictionary filled in later": (
        "00_start_here",
        [
            f"two_boxes = {NO_BOXES}",
            'two_boxes["evidence"] = 0.55',
            "two_boxes.update(posterior=0.8182, gap=0.2596, best_elbo=-0.5978)",
        ],
    ),
    "a dictionary half filled in": ("00_start_here", [f"two_boxes = {BOXES.replace('0.2596', 'None')}"]),
    "a dictionary with a wrong entry": ("00_start_here", [f"two_boxes = {BOXES.replace('-0.5978', '-0.8574')}"]),
    "a list for a dictionary": ("00_start_here", ["two_boxes = [0.55, 0.8182, 0.2596, -0.5978]"]),
    "a device from the environment": (
        "02_kl_divergence",
        [
            "import os\nDEVICE = os.environ.get('NO_SUCH_SETTING', 'cpu')",
            KL.replace("(pv / qv)", "(pv / qv).to(DEVICE)"),
        ],
    ),
    "the lines of PyTorch's own tutorials": (
        "02_kl_divergence",
        [
            "device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else 'cpu'",
            KL.replace("(pv / qv)", "(pv / qv).to(device)"),
        ],
    ),
    "a namespace of constants": (
        "02_kl_divergence",
        ["from types import SimpleNamespace\ncfg = SimpleNamespace(half=0.5)", KL.replace("0.5 *", "cfg.half *")],
    ),
    "a constant made in a with block": (
        "02_kl_divergence",
        ["with torch.no_grad():\n    HALF = torch.ones(2).mean() / 2", KL.replace("0.5 *", "HALF *")],
    ),
    "a logger": (
        "02_kl_divergence",
        [
            "import logging\nlog = logging.getLogger(__name__)",
            KL.replace("    return", "    log.debug('kl')\n    return"),
        ],
    ),
    "a generator": (
        "01_reparameterization",
        [
            "gen = torch.Generator()\ngen.manual_seed(5)",
            "def sample_gaussian(m, v):\n    return m + v.sqrt() * torch.randn(m.shape, generator=gen)",
        ],
    ),
    "a table filled in a loop": (
        "00_start_here",
        [
            "import math\ntwo_boxes = {}\nfor name, value in (('evidence', 0.55), ('posterior', 9 / 11)):\n    two_boxes[name] = value",
            "two_boxes['best_elbo'] = math.log(0.55)\nelbo = sum(0.5 * math.log(w / 0.5) for w in (0.1, 0.45))\n"
            "two_boxes['gap'] = math.log(0.55) - elbo",
        ],
    ),
    "a method set by hand": (
        "04_nelbo",
        [f"class VAE(given.VAE):{BOUND}", f"if True:{LOSS}", "setattr(VAE, 'loss', loss)"],
    ),
    "a GPU that is not there": ("02_kl_divergence", [KL.replace("(pv / qv)", "(pv / qv).to('mps')")]),
    "a device by name": (
        "02_kl_divergence",
        ["device = torch.device('cuda')", KL.replace("(pv / qv)", "(pv / qv).to(device)")],
    ),
    "a GPU that is asked for": (
        "02_kl_divergence",
        [KL.replace("return", "assert torch.cuda.is_available()\n    return")],
    ),
    "an order": ("04_nelbo", ['derivation = ["E", "C", "G", "A", "H", "B"]']),
    "an order, as a word": ("04_nelbo", ['derivation = list("ECGAHB")']),
    "the IWAE's loss on a class of another name, before lesson 05 was cut in two": (
        "05_iwae",
        [f"class VAE(given.VAE):{WEIGHTS}", f"class MyIWAE(VAE):{IWAE_LOSS}", "check(MyIWAE.loss, 'IWAE.loss')"],
    ),
    "the VAE's loss is no answer to the IWAE's": (
        "05b_limits",
        [f"class VAE(given.VAE):{WEIGHTS}{LOSS}", "two_weights = {'elbo': 0.5493, 'iwae_2': 0.6212, 'limit': 0.6931}"],
    ),
    "the IWAE's loss a stub": (
        "05_iwae",
        [
            f"class VAE(given.VAE):{WEIGHTS}",
            "class IWAE(VAE):\n    def loss(self, x, iw=10):\n        raise NotImplementedError",
        ],
    ),
    "a method with the name of the function that it calls": (
        "05_iwae",
        [
            "def log_weights(model, x, iw):\n"
            "    m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in model.enc(x))\n"
            "    z = given.sample_gaussian(m, v)\n"
            "    like = given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))\n"
            "    return like + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)",
            "class VAE(given.VAE):\n"
            "    def log_weights(self, x, iw):\n"
            "        return log_weights(self, x, iw)\n"
            "    def negative_iwae_bound(self, x, iw):\n"
            "        m, v = self.enc(x)\n"
            "        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()\n"
            "        niwae = -given.log_mean_exp(self.log_weights(x, iw), 1).mean()\n"
            "        return niwae, given.kl_normal(m, v, *self.z_prior).mean(), rec",
        ],
    ),
    "the bound on the IWAE": ("05_iwae", [f"class IWAE(given.VAE):{WEIGHTS}{IWAE_LOSS}"]),
}

EXPECTED = {  # what must not change whatever the doors agree on: exercise, status, points
    "a stub VAE and a right class of another name": ("VAE.negative_elbo_bound", "correct", 11),
    "a method with the name of the function that it calls": ("VAE.negative_iwae_bound", "correct", 9),
    "the right class above the stub": ("VAE.loss", "correct", 1),
    "the stub's cell pasted in again below": ("VAE.negative_elbo_bound", "correct", 11),
    "half of the class a stub, the rest in a second class": ("VAE.loss", "correct", 1),
    "two versions of a class, of which the second has the loss alone": ("VAE.negative_elbo_bound", "correct", 11),
    "placeholders of zeros, and a class of another name": ("VAE.negative_elbo_bound", "correct", 11),
    "a mixin": ("VAE.negative_elbo_bound", "correct", 11),
    "a wrong version of a right method": ("VAE.negative_elbo_bound", "wrong", 6),
    "nbgrader's own stub": ("kl_normal", "not started", 0),
    "a function written twice, the wrong one last": ("kl_normal", "wrong", 0),
    "a device from the environment": ("kl_normal", "correct", 6),
    "the lines of PyTorch's own tutorials": ("kl_normal", "correct", 6),
    "a namespace of constants": ("kl_normal", "correct", 6),
    "a constant made in a with block": ("kl_normal", "correct", 6),
    "a logger": ("kl_normal", "correct", 6),
    "a generator": ("sample_gaussian", "correct", 7),
    "a table filled in a loop": ("two_boxes", "correct", 3),
    "a method set by hand": ("VAE.loss", "correct", 1),
    "a function, and its stub pasted in again": ("kl_normal", "correct", 6),
    "an answer beside the stub of what it stands on": ("kl_monte_carlo", "correct", 2),
    "a share, and its placeholder pasted in again": ("predict_negative_share", "correct", 1),
    "a dictionary, and its placeholders pasted in again": ("two_boxes", "correct", 3),
    "a dictionary filled in later": ("two_boxes", "correct", 3),
    "the IWAE's loss on a class of another name, before lesson 05 was cut in two": ("IWAE.loss", "correct", 2),
    "the VAE's loss is no answer to the IWAE's": ("IWAE.loss", "not started", 0),
}

HAND_INS = (
    *(HandIn(f"file {number:02}", name, HEAD + "\n# %%\n".join(cells), {}, lesson)
      for number, (name, (lesson, cells)) in enumerate(FILES.items())),
    *(hand_in for hand_in in (*right.HAND_INS, *mistaken.HAND_INS) if hand_in.form.__name__ == "as_notebook" and not hand_in.beside),
)  # fmt: skip

START = """
import inspect, json, torch
from vae_course import check as _check
from vae_course.checks.lessons import EXERCISES as _EXERCISES

def _key(value):
    # What tells a value from what it was before: an answer may be filled in, and a class given a method.
    return id(value), repr(value) if isinstance(value, dict) else "", str(vars(value)) if inspect.isclass(value) else ""

def _seen():
    return {name: _key(value) for name, value in globals().items()}

def _defined(before):
    for name, value in list(globals().items()):
        if before.get(name) == _key(value) or name.startswith("_"):
            continue
        if name in _EXERCISES:
            yield value, name
        if inspect.isclass(value) and value.__module__ == "__main__":
            for member in dir(value):
                owner = value.__name__ if f"{value.__name__}.{member}" in _EXERCISES else "VAE"
                found = getattr(value, member, None)
                if f"{owner}.{member}" in _EXERCISES and getattr(found, "__module__", "") == "__main__":
                    yield found, f"{owner}.{member}"

def check(answer, exercise):
    found = _check(answer, exercise, seed=SEED, quiet=True)
    if found.status != "not started" or found.exercise not in _verdicts:
        _verdicts[found.exercise] = [found.status, found.points, found.misconception, found.message]
"""


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those hand-ins that this run asks about."""
    folder = tmp_path_factory.mktemp("doors")
    (folder / "class").mkdir()
    asked = [item.callspec.params["hand_in"] for item in request.session.items if item.fspath == request.fspath]  # type: ignore[attr-defined]
    assert asked and len(HAND_INS) >= 50
    for hand_in in asked:
        (folder / "class" / hand_in.path).write_text(
            str(hand_in.form(hand_in, re.sub(r"(?m)^(# %%.*\n)\n+", r"\1", hand_in.text))), encoding="utf-8"
        )
    return folder


Verdicts = dict[str, tuple[str, float, str, str]]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(str(tmp_path_factory.mktemp("kernel"))) as kernel:
        yield kernel


def in_a_kernel(kernel: Kernel, hand_in: HandIn) -> Verdicts:
    """Every cell run, and after it a check of what it has defined; the cells' own calls of `check` count."""
    kernel.run("%reset -f")
    kernel.run(f"SEED, _verdicts = {SEED}, {{}}\n{START}")
    for cell in re.split(r"(?m)^# %%.*\n+", hand_in.text):  # IPython counts no empty lines at a cell's top
        kernel.run("_before = _seen()")
        kernel.run(cell)
        ran = kernel.run("for _answer, _name in _defined(_before):\n    check(_answer, _name)")
        assert not ran.error, ran.error
    ran = kernel.run("print(json.dumps(_verdicts))")
    return {name: tuple(found) for name, found in json.loads(ran.streams).items()}


def in_the_terminal(path: Path) -> Verdicts:
    return {v.exercise: (v.status, v.points, v.misconception, v.message) for v in check_file(path, seed=SEED).verdicts}


def as_a_row_says_it(verdict: tuple[str, float, str, str]) -> tuple[str, float, str, str]:
    """A row of a spreadsheet has its message on one line, and shows no emphasis."""
    return (*verdict[:3], without_signs(plain_text(verdict[3])).replace("\n", " | "))


@pytest.fixture(scope="module")
def graded(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """All of them marked as a class, in the sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marking, "seed_of", lambda run, exercise: SEED)
        cli.main(["grade", str(folder / "class"), "--out", str(folder / "marks")])
    return rows(folder / "marks" / "marks.csv")


@pytest.mark.parametrize("hand_in", one_in(6, HAND_INS, [hand_in.tries[:60] for hand_in in HAND_INS]))
def test_the_three_doors_say_the_same(hand_in: HandIn, folder: Path, graded, kernel: Kernel):
    terminal, live = in_the_terminal(folder / "class" / hand_in.path), in_a_kernel(kernel, hand_in)
    marked = {name: graded[hand_in.student, name] for name in terminal}
    grader = {
        name: (row["status"], float(row["points"]), row["misconception"], row["message"])
        for name, row in marked.items()
    }
    assert grader == {name: as_a_row_says_it(verdict) for name, verdict in terminal.items()}
    for name, verdict in terminal.items():
        if name not in live and "could not be read" in verdict[3]:
            continue  # a cell that is no Python defines nothing in a kernel, which says so itself
        assert live.get(name, verdict if verdict[0] == "not started" else None) == verdict, name
    if hand_in.tries in EXPECTED:
        name, status, points = EXPECTED[hand_in.tries]
        assert terminal[name][:2] == (status, points)
