"""What people write in the place of the log weight of two layers."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_course import given
from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.towards_diffusion.two_layer_log_weight.layers import NAMES, parts, true_weight

Weight = Callable[..., Tensor]
Named = dict[str, Tensor]


def _changed(which: str, by: str = "") -> Weight:
    """A mistake in one of the four densities: it is left out, comes in with the other sign, ..."""

    def wrong(
        log_p_x: Tensor, z1: Tensor, z2: Tensor, m1: Tensor, v1: Tensor, m2: Tensor, v2: Tensor, pm: Tensor, pv: Tensor
    ) -> Tensor:
        named = dict(zip(("p1", "p2", "q1", "q2"), parts(z1, z2, m1, v1, m2, v2, pm, pv), strict=True))
        signs = {"p1": 1, "p2": 1, "q1": -1, "q2": -1}
        for name in which.split():
            signs[name] *= -1 if by == "sign" else 0
        return log_p_x + torch.stack([signs[name] * named[name] for name in named]).sum(0)

    return wrong


def _of(change: Callable[..., Tensor]) -> Weight:
    """A mistake made with all arguments by name: change(arguments, right weight)."""

    def wrong(
        log_p_x: Tensor, z1: Tensor, z2: Tensor, m1: Tensor, v1: Tensor, m2: Tensor, v2: Tensor, pm: Tensor, pv: Tensor
    ) -> Tensor:
        a = dict(zip(NAMES, (log_p_x, z1, z2, m1, v1, m2, v2, pm, pv), strict=True))
        return change(a)

    return wrong


def _averaged(a: Named) -> Tensor:
    first, second = a["z1"].shape[-1], a["z2"].shape[-1]
    p1, p2, q1, q2 = parts(*(a[name] for name in NAMES[1:]))
    return a["log_p_x"] + (p1 - q1) / first + (p2 - q2) / second


def _with(**others: str) -> Weight:
    """An argument in the place of another."""
    return _of(lambda a: true_weight(**(a | {name: a[other] for name, other in others.items()})))


def _by(change: Callable[..., Tensor], *names: str) -> Weight:
    return _of(lambda a: true_weight(**(a | {name: change(a[name]) for name in names})))


def _sum_of_densities(a: Named) -> Tensor:
    p1, p2, q1, q2 = (part.exp() for part in parts(*(a[name] for name in NAMES[1:])))
    return a["log_p_x"] + (p1 * p2 / (q1 * q2)).log()


def _standard(a: Named) -> Tensor:
    return true_weight(**(a | {"pm": torch.zeros_like(a["pm"]), "pv": torch.ones_like(a["pv"])}))


def _kl_in_the_weight(a: Named) -> Tensor:
    first = given.kl_normal(a["m1"], a["v1"], a["pm"], a["pv"])
    return a["log_p_x"] - first - given.kl_normal(a["m2"], a["v2"], torch.zeros(1), torch.ones(1))


def _kl_of_z2(a: Named) -> Tensor:
    p1, _, q1, _ = parts(*(a[name] for name in NAMES[1:]))
    return a["log_p_x"] + p1 - q1 - given.kl_normal(a["m2"], a["v2"], torch.zeros(1), torch.ones(1))


def _kl_of_z1(a: Named) -> Tensor:
    _, p2, _, q2 = parts(*(a[name] for name in NAMES[1:]))
    return a["log_p_x"] - given.kl_normal(a["m1"], a["v1"], a["pm"], a["pv"]) + p2 - q2


MISCONCEPTIONS = (
    Misconception(
        "one-layer", _changed("p2 q2"), "The second layer is missing: its prior log p(z2), and log q(z2|z1)."
    ),
    Misconception(
        "q2-forgotten",
        _changed("q2"),
        "log q(z2|z1) is missing: every latent that was drawn is divided by the density that it was drawn with.",
    ),
    Misconception(
        "q1-forgotten",
        _changed("q1"),
        "log q(z1|x) is missing: every latent that was drawn is divided by the density that it was drawn with.",
    ),
    Misconception(
        "prior-of-z2-forgotten",
        _changed("p2"),
        "log p(z2), of a standard normal, is missing: the model draws z2 first.",
    ),
    Misconception("p1-forgotten", _changed("p1"), "log p(z1|z2) is missing: the model draws z1 from it."),
    Misconception("no-q", _changed("q1 q2"), "This is log p(x, z1, z2) alone. Subtract log q of both draws."),
    Misconception(
        "no-prior",
        _changed("p1 p2"),
        "Both densities of the model's latents are missing: log p(z1|z2) and log p(z2).",
    ),
    Misconception("q2-added", _changed("q2", "sign"), "log q(z2|z1) is added. It stands below the line: subtract it."),
    Misconception("q1-added", _changed("q1", "sign"), "log q(z1|x) is added. It stands below the line: subtract it."),
    Misconception(
        "q-added", _changed("q1 q2", "sign"), "Both log q are added. They stand below the line: subtract them."
    ),
    Misconception(
        "p1-subtracted",
        _changed("p1", "sign"),
        "log p(z1|z2) is subtracted. It belongs to the model, above the line.",
    ),
    Misconception(
        "latents-the-other-way-round",
        _changed("p1 p2 q1 q2", "sign"),
        "All four densities of latents have the wrong sign: p stands above the line, q below.",
    ),
    Misconception(
        "standard-prior-for-z1",
        _of(_standard),
        "You give z1 the prior N(0, I). In this model z1 comes from N(pm, pv), which the second layer chose.",
    ),
    Misconception(
        "picture-forgotten",
        _of(lambda a: true_weight(**(a | {"log_p_x": 0 * a["log_p_x"]}))),
        "log p(x|z1) is missing.",
    ),
    Misconception(
        "picture-subtracted",
        _of(lambda a: true_weight(**(a | {"log_p_x": -a["log_p_x"]}))),
        "log p(x|z1) is subtracted. It is a log probability, not `rec`: add it.",
    ),
    Misconception(
        "negative",
        _of(lambda a: -true_weight(**a)),
        "This is −log w, whose average is the NELBO. The log weight is asked.",
    ),
    Misconception(
        "not-the-log",
        _of(lambda a: true_weight(**a).exp()),
        "This is the weight itself. Its logarithm is asked, which float32 can hold.",
    ),
    Misconception(
        "q1-and-p1-exchanged",
        _with(m1="pm", v1="pv", pm="m1", pv="v1"),
        "q(z1|x) and p(z1|z2) have changed places: m1, v1 are what the encoder says.",
    ),
    Misconception(
        "q1-for-p1",
        _with(pm="m1", pv="v1"),
        "log p(z1|z2) and log q(z1|x) cancel in your numbers, or both are missing. p(z1|z2) has a mean and a variance of its own, pm and pv.",
    ),
    Misconception(
        "variance-for-spread",
        _by(lambda v: v**2, "v1", "v2", "pv"),
        "You use the variances as standard deviations: torch's Normal wants v.sqrt().",
    ),
    Misconception(
        "root-for-the-variance",
        _by(lambda v: v**0.5, "v1", "v2", "pv"),
        "You take the root of the variances, and hand it over as a variance. Only torch's Normal wants the root.",
    ),
    Misconception(
        "averaged-over-latents",
        _of(_averaged),
        "You average log densities over the latents, where they are summed.",
    ),
    Misconception(
        "kl-in-the-weight",
        _of(_kl_in_the_weight),
        "Two KLs in closed form stand where the log densities of the draw belong. That of z2 would be right on average; that of z1 is not even that, as pm and pv were made from a z2 that was drawn from this z1.",
    ),
    Misconception(
        "kl-of-z2-in-the-weight",
        _of(_kl_of_z2),
        "A KL in closed form stands where the log densities of z2 belong: right on average over z2, but the weight of a draw is asked, and it depends on that z2.",
    ),
    Misconception(
        "kl-of-z1-in-the-weight",
        _of(_kl_of_z1),
        "A KL in closed form stands where the log densities of z1 belong. It is not right on average either: pm and pv were made from a z2 that was drawn from this z1.",
    ),
    Misconception(
        "averaged-over-the-batch",
        _of(lambda a: true_weight(**a).mean()),
        "You average over the images. Each draw keeps a weight of its own.",
    ),
    Misconception(
        "axis-kept",
        _of(lambda a: true_weight(**a).unsqueeze(-1)),
        "An axis of length 1 is left over: sum the log densities without keepdim.",
    ),
    Misconception(
        "exp-then-log",
        _of(_sum_of_densities),
        "Right while the latents are where all densities expect them. Elsewhere a density is 0 in float32, and the log of the quotient infinite or NaN: add and subtract log densities.",
    ),
    Misconception(
        "no-gradient",
        _of(lambda a: true_weight(**a).detach()),
        "Right, but cut off from its inputs: no .detach(), .item(), numpy or no_grad.",
    ),
)
