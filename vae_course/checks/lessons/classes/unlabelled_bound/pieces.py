"""Right bounds of `unlabelled_bound` with one piece exchanged: what its mistakes are written with."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from vae_course.given import kl_normal, log_bernoulli_with_logits, sample_gaussian

Four = tuple[Any, Any, Any, Any]
Answer = Callable[[Any, Tensor], Four]


class Parts(NamedTuple):
    """What a bound is made of, (batch, classes) each."""

    log_q: Tensor
    kl_z: Tensor
    rec: Tensor


def pairs(self: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Each image with each class: (batch, classes, 784) and (batch, classes, classes)."""
    y = torch.eye(self.y_dim).expand(len(x), -1, -1)
    return x[:, None].expand(-1, self.y_dim, -1), y


def parts(self: Any, x: Tensor, draw: Callable[[Tensor, Tensor], Tensor] = sample_gaussian) -> Parts:
    xs, y = pairs(self, x)
    m, v = self.enc(xs, y)
    logits = self.dec(draw(m, v), y)
    return Parts(self.cls(x).log_softmax(-1), kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(xs, logits))


def kl_of(log_q: Tensor) -> Tensor:
    """KL of q(y|x) to 1/classes, (batch,)."""
    return log_q.exp().mul(log_q).sum(-1) + math.log(log_q.shape[-1])


def put_together(kl_z: Tensor, kl_y: Tensor, rec: Tensor) -> Four:
    terms = kl_z.mean(), kl_y.mean(), rec.mean()
    return torch.stack(terms).sum(), *terms


def summed(p: Parts, weights: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """kl_z, kl_y and rec of each image."""
    q = p.log_q.exp() if weights is None else weights
    return (q * p.kl_z).sum(-1), kl_of(p.log_q), (q * p.rec).sum(-1)


def altered(change: Callable[[Tensor, Tensor, Tensor], Four]) -> Answer:
    """A mistake in putting the three terms of each image together."""
    return lambda self, x: change(*summed(parts(self, x)))


def weighted(weights: Callable[[Tensor], Tensor]) -> Answer:
    """A mistake in the weights of the classes, from log q(y|x)."""

    def wrong(self: Any, x: Tensor) -> Four:
        p = parts(self, x)
        return put_together(*summed(p, weights(p.log_q)))

    return wrong


def with_kl_y(kl_y: Callable[[Tensor], Tensor]) -> Answer:
    """A mistake in the kl of the class, from log q(y|x)."""

    def wrong(self: Any, x: Tensor) -> Four:
        p = parts(self, x)
        kl_z, _, rec = summed(p)
        return put_together(kl_z, kl_y(p.log_q), rec)

    return wrong


def with_log_q(log_q: Callable[[Tensor], Tensor]) -> Answer:
    """A mistake in log q(y|x), from the classifier's logits."""

    def wrong(self: Any, x: Tensor) -> Four:
        return put_together(*_kl_y_with_log_ten(parts(self, x)._replace(log_q=log_q(self.cls(x)))))

    return wrong


def _kl_y_with_log_ten(p: Parts) -> tuple[Tensor, Tensor, Tensor]:
    """As `summed`, where q may not add up to 1: log 10 is weighted as well."""
    kl_z, _, rec = summed(p)
    return kl_z, (p.log_q.exp() * (p.log_q + math.log(p.log_q.shape[-1]))).sum(-1), rec


def with_z(draw: Callable[[Tensor, Tensor], Tensor]) -> Answer:
    """A mistake in drawing z."""
    return lambda self, x: put_together(*summed(parts(self, x, draw)))


def of_parts(change: Callable[[Any, Parts], tuple[Tensor, Tensor, Tensor]]) -> Answer:
    """A mistake in what is made of the parts, from the model and them: kl_z, kl_y and rec of each image."""
    return lambda self, x: put_together(*change(self, parts(self, x)))


def one_class(choose: Callable[[Tensor], Tensor]) -> Answer:
    """The terms of one class for each image, from the classifier's log probabilities to a row (batch, classes)."""

    def wrong(self: Any, x: Tensor) -> Four:
        log_q = self.cls(x).log_softmax(-1)
        y = choose(log_q)
        m, v = self.enc(x, y)
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v), y))
        return put_together(kl_normal(m, v, *self.z_prior), kl_of(log_q), rec)

    return wrong


def hard(log_q: Tensor) -> Tensor:
    return one_hot(log_q.argmax(-1), log_q.shape[-1]).float()


def drawn(log_q: Tensor) -> Tensor:
    return one_hot(torch.multinomial(log_q.exp(), 1)[:, 0], log_q.shape[-1]).float()


