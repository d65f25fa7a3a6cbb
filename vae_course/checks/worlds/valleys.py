"""Designed models whose decoder looks at z: *mild* and *strong*. Expectations are integrals over a line (`truth`)."""

import math
from dataclasses import dataclass, replace
from functools import cache, cached_property

import torch
from torch import Tensor

from vae_course.checks.worlds.models import PIXELS, SURE, Case, random_model, raw_variance
from vae_course.checks.worlds.truth import Truth, log_likelihood
from vae_course.runner.answers import Model

KNOWN = 32  # pixels of which the decoder is sure, whatever z is
SURER = 15.0
BEND = 24.0
"""The decoder's tanh is stretched by this, so that it is nearly straight where z is."""


@dataclass(frozen=True, eq=False)
class Bent:
    """A model whose rec is a valley over some of its latents, one image, and the truth about it.

    Each of the `latents` that matter adds the same function of itself to log p(x|z): `truth` is about one of them, with an
    equal share of what does not depend on z.
    """

    model: Model
    image: Tensor
    m: tuple[float, ...]
    v: tuple[float, ...]
    truth: Truth
    latents: int
    centre: float
    edges: int
    steep: float

    def z_of_logits(self, logits: Tensor) -> Tensor:
        """The latents that matter behind logits (rows, 784): (rows, latents)."""
        hidden = logits[:, : self.latents * self.edges : self.edges].double() / self.steep + self.centre
        return BEND * torch.atanh((hidden / BEND).clamp(-0.999, 0.999))

    def tells(self, logits: Tensor) -> bool:
        """True if what should be logits (rows, 784) are those of the pixels that do not depend on z."""
        known = self.model.weights["dec.net.2.bias"][-KNOWN:]
        return bool(((logits[:, -KNOWN:] - known).abs() <= 1e-2 * known.abs()).all())

    def rows(self, count: int) -> Case:
        """The same image many times, so that a mean over the batch is a mean over draws of z."""
        return Case(self.model, self.image.expand(count, -1).clone())

    @cached_property
    def rec(self) -> float:
        return self.latents * self.truth.rec()

    @cached_property
    def kl(self) -> float:
        m, v = (torch.tensor(entry, dtype=torch.float64) for entry in (self.m, self.v))
        q, p = torch.distributions.Normal(m, v.sqrt()), torch.distributions.Normal(torch.zeros_like(m), 1.0)
        return torch.distributions.kl_divergence(q, p).sum().item()

    @cached_property
    def slope(self) -> float:
        """How fast log p(x|z) may move with the noise of one row: independent latents add their squares."""
        return math.sqrt(self.latents) * self.truth.slope()


