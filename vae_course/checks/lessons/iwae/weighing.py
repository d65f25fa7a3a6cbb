"""Right log weights in pieces, so that a mistake is written as the one piece that differs."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vae_course.given import log_bernoulli_with_logits, log_normal, sample_gaussian

Weigh = Callable[[Any, Tensor, int], Tensor]


def draws(model: Any, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
    """m and v, (batch, iw, z_dim) each, and a z for each image and draw."""
    m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in model.enc(x))
    return m, v, sample_gaussian(m, v)


def terms(model: Any, x: Tensor, m: Tensor, v: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """log p(x|z), log p(z), log q(z|x) of each image and draw, (batch, iw)."""
    return (
        log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)),
        log_normal(z, *model.z_prior),
        log_normal(z, m, v),
    )


def combined(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in putting the three terms together."""
    return lambda model, x, iw: change(*terms(model, x, *draws(model, x, iw)))


def with_z(draw: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in drawing z from m, v (batch, iw, z_dim); the third argument is a right z."""

    def wrong(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        likelihood, prior, posterior = terms(model, x, m, v, draw(m, v, z))
        return likelihood + prior - posterior

    return wrong


def with_likelihood(change: Callable[[Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in log p(x|z), from x (batch, 1, 784) and logits (batch, iw, 784)."""

    def wrong(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        return change(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

    return wrong


def scored(change: Callable[[Tensor], Tensor]) -> Weigh:
    """A mistake in the variance that log q(z|x) is evaluated with."""

    def wrong(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        likelihood, prior, posterior = terms(model, x, m, change(v), z)
        return likelihood + prior - posterior

    return wrong


def one_draw_an_image(model: Any, x: Tensor, iw: int) -> Tensor:
    """What comes of m and v that were not expanded, (batch, 1)."""
    m, v = (t.unsqueeze(1) for t in model.enc(x))
    z = sample_gaussian(m, v)
    return log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)


def decodes_the_mean(model: Any, x: Tensor, iw: int) -> Tensor:
    """The decoder gets m, the two densities a drawn z."""
    m, v, z = draws(model, x, iw)
    return terms(model, x, m, v, m)[0] + log_normal(z, *model.z_prior) - log_normal(z, m, v)


def another_z_for_q(model: Any, x: Tensor, iw: int) -> Tensor:
    """The two densities get another draw than the decoder."""
    m, v, z = draws(model, x, iw)
    other = sample_gaussian(m, v)
    return terms(model, x, m, v, z)[0] + log_normal(other, *model.z_prior) - log_normal(other, m, v)
