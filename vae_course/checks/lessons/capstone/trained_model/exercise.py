"""Exercise 7.3: a trained model, marked by band on a NELBO that we compute, never by the learner's printed number."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import Module

from vae_course import given
from vae_course.checks.engine.errors import UnusableFile
from vae_course.checks.engine.exercise import Check, Misconception, Played
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.capstone.trained_model.test_images import draw_test_images, nats_of
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.runner.answers import Answer

BANDS = (130, 115, 105, 100)  # nats, a point each
SLACK = 0.5
MOST_BYTES = 64 * 2**20
_WEIGHT = re.compile(r"(?P<before>(?:\w+\.)*?)(?P<own>(?:enc|dec)\..+)", re.S)
KEYS = ("file", "nn", "z_dim")
ASKED = (
    'Asked is {"file": "model.safetensors", "nn": "v1", "z_dim": 20} or the like: the saved file\'s name, the network, its '
    "latents."
)


def _nothing_yet() -> None:
    raise NotImplementedError


def weights_in(path: Path) -> dict[str, Tensor]:
    """The encoder's and the decoder's weights in a file, by name. Nothing of the file is run.

    Raises:
        UnusableFile: there is no such file; it is something else, damaged, or too large.
    """
    if path.suffix.lower() != ".safetensors":
        raise UnusableFile(
            f"{path.name} is no .safetensors file: save with safetensors.torch.save_file(model.state_dict(), ...)."
        )
    if not path.is_file():
        raise UnusableFile(f"There is no file {path.name} beside this notebook: did the saving cell run?")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise UnusableFile(
            f"{path.name} has {size / 2**20:,.0f} MB, and at most {MOST_BYTES // 2**20} MB are read: save the model's "
            "state_dict alone, in float32, or make the network smaller."
        )
    try:
        state = load_file(path)
    except Exception as error:  # noqa: BLE001 - whatever the parser says of a damaged file
        raise UnusableFile(
            f"{path.name} is not a whole safetensors file ({error}): save it again with "
            "safetensors.torch.save_file(model.state_dict(), ...), not with torch.save, and hand it in as it is."
        ) from None
    return _unwrapped(state)


def _unwrapped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's and the decoder's weights under their own names, without those of wrappers: `torch.compile` puts "_orig_mod."
    before the names of what it wraps, `DataParallel` "module.", a model inside another one the name that it has there.

    Only where all of them have the same before them: of a file with two models we cannot know which is meant.
    """
    found = {name.replace("_orig_mod.", ""): weight for name, weight in state.items()}
    split = {name: _WEIGHT.fullmatch(name) for name in found}
    before = {match["before"] for match in split.values() if match}
    if "" in before or len(before) != 1:
        return {name: weight for name, weight in found.items() if name.startswith(("enc.", "dec."))}
    return {match["own"]: found[name] for name, match in split.items() if match}


def read_entries(hand_in: Any) -> None:
    """Is this a dictionary with all that is asked for?

    Raises:
        NotImplementedError: nothing is filled in yet, as in the stub.
        TypeError, ValueError: it is something else, or an entry is missing or of the wrong kind.
    """
    if hand_in is None:
        _nothing_yet()
    if not isinstance(hand_in, dict):
        raise TypeError(f"trained_model is a {type(hand_in).__name__}. {ASKED}")
    missing = [key for key in KEYS if hand_in.get(key) is None]
    if len(missing) == len(KEYS):
        _nothing_yet()
    if missing:
        raise ValueError(f"the dictionary has no {' and no '.join(map(repr, missing))} yet. {ASKED}")
    if isinstance(hand_in["nn"], Module):
        raise TypeError(
            f'"nn" is a model itself. Its network is asked for: "v1", or the class that builds it, MyNetwork. {ASKED}'
        )
    if not isinstance(hand_in["file"], str | Path):
        raise TypeError(f'"file" is a {type(hand_in["file"]).__name__}, and the name of a file is asked for. {ASKED}')


def play_model(hand_in: Any, x: Tensor) -> dict[str, Tensor]:
    """Load the weights into the skeleton and measure the NELBO: nothing that the learner's class computes counts."""
    hand_in = hand_in() if isinstance(hand_in, FunctionType) else hand_in
    read_entries(hand_in)
    state = weights_in(Path(str(hand_in["file"])))
    model = given.VAE(nn=hand_in["nn"], z_dim=hand_in["z_dim"])
    prior = {n: getattr(model, n) for n in ("z_prior_m", "z_prior_v")}
    model.load_state_dict(state | prior)
    found = evaluate(model.eval(), x)
    return {"per_image": -found.per_image, "kl": torch.tensor(found.kl), "z_dim": torch.tensor(float(model.z_dim))}


