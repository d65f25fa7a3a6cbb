"""Exercise 7.2: an architecture of one's own."""

import math

import torch
from torch import Generator, Tensor

from vae_course.checks.around.harnesses import play_network
from vae_course.checks.engine.checks import output
from vae_course.checks.engine.exercise import Arguments, Check, Played
from vae_course.checks.engine.trial import Raised, Trial, Wrong
from vae_course.checks.lessons.capstone.my_network.mistakes import MISTAKES, RIGHT
from vae_course.checks.lessons.capstone.vae.constructor import raise_if_untouched
from vae_course.runner.answers import Answer

PIXELS = 784


def draw_images(generator: Generator) -> Arguments:
    """z_dim, images, latents with two leading axes, and how far the weights are stretched."""
    x = (torch.rand(4, PIXELS, generator=generator) < 0.3).float()
    return 16, x, torch.randn(4, 16, generator=generator), 1.0


def network_shapes(trial: Trial) -> None:
    """A gate: m, v (batch, z_dim) and logits (batch, 784), for several z_dim, and for a batch of one."""
    _, x, z, _ = trial.arguments
    for z_dim, batch in ((16, 4), (3, 1)):
        call = trial.answer.call(z_dim, x[:batch], z[:batch, :z_dim], 1.0, seed=trial.seed)
        if call.error is not None:
            raise_if_untouched(call)
            if z_dim == 16:
                raise Raised(call)
            raise Wrong(
                f"For z_dim = {z_dim} and {batch} image your network raised {call.error.type}: {call.error.message}",
                "It should work for every z_dim, and for a single image.",
            )
        if call.kinds.get("v") == "NoneType":
            raise Wrong("Your encoder returns one thing.", "It should return two: mean and variance, (m, v).")
        for name, shape in (("m", (batch, z_dim)), ("v", (batch, z_dim)), ("logits", (batch, PIXELS))):
            found = tuple(output(call, name).shape)
            if found != shape:
                raise Wrong(
                    f"For z_dim = {z_dim} and {batch} image{'s' * (batch > 1)}, {name} is {found}.",
                    f"It should be {shape}.",
                )


def variances_are_positive(trial: Trial) -> None:
    """v > 0 and finite, with weights three times as large as at the start."""
    z_dim, x, z, _ = trial.arguments
    v = output(trial.call(z_dim, x, z, 3.0, seed=1), "v")
    if not bool((v > 0).all() & torch.isfinite(v).all()):
        raise Wrong(f"One of your variances is {v.min().item():.3g}.", "A variance is positive: softplus, or exp.")


STRETCHES = (30.0, -3000.0)
"""By how much the weights are multiplied to see how far the logits can go. Of both signs: a bias that starts at −3, as for
rare ink, makes all logits negative at one of them and all positive at the other."""


def reach(answer: Answer, arguments: Arguments, seed: int) -> tuple[float, float]:
    """The smallest and the largest logit with large weights of both signs; (−∞, ∞) as soon as they are seen to be free.

    Free means: of both signs, and not all within ±1. No useful decoder is refused for it: a pixel whose logit lies within ±1 costs
    at least log(1 + 1/e) = 0.31 nats, an image 245.6, and the average digit, without any z, costs 205.9. What ends in
    W h + b, however h is made, has logits that grow with its weights: for weights U(±1/√H) and h of any size, W h + b lies
    within ±1/3000 at all 784 pixels with probability below (√H / 3000)^784. Logits that overflow are not bounded either.
    """
    z_dim, x, z, _ = arguments
    low, high = math.inf, -math.inf
    for i, stretch in enumerate(STRETCHES):
        call = answer.call(z_dim, x, 10 * z, stretch, seed=seed + i)
        if call.error is not None:
            raise Raised(call)
        logits = output(call, "logits")
        low, high = min(low, logits.min().item()), max(high, logits.max().item())
        if not bool(torch.isfinite(logits).all()) or (low < 0 < high and max(-low, high) > 1):
            return -math.inf, math.inf
    return low, high


