"""Designed models with a class besides z, network "tiny": *flat*, whose decoder ignores z, and *told*, whose gradient in x tells every z.

A right bound sums over the classes, and z is its only chance. In *flat* there is none left. In *told* each class has pixels of its own for
each latent, whose logits are a line in z, and the slope of log p(x|z, y) in a pixel is its logit: so the noise of every image and class
is read off, and what the answer should have computed is computed again in double precision (`replay`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor
from torch.nn.functional import linear, softplus

from vae_course.checks.worlds.averages import Typical, typical
from vae_course.checks.worlds.models import HIDDEN, PIXELS, SURE, Case, images
from vae_course.runner.answers import Model

CLASSES, Z_DIM = 10, 2
BLOCK = 16  # pixels of each class and latent
STRETCH, STEEP = 6.0, 3.0
"""A pixel's logit is STEEP · tanh(z / STRETCH) where its class is chosen, and −STEEP where another is."""
SEEN, KNOWN = PIXELS - 1, 40
"""The one pixel by which images differ; those before it, whose logits are the same for every z and y."""
GREY = 0.4
ROWS = 120  # images, of three kinds in turn
FLAW = 2e-4
"""To this part of itself the slope in a known pixel is a multiple of its logit, else it tells no z: q(y|x) of a hundredth makes it 100 times as large."""
LABELS = ("nelbo", "kl_z", "kl_y", "rec")
BIASES = {"cls.net.2.bias": "the classifier", "enc.net.2.bias": "the encoder", "dec.net.2.bias": "the decoder"}
SURE_OF_IT = 40.0  # what a hidden unit is told where it should be ±1

Weights = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Terms:
    """What the bound is made of, in double precision and in nats: kl_z, rec and log q(y|x), (batch, CLASSES) each."""

    kl_z: Tensor
    rec: Tensor
    log_q: Tensor

    @property
    def kl_y(self) -> Tensor:
        """(batch,)"""
        return (self.log_q.exp() * (self.log_q + math.log(CLASSES))).sum(-1)

    def four(self) -> Tensor:
        """nelbo, kl_z, kl_y and rec, the means over the images: (4,)."""
        q = self.log_q.exp()
        kl_z, kl_y, rec = (q * self.kl_z).sum(-1).mean(), self.kl_y.mean(), (q * self.rec).sum(-1).mean()
        return torch.stack([kl_z + kl_y + rec, kl_z, kl_y, rec])


def doubled(model: Model) -> dict[str, Tensor]:
    return {name: w.double() for name, w in model.weights.items()}


def _net(w: Weights, part: str, inputs: Tensor) -> Tensor:
    hidden = torch.tanh(linear(inputs, w[f"{part}.net.0.weight"], w[f"{part}.net.0.bias"]))
    return linear(hidden, w[f"{part}.net.2.weight"], w[f"{part}.net.2.bias"])


