"""A right `negative_elbo_bound` in pieces, so that a mistake is written as the one piece that differs."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vae_course.given import kl_normal, log_bernoulli_with_logits, sample_gaussian

Three = tuple[Any, Any, Any]


def parts(self: Any, x: Tensor, z: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """kl and rec of each image, (batch,): what most mistakes start from."""
    m, v = self.enc(x)
    z = sample_gaussian(m, v) if z is None else z
    return kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z))


def bound(kl: Tensor, rec: Tensor) -> Three:
    return (kl + rec).mean(), kl.mean(), rec.mean()


def altered(change: Callable[[Tensor, Tensor], Three]) -> Callable[[Any, Tensor], Three]:
    """A mistake in putting kl and rec together."""
    return lambda self, x: change(*parts(self, x))


def with_z(draw: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in drawing z from m and v."""
    return lambda self, x: bound(*parts(self, x, draw(*self.enc(x))))


def with_kl(kl: Callable[..., Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in the KL of each image, from m, v, z."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        return bound(kl(m, v, z), parts(self, x, z)[1])

    return wrong


def with_rec(rec: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in rec, from x and logits."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        return bound(kl_normal(m, v, *self.z_prior), rec(x, self.dec(sample_gaussian(m, v))))

    return wrong
