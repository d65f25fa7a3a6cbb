"""Small models designed so that a bound's right value is known: *still*, *apart* and *bent*.

All are network "tiny". In *still* and *apart* the decoder ignores z, so rec needs no luck: log p(x|z) is the same for every
z. In *bent* it reads the first latent only, so that expectations are integrals over a line (`truth`).
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import linear, softplus

from vae_course.answers import Model
from vae_course.exercises.truth import Truth, log_likelihood

PIXELS, HIDDEN = 784, 32


@dataclass(frozen=True, eq=False)
class Case:
    """A model and images x (batch, 784) to call an answer with."""

    model: Model
    x: Tensor


def encode(model: Model, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(z|x), in double precision, straight from the weights."""
    w = {name: t.double() for name, t in model.weights.items()}
    hidden = torch.tanh(linear(x.double(), w["enc.net.0.weight"], w["enc.net.0.bias"]))
    m, raw = linear(hidden, w["enc.net.2.weight"], w["enc.net.2.bias"]).chunk(2, -1)
    return m, softplus(raw) + 1e-8


def decode(model: Model, z: Tensor) -> Tensor:
    """Logits of p(x|z), in double precision, straight from the weights."""
    w = {name: t.double() for name, t in model.weights.items()}
    hidden = torch.tanh(linear(z.double(), w["dec.net.0.weight"], w["dec.net.0.bias"]))
    return linear(hidden, w["dec.net.2.weight"], w["dec.net.2.bias"])


def raw_variance(v: float) -> float:
    """softplus(this) = v."""
    return math.log(math.expm1(v))


def images(generator: Generator, batch: int) -> Tensor:
    """Different images: binary, each with its own share of white, and some grey pixels in the last."""
    share = torch.linspace(0.15, 0.7, batch)[:, None]
    x = (torch.rand(batch, PIXELS, generator=generator) < share).float()
    x[-1, :100] = torch.rand(100, generator=generator)
    return x


def _model(z_dim: int, generator: Generator, prior: tuple[float, float] = (0.0, 1.0)) -> Model:
    """Random weights of moderate size; the builders below overwrite what matters."""

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return scale * torch.randn(*shape, generator=generator)

    return Model(
        "tiny",
        z_dim,
        {
            "enc.net.0.weight": normal(HIDDEN, PIXELS, scale=0.08),
            "enc.net.0.bias": normal(HIDDEN, scale=0.1),
            "enc.net.2.weight": normal(2 * z_dim, HIDDEN, scale=0.3),
            "enc.net.2.bias": normal(2 * z_dim, scale=0.3),
            "dec.net.0.weight": normal(HIDDEN, z_dim, scale=0.5),
            "dec.net.0.bias": normal(HIDDEN, scale=0.5),
            "dec.net.2.weight": normal(PIXELS, HIDDEN, scale=0.2),
            "dec.net.2.bias": normal(PIXELS, scale=0.8) - 0.5,
            "z_prior_m": torch.tensor([prior[0]]),
            "z_prior_v": torch.tensor([prior[1]]),
        },
    )


