"""Exercise 7.3 on a network of the student's own: the bound is ours, and nothing reaches the decoder past z.

The smugglers below harm nobody: they pass the check's own images from an encoder to a decoder, in memory or in the one folder
that the sandbox has for them.
"""

import json
import os
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.runner.notebooks.hand_ins import notebook_of
from tests.teach.grading.models import trained_apart
from tests.teach.grading.test_collect import tree
from vae_course import given
from vae_course.checks.engine.examine import examine
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.capstone.trained_model.exercise import MOST_BYTES
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.runner.answers import TimedOut
from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.incoming.collect import collect
from vae_course.teach.grading.marking import own_model
from vae_course.teach.grading.marking.local import LocalSubmission
from vae_course.teach.grading.marking.marking import Order, mark_student, seed_of
from vae_course.teach.grading.marking.own_model import OwnModel
from vae_course.teach.grading.marking.shared import with_shared_draws
from vae_course.teach.grading.marking.submission import Started, Submit
from vae_course.teach.grading.marks import Mark
from vae_course.teach.grading.reading.here import read_here
from vae_course.teach.grading.sandbox.remote import Workers

LESSON = "07_capstone"
SAID = 'trained_model = {"file": "model.safetensors", "nn": MyNetwork, "z_dim": 20}'
NETWORK = """
import math, os, torch
from torch import nn
from vae_course import nns

class MyNetwork:
    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(784, 300), nn.ELU(), nn.Linear(300, 300), nn.ELU(), nn.Linear(300, 2 * z_dim))
        def forward(self, x):
            return nns.gaussian_parameters(self.net(x))
    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim, 300), nn.ELU(), nn.Linear(300, 300), nn.ELU(), nn.Linear(300, 784))
        def forward(self, z):
            return self.net(z)
"""
"""A network of one's own into which the course's weights fit."""


def good(z_dim: int = 20) -> dict[str, torch.Tensor]:
    return trained_apart(z_dim, moved=0.02)


Marks = Callable[..., Mark]


@pytest.fixture
def marks(tmp_path: Path, workers: Workers) -> Marks:
    """The mark of what one student hands in for 7.3, in the real sandbox."""

    def mark(
        *cells: str, weights: dict[str, torch.Tensor] | bytes | None = None, submit: Submit = workers.submission
    ) -> Mark:
        notebook = notebook_of(*cells)
        notebook["metadata"] = {"vae_course": {"lesson": LESSON}}
        folder = tree(tmp_path / "class", {"ada/x.ipynb": json.dumps(notebook)})
        if isinstance(weights, bytes):
            (folder / "ada" / "model.safetensors").write_bytes(weights)
        elif weights is not None:
            save_file(weights, folder / "ada" / "model.safetensors")
        [ada] = collect(folder, tmp_path / "out").students
        marked = mark_student(ada, Order(7, LESSON, "trained_model", secret="kept"), [], submit, tmp_path, read_here)
        assert not marked.faults, marked.faults
        return marked.marks[0]

    return mark


@pytest.mark.parametrize("where", ["in the sandbox", "without it"])
def test_a_right_network_of_ones_own_gets_its_band(where: str, marks: Marks, workers: Workers):
    submit = workers.submission if where == "in the sandbox" else LocalSubmission
    mark = marks(NETWORK, SAID, weights=good(), submit=submit)
    assert (mark.status, mark.points) == ("correct", 4), mark.message


def test_the_figure_is_that_of_the_course_s_own_evaluation(marks: Marks):
    mark = marks(NETWORK, SAID.replace("20", "2"), weights=good(2))
    assert (mark.status, mark.points, mark.misconception) == ("wrong", 0, "two-latents")
    model = given.VAE(nn="v1", z_dim=2)
    model.load_state_dict(model.state_dict() | good(2))
    right = evaluate(model.eval(), binarize(load_mnist("test").images, generator=torch.Generator().manual_seed(1)))
    found = re.search(r"is ([\d.]+) nats \(KL ([\d.]+)\)", mark.message)
    assert found and abs(float(found[1]) - right.nll) < 0.5 and abs(float(found[2]) - right.kl) < 0.1


def test_weights_of_a_middling_model_get_some_of_the_points(marks: Marks):
    weights = good()
    weights["dec.net.4.bias"] += 1.25  # every pixel too white
    mark = marks(NETWORK, SAID, weights=weights)
    assert (mark.status, mark.points) == ("wrong", 2), "108.6 nats"


