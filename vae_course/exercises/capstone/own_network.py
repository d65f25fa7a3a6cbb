"""Exercise 7.2: an architecture of one's own."""

from typing import Any

import torch
from torch import Generator, Tensor, nn

from vae_course import nns
from vae_course.answers import Answer
from vae_course.exercises.capstone.constructor import raise_if_untouched
from vae_course.exercises.checks import output
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception, Raised, Trial, Wrong
from vae_course.nns import gaussian_parameters
from vae_course.stage.plays import play_network

LESSON = "07_capstone"
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
                raise Wrong(f"For z_dim = {z_dim} and {batch} images, {name} is {found}.", f"It should be {shape}.")


def variances_are_positive(trial: Trial) -> None:
    """v > 0 and finite, with weights three times as large as at the start."""
    z_dim, x, z, _ = trial.arguments
    v = output(trial.call(z_dim, x, z, 3.0, seed=1), "v")
    if not bool((v > 0).all() & torch.isfinite(v).all()):
        raise Wrong(f"One of your variances is {v.min().item():.3g}.", "A variance is positive: softplus, or exp.")


def logits_are_free(trial: Trial) -> None:
    """Logits take both signs and leave [0, 1] when the weights grow; probabilities do not."""
    z_dim, x, z, _ = trial.arguments
    logits = output(trial.call(z_dim, x, 10 * z, 30.0, seed=2), "logits")
    if bool(((logits >= 0) & (logits <= 1)).all()):
        raise Wrong(
            "Your decoder's outputs stay between 0 and 1.", "It should return logits: leave the last sigmoid out."
        )
    if bool((logits >= 0).all() | (logits <= 0).all()):
        raise Wrong("Your decoder's outputs never change their sign.", "Logits take both signs: no ReLU at the end.")


def inputs_matter(trial: Trial) -> None:
    """m, v and the logits differ between different images and different z."""
    z_dim, x, z, _ = trial.arguments
    call = trial.call(z_dim, x, z, 3.0, seed=3)
    for name in ("m", "v", "logits"):
        value = output(call, name)
        if bool(((value[1:] - value[:-1]).abs().amax(-1) < 1e-6).any()):
            raise Wrong(f"{name} is the same for different inputs.", "It should depend on the input.")


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


def network_signs(answer: Answer) -> dict[str, Tensor]:
    """Facts about a network: signs, ranges and shapes."""
    g = torch.Generator().manual_seed(0)
    x, z = (torch.rand(4, PIXELS, generator=g) < 0.3).float(), torch.randn(4, 16, generator=g)
    call = answer.call(16, x, z, 3.0, seed=0)
    odd = answer.call(5, x, z[:, :5], 3.0, seed=0)
    cube = answer.call(16, x, z.view(2, 2, 16), 1.0, seed=0)
    big = answer.call(16, x, 10 * z, 30.0, seed=1).outputs.get("logits")
    m, v = call.outputs.get("m"), call.outputs.get("v")
    facts = {
        "fails": call.error is not None,
        "other z_dim fails": odd.error is not None,
        "axes in front": cube.error is not None or tuple(cube.outputs["logits"].shape) != (2, 2, PIXELS),
        "one output": call.error is None and v is None,
        "v negative": v is not None and bool((v <= 0).any()),
        "v the same": v is not None and v.ndim == 2 and bool(((v[1:] - v[:-1]).abs().amax(-1) < 1e-6).any()),
        "m positive": m is not None and bool((m > 0).all()),
        "probabilities": big is not None and bool(((big >= 0) & (big <= 1)).all()),
        "one sign": big is not None and bool((big >= 0).all() | (big <= 0).all()),
    }
    return {name: torch.tensor(float(fact)) for name, fact in facts.items()}


