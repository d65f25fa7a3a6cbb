"""Small models designed so that a bound's right value is known: *still*, *apart* and *bent*.

All are network "tiny". In *still* and *apart* the decoder ignores z, so rec needs no luck: log p(x|z) is the same for every
z. In *bent* it reads the first latent only, so that expectations are integrals over a line (`truth`).
"""

import math
from dataclasses import dataclass, replace
from functools import cache, cached_property

import torch
from torch import Generator, Tensor
from torch.nn.functional import linear, softplus

from vae_course.answers import Model
from vae_course.exercises.truth import Truth, log_likelihood

PIXELS, HIDDEN = 784, 32
FREE = 64  # pixels that decide, in models where the others are all but certain
NARROW_ROWS = 24
SURE = 9.0  # a logit that makes a pixel all but certain: it costs 1e-4 nats


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


def apart(generator: Generator, z_dim: int = 4, batch: int = 5) -> Case:
    """The decoder ignores z; q differs from p and from image to image, with variances from about 0.1 to 5.

    The fourth latent is nearly the prior's, for every image: a floor under each latent's KL shows there.
    """
    model = _model(z_dim, generator)
    w = model.weights
    w["dec.net.0.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor([1.6, -1.2, 0.7, 0.1]).repeat(8)[:z_dim]
    w["enc.net.2.bias"][z_dim:] = torch.tensor([-2.0, 0.2, 3.0, raw_variance(0.9)]).repeat(8)[:z_dim]
    w["enc.net.2.weight"][3::4] *= 0.1  # rows of means, then of variances: z_dim is 1 or a multiple of four
    return Case(model, images(generator, batch))


def faint(case: Case) -> Case:
    """The same, with all pixels but the first 64 all but certain and alike in all images.

    So log p(x) is about −40 in place of −500: its exp is an ordinary float, and its rounding a tenth. The encoder looks
    harder at those 64, so that images differ in q as before.
    """
    x, w = case.x, case.model.weights
    w["enc.net.0.weight"][:, :FREE] *= math.sqrt(PIXELS / FREE)
    x[:, FREE:] = x[0, FREE:].round()
    w["dec.net.2.weight"][FREE:] = 0
    w["dec.net.2.bias"][FREE:] = SURE * (2 * x[0, FREE:] - 1)
    return case


@cache
def narrow() -> Case:
    """The decoder ignores z; 32 latents, so that a Monte Carlo kl strays by a fifth of its size.

    Half of the variances are small, which adds much to kl and little to its chance; half are large, so that what grows
    with v shows too.
    """
    generator = torch.Generator().manual_seed(13)
    case = apart(generator, z_dim=32, batch=1)
    w = case.model.weights
    w["enc.net.2.weight"].zero_()
    w["enc.net.2.bias"][:32] = torch.tensor([1.0, -0.5]).repeat(16)
    w["enc.net.2.bias"][32:] = torch.tensor([raw_variance(0.02), raw_variance(2.0)]).repeat(16)
    return Case(case.model, case.x.repeat(NARROW_ROWS, 1))


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
        return logits[:, : self.latents * self.edges : self.edges] / self.steep + self.centre

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
    rise by edges · steep / 2 a unit. Hidden unit d of the decoder is 24 · tanh(z_d / 24), nearly z_d itself; q is the same
    for all images. Latents that matter have the same m and v. The other pixels are all but certain: they add little.
    """
    z_dim, pixels = len(m), latents * edges
    generator = torch.Generator().manual_seed(11)
    model = _model(z_dim, generator)
    w = model.weights
    w["enc.net.2.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor(m)
    w["enc.net.2.bias"][z_dim:] = torch.tensor([raw_variance(entry) for entry in v])
    for name in ("dec.net.0.weight", "dec.net.2.weight"):
        w[name].zero_()
    for d in range(latents):
        w["dec.net.0.weight"][d, d] = 1 / 24
        w["dec.net.0.bias"][d] = 0
        w["dec.net.2.weight"][d * edges : (d + 1) * edges, d] = 24 * steep
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


def strong() -> Bent:
    """For the IWAE bound: one latent, log w spreads by 5 nats, so that the ELBO and IWAE_8 lie 5.4 nats apart."""
    return bent((3.0,), (0.6,), centre=0.0, edges=8, steep=1.0)


LINEAR_M = 1.5


def linear_weights(generator: Generator) -> Case:
    """The decoder ignores z, one latent, q = N(1.5, 1): log w = log p(x) − 1.5 ε − 1.125 tells which ε was drawn."""
    case = faint(still(generator, z_dim=1, batch=1))
    case.model.weights["enc.net.2.bias"][0] = LINEAR_M
    return case