def posterior(w: Weights, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(z|x, y) for every class, (batch, CLASSES, Z_DIM) each, straight from the weights."""
    first = w["enc.net.0.weight"]
    from_x, from_y = linear(x.double(), first[:, :PIXELS], w["enc.net.0.bias"]), first[:, PIXELS:].T
    hidden = torch.tanh(from_x.unsqueeze(1) + from_y)  # each image's part once, and not for every class
    m, raw = linear(hidden, w["enc.net.2.weight"], w["enc.net.2.bias"]).chunk(2, -1)
    return m, softplus(raw) + 1e-8


def log_class(w: Weights, x: Tensor) -> Tensor:
    """log q(y|x), (batch, CLASSES)."""
    return torch.log_softmax(_net(w, "cls", x.double()), -1)


def replay(w: Weights, x: Tensor, noise: Tensor) -> tuple[Terms, Terms]:
    """The terms for a given noise (batch, CLASSES, Z_DIM): with kl_z in closed form, and as log q(z|x, y) − log p(z) at the z that is drawn."""
    m, v = posterior(w, x)
    z = m + v.sqrt() * noise
    y = torch.eye(CLASSES, dtype=torch.float64).expand(len(x), -1, -1)
    logits = _net(w, "dec", torch.cat([z, y], -1))
    rec = (softplus(logits) - x.double().unsqueeze(1) * logits).sum(-1)
    closed = 0.5 * (v + m.square() - 1 - v.log()).sum(-1)
    drawn = 0.5 * (z.square() - noise.square() - v.log()).sum(-1)
    log_q = log_class(w, x)
    return Terms(closed, rec, log_q), Terms(drawn, rec, log_q)


def random_weights(generator: Generator) -> dict[str, Tensor]:
    """Random weights of moderate size."""

    def layers(part: str, inputs: int, outputs: int, scale: float, last: float) -> dict[str, Tensor]:
        return {
            f"{part}.net.0.weight": scale * torch.randn(HIDDEN, inputs, generator=generator),
            f"{part}.net.0.bias": 0.3 * torch.randn(HIDDEN, generator=generator),
            f"{part}.net.2.weight": last * torch.randn(outputs, HIDDEN, generator=generator),
            f"{part}.net.2.bias": 0.5 * torch.randn(outputs, generator=generator),
        }

    return {
        **layers("enc", PIXELS + CLASSES, 2 * Z_DIM, 0.08, 0.3),
        **layers("dec", Z_DIM + CLASSES, PIXELS, 0.7, 0.3),
        **layers("cls", PIXELS, CLASSES, 0.08, 0.3),
        "z_prior_m": torch.zeros(1),
        "z_prior_v": torch.ones(1),
    }


def model_of(weights: dict[str, Tensor], *, training: bool = True) -> Model:
    return Model("tiny", Z_DIM, weights, training, "SSVAE")


def flat(generator: Generator, batch: int = 5) -> Case:
    """The decoder looks at y and not at z; q(z|x, y) and q(y|x) differ from image to image, and y matters to all of them."""
    w = random_weights(generator)
    w["dec.net.0.weight"][:, :Z_DIM] = 0
    w["enc.net.0.weight"][:, PIXELS:] *= 8
    return Case(model_of(w), images(generator, batch))


def sure(case: Case) -> Case:
    """A model as in *flat* whose classifier is so sure that the other nine are 0 in float32, and whose q(z|x, y) lie far from N(0, I)."""
    w = {name: t.clone() for name, t in case.model.weights.items()}
    w["cls.net.2.bias"][3] += 150
    w["enc.net.2.bias"][:Z_DIM] += 5
    return Case(model_of(w), case.x)


def undecided(case: Case) -> Case:
    """A model as in *flat* whose q(y|x) are nearly alike for all y, and whose q(z|x, y) nearly N(0, I): both kl are a few thousandths."""
    w = {name: t.clone() for name, t in case.model.weights.items()}
    for name in ("cls.net.2.weight", "cls.net.2.bias", "enc.net.2.weight", "enc.net.2.bias"):
        w[name] *= 0.05
    w["enc.net.2.bias"][Z_DIM:] += math.log(math.e - 1)
    return Case(model_of(w), case.x)


@cache
def told() -> Case:
    """Three kinds of images in turn, each with a q(y|x) and for every y a q(z|x, y) of its own; the decoder's pixels tell z (see above)."""
    generator = torch.Generator().manual_seed(61)
    w = random_weights(generator)
    for name in ("enc.net.0.weight", "enc.net.0.bias", "enc.net.2.weight", "dec.net.0.weight", "dec.net.2.weight"):
        w[name].zero_()
    for name in ("cls.net.0.weight", "cls.net.0.bias", "cls.net.2.weight"):
        w[name].zero_()
    kinds = torch.tensor([-30.0, -60.0])  # hidden units (−1, −1), (1, −1) and (1, 1) for a pixel of 0, 0.4 and 1
    for part in ("enc", "cls"):
        w[f"{part}.net.0.weight"][:2, SEEN] = 120
        w[f"{part}.net.0.bias"][:2] = kinds
    for y in range(CLASSES):
        w["enc.net.0.weight"][2 + y, PIXELS + y] = 2 * SURE_OF_IT
        w["enc.net.0.bias"][2 + y] = -SURE_OF_IT
    by_class = 0.45 * torch.randn(2 * Z_DIM, CLASSES, generator=generator)
    w["enc.net.2.weight"][:, 2 : 2 + CLASSES] = by_class
    w["enc.net.2.weight"][:, :2] = torch.tensor([[0.7, -0.3], [-0.4, 0.6], [0.5, 0.4], [-0.6, 0.5]])
    w["enc.net.2.bias"][:] = by_class.sum(1) + torch.tensor([0.3, -0.5, 0.2, 0.4])
    w["cls.net.2.weight"][:, :2] = 0.5 * torch.randn(CLASSES, 2, generator=generator)
    w["cls.net.2.bias"][:] = torch.linspace(-0.6, 0.6, CLASSES)
    w["dec.net.0.bias"].zero_()
    for y in range(CLASSES):
        for d in range(Z_DIM):
            unit = Z_DIM * y + d
            w["dec.net.0.weight"][unit, d] = 1 / STRETCH
            w["dec.net.0.weight"][unit, Z_DIM + y] = SURE_OF_IT
            w["dec.net.0.bias"][unit] = -SURE_OF_IT
            w["dec.net.2.weight"][_block(y, d), unit] = STEEP
    image = (torch.rand(PIXELS, generator=generator) < 0.3).float()
    for y in range(CLASSES):  # the lighter a class's pixels, the dearer they are where another is chosen
        for d in range(Z_DIM):
            image[_block(y, d)] = (torch.arange(BLOCK) < 4 + (3 * y + 5 * d) % 9).float()
    w["dec.net.2.bias"][:] = SURE * (2 * image - 1)
    w["dec.net.2.bias"][: CLASSES * Z_DIM * BLOCK] = 0
    w["dec.net.2.bias"][SEEN] = 0
    w["dec.net.2.bias"][SEEN - KNOWN // 2 : SEEN] *= 1.6  # two sizes of logits tell a cut
    x = image.expand(ROWS, -1).clone()
    x[:, SEEN] = torch.tensor([0.0, GREY, 1.0]).repeat(ROWS // 3)
    return Case(model_of(w, training=False), x)


def _block(y: int, d: int) -> slice:
    first = BLOCK * (Z_DIM * y + d)
    return slice(first, first + BLOCK)


@cache
def told_weights() -> dict[str, Tensor]:
    return doubled(told().model)


@cache
def told_classes() -> Tensor:
    """q(y|x) of every image of *told*, (ROWS, CLASSES)."""
    return log_class(told_weights(), told().x).exp()


def known_slopes(gradient: Tensor | None) -> tuple[Tensor, Tensor] | None:
    """Each image's slopes in pixels whose logits no z and no y moves, (ROWS, KNOWN), and these logits; None without a gradient."""
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    known = slice(SEEN - KNOWN, SEEN)
    return gradient[:, known].double(), told().model.weights["dec.net.2.bias"][known].double()


def share_of_known(gradient: Tensor | None) -> Tensor | None:
    """By what factor each image's `known_slopes` are the logits: (ROWS,); −1/ROWS of a mean of rec.

    None: they are no multiple of them.
    """
    known = known_slopes(gradient)
    if known is None:
        return None
    each = known[0] / known[1]
    factor = each.mean(1)
    alike = (each - factor[:, None]).abs() <= FLAW * factor.abs()[:, None]
    return factor if bool(alike.all() & (factor != 0).all()) else None


def decoded_noise(gradient: Tensor | None) -> Tensor | None:
    """The noise (ROWS, CLASSES, Z_DIM) behind a gradient in x of rec summed over y with weights q(y|x); None: it tells none."""
    factor = share_of_known(gradient)
    if gradient is None or factor is None:
        return None
    pixels = gradient[:, : CLASSES * Z_DIM * BLOCK].double() / factor[:, None]
    # Σ over the classes, of which one has its own z there.
    logits = pixels.reshape(ROWS, CLASSES, Z_DIM, BLOCK).mean(-1)
    q = told_classes().unsqueeze(-1)
    bent = (logits / STEEP + 1 - q) / q
    if not bool((bent.abs() < 0.999).all()):
        return None
    m, v = told_posterior()
    return (STRETCH * torch.atanh(bent) - m) / v.sqrt()


@cache
def told_posterior() -> tuple[Tensor, Tensor]:
    """Mean and variance of q(z|x, y) in *told*, (ROWS, CLASSES, Z_DIM) each."""
    return posterior(told_weights(), told().x)


@cache
def centred_log_v() -> Tensor:
    """log v of *told* less its mean, (ROWS, CLASSES, Z_DIM)."""
    log_v = told_posterior()[1].log()
    return log_v - log_v.mean()


def spread_by_v(noise: Tensor) -> float:
    """How the square of a noise in *told* grows with log v (a slope, by least squares): 0 of a right one, 1 where v stands for √v."""
    by = centred_log_v()
    return float((by * (noise.square() - 1)).sum() / by.square().sum())


def right_slopes(noise: Tensor, drawn: bool) -> dict[str, Tensor]:
    """The gradient of nelbo in *told* in the last bias of each network, for this noise, through z and through q(y|x)."""
    biases = {name: told_weights()[name].clone().requires_grad_() for name in BIASES}
    nelbo = replay({**told_weights(), **biases}, told().x, noise)[drawn].four()[0]
    return dict(zip(BIASES, torch.autograd.grad(nelbo, list(biases.values())), strict=True))


@cache
def without_chance() -> dict[str, float]:
    """kl_z in closed form and kl_y of a call in *told*, by the numbers of their outputs: z makes no difference there."""
    four = replay(told_weights(), told().x, torch.zeros(ROWS, CLASSES, Z_DIM, dtype=torch.float64))[0].four()
    return {"1": four[1].item(), "2": four[2].item()}


@cache
def on_average() -> Typical:
    """nelbo, kl_z, kl_y and rec of a call in *told*, and the bound's slopes: with kl_z at the draw, and noise that the classes of an image share
    or do not, of which that counts that scatters more."""
    generator = torch.Generator().manual_seed(73)
    shape = ROWS, CLASSES, Z_DIM

    def draw(_: int) -> list[dict[str, Tensor]]:
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        return [_numbers_of(each) for each in (noise, noise[:, :1].expand(shape))]

    return typical(draw, 60)


def _numbers_of(noise: Tensor) -> dict[str, Tensor]:
    four = replay(told_weights(), told().x, noise)[1].four()
    return {**dict(zip(LABELS, four, strict=True)), **right_slopes(noise, drawn=True)}


def spread_of_drawn_kl(case: Case) -> float:
    """By how much kl_z of one call at most scatters in *flat*, where it is log q − log p at the draw."""
    m, v = posterior(doubled(case.model), case.x)
    each = (0.5 * (v - 1).square() + v * m.square()).sum(-1).sqrt()  # (batch, CLASSES)
    q = log_class(doubled(case.model), case.x).exp()
    return ((q * each).sum(-1).square().sum().sqrt() / len(m)).item()