def still(generator: Generator, z_dim: int = 3, batch: int = 5, prior: tuple[float, float] = (0.0, 1.0)) -> Case:
    """The decoder ignores z and q = p: every log weight is log p(x), whatever is drawn."""
    model = _model(z_dim, generator, prior)
    w = model.weights
    w["dec.net.0.weight"].zero_()
    w["enc.net.2.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = prior[0]
    w["enc.net.2.bias"][z_dim:] = raw_variance(prior[1])
    return Case(model, images(generator, batch))


def apart(generator: Generator, z_dim: int = 3, batch: int = 5) -> Case:
    """The decoder ignores z; q differs from p and from image to image, with variances from about 0.1 to 5."""
    model = _model(z_dim, generator)
    w = model.weights
    w["dec.net.0.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor([1.6, -1.2, 0.7])[:z_dim]
    w["enc.net.2.bias"][z_dim:] = torch.tensor([-2.0, 0.2, 3.0])[:z_dim]
    return Case(model, images(generator, batch))


def rec_without_z(case: Case) -> Tensor:
    """−log p(x) per image where the decoder ignores z: (batch,)."""
    logits = decode(case.model, torch.zeros(len(case.x), case.model.z_dim))
    return -log_likelihood(case.x, logits)


def kl_terms(case: Case) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance of q, (batch, z_dim), and KL(q ‖ N(0, I)) per image, (batch,)."""
    m, v = encode(case.model, case.x)
    q = torch.distributions.Normal(m, v.sqrt())
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(-1)
    return m, v, kl


@dataclass(frozen=True, eq=False)
class Bent:
    """A model whose rec is a valley over the first latent, one image, and the truth about it."""

    model: Model
    image: Tensor
    m: tuple[float, ...]
    v: tuple[float, ...]
    truth: Truth

    def rows(self, count: int) -> Case:
        """The same image many times, so that a mean over the batch is a mean over draws of z."""
        return Case(self.model, self.image.expand(count, -1).clone())


@cache
def bent(m: tuple[float, ...], v: tuple[float, ...], centre: float, edges: int, steep: float) -> Bent:
    """rec(z) = constant + Σ over `edges` pixels of softplus(± steep · (z_0 − centre)): a valley with straight walls.

    Half of those pixels are white and half black in the image, so that the walls rise by edges · steep / 2 a unit.
    The decoder's first hidden unit is 24 · tanh(z_0 / 24), nearly z_0 itself; q is the same for all images.
    """
    z_dim = len(m)
    generator = torch.Generator().manual_seed(11)
    model = _model(z_dim, generator)
    w = model.weights
    w["enc.net.2.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor(m)
    w["enc.net.2.bias"][z_dim:] = torch.tensor([raw_variance(entry) for entry in v])
    w["dec.net.0.weight"].zero_()
    w["dec.net.0.weight"][0, 0] = 1 / 24
    w["dec.net.0.bias"][0] = 0
    w["dec.net.2.weight"].zero_()
    w["dec.net.2.weight"][:edges, 0] = 24 * steep
    w["dec.net.2.bias"][:edges] = -steep * centre
    image = (torch.rand(PIXELS, generator=generator) < 0.3).float()
    image[:edges] = (torch.arange(edges) % 2).float()

    flat = log_likelihood(image[edges:], w["dec.net.2.bias"][None, edges:])  # pixels that do not depend on z
    weight, bias = (w[name][:edges].double() for name in ("dec.net.2.weight", "dec.net.2.bias"))

    def likelihood(z: Tensor) -> Tensor:
        hidden = torch.tanh(w["dec.net.0.weight"][0, 0].double() * z.double())
        return flat + log_likelihood(image[:edges], hidden[:, None] * weight[:, 0] + bias)

    return Bent(model, image, m, v, Truth(likelihood, m[0], v[0], nodes=601, times=1501))


def mild() -> Bent:
    """For the NELBO: three latents, one of which matters; q three times as wide as the prior, so that z = m, z ~ p(z), noise
    from rand and v for sqrt(v) each move rec by at least 0.4 of its Lipschitz constant."""
    return bent((0.5, -0.6, 0.8), (9.0, 0.3, 0.6), centre=1.0, edges=8, steep=1.0)


def strong() -> Bent:
    """For the IWAE bound: one latent, log w spreads by 5 nats, so that the ELBO and IWAE_8 lie 5.4 nats apart."""
    return bent((3.0,), (0.6,), centre=0.0, edges=8, steep=1.0)


LINEAR_M = 1.5


def linear_weights(generator: Generator) -> Case:
    """The decoder ignores z, one latent, q = N(1.5, 1): log w = log p(x) − 1.5 ε − 1.125 tells which ε was drawn."""
    case = still(generator, z_dim=1, batch=1)
    case.model.weights["enc.net.2.bias"][0] = LINEAR_M
    return case