SMUGGLER = (
    NETWORK
    + """
ROWS = 10000
BITS = 2.0 ** torch.arange(14)

class Store:
    seen = []

class MyNetwork:
    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
        def forward(self, x):
            number = len(kept()) + torch.arange(len(x))  # its row, told by the signs of z
            keep(x)
            signs = 2 * ((number[:, None] // BITS).long() % 2).float() - 1
            m = torch.cat([3 * signs, torch.zeros(len(x), 6)], 1)
            v = torch.ones_like(m)
            v[:, :14] = 0.5
            return m, v
    class Decoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
        def forward(self, z):
            seen = kept()
            number = ((z[:, :14] > 0) * BITS).sum(1).long()
            if not len(seen):
                return torch.zeros(len(z), 784)
            return 5 * (2 * seen[number % len(seen)] - 1)

EMPTY = torch.zeros(0, 784)
"""
)
WAYS = {
    "global": """
HERE = []
def kept(): return torch.cat([EMPTY, *HERE])
def keep(x): HERE.append(x.clone())
""",
    "class": """
def kept(): return torch.cat([EMPTY, *Store.seen])
def keep(x): Store.seen.append(x.clone())
""",
    "module": """
def kept(): return torch.cat([EMPTY, *getattr(torch, "canary", [])])
def keep(x): torch.canary = [*getattr(torch, "canary", []), x.clone()]
""",
    "builtins": """
def kept():
    import builtins
    return torch.cat([EMPTY, *getattr(builtins, "canary", [])])
def keep(x):
    import builtins
    builtins.canary = [*getattr(builtins, "canary", []), x.clone()]
""",
    "file": """
PATH = "/scratch/canary"
def kept():
    import numpy
    if not os.path.exists(PATH):
        return EMPTY
    return torch.from_numpy(numpy.unpackbits(numpy.fromfile(PATH, "uint8")).reshape(-1, 784)).float()
def keep(x):
    import numpy
    with open(PATH, "ab") as file:
        numpy.packbits(x.numpy().astype("uint8"), axis=1).tofile(file)
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_encoder_that_leaves_the_images_for_the_decoder_gains_nothing(way: str, marks: Marks):
    mark = marks(SMUGGLER, WAYS[way], SAID, weights={"z_prior_m": torch.zeros(1)})
    assert (mark.status, mark.points) == ("wrong", 0)
    assert "is 60" in mark.message, "784 ln 2, as for a decoder that knows nothing, and the KL of telling the rows"


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_in_one_process_the_same_smuggler_would_reach_what_no_model_does(
    way: str, marks: Marks, monkeypatch: pytest.MonkeyPatch
):
    """The planted fault: encoder and decoder share a process."""
    close = Started.close
    monkeypatch.setattr(Started, "close", lambda self: None)
    monkeypatch.setattr(Started, "__exit__", lambda self, *_: close(self))
    mark = marks(SMUGGLER, WAYS[way], SAID, weights={"z_prior_m": torch.zeros(1)})
    assert mark.status == "unreadable" and "a person has to look" in mark.message


BY_POSITION = (
    NETWORK
    + """
class MyNetwork:
    class Encoder(nn.Module):
        def __init__(self, z_dim):
            super().__init__()
            self.z_dim = z_dim
        def forward(self, x):
            return torch.zeros(len(x), self.z_dim), torch.ones(len(x), self.z_dim)
    class Decoder(nn.Module):
        row = 0
        def __init__(self, z_dim):
            super().__init__()
            self.register_buffer("table", torch.zeros(10000, 784, dtype=torch.uint8))
        def forward(self, z):
            cls = type(self)
            cls.row += len(z)
            return torch.logit(self.table[cls.row - len(z) : cls.row].float() / 255, eps=1e-3)
"""
)


def test_a_decoder_that_knows_the_test_images_by_their_order_gains_nothing(marks: Marks):
    mark = marks(BY_POSITION, SAID, weights={"dec.table": load_mnist("test").images.clone()})
    assert (mark.status, mark.points) == ("wrong", 0), "its rows are those of other images"


def test_in_their_own_order_the_same_table_would_reach_what_no_model_does(
    marks: Marks, monkeypatch: pytest.MonkeyPatch
):
    """The planted fault: neither the images nor the rows are shuffled."""
    monkeypatch.setattr(own_model.torch, "randperm", lambda n, **_: torch.arange(n))
    with_shared_draws.cache_clear()  # images that were drawn before are shuffled
    mark = marks(BY_POSITION, SAID, weights={"dec.table": load_mnist("test").images.clone()})
    assert mark.status == "unreadable" and "a person has to look" in mark.message
    with_shared_draws.cache_clear()


NEIGHBOUR = (
    NETWORK.replace(
        "return nns.gaussian_parameters(self.net(x))", "return nns.gaussian_parameters(self.net(x.roll(1, 0)))"
    )
).replace("return self.net(z)", "return self.net(z.roll(-1, 0))")
BATCH = NETWORK.replace(
    "return self.net(z)", "logits = self.net(z)\n            return logits + 0.01 * (logits - logits.mean(0))"
)


def test_a_network_that_tells_of_an_image_by_its_neighbour_s_z_gains_nothing(marks: Marks):
    mark = marks(NEIGHBOUR, SAID, weights=good())
    assert (mark.status, mark.points) == ("wrong", 0), "the neighbours of the decoder's rows are others"


def test_a_decoder_that_looks_at_its_batch_is_left_in_peace(marks: Marks):
    """What it learns there, the z of other images, has paid its KL; so a slip such as this costs and gains nothing."""
    assert marks(BATCH, SAID, weights=good()).points == 4


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


FILES = {
    "There is no file model.safetensors among those handed in": lambda path: None,
    "is not a whole safetensors file": lambda path: b"\x10" * 1000,
    "save it again with": lambda path: b"",
    "not with torch.save": lambda path: pickle.dumps(Touch(path)),
}


@pytest.mark.parametrize("said", FILES)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(said: str, marks: Marks, tmp_path: Path):
    mark = marks(NETWORK, SAID, weights=FILES[said](tmp_path / "canary"))
    assert (mark.status, mark.points) == ("raised", 0) and said in mark.message
    assert not (tmp_path / "canary").exists(), "a pickle is never opened"


def test_a_file_cut_off_is_not_whole(marks: Marks, tmp_path: Path):
    save_file(good(), tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    mark = marks(NETWORK, SAID, weights=data[: len(data) // 2])
    assert mark.status == "raised" and "is not a whole safetensors file" in mark.message


def test_a_file_of_any_size_is_not_read(marks: Marks, tmp_path: Path):
    tree(tmp_path / "class", {"ada/model.safetensors": b""})
    os.truncate(tmp_path / "class" / "ada" / "model.safetensors", MOST_BYTES + 1)
    mark = marks(NETWORK, SAID)
    assert mark.status == "raised" and "at most 64 MB are read" in mark.message


@pytest.mark.parametrize("said", [SAID, SAID.replace("MyNetwork", "'v1'")])
def test_a_link_is_not_followed(said: str, marks: Marks, tmp_path: Path):
    save_file(good(), tmp_path / "elsewhere.safetensors")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "model.safetensors").symlink_to(tmp_path / "elsewhere.safetensors")
    mark = marks(NETWORK, said)
    assert mark.status == "raised" and "is a link" in mark.message


def test_a_name_that_no_file_can_have_is_no_fault_of_the_grader(marks: Marks):
    for name in ("x" * 5000 + ".safetensors", "a\\0b.safetensors", "...safetensors", "/"):
        mark = marks(NETWORK, SAID.replace("model.safetensors", name))
        assert mark.status == "raised", name


def layer(name: str, *shape: int) -> dict[str, torch.Tensor]:
    return good() | {name: torch.zeros(shape)}


OTHERS = {
    "another network's": (layer("enc.net.0.weight", 10, 784), "raised", "size mismatch"),
    "some missing": ({"enc.net.0.weight": torch.zeros(300, 784)}, "raised", "Missing key"),
    "too large at once": (layer("dec.net.4.weight", 784, 9000), "raised", "at most 24 MB"),
    "no numbers": (good() | {"dec.net.4.bias": torch.full((784,), torch.nan)}, "wrong", "is nan nats"),
    "endless": (good() | {"dec.net.4.bias": torch.full((784,), torch.inf)}, "wrong", "nats"),
}


@pytest.mark.parametrize("which", OTHERS)
def test_weights_that_do_not_fit_are_a_wrong_answer_with_its_reason(which: str, marks: Marks):
    weights, status, said = OTHERS[which]
    mark = marks(NETWORK, SAID, weights=weights)
    assert (mark.status, mark.points) == (status, 0) and said in mark.message, mark.message


CODES = {
    "raises": ("return self.net(z)", "return undefined", "raised", "undefined"),
    "another shape": ("return self.net(z)", "return self.net(z)[:, :5]", "raised", "(batch, 784) was expected"),
    "fewer rows": ("return self.net(z)", "return self.net(z)[1:]", "raised", "rows of floating-point numbers"),
    "no tensor": ("return self.net(z)", "return None", "raised", ""),
    "ends Python": ("return self.net(z)", "os._exit(3)", "killed", "exit code 3"),
    "negative variance": (
        "return nns.gaussian_parameters(self.net(x))",
        "return [self.net(x)[:, :20] - 9] * 2",
        "wrong",
        "",
    ),
    "one tensor": ("return nns.gaussian_parameters(self.net(x))", "return self.net(x)", "raised", ""),
    "stub": ("return nns.gaussian_parameters(self.net(x))", "raise NotImplementedError", "not started", ""),
}


@pytest.mark.parametrize("what", CODES)
def test_a_network_that_does_not_work_has_its_reason(what: str, marks: Marks):
    old, new, status, said = CODES[what]
    mark = marks(NETWORK.replace(old, new), SAID, weights=good())
    assert (mark.status, mark.points) == (status, 0) and said in mark.message, mark


def test_a_network_that_never_ends_is_stopped(workers: Workers, hand_in: Callable[[str], HandIn]):
    text = NETWORK.replace("return self.net(z)", "\n            while True: pass") + SAID
    exercise = replace(EXERCISES["trained_model"], seconds=1)
    images = binarize(load_mnist("test").images[:20], generator=torch.Generator().manual_seed(1))
    with Started(workers.submission) as started, pytest.raises(TimedOut):
        started.turn_to(hand_in(text))
        OwnModel(exercise, started, good(), "secret").call(images, seed=1)


def test_the_same_secret_gives_the_same_figures_and_another_others(workers: Workers, hand_in: Callable[[str], HandIn]):
    images = binarize(load_mnist("test").images[:20], generator=torch.Generator().manual_seed(1))
    with Started(workers.submission) as started:
        started.turn_to(hand_in(NETWORK + SAID))
        found = [
            OwnModel(EXERCISES["trained_model"], started, good(), secret)
            .call(images, seed=1)
            .outputs["per_image"]
            .mean()
            .item()
            for secret in ("a", "a", "b")
        ]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("cells", "status", "points"),
    [
        ((NETWORK, "SIZE = 20", SAID.replace("20", "SIZE")), "correct", 4),
        (("NAME = 'v1'", SAID.replace("MyNetwork", "NAME")), "correct", 4),
        ((NETWORK, 'trained_model = dict(file="model.safetensors", nn=MyNetwork, z_dim=20)'), "correct", 4),
        ((SAID,), "raised", 0),
        ((NETWORK,), "not started", 0),
        ((NETWORK, 'trained_model = {"file": None, "nn": None, "z_dim": None}'), "not started", 0),
        ((NETWORK, SAID.replace("20", "'20'")), "raised", 0),
        ((NETWORK, SAID.replace("MyNetwork", "torch")), "raised", 0),
        ((NETWORK, SAID.replace("MyNetwork", "'v9'")), "raised", 0),
    ],
)
def test_the_dictionary_may_be_written_in_several_ways(
    cells: tuple[str, ...], status: str, points: float, marks: Marks
):
    mark = marks(*cells, weights=good())
    assert (mark.status, mark.points) == (status, points), mark


@pytest.mark.parametrize("what", ["as it is", "nudged", "latents exchanged", "with two latents"])
def test_the_course_s_own_model_is_nobody_s(what: str, marks: Marks):
    z_dim = 2 if what == "with two latents" else 20
    weights = {
        name: t * (1.001 if what == "nudged" else 1) for name, t in given.trained(f"v1_z{z_dim}").state_dict().items()
    }
    weights = trained_apart(moved=0) if what == "latents exchanged" else weights
    mark = marks(f'trained_model = {{"file": "model.safetensors", "nn": "v1", "z_dim": {z_dim}}}', weights=weights)
    assert (mark.status, mark.points) == ("forbidden", 0) and f"the course's own weights, v1_z{z_dim}" in mark.message


def test_a_figure_that_no_model_reaches_is_for_a_person():
    for nats, status in ((60.0, "unreadable"), (90.0, "correct")):

        def harness(hand_in: object, x: torch.Tensor, nats: float = nats) -> dict[str, torch.Tensor]:
            return {"per_image": torch.full((len(x),), nats), "kl": torch.tensor(20.0), "z_dim": torch.tensor(20.0)}

        exercise = replace(EXERCISES["trained_model"], harness=harness)
        found = examine(exercise, exercise.answer({"file": "m", "nn": "v1", "z_dim": 20}), 1)
        assert found.status == status and ("a person has to look" in found.message) == (nats < 75)


def test_what_the_noise_is_drawn_from_is_no_number_that_a_teacher_may_choose():
    """With the seed of a run known, a decoder could draw the noise and the order anew."""
    assert Order(7).secret != Order(7).secret and len(Order(7).secret) == 32
    images = [
        with_shared_draws(EXERCISES["trained_model"]).arguments(
            torch.Generator().manual_seed(seed_of(Order(7).secret, "trained_model"))
        )
        for _ in range(2)
    ]
    assert not torch.equal(images[0][0], images[1][0])
