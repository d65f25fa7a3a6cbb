"""Exercise 7.2: an architecture of one's own."""

import math

import torch
from torch import Tensor

from vae_course.checks.around.harnesses import play_network
from vae_course.checks.engine.exercise import Check, Played
from vae_course.checks.engine.trial import Trial
from vae_course.checks.lessons.capstone.my_network.checks import (
    SMALL,
    Z_DIM,
    all_is_registered,
    axes_in_front,
    draw_images,
    each_by_itself,
    encoder_reach,
    logits_are_free,
    mean_and_variance,
    mixed,
    moves,
    network_shapes,
    plain,
    reach,
)
from vae_course.checks.lessons.capstone.my_network.mistakes import MISTAKES
from vae_course.runner.answers import Answer


def first_sign(answer: Answer) -> dict[str, Tensor]:
    """The fingerprint: the first thing that is wrong with a network, in the order of the checks."""
    found = _first_sign(answer)
    return {found: torch.ones(())} if found else {}


def _first_sign(answer: Answer) -> str:
    trial = Trial(my_network, answer, 0, draw_images(torch.Generator().manual_seed(0)))
    _, x, z, _ = trial.arguments
    call, other = (answer.call(z_dim, x, z[:, :z_dim], 3.0, seed=0) for z_dim in (Z_DIM, 6))
    if call.error is not None:
        return ""
    m, v, logits = (call.outputs.get(name) for name in ("m", "v", "logits"))
    if m is None or v is None or logits is None:
        return "one output" if m is not None and logits is not None else ""
    widths = [int(c.outputs["m"].shape[-1]) for c in (call, other) if "m" in c.outputs]
    if widths == [Z_DIM // 2, 3]:
        return "half the outputs"
    if len(widths) == 2 and widths[0] == widths[1]:
        return "an encoder of one width"
    if other.error is not None:
        return "another z_dim fails"
    if tuple(logits.shape[-2:]) == (28, 28):
        return "images"
    single = answer.call(3, x[:1], z[:1, :3], 1.0, seed=0).outputs
    if "logits" not in single or single["logits"].ndim != 2 or (m.shape, logits.shape) != (z.shape, x.shape):
        return ""
    if bool((v < 0).any()):
        return "mean and variance swapped" if bool((m > 0).all()) else "negative variance"
    if bool((v == 0).any()):
        return ""
    low, high = reach(trial)
    if math.isfinite(low) or math.isfinite(high):
        return "probabilities" if low >= 0 and high <= 1 else "one sign" if low >= 0 or high <= 0 else "within one"
    if bool(((v[1:] - v[:-1]).abs().amax(-1) < 1e-6).any()):
        return "one variance"
    low, high, narrow = encoder_reach(trial)
    if low >= 0 or narrow > SMALL:
        return "never negative" if low >= 0 else "never small"
    if call.changed:
        return "in place"
    if moves(plain(trial)):
        return "again"
    if found := mixed(trial):
        return f"mixed: {found[1]}"
    if plain(trial).outputs["strays"].item():
        return "strays"
    cube = answer.call(Z_DIM, x, z.view(2, 2, Z_DIM), 1.0, seed=0)
    if cube.error is not None:
        return "one axis in front"
    return "axes flattened" if cube.outputs["logits"].shape == x.shape else ""


my_network: Played = Played(
    name="MyNetwork",
    lesson="07_capstone",
    number="7.2",
    title="An architecture of your own",
    minutes=20,
    difficulty=3,
    lines="25 lines",
    arguments=draw_images,
    harness=play_network,
    checks=(
        Check("shapes, for any z_dim", network_shapes),
        Check("mean and variance", mean_and_variance, points=0.5),
        Check("the decoder returns logits", logits_are_free, points=0.25),
        Check("each image by itself, and all of z", each_by_itself, points=0.5),
        Check("all layers are trained and saved", all_is_registered, points=0.5),
        Check("several z per image", axes_in_front, points=0.25),
    ),
    fingerprint=first_sign,
    misconceptions=MISTAKES,
    hints=(
        "vae_course/nns/v1.py is the shortest complete example: two classes, an __init__ and a forward each.",
        "The encoder ends in nn.Linear(hidden, 2 * z_dim) and gaussian_parameters; the decoder in nn.Linear(hidden, 784).",
        "Put both classes inside `class MyNetwork:`; change what lies between first and last layer: width, depth, tanh, a skip.",
    ),
)