def below(nats: float) -> Callable[[Trial], None]:
    """A check: the NELBO on the test set is at most this, with half a nat for chance.

    False alarms: near a band's edge all 10,000 images count, so only pixels and z are drawn; the average's standard deviation is below
    0.1 nats for models of this size, and half a nat is five of them; a right value at the band's edge is not lost to chance.
    Further away see `nats_of`.
    """

    def test(trial: Trial) -> None:
        found = nats_of(trial, tuple(limit + SLACK for limit in BANDS))
        if not found.nelbo <= nats + SLACK:
            reached = [limit for limit in BANDS if found.nelbo <= limit + SLACK]
            raise Wrong(
                f"The NELBO of your model on {found.images:,} test images is {found.nelbo:.1f} nats (KL {found.kl:.1f}): {len(reached)} of "
                f"{len(BANDS)} points.",
                f"The next point is for {BANDS[len(reached)]} nats or fewer.",
            )

    return test


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """It is removed when Python ends."""
    return tempfile.TemporaryDirectory(prefix="vae-course-")


def made(name: str, z_dim: int, change: Any = None) -> Any:
    """A hand-in, saved when it is first needed."""

    def make() -> dict[str, Any]:
        path = Path(_folder().name, f"{name}.safetensors")
        if not path.exists():
            torch.manual_seed(0)
            model = given.VAE(nn="v1", z_dim=z_dim) if change else given.trained(f"v1_z{z_dim}")
            if change:
                change(model)
            save_file(model.state_dict(), path)
        return {"file": str(path), "nn": "v1", "z_dim": z_dim}

    return make


def _collapsed(model: given.VAE) -> None:
    """Every image is decoded to the mean image, and q is the prior."""
    mean = load_mnist("train").images.float().mean(0) / 255
    with torch.no_grad():
        for layer in (model.enc.net[-1], model.dec.net[-1]):
            layer.weight.zero_()
            layer.bias.zero_()
        model.enc.net[-1].bias[model.z_dim :] = 0.5413  # softplus of it is 1
        model.dec.net[-1].bias.copy_(torch.logit(mean, eps=1e-3))


def kind_of_model(answer: Answer) -> dict[str, Tensor]:
    """What sort of model this is, by its NELBO and KL on 500 images."""
    images = binarize(load_mnist("test").images[:500], generator=torch.Generator().manual_seed(0))
    found = answer.call(images, seed=0).outputs
    if "per_image" not in found:
        return {}
    nelbo, kl, z_dim = (found[name].mean().item() for name in ("per_image", "kl", "z_dim"))
    facts = {"untrained": nelbo > 400, "collapsed": kl < 0.5 and nelbo < 400, "two latents": z_dim <= 2 and kl >= 0.5}
    return {name: torch.tensor(float(fact)) for name, fact in facts.items()} if any(facts.values()) else {}


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedModel(Played):
    """A file of weights, and a dictionary that says what they are of."""


trained_model = TrainedModel(
    name="trained_model",
    lesson="07_capstone",
    number="7.3",
    title="A trained model, marked by its nats",
    minutes=5,
    difficulty=3,
    lines="1 line, if the training above it suffices",
    arguments=draw_test_images,
    harness=play_model,
    seconds=60,
    checks=tuple(Check(f"at most {nats} nats on the test set", below(nats), points=1) for nats in BANDS),
    fingerprint=kind_of_model,
    misconceptions=(
        Misconception(
            "untrained",
            made("untrained", 20, lambda model: None),
            "This is about 784 ln 2 = 543 nats: the file holds a model as it was before training. Save after fit.",
        ),
        Misconception(
            "collapsed",
            made("collapsed", 20, _collapsed),
            "The KL is 0: every image is decoded to nearly the same picture, and z says nothing (lesson 04b, collapse). Is the "
            "reconstruction term averaged over pixels?",
        ),
        Misconception(
            "two-latents",
            made("two", 2),
            "With z_dim = 2 even the course's long-trained model stays near 141 nats: two numbers cannot say enough about a "
            "digit. Take about 20.",
        ),
    ),
    hints=(
        "Start from lesson 04: VAE(nn='v1', z_dim=20) and fit reach 100 nats, the last point, within a minute or two.",
        "Three things help most: enough latents, start_at_mean_pixel before training, and a learning rate that falls to 0 "
        "(fit does that for you).",
        "Train on all of 'train+valid' for a few thousand steps, save with save_file(model.state_dict(), 'model.safetensors'), "
        "and write that name, the network and z_dim into the dictionary.",
    ),
)
