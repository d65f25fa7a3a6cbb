"""Exercise 5.1: how it goes wrong, each mistake written as the one piece of right log weights that differs; and what a tutor says."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.engine.exercise import Misconception
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian

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


def log_weight(model: Any, x: Tensor, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    """The three put together as they should be."""
    likelihood, prior, posterior = terms(model, x, m, v, z)
    return likelihood + prior - posterior


def combined(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in putting the three terms together."""
    return lambda model, x, iw: change(*terms(model, x, *draws(model, x, iw)))


def at(change: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]) -> Weigh:
    """A mistake in the m, v and z at which the terms are asked."""
    return lambda model, x, iw: log_weight(model, x, *change(*draws(model, x, iw)))


def with_z(draw: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in drawing z from m, v (batch, iw, z_dim); the third argument is a right z."""
    return at(lambda m, v, z: (m, v, draw(m, v, z)))


def with_likelihood(change: Callable[[Tensor, Tensor], Tensor]) -> Weigh:
    """A mistake in log p(x|z), from x (batch, 1, 784) and logits (batch, iw, 784)."""

    def wrong(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        return change(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)

    return wrong


def at_the_standard_prior(model: Any, x: Tensor, iw: int) -> Tensor:
    """Right where the prior is N(0, I), which is written in."""
    m, v, z = draws(model, x, iw)
    likelihood, _, posterior = terms(model, x, m, v, z)
    return likelihood + log_normal(z, torch.zeros(()), torch.ones(())) - posterior


def one_draw_an_image(model: Any, x: Tensor, iw: int) -> Tensor:
    """What comes of m and v that were not expanded, (batch, 1)."""
    m, v = (t.unsqueeze(1) for t in model.enc(x))
    return log_weight(model, x, m, v, sample_gaussian(m, v))


def with_two_z(two: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Weigh:
    """The decoder gets one z, the two densities another."""

    def wrong(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v, z = draws(model, x, iw)
        decoded, other = two(m, v, z)
        return terms(model, x, m, v, decoded)[0] + log_normal(other, *model.z_prior) - log_normal(other, m, v)

    return wrong


def mixed_layout(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = model.enc(x)
    m, v, copies = m.repeat(iw, 1), v.repeat(iw, 1), x.repeat(iw, 1)  # rows run (iw, batch)
    z = sample_gaussian(m, v)
    log_w = log_bernoulli_with_logits(copies, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w.view(len(x), iw)


def mixed_pair(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v = (t.repeat_interleave(iw, 0) for t in model.enc(x))
    z = sample_gaussian(m, v)
    log_w = log_bernoulli_with_logits(x.repeat(iw, 1), model.dec(z)) + log_normal(z, *model.z_prior)
    return (log_w - log_normal(z, m, v)).view(len(x), iw)


def analytic_kl(model: Any, x: Tensor, iw: int) -> Tensor:
    m, v, z = draws(model, x, iw)
    prior_m, prior_v = model.z_prior
    return terms(model, x, m, v, z)[0] - kl_normal(m, v, prior_m, prior_v)


def _seeded(model: Any, x: Tensor, iw: int) -> Tensor:
    torch.manual_seed(0)
    return right_weights(model, x, iw)


def mirrored(m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    half = torch.randn_like(m[:, : (m.shape[1] + 1) // 2])
    return m + v.sqrt() * torch.cat([half, -half], 1)[:, : m.shape[1]]


MISCONCEPTIONS = (
    Misconception(
        "log-iw-subtracted",
        lambda model, x, iw: right_weights(model, x, iw) - math.log(iw),
        "log iw is subtracted from every weight. A single weight knows nothing of iw: the mean is taken later, in the bound.",
    ),
    Misconception(
        "standard-deviation-in-log-q",
        at(lambda m, v, z: (m, v.sqrt(), z)),
        "log q(z|x) is not the log density of the Gaussian that you drew from. Its variance is v, in both terms: −½ log v and −(z − m)² / (2v).",
    ),
    Misconception(
        "decodes-the-mean",
        with_two_z(lambda m, v, z: (m, z)),
        "The decoder gets m, while p(z) and q(z|x) are asked at a drawn z. All three terms belong to one and the same draw.",
    ),
    Misconception(
        "another-z-for-q",
        with_two_z(lambda m, v, z: (z, sample_gaussian(m, v))),
        "p(z) and q(z|x) are asked at other draws than the one that was decoded. All three terms belong to one and the same z.",
    ),
    Misconception(
        "mirrored-draws",
        with_z(mirrored),
        "Your draws come in mirrored pairs. On average that is harmless, but they are not independent, and the bound made of "
        "them is another one: new noise for every draw.",
    ),
    Misconception(
        "without-the-prior",
        combined(lambda likelihood, prior, posterior: likelihood - posterior),
        "log p(z) is missing: log w = log p(x|z) + log p(z) − log q(z|x).",
    ),
    Misconception(
        "without-q",
        combined(lambda likelihood, prior, posterior: likelihood + prior),
        "log q(z|x) is missing: z was drawn from q, so each weight divides by q's density there.",
    ),
    Misconception(
        "without-the-likelihood",
        combined(lambda likelihood, prior, posterior: prior - posterior),
        "log p(x|z) is missing: without it the weights know nothing of the image.",
    ),
    Misconception(
        "likelihood-alone",
        combined(lambda likelihood, prior, posterior: likelihood),
        "Your weight is p(x|z) alone. The draws come from q, not from p: each is corrected by p(z) / q(z|x).",
    ),
    Misconception(
        "prior-and-q-swapped",
        combined(lambda likelihood, prior, posterior: likelihood - prior + posterior),
        "p(z) and q(z|x) have changed places: the density that z was drawn from is the one below.",
    ),
    Misconception(
        "adds-q",
        combined(lambda likelihood, prior, posterior: likelihood + prior + posterior),
        "log q(z|x) is added; it belongs below the fraction: subtract it.",
    ),
    Misconception(
        "likelihood-sign",
        combined(lambda likelihood, prior, posterior: -likelihood + prior - posterior),
        "log p(x|z) enters with a minus. rec = −log p(x|z) is for the loss; the weight needs log p(x|z) itself.",
    ),
    Misconception(
        "sign",
        combined(lambda likelihood, prior, posterior: posterior - prior - likelihood),
        "All three signs are flipped: you return −log w.",
    ),
    Misconception(
        "weights-for-log-weights",
        combined(lambda likelihood, prior, posterior: torch.exp(likelihood + prior - posterior)),
        "You return w itself, and e^−500 is 0 in float32: stay in log space.",
    ),
    Misconception(
        "exponentiates-first",
        combined(lambda likelihood, prior, posterior: torch.log(likelihood.exp() * prior.exp() / posterior.exp())),
        "Your weights are right where they are ordinary numbers. With 784 pixels p(x|z) is about e^−500, which is 0 in float32, "
        "and log 0 = −∞: stay in log space, where the product is a sum.",
    ),
    Misconception(
        "transposed",
        combined(lambda likelihood, prior, posterior: (likelihood + prior - posterior).T.contiguous()),
        "The axes have changed places: (iw, batch) for (batch, iw).",
    ),
    Misconception(
        "mean-over-draws",
        combined(lambda likelihood, prior, posterior: (likelihood + prior - posterior).mean(1)),
        "You average over the draws here. Keep every log weight: the average comes later, and not of the logs.",
    ),
    Misconception(
        "mixed-layout",
        mixed_layout,
        "The rows mix different images: numbers in the order (iw, batch) are read as (batch, iw), or the other way round. A new axis, "
        "unsqueeze(1), keeps image and draw apart; or repeat_interleave and view(batch, iw).",
        otherwise="The rows mix different images: numbers in the order (iw, batch) are read as (batch, iw), or the other way round.",
        family="layout",
    ),
    Misconception(
        "images-paired-with-other-z",
        mixed_pair,
        "The rows mix different images: x, m and v are not repeated in the same way as the result is read. repeat stacks "
        "whole copies, (iw, batch); repeat_interleave makes (batch, iw).",
        otherwise="The rows mix different images: x, m and v are not repeated in the same way as the result is read.",
        family="layout",
    ),
    Misconception(
        "analytic-kl",
        analytic_kl,
        "Each sample needs its own log p(z) − log q(z|x); with the closed-form KL in its place the result can exceed "
        "log p(x): it is no bound.",
    ),
    Misconception(
        "one-z-for-all-draws",
        with_z(lambda m, v, z: z[:, :1].expand_as(z)),
        "All iw draws of an image are the same z, so that averaging them changes nothing: draw after expanding m and v.",
    ),
    Misconception(
        "one-draw-an-image",
        one_draw_an_image,
        "There is one z per image: expand m and v to (batch, iw, z_dim) before you draw.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v, z: m + v.sqrt() * torch.randn(*m.shape[1:])),
        "ε has no batch axis, so all images share their noise. Give ε the shape (batch, iw, z_dim).",
    ),
    Misconception(
        "no-noise",
        with_z(lambda m, v, z: m),
        "z = m for every draw: nothing is sampled, all weights of an image are equal.",
    ),
    Misconception(
        "z-from-the-prior",
        with_z(lambda m, v, z: torch.randn_like(m)),
        "You draw z from the prior and still divide by q: draw from the density that you divide by.",
    ),
    Misconception(
        "uniform-noise",
        with_z(lambda m, v, z: m + v.sqrt() * torch.rand_like(m)),
        "Your noise is uniform; standard normal noise is randn.",
    ),
    Misconception(
        "variance-as-standard-deviation",
        with_z(lambda m, v, z: m + torch.randn_like(m) * v),
        "z spreads by v; v is a variance: take its square root once.",
    ),
    Misconception(
        "standard-deviation-into-the-draw",
        with_z(lambda m, v, z: m + v**0.25 * torch.randn_like(m)),
        "You draw z with sqrt(v) for the variance. sample_gaussian takes v itself, and its root once.",
    ),
    Misconception(
        "seed-inside",
        _seeded,
        "Every call uses the same noise: a seed is set inside, a generator made anew, or noise kept.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v, z: z.detach()),
        "The numbers are right, but the gradient to the encoder through z is cut, in all terms or in some.",
    ),
    Misconception(
        "q-detached",
        at(lambda m, v, z: (m.detach(), v.detach(), z)),
        "The numbers are right. m and v are detached inside log q: that is another gradient (sticking the landing), not "
        "the one of these weights.",
    ),
    Misconception(
        "no-grad",
        torch.no_grad()(right_weights),
        "The numbers are right and carry no gradient: torch.no_grad() belongs around evaluation.",
    ),
    Misconception(
        "mean-over-pixels",
        with_likelihood(lambda x, logits: log_bernoulli_with_logits(x, logits) / x.shape[-1]),
        "Your log p(x|z) is the right one divided by 784: sum over pixels.",
    ),
    Misconception(
        "sigmoid-twice",
        with_likelihood(lambda x, logits: log_bernoulli_with_logits(x, torch.sigmoid(logits))),
        "The decoder's output goes through a sigmoid before a function that expects logits.",
    ),
    Misconception(
        "x-and-logits-swapped",
        with_likelihood(lambda x, logits: log_bernoulli_with_logits(logits, x)),
        "x and the logits have changed places: it is log_bernoulli_with_logits(x, logits).",
    ),
)