def network(split: Any = gaussian_parameters, last: Any = None, shape: Any = None, z_dim: int | None = None) -> type:
    """A small network of its own kind, or with one thing done in another way."""

    class Encoder(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(PIXELS, 40), nn.Tanh(), nn.Linear(40, 2 * (z_dim or size)))

        def forward(self, x: Tensor) -> Any:
            return split(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim or size, 40), nn.Tanh(), nn.Linear(40, PIXELS))

        def forward(self, z: Tensor) -> Tensor:
            z = shape(z) if shape else z
            return last(self.net(z)) if last else self.net(z)

    return type("MyNetwork", (), {"Encoder": Encoder, "Decoder": Decoder})


def _one_variance(h: Tensor) -> tuple[Tensor, Tensor]:
    m, _ = h.chunk(2, -1)
    return m, torch.ones_like(m)


def _exp_variance(h: Tensor) -> tuple[Tensor, Tensor]:
    m, log_v = h.chunk(2, -1)
    return m, log_v.clamp(-20, 20).exp()


my_network = Exercise(
    name="MyNetwork",
    lesson=LESSON,
    number="7.2",
    title="An architecture of your own",
    points=2,
    minutes=20,
    difficulty=3,
    lines="25 lines",
    arguments=draw_images,
    truth=lambda *_: torch.zeros(()),
    harness=play_network,
    checks=(
        Check("shapes, for any z_dim", network_shapes),
        Check("variances are positive", variances_are_positive, points=0.5),
        Check("the decoder returns logits", logits_are_free, points=0.5),
        Check("inputs matter", inputs_matter, points=0.5),
        Check("several z per image", axes_in_front, points=0.5),
    ),
    fingerprint=network_signs,
    misconceptions=(
        Misconception(
            "variance-not-positive",
            network(lambda h: h.chunk(2, -1)),
            "Your variance is a bare output of the last layer and may be negative (or is it a log-variance?). Make it "
            "positive: gaussian_parameters does.",
        ),
        Misconception(
            "one-variance-for-all",
            network(_one_variance),
            "The variance is the same for every image, so that q cannot say how sure it is: let the network give it too.",
        ),
        Misconception(
            "mean-and-variance-swapped",
            network(lambda h: gaussian_parameters(h)[::-1]),
            "Your encoder returns (v, m): what should be the mean is always positive. The order is (m, v).",
        ),
        Misconception(
            "one-output",
            network(lambda h: h),
            "Your encoder returns one tensor. Split it: gaussian_parameters(h) gives the mean and a positive variance.",
        ),
        Misconception(
            "probabilities",
            network(last=torch.sigmoid),
            "Your decoder ends in a sigmoid. The course's loss takes logits, and would apply the sigmoid a second time.",
        ),
        Misconception(
            "relu-at-the-end",
            network(last=torch.relu),
            "Your decoder ends in a ReLU: no pixel can have a probability below ½. End with the bare linear layer.",
        ),
        Misconception(
            "axes-flattened",
            network(shape=lambda z: z.reshape(-1, z.shape[-1])),
            "Your decoder flattens the axes in front and does not put them back. nn.Linear needs no flattening; a "
            "convolution does, and then a view back to z.shape[:-1].",
        ),
        Misconception(
            "z-dim-written-in",
            network(z_dim=16),
            "The number of latents is written into your layers. Use the argument z_dim.",
        ),
    ),
    correct={
        "softplus": network(),
        "exp": network(_exp_variance),
        "v1": type("MyNetwork", (), {"Encoder": nns.get("v1").Encoder, "Decoder": nns.get("v1").Decoder}),
        "view back": network(shape=lambda z: z.reshape(-1, z.shape[-1]).view(z.shape)),
    },
    hints=(
        "vae_course/nns/v1.py is the shortest complete example: two classes, an __init__ and a forward each.",
        "The encoder ends in nn.Linear(hidden, 2 * z_dim) and gaussian_parameters; the decoder in nn.Linear(hidden, 784).",
        "Put both classes inside `class MyNetwork:`; change what lies between first and last layer: width, depth, tanh, a skip.",
    ),
)
