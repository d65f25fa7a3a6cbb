"""The checks of exercise 7.2: what a bound and its training rest on."""

import math

import torch
from torch import Generator

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.lessons.capstone.vae.constructor import raise_if_untouched
from vae_course.runner.answers import Call

PIXELS, Z_DIM = 784, 40
ROW = 2  # of four images: others stand before it and after it
STRETCHES = (30.0, -3000.0)
"""By how much the weights are multiplied to see how far the outputs can go. Of both signs: a bias that starts at −3, as for
rare ink, makes all logits negative at one of them and all positive at the other."""
SMALL = 0.05
"""A variance that an encoder should be able to go below: with 0.05 in its place a latent could tell at most log(1 / 0.05) / 2 = 1.5 nats of
its image (of a q that on the whole is like the prior)."""


def draw_images(generator: Generator) -> Arguments:
    """z_dim, images, latents, and how far the weights are stretched."""
    x = (torch.rand(4, PIXELS, generator=generator) < 0.3).float()
    return Z_DIM, x, torch.randn(4, Z_DIM, generator=generator), 1.0


@per_trial
def stretched(trial: Trial, stretch: float, far: float = 1.0) -> Call:
    """With other weights, and latents that lie `far` times as far from 0. All calls have one seed, and so weights that start alike."""
    _, x, z, _ = trial.arguments
    return trial.call(Z_DIM, x, far * z, stretch)


@per_trial
def plain(trial: Trial) -> Call:
    """With weights as they are, and all that `play_network` can tell."""
    _, x, z, _ = trial.arguments
    return trial.call(Z_DIM, x, z, 1.0, True)


def network_shapes(trial: Trial) -> None:
    """A gate: m, v (batch, z_dim) and logits (batch, 784), for several z_dim, and for a batch of one."""
    _, x, z, _ = trial.arguments
    narrow = trial.answer.call(3, x[:1], z[:1, :3], 1.0, seed=trial.seed)
    if narrow.error is not None:
        raise_if_untouched(narrow)
    for z_dim, batch, call in ((Z_DIM, 4, plain(trial)), (3, 1, narrow)):
        if call.error is not None:
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


def mean_and_variance(trial: Trial) -> None:
    """v > 0 and finite, with weights three times as large as at the start; m takes both signs, and v can be small."""
    v = output(stretched(trial, 3.0), "v")
    if not bool((v > 0).all() & torch.isfinite(v).all()):
        raise Wrong(f"One of your variances is {v.min().item():.3g}.", "A variance is positive: softplus, or exp.")
    low, high, narrow = encoder_reach(trial)
    if low >= 0 or high <= 0:
        raise Wrong(
            f"Your m is never {'negative' if low >= 0 else 'positive'}, with weights of three sizes and both signs.",
            "A mean may be any real number: half of what the prior draws is negative.",
        )
    if narrow > SMALL:
        raise Wrong(
            f"Your v never falls below {narrow:.2g}, with weights of three sizes and both signs.",
            "It should be able to come near 0: where an image tells z exactly, q is narrow.",
        )


def encoder_reach(trial: Trial) -> tuple[float, float, float]:
    """The smallest and the largest m, and the smallest v, with weights as they are and with large ones of both signs."""
    calls = [plain(trial), *(stretched(trial, stretch, 10) for stretch in STRETCHES)]
    means, variances = ([output(call, name) for call in calls] for name in ("m", "v"))
    return (
        min(m.min().item() for m in means),
        max(m.max().item() for m in means),
        min(v.min().item() for v in variances),
    )


def reach(trial: Trial) -> tuple[float, float]:
    """The smallest and the largest logit with large weights of both signs; (−∞, ∞) as soon as they are seen to be free.

    Free means: of both signs, and not all within ±1. No useful decoder is refused: a pixel whose logit lies within ±1 costs at least
    log(1 + 1/e) = 0.31 nats, an image 245.6, and the average digit, without any z, 205.9. What ends in W h + b has logits that grow
    with its weights: for weights U(±1/√H) and h of any size, W h + b lies within ±1/3000 at all 784 pixels with probability below
    (√H / 3000)^784. Logits that overflow are not bounded either.
    """
    low, high = math.inf, -math.inf
    for stretch in STRETCHES:
        logits = output(stretched(trial, stretch, 10), "logits")
        low, high = min(low, logits.min().item()), max(high, logits.max().item())
        if not bool(torch.isfinite(logits).all()) or (low < 0 < high and max(-low, high) > 1):
            return -math.inf, math.inf
    return low, high


def logits_are_free(trial: Trial) -> None:
    """Logits take both signs, and leave [−1, 1] when the weights grow; probabilities and a tanh do not."""
    low, high = reach(trial)
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