def summed_inside(self: Any, x: Tensor) -> Four:
    """The decoder's logits are averaged over the classes, and then compared with the image."""
    xs, y = pairs(self, x)
    log_q = self.cls(x).log_softmax(-1)
    m, v = self.enc(xs, y)
    logits = (log_q.exp()[..., None] * self.dec(sample_gaussian(m, v), y)).sum(1)
    kl_z = (log_q.exp() * kl_normal(m, v, *self.z_prior)).sum(-1)
    return put_together(kl_z, kl_of(log_q), -log_bernoulli_with_logits(x, logits))


def probabilities_mixed(self: Any, x: Tensor) -> Four:
    """log Σ q(y|x) p(x|z, y) in the place of Σ q(y|x) log p(x|z, y)."""
    p = parts(self, x)
    kl_z, kl_y, _ = summed(p)
    return put_together(kl_z, kl_y, -torch.logsumexp(p.log_q - p.rec, -1))


def tiled_apart(self: Any, x: Tensor) -> Four:
    """Images and classes both repeated as a whole, so that the columns of what comes back are no classes."""
    return _row_by_row(self, x, x.repeat(self.y_dim, 1), torch.eye(self.y_dim).repeat(len(x), 1))


def in_blocks(self: Any, x: Tensor) -> Four:
    """Images and classes both repeated entry by entry."""
    return _row_by_row(self, x, x.repeat_interleave(self.y_dim, 0), torch.eye(self.y_dim).repeat_interleave(len(x), 0))


def _row_by_row(self: Any, x: Tensor, xs: Tensor, y: Tensor) -> Four:
    """The terms of pairs xs, y in rows (batch · classes, ...), read image by image."""
    log_q = self.cls(x).log_softmax(-1)
    m, v = self.enc(xs, y)
    rec = -log_bernoulli_with_logits(xs, self.dec(sample_gaussian(m, v), y))
    kl_z = kl_normal(m, v, *self.z_prior)
    return put_together(*summed(Parts(log_q, kl_z.reshape(log_q.shape), rec.reshape(log_q.shape))))


def read_across(self: Any, x: Tensor) -> Four:
    """(batch · classes,) with images outside is read as if classes were outside."""
    p = parts(self, x)
    shape = p.rec.shape

    def turned(t: Tensor) -> Tensor:
        return t.reshape(shape[1], shape[0]).T

    return put_together(*summed(Parts(p.log_q, turned(p.kl_z), turned(p.rec))))


def read_along(self: Any, x: Tensor) -> Four:
    """(classes · batch,) with classes outside is read as if images were outside."""
    p = parts(self, x)
    return put_together(*summed(Parts(p.log_q, *(t.T.reshape(p.log_q.shape) for t in (p.kl_z, p.rec)))))


def root_of_v_in_kl(self: Any, x: Tensor) -> Four:
    """kl_z with √v for v."""
    p = parts(self, x)
    m, v = self.enc(*pairs(self, x))
    return put_together(*summed(p._replace(kl_z=kl_normal(m, v.sqrt(), *self.z_prior))))


def log_of_softmax(self: Any, x: Tensor) -> Four:
    """kl_y from the probabilities and their logs."""
    p = parts(self, x)
    q, (kl_z, _, rec) = self.cls(x).softmax(-1), summed(p)
    return put_together(kl_z, (q * (q.log() + math.log(q.shape[-1]))).sum(-1), rec)


def encoder_without_class(self: Any, x: Tensor) -> Four:
    """q(z|x, y) is given zeros for y; the decoder gets the class."""
    return _with_zeros(self, x, encoder=0, decoder=1)


def decoder_without_class(self: Any, x: Tensor) -> Four:
    """p(x|z, y) is given zeros for y; the encoder gets the class."""
    return _with_zeros(self, x, encoder=1, decoder=0)


def _with_zeros(self: Any, x: Tensor, encoder: int, decoder: int) -> Four:
    """Both get the class times a number."""
    xs, y = pairs(self, x)
    m, v = self.enc(xs, encoder * y)
    rec = -log_bernoulli_with_logits(xs, self.dec(sample_gaussian(m, v), decoder * y))
    log_q = self.cls(x).log_softmax(-1)
    return put_together(*summed(Parts(log_q, kl_normal(m, v, *self.z_prior), rec)))


def one_z_for_all(self: Any, x: Tensor) -> Four:
    """z from the likeliest class's q, decoded with every class."""
    xs, y = pairs(self, x)
    log_q = self.cls(x).log_softmax(-1)
    m, v = self.enc(x, hard(log_q))
    z = sample_gaussian(m, v)[:, None].expand(-1, self.y_dim, -1)
    kl_z = kl_normal(m, v, *self.z_prior)
    rec = (log_q.exp() * -log_bernoulli_with_logits(xs, self.dec(z, y))).sum(-1)
    return put_together(kl_z, kl_of(log_q), rec)


def no_slope_in_weights(self: Any, x: Tensor) -> Four:
    p = parts(self, x)
    return put_together(*summed(p, p.log_q.exp().detach()))
