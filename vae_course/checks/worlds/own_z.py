"""Whose z an image is decoded from, and whether it comes from that image's own q: read off a gradient in x, in *triplets*."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.noise import has_unit_variance, must_have_tails
from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import ALPHA, near
from vae_course.checks.worlds.valleys import FAR, SEEN, SPREADS, mild, triplets

MEANS = (-FAR, 0.0, FAR)
MARGIN = FAR / 8
EDGE = 1e-3
"""Of 8,160 normal draws four lie so near their largest with probability below 1e-8; cut off at 3, eleven lie on either edge."""


def decoded(gradient: Tensor | None) -> Tensor | None:
    """z (rows, latents) behind the gradient in x of any multiple of rec; None: it says nothing.

    The factor, and with it the sign, is read off the pixels whose logits are the same for every z.
    """
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    known = slice(mild().latents * mild().edges, SEEN)
    factor = (gradient[:, known].double() / triplets().model.weights["dec.net.2.bias"][known]).mean()
    return mild().z_of_logits(gradient.double() / factor) if float(factor.abs()) > 0 else None


def kinds(z: Tensor) -> list[Tensor]:
    """The z of the three kinds of images."""
    return [z[i::3] for i in range(3)]


def distance(gradient: Tensor | None) -> float:
    """How far, of all the way to the mean of their own q, the z lie: 1 if they are their own; as few values, for a fingerprint. NaN, which
    agrees with itself: nothing can be said.
    """
    z = decoded(gradient)
    if z is None:
        return math.nan
    first, _, last = (part.mean().item() for part in kinds(z))
    far = (last - first) / (2 * FAR)
    return 1.0 if abs(far - 1) < 1 / 8 else 0.5 if 0.5 < far < 1 else 0.0


def must_be_own(gradient: Tensor | None, value: float) -> None:
    """Raise `Wrong` if the z that were decoded are not draws from q of their own image.

    The means of the three kinds are asked to MARGIN, so that a q that is a little off costs its own points alone; false alarms: a mean strays
    by 0.03. Spread and tails are asked where one draw an image explains the `value`, which a mean over several draws does not; false
    alarms: ALPHA for each spread, and `must_have_tails`.
    """
    z = decoded(gradient)
    if z is None:
        return  # without a gradient another check asks for it
    found = [part.mean().item() for part in kinds(z)]
    if any(abs(got - right) > MARGIN for got, right in zip(found, MEANS, strict=True)):
        raise Wrong(
            f"For three kinds of images, whose q(z|x) have means {_listed(MEANS)}, the z that you decode have means {_listed(found)}.",
            "Each image is decoded from a z of its own q(z|x): is z, m or x permuted, averaged or changed along the batch?",
        )
    if not any(near(value, cost(z)) for cost in COSTS):
        return
    noise = [(part - m) / s for part, m, s in zip(kinds(z), MEANS, SPREADS, strict=True)]
    if not all(has_unit_variance(each, ALPHA) for each in noise):
        raise Wrong(
            f"For three kinds of images, whose q(z|x) have standard deviations {_listed(SPREADS)}, the z that you decode have "
            f"{_listed([(part - part.mean()).std().item() for part in kinds(z)])}.",
            "Each image has a v of its own, and z spreads by sqrt(v): is v changed, permuted or averaged on the way?",
        )
    pooled = torch.cat(noise).flatten()
    must_have_tails(pooled)
    for edge in (pooled.max(), pooled.min()):
        if int(((pooled - edge).abs() < EDGE).sum()) > 3:
            raise Wrong(
                f"Of {len(pooled):,} draws of your noise several lie exactly at {edge:.2f}, its edge.",
                "Normal noise has no edge: nothing should be clamped.",
            )


def _rec(z: Tensor) -> Tensor:
    """−log p(x|z) of each row; the pixel that the decoder leaves open costs log 2."""
    shared = -mild().truth.log_likelihood(z.flatten()).reshape(z.shape).sum(-1)
    sure = triplets().model.weights["dec.net.2.bias"][SEEN - 1].abs().double()
    was = torch.nn.functional.softplus(-sure)  # what *mild* counts for this pixel
    return shared - was + math.log(2)


def _log_ratio(z: Tensor) -> Tensor:
    """log q(z|x) − log p(z) of each row."""
    found = torch.empty(len(z), dtype=torch.float64)
    for i, (m, s) in enumerate(zip(MEANS, SPREADS, strict=True)):
        own = z[i::3]
        found[i::3] = (
            Normal(m, s, validate_args=False).log_prob(own) - Normal(0.0, 1.0, validate_args=False).log_prob(own)
        ).sum(-1)
    return found


def _kl() -> float:
    latents = triplets().model.z_dim
    each = (0.5 * (s**2 + m**2 - 1 - 2 * math.log(s)) for m, s in zip(MEANS, SPREADS, strict=True))
    return latents * sum(each) / 3


COSTS: tuple[Callable[[Tensor], float], ...] = (
    lambda z: _rec(z).mean().item(),
    lambda z: _rec(z).mean().item() + _kl(),
    lambda z: (_rec(z) + _log_ratio(z)).mean().item(),
)
"""What one draw an image costs: rec, the bound with the closed kl, and with kl at the draw, which is −log w."""


def _listed(values: tuple[float, ...] | list[float]) -> str:
    first, second, third = (f"{value:.2f}".replace("-", "−") for value in values)
    return f"{first}, {second} and {third}"
