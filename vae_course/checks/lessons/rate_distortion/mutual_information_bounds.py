"""Exercise 8.5: what the latents know about the image, between two numbers."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.distributions import Independent, Normal, kl_divergence

from vae_course.checks.engine.cases import case_fingerprint, holds_for, stays_finite
from vae_course.checks.engine.checks import equals_truth, gradients_match, shape_matches
from vae_course.checks.engine.exercise import Arguments, Check, Formula, Misconception


def draw_batch(generator: Generator) -> Arguments:
    """z, m and v, (batch, z_dim) each: z_i as if drawn from N(m_i, v_i), near enough to the others that these count too."""
    batch, latents = 7, int(torch.randint(2, 5, (), generator=generator))
    batch += int(torch.randint(0, 3, (), generator=generator))
    m = torch.randn(batch, latents, generator=generator)
    v = torch.exp(1.2 * torch.rand(batch, latents, generator=generator) - 1.0)
    return m + v.sqrt() * torch.randn(batch, latents, generator=generator), m, v


def true_bounds(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """By torch.distributions; log q(z_i|x_j) stands in row i, column j."""
    each = Independent(Normal(m, v.sqrt()), 1).log_prob(z[:, None])
    lower = (each.diagonal() - each.logsumexp(1)).mean() + math.log(len(z))
    upper = kl_divergence(Normal(m, v.sqrt()), Normal(torch.zeros_like(m), torch.ones_like(v))).sum(-1).mean()
    return torch.stack([lower, upper])


def layouts(generator: Generator) -> dict[str, Arguments]:
    z, m, v = draw_batch(generator)
    return {
        "a batch of one": (z[:1], m[:1], v[:1]),
        "a single latent": (z[:, :1], m[:, :1], v[:, :1]),
        "images that are all alike": (z, m[:1].expand(len(z), -1).clone(), v[:1].expand(len(z), -1).clone()),
    }


def _extreme() -> list[Arguments]:
    m = torch.tensor([[400.0, -100.0], [-300.0, 20.0], [0.0, 0.0]])
    many, shift = 0.1 * torch.arange(300.0).reshape(3, 100).sin(), 0.3 * torch.arange(300.0).reshape(3, 100).cos()
    widths = torch.tensor([[1e-3], [1.0], [0.1]])
    return [
        (m + 0.1, m, torch.full((3, 2), 0.01)),
        (many + shift, many, torch.ones(3, 100)),  # densities of e⁻⁹⁷ and less
        (many + 1e-3 * shift, many, torch.full((3, 100), 1e-3)),  # and of e²⁵⁰
        (many + shift * widths.sqrt(), many, widths.expand(-1, 100)),  # both in one batch
        (1e-3 * m + 1e-3, 1e-3 * m, torch.full((3, 2), 1e-6)),  # beside such a v nothing is small
        (2000.3 + m / 100 + 0.7, 2000.3 + m / 100, torch.ones(3, 2)),  # squares that take six digits
        # By chance the lower bound is the larger.
        (torch.tensor([[3.0], [-3.0]]), torch.tensor([[0.3], [-0.3]]), torch.ones(2, 1)),
    ]


def _log_q(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """log q(z_i|x_j) in row i, column j, and in each dimension: (batch, batch, z_dim)."""
    return -0.5 * ((z[:, None] - m) ** 2 / v + v.log() + math.log(2 * math.pi))


def _rate(m: Tensor, v: Tensor) -> Tensor:
    return 0.5 * (v + m**2 - 1 - v.log()).sum(-1).mean()


def _lower(each: Tensor) -> Tensor:
    return (each.diagonal() - each.logsumexp(1)).mean() + math.log(len(each))


def _with_lower(lower: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A mistake in the lower bound, from log q(z_i|x_j) as `_log_q` has it."""
    return lambda z, m, v: torch.stack([lower(_log_q(z, m, v)), _rate(m, v)])


