"""Small models designed so that a bound's right value is known: *still* and *apart*, where the decoder ignores z.

log p(x|z) is the same for every z, so that rec needs no luck. Models whose decoder looks at z are in `valleys`. All are
network "tiny".
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import linear, softplus

from vae_course.checks.worlds.truth import log_likelihood
from vae_course.runner.answers import Model

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
    """Different images: binary, each with its own share of white; some grey pixels in the last."""
    share = torch.linspace(0.15, 0.7, batch)[:, None]
    x = (torch.rand(batch, PIXELS, generator=generator) < share).float()
    x[-1, :100] = torch.rand(100, generator=generator)
    return x


def random_model(z_dim: int, generator: Generator, prior: tuple[float, float] = (0.0, 1.0)) -> Model:
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
    model = random_model(z_dim, generator, prior)
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
    model = random_model(z_dim, generator)
    w = model.weights
    w["dec.net.0.weight"].zero_()
    w["enc.net.2.bias"][:z_dim] = torch.tensor([1.6, -1.2, 0.7, 0.1]).repeat(8)[:z_dim]
    w["enc.net.2.bias"][z_dim:] = torch.tensor([-2.0, 0.2, 3.0, raw_variance(0.9)]).repeat(8)[:z_dim]
    w["enc.net.2.weight"][3::4] *= 0.1  # rows of means, then of variances: z_dim is 1 or a multiple of four
    return Case(model, images(generator, batch))


def sure_of_a_pixel(case: Case) -> Case:
    """The same, with a last pixel that is 1 in all images, of which the decoder is so sure that a sigmoid says 1 in float32."""
    weights = {name: w.clone() for name, w in case.model.weights.items()}
    weights["dec.net.2.weight"][-1] = 0.0
    weights["dec.net.2.bias"][-1] = 20.0
    x = case.x.clone()
    x[:, -1] = 1.0
    return Case(replace(case.model, weights=weights), x)


def wrong_of_a_pixel(case: Case) -> Case:
    """The same, and the pixel is 0."""
    sure = sure_of_a_pixel(case)
    sure.x[:, -1] = 0.0
    return sure


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


@cache
def near_prior() -> Case:
    """The decoder ignores z, and q lies so near the prior that log q(z) − log p(z) is negative for many a z; one image."""
    case = still(torch.Generator().manual_seed(29), z_dim=4, batch=1)
    case.model.weights["enc.net.2.bias"][:4] = 0.3
    return case


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


LINEAR_M = 1.5


def linear_weights(generator: Generator) -> Case:
    """The decoder ignores z, one latent, q = N(1.5, 1): log w = log p(x) − 1.5 ε − 1.125 tells which ε was drawn."""
    case = faint(still(generator, z_dim=1, batch=1))
    case.model.weights["enc.net.2.bias"][0] = LINEAR_M
    return case


STRAIGHT = 1000.0


@cache
def under_posterior() -> tuple[Case, float]:
    """q(z|x) is the posterior itself, and the decoder looks at z: every log weight is log p(x), whatever is drawn. And −log p(x).

    With q = N(m, 1) the prior's share, log p(z) − log q(z|x) = m²/2 − m z, is linear in z; so is log p(x|z) of a pixel that is 0 where its logit
    is 30 − m z, and the two cancel. A tanh so stretched (`STRAIGHT`) is a line to 1e-4.
    """
    case = faint(still(torch.Generator().manual_seed(37), z_dim=1, batch=1))
    w = case.model.weights
    w["enc.net.2.bias"][0] = LINEAR_M
    w["dec.net.0.weight"][0], w["dec.net.0.bias"][0] = 1 / STRAIGHT, 0
    w["dec.net.2.weight"][:, 0] = 0
    w["dec.net.2.weight"][-1, 0], w["dec.net.2.bias"][-1] = -LINEAR_M * STRAIGHT, 30
    x = case.x.repeat(3, 1)
    x[:, -1] = 0
    case = Case(case.model, x)
    return case, rec_without_z(case)[0].item() - LINEAR_M**2 / 2