def each_by_itself(trial: Trial) -> None:
    """m, v and the logits differ between different inputs, use all of z, and depend on their own row alone; the same at every call."""
    call = stretched(trial, 3.0)
    for name in ("m", "v", "logits"):
        value = output(call, name)
        if bool(((value[1:] - value[:-1]).abs().amax(-1) < 1e-6).any()):
            raise Wrong(
                f"Your {name} is the same for different inputs.",
                f"It should change with {'z' if name == 'logits' else 'the image'}.",
            )
    if call.changed:
        raise Wrong(
            "Your network changes its input in place.",
            "Work on a new tensor: x = 2 * x − 1 instead of x.mul_(2).sub_(1).",
        )
    if moves(plain(trial)):
        raise Wrong(
            "Called twice with the same inputs, in eval mode, your network gives other numbers.",
            "m, v and the logits should follow from the weights and the input alone: the draw of z comes later, and nothing is remembered.",
        )
    if found := mixed(trial):
        which, when = found
        raise Wrong(
            f"{when}, what your network gives as {which} for one {'z' if which == 'logits' else 'image'} depends on the others in the batch.",
            "Each should be by itself: the bound is a mean over images, and an image alone must cost the same.",
        )
    if unused := unused_latents(trial):
        raise Wrong(f"{unused} of {Z_DIM} latents have no effect on your logits.", "The decoder should use all of z.")


def unused_latents(trial: Trial) -> int:
    """How many latents the logits of four z have no slope in."""
    call = plain(trial)
    if "logits" not in call.differentiable:
        return 0
    slopes = call.pull_back({"logits": torch.sin(torch.arange(4.0 * PIXELS)).view(4, PIXELS)}).get("2")
    return Z_DIM if slopes is None else int((slopes.abs().amax(0) == 0).sum())


def moves(call: Call) -> bool:
    """True if a second call gave other numbers."""
    scale = max(float(call.outputs[name].abs().max()) for name in ("m", "v", "logits"))
    return not float(call.outputs["again"]) <= 1e-5 * (1 + scale)


def mixed(trial: Trial) -> tuple[str, str] | None:
    """The output of one row that depends on the other rows, and when: "In eval mode too" or "In training mode".

    In training mode noise is allowed (dropout), so that values say nothing; a slope of 0 is exact.
    """
    call = plain(trial)
    for name in ("m", "v", "logits"):
        together, alone = call.outputs[name][ROW : ROW + 1], call.outputs[f"alone {name}"]
        if together.shape != alone.shape or not torch.allclose(together, alone, rtol=1e-4, atol=1e-4):
            return name, "In eval mode too"
    others = torch.arange(len(call.outputs["m"])) != ROW
    for name, source in (("training m", "1"), ("training v", "1"), ("training logits", "2")):
        if name in call.differentiable:
            some = torch.zeros_like(call.outputs[name])
            some[ROW] = torch.sin(torch.arange(float(some.shape[-1])))
            slopes = call.pull_back({name: some}).get(source)
            if slopes is not None and bool(slopes[others].any()):
                return name.removeprefix("training "), "In training mode"
    return None


def all_is_registered(trial: Trial) -> None:
    """What the outputs depend on is among the networks' parameters, so that it is trained; and in their state, so that it is saved."""
    if strays := int(output(plain(trial), "strays").item()):
        raise Wrong(
            f"{strays} tensor{'s' * (strays > 1)} of your network {'are' if strays > 1 else 'is'} not among its parameters().",
            "No optimizer would train them, and no file would hold them. "
            "Set each layer as an attribute in __init__ (several: nn.ModuleList), each tensor of your own as nn.Parameter.",
        )
    if not reloads(trial):
        raise Wrong(
            "A new network with the saved state of yours, load_state_dict(network.state_dict()), gives other numbers.",
            "Whatever is random at the start must be saved: a layer, a parameter, or self.register_buffer.",
        )


def reloads(trial: Trial) -> bool:
    """True if networks built anew, with the state of others, give the numbers of those."""
    _, x, z, _ = trial.arguments
    first, copied = plain(trial), trial.call(Z_DIM, x, z, 1.0, False, True)
    return all(torch.allclose(first.outputs[n], copied.outputs[n], rtol=1e-4, atol=1e-4) for n in ("m", "v", "logits"))


def axes_in_front(trial: Trial) -> None:
    """z with two and three axes in front gives logits with the same axes, row by row those of (4, z_dim)."""
    _, x, z, _ = trial.arguments
    flat = output(plain(trial), "logits")
    for axes in ((2, 2), (2, 1, 2)):
        given, wanted = (*axes, Z_DIM), (*axes, PIXELS)
        call = trial.answer.call(Z_DIM, x, z.view(given), 1.0, seed=trial.seed)
        expected = f"It should give {wanted}: any number of axes may stand in front."
        if call.error is not None:
            raise Wrong(f"For z of shape {given} your decoder raised {call.error.type}.", expected)
        logits = output(call, "logits")
        if tuple(logits.shape) != wanted:
            raise Wrong(f"For z of shape {given} your decoder returns {tuple(logits.shape)}.", expected)
        if not torch.allclose(logits.view(4, PIXELS), flat, atol=1e-3):
            raise Wrong(
                f"With {len(axes)} axes in front your decoder's rows are mixed up.",
                "Each z should keep its own logits.",
            )