def _with_upper(upper: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A mistake in the upper bound."""
    return lambda z, m, v: torch.stack([_lower(_log_q(z, m, v).sum(-1)), upper(z, m, v)])


def _at_the_draw(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """The mean of log q(z|x) − log p(z), z as it was drawn."""
    return (_log_q(z, m, v).sum(-1).diagonal() + 0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)).mean()


def _among_themselves(own: Tensor) -> Tensor:
    return own.mean() - own.logsumexp(0) + math.log(len(own))


def _without_its_own(each: Tensor) -> Tensor:
    each, n = each.sum(-1), len(each)
    others = each.masked_fill(torch.eye(n, dtype=torch.bool), -math.inf)
    return (each.diagonal() - others.logsumexp(1)).mean() + math.log(n - 1)


mutual_information_bounds = Formula(
    name="mutual_information_bounds",
    lesson="08_rate_distortion",
    number="8.5",
    title="What does z know, at least and at most?",
    minutes=18,
    difficulty=3,
    lines="4 lines",
    arguments=draw_batch,
    truth=true_bounds,
    checks=(
        Check("two numbers", shape_matches),
        Check("the value", equals_truth, points=3),
        Check("one image, one latent, images that are alike", holds_for(layouts)),
        Check("images that lie far apart", stays_finite(_extreme), points=1),
        Check("the gradients", gradients_match, points=1),
    ),
    fingerprint=case_fingerprint(draw_batch, true_bounds, layouts, _extreme),
    misconceptions=(
        Misconception(
            "log-k-missing",
            _with_lower(lambda each: (each.sum(-1).diagonal() - each.sum(-1).logsumexp(1)).mean()),
            "Your lower bound is log K too small: logsumexp sums the densities, and their *mean* is asked. As it stands it is never above 0.",
        ),
        Misconception(
            "mean-of-the-logs",
            _with_lower(lambda each: (each.sum(-1).diagonal() - each.sum(-1).mean(1)).mean()),
            "You average the log densities of the images. What is asked is the mean of the densities themselves: the mean belongs *inside* the log.",
        ),
        Misconception(
            "its-own-image-left-out",
            _with_lower(_without_its_own),
            "You leave the image out from which z was drawn. That bounds the information from *above* (and of a single image nothing is "
            "left): for the lower bound its own density is one of the K.",
        ),
        Misconception(
            "other-axis",
            _with_lower(
                lambda each: (each.sum(-1).diagonal() - each.sum(-1).logsumexp(0)).mean() + math.log(len(each))
            ),
            "You compare different z under one image's q. One z is compared under all images: the mean runs over the images' axis, while "
            "z stays.",
        ),
        Misconception(
            "mixture-in-each-dimension",
            _with_lower(lambda each: (each.diagonal().T - each.logsumexp(1) + math.log(len(each))).sum(-1).mean()),
            "You mix the images in each latent dimension by itself and sum then. An image is one in all dimensions: sum its log density over the "
            "latents first, and mix whole images.",
        ),
        Misconception(
            "averaged-over-latents",
            _with_lower(lambda each: _lower(each.mean(-1))),
            "In your lower bound log q is averaged over the latent dimensions, where it belongs summed.",
        ),
        Misconception(
            "exp-then-log",
            _with_lower(lambda each: (each.sum(-1).diagonal() - each.sum(-1).exp().mean(1).log()).mean()),
            "Right for moderate numbers. Where images lie far apart a density is 0 in float32 and its log −∞: stay in log space, by "
            "logsumexp or log_mean_exp.",
        ),
        Misconception(
            "its-own-density-forgotten",
            _with_lower(lambda each: -(each.sum(-1).logsumexp(1) - math.log(len(each))).mean()),
            "Your lower bound is minus the log of the mean density alone. The information is the difference: log q(z|x) of the image from which z was drawn, less that.",
        ),
        Misconception(
            "own-densities-alone",
            lambda z, m, v: torch.stack([_among_themselves(_log_q(z, m, v).sum(-1).diagonal()), _rate(m, v)]),
            "You average over the batch what each z has under its *own* image. One z is wanted under all images, which is a table: "
            "z.unsqueeze(1) against m and v.",
        ),
        Misconception(
            "prior-for-the-average",
            lambda z, m, v: torch.stack([_at_the_draw(z, m, v), _rate(m, v)]),
            "Your lower bound compares with the prior, log q(z|x) − log p(z): that is the rate again, at the draw. Compare with the mean density "
            "under all images of the batch.",
        ),
        Misconception(
            "root-for-the-variance",
            lambda z, m, v: true_bounds(z, m, v.sqrt()),
            "You take the root of v, and hand it over as a variance. v is the variance already; only torch's Normal wants its root.",
        ),
        Misconception(
            "sign-of-the-lower",
            _with_lower(lambda each: -_lower(each.sum(-1))),
            "Your lower bound has the wrong sign. log q(z|x) of its own image comes first: it is the larger one.",
        ),
        Misconception(
            "exchanged",
            lambda z, m, v: torch.stack([_rate(m, v), _lower(_log_q(z, m, v).sum(-1))]),
            "The two have changed places: the lower bound comes first.",
        ),
        Misconception(
            "rate-at-the-draw",
            _with_upper(_at_the_draw),
            "Your upper bound is estimated at the draw, log q(z|x) − log p(z). That is right on average, and scatters more than the closed "
            "form of the KL, which is asked.",
        ),
        Misconception(
            "rate-summed-over-images",
            _with_upper(lambda z, m, v: _rate(m, v) * len(m)),
            "Your upper bound is summed over the images. The rate is a mean over them.",
        ),
        Misconception(
            "rate-averaged-over-latents",
            _with_upper(lambda z, m, v: _rate(m, v) / m.shape[-1]),
            "Your upper bound is averaged over the latents. The kl of independent latents is a sum.",
        ),
        Misconception(
            "rate-the-other-way-round",
            _with_upper(lambda z, m, v: 0.5 * ((1 + m**2) / v - 1 + v.log()).sum(-1).mean()),
            "Your upper bound is KL( p ‖ q ). The rate begins with q: KL( q(z|x) ‖ p(z) ).",
        ),
        Misconception(
            "variance-for-spread",
            lambda z, m, v: true_bounds(z, m, v**2),
            "You use v as a standard deviation. It is a variance: torch's Normal wants v.sqrt().",
        ),
        Misconception(
            "in-bits",
            lambda z, m, v: true_bounds(z, m, v) / math.log(2),
            "Your numbers are in bits. Nats use the natural logarithm.",
        ),
    ),
    hints=(
        "The upper bound needs no z. The lower one compares, for each z, the density under its own image with the mean density under all images of "
        "the batch.",
        "Make the table log q(z_i | x_j), (batch, batch): z along one axis, images along the other. z.unsqueeze(1) against m and v broadcasts to "
        "(batch, batch, z_dim), and log_normal sums the last axis. Where in the table are the images that belong to their z?",
        "Its diagonal, .diagonal(), has log q(z_i | x_i). log_mean_exp along the axis of the images gives the log of their mean density, with log K in it. Subtract, and "
        "average over i. The upper bound is the mean of kl_normal to a prior of mean 0 and variance 1.",
    ),
)