@cache
def bent(m: tuple[float, ...], v: tuple[float, ...], centre: float, edges: int, steep: float, latents: int = 1) -> Bent:
    """rec(z) = constant + Σ over the first `latents` z_d and over `edges` pixels each of softplus(± steep · (z_d − centre)).

    These are valleys with straight walls: half of a latent's pixels are white and half black in the image, so that the walls
    rise by edges · steep / 2 a unit. Hidden unit d of the decoder is BEND · tanh(z_d / BEND), nearly z_d itself; q is the same
    for all images. Latents that matter have the same m and v. The other pixels are all but certain: they add little.
    """
    z_dim, pixels = len(m), latents * edges
    generator = torch.Generator().manual_seed(11)
    model = random_model(z_dim, generator)
    w = model.weights
    w["enc.net.2.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor(m)
    w["enc.net.2.bias"][z_dim:] = torch.tensor([raw_variance(entry) for entry in v])
    for name in ("dec.net.0.weight", "dec.net.2.weight"):
        w[name].zero_()
    for d in range(latents):
        w["dec.net.0.weight"][d, d] = 1 / BEND
        w["dec.net.0.bias"][d] = 0
        w["dec.net.2.weight"][d * edges : (d + 1) * edges, d] = BEND * steep
    w["dec.net.2.bias"][:pixels] = -steep * centre
    image = (torch.rand(PIXELS, generator=generator) < 0.3).float()
    image[:pixels] = (torch.arange(pixels) % 2).float()
    w["dec.net.2.bias"][pixels:] = SURE * (2 * image[pixels:] - 1)

    flat = log_likelihood(image[pixels:], w["dec.net.2.bias"][None, pixels:]) / latents  # what does not depend on z
    weight, bias = (w[name][:edges].double() for name in ("dec.net.2.weight", "dec.net.2.bias"))

    def likelihood(z: Tensor) -> Tensor:
        hidden = torch.tanh(w["dec.net.0.weight"][0, 0].double() * z.double())
        return flat + log_likelihood(image[:edges], hidden[:, None] * weight[:, 0] + bias)

    model = replace(model, training=False)  # a bound that samples in training only is wrong here
    return Bent(model, image, m, v, Truth(likelihood, m[0], v[0], nodes=601, times=1501), latents, centre, edges, steep)


def mild() -> Bent:
    """For the NELBO: sixteen latents, so that a row is worth sixteen draws; q is three times as wide as the prior and the
    valley lies beside its mean, so that z = m, z ~ p(z), noise from rand and v for sqrt(v) each move rec by about half of
    its Lipschitz constant a latent."""
    return bent((-0.5,) * 16, (9.0,) * 16, centre=0.25, edges=8, steep=2.0, latents=16)


SEEN = PIXELS - 1  # the one pixel by which the images of *triplets* differ
GREY = 0.4
FAR = 2.5
SIDES = torch.tensor([1, 1, 1, 1, 1, -1, -1, -1, 1, -1, -1, 1, -1, 1, -1, -1]).double()
"""On which side of 0 each latent's mean lies, so that no latent is taken for another: uncorrelated with itself rolled, and read backwards."""
TRIPLETS = 510  # images: 8,160 draws


def kinds() -> tuple[Tensor, Tensor]:
    """Means and standard deviations of q for the three kinds of images in *triplets*, (3, latents) each."""
    means = torch.tensor([-FAR, 0.0, FAR]).double()[:, None] * SIDES
    return means, torch.tensor([0.04, 0.9, 1.4]).double()[:, None] * torch.where(SIDES > 0, 0.7, 1.3).double()


@cache
def triplets() -> Case:
    """Three images in turn, with a pixel that is 0, grey and 1: their q differ in the mean and the spread of each of sixteen latents (`kinds`),
    and the decoder looks at all of them.

    The encoder sees that pixel alone, and the decoder leaves it open (logit 0). So the gradient in the others tells, row by row, which z was
    decoded; and whose it is.
    """
    case = bent((0.0,) * 16, (0.5,) * 16, centre=0.25, edges=8, steep=2.0, latents=16).rows(TRIPLETS)
    w = {name: t.clone() for name, t in case.model.weights.items()}
    means, spreads = kinds()
    raw = torch.log(torch.expm1(spreads.square()))
    for name in ("enc.net.0.weight", "enc.net.0.bias", "enc.net.2.weight"):
        w[name].zero_()
    w["enc.net.0.weight"][:2, SEEN] = 120
    w["enc.net.0.bias"][:2] = torch.tensor([-30.0, -60.0])  # hidden units (−1, −1), (1, −1) and (1, 1)
    outputs = torch.cat([means, raw], -1).float()  # (3, 2 · latents)
    w["enc.net.2.weight"][:, :2] = torch.stack([outputs[1] - outputs[0], outputs[2] - outputs[1]], -1) / 2
    w["enc.net.2.bias"][:] = (outputs[0] + outputs[2]) / 2
    w["dec.net.2.weight"][SEEN], w["dec.net.2.bias"][SEEN] = 0, 0
    # It costs 2e-3 nats less; two sizes of logits tell a cut.
    w["dec.net.2.bias"][SEEN - KNOWN : SEEN - KNOWN // 2] *= SURER / SURE
    x = case.x.clone()
    x[:, SEEN] = torch.tensor([0.0, GREY, 1.0]).repeat(TRIPLETS // 3)
    return Case(replace(case.model, weights=w), x)


def strong() -> Bent:
    """For the IWAE bound: one latent, log w spreads by 5 nats, so that the ELBO and IWAE_8 lie 5.4 nats apart."""
    return bent((3.0,), (0.6,), centre=0.0, edges=8, steep=1.0)