def logits_are_free(trial: Trial) -> None:
    """Logits take both signs, and leave [−1, 1] when the weights grow; probabilities and a tanh do not."""
    low, high = reach(trial.answer, trial.arguments, trial.seed + 2)
    if low >= 0 and high <= 1:
        raise Wrong("Your decoder's outputs stay between 0 and 1.", "Logits may be any real number.")
    if low >= 0 or high <= 0:
        raise Wrong("Your decoder's outputs never change their sign.", "Logits may be any real number, of either sign.")
    if math.isfinite(low):
        raise Wrong(
            "Your decoder's outputs stay between -1 and 1, however large its weights are.",
            "Logits may be any real number. Between these, each pixel has a probability from 0.27 to 0.73, and an image costs "
            "245 nats or more: the average digit, without any z, costs 206.",
        )


def inputs_matter(trial: Trial) -> None:
    """m, v and the logits differ between different images and different z."""
    z_dim, x, z, _ = trial.arguments
    call = trial.call(z_dim, x, z, 3.0, seed=3)
    for name in ("m", "v", "logits"):
        value = output(call, name)
        if bool(((value[1:] - value[:-1]).abs().amax(-1) < 1e-6).any()):
            source = "z" if name == "logits" else "the image"
            raise Wrong(f"Your {name} is the same for different inputs.", f"It should change with {source}.")


def axes_in_front(trial: Trial) -> None:
    """z (2, 2, z_dim) gives logits (2, 2, 784), row by row the same as (4, z_dim)."""
    z_dim, x, z, _ = trial.arguments
    flat = output(trial.call(z_dim, x, z, 1.0, seed=4), "logits")
    call = trial.answer.call(z_dim, x, z.view(2, 2, z_dim), 1.0, seed=trial.seed + 7919 * 4)
    wanted = "It should give (2, 2, 784): negative_iwae_bound decodes several z per image at once."
    if call.error is not None:
        raise Wrong(f"For z of shape (2, 2, {z_dim}) your decoder raised {call.error.type}.", wanted)
    logits = output(call, "logits")
    if tuple(logits.shape) != (2, 2, PIXELS):
        raise Wrong(f"For z of shape (2, 2, {z_dim}) your decoder returns {tuple(logits.shape)}.", wanted)
    if not torch.allclose(logits.view(4, PIXELS), flat, atol=1e-3):
        raise Wrong("With two axes in front your decoder's rows are mixed up.", "Each z should keep its own logits.")


def first_sign(answer: Answer) -> dict[str, Tensor]:
    """The fingerprint: the first thing that is wrong with a network, in the order of the checks."""
    found = _first_sign(answer)
    return {found: torch.ones(())} if found else {}


def _first_sign(answer: Answer) -> str:
    arguments = draw_images(torch.Generator().manual_seed(0))
    _, x, z, _ = arguments
    call, other = (answer.call(z_dim, x, z[:, :z_dim], 3.0, seed=0) for z_dim in (16, 6))
    if call.error is not None:
        return ""
    m, v, logits = (call.outputs.get(name) for name in ("m", "v", "logits"))
    if m is None or v is None or logits is None:
        return "one output" if m is not None and logits is not None else ""
    widths = [int(c.outputs["m"].shape[-1]) for c in (call, other) if "m" in c.outputs]
    if widths == [8, 3]:
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
    if bool((v <= 0).any()):
        return "mean and variance swapped" if bool((m > 0).all()) else "negative variance"
    low, high = reach(answer, arguments, 1)
    if math.isfinite(low) or math.isfinite(high):
        return "probabilities" if low >= 0 and high <= 1 else "one sign" if low >= 0 or high <= 0 else "within one"
    if bool(((v[1:] - v[:-1]).abs().amax(-1) < 1e-6).any()):
        return "one variance"
    cube = answer.call(16, x, z.view(2, 2, 16), 1.0, seed=0)
    if cube.error is not None:
        return "one axis in front"
    return "axes flattened" if cube.outputs["logits"].shape == x.shape else ""


my_network = Played(
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
        Check("variances are positive", variances_are_positive, points=0.5),
        Check("the decoder returns logits", logits_are_free, points=0.5),
        Check("inputs matter", inputs_matter, points=0.5),
        Check("several z per image", axes_in_front, points=0.5),
    ),
    fingerprint=first_sign,
    misconceptions=MISTAKES,
    correct=RIGHT,
    hints=(
        "vae_course/nns/v1.py is the shortest complete example: two classes, an __init__ and a forward each.",
        "The encoder ends in nn.Linear(hidden, 2 * z_dim) and gaussian_parameters; the decoder in nn.Linear(hidden, 784).",
        "Put both classes inside `class MyNetwork:`; change what lies between first and last layer: width, depth, tanh, a skip.",
    ),
)
