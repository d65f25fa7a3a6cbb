"""Two layers of latents: inputs to ask about, the four densities, and the truth."""

import torch
from torch import Generator, Tensor
from torch.distributions import Independent, Normal

from vae_course.checks.engine.exercise import Arguments

NAMES = ("log_p_x", "z1", "z2", "m1", "v1", "m2", "v2", "pm", "pv")


def draw_layers(generator: Generator) -> Arguments:
    """What a decoder said, (batch,), z1 and z2 as if drawn from q, (batch, dim) each with another dim, and three Gaussians."""
    batch, first, second = 2 + int(torch.randint(0, 3, (), generator=generator)), 7, 6

    def gaussian(dim: int) -> tuple[Tensor, Tensor]:
        m = torch.randn(batch, dim, generator=generator)
        return m, torch.exp(1.6 * torch.rand(batch, dim, generator=generator) - 1.2)

    (m1, v1), (m2, v2), (pm, pv) = gaussian(first), gaussian(second), gaussian(first)
    z1 = m1 + v1.sqrt() * torch.randn(batch, first, generator=generator)
    z2 = m2 + v2.sqrt() * torch.randn(batch, second, generator=generator)
    return -5 - 5 * torch.rand(batch, generator=generator), z1, z2, m1, v1, m2, v2, pm, pv


def _density(z: Tensor, m: Tensor | float, v: Tensor | float) -> Tensor:
    """log N(z; m, v) by torch.distributions, summed over the last axis."""
    spread = torch.as_tensor(v, dtype=z.dtype).sqrt().expand_as(z)
    return Independent(Normal(torch.as_tensor(m, dtype=z.dtype).expand_as(z), spread, validate_args=False), 1).log_prob(
        z
    )


def parts(
    z1: Tensor, z2: Tensor, m1: Tensor, v1: Tensor, m2: Tensor, v2: Tensor, pm: Tensor, pv: Tensor
) -> list[Tensor]:
    """log p(z1|z2), log p(z2), log q(z1|x), log q(z2|z1)."""
    return [_density(z1, pm, pv), _density(z2, 0.0, 1.0), _density(z1, m1, v1), _density(z2, m2, v2)]


def true_weight(
    log_p_x: Tensor, z1: Tensor, z2: Tensor, m1: Tensor, v1: Tensor, m2: Tensor, v2: Tensor, pm: Tensor, pv: Tensor
) -> Tensor:
    p1, p2, q1, q2 = parts(z1, z2, m1, v1, m2, v2, pm, pv)
    return log_p_x - (q1 - p1) - (q2 - p2)


def layouts(generator: Generator) -> dict[str, Arguments]:
    drawn = draw_layers(generator)
    log_p_x, z1, z2, m1, v1, m2, v2, pm, pv = drawn
    more = z1 + 0.3 * torch.randn(4, *z1.shape, generator=generator)
    again = z2 + 0.3 * torch.randn(4, *z2.shape, generator=generator)
    # q(z2|z1) and p(z1|z2) follow the draw, q(z1|x) the image alone.
    m2, v2, pm, pv = (one.expand(4, -1, -1).contiguous() for one in (m2, v2, pm, pv))
    return {
        "a batch of one": tuple(one[:1] for one in drawn),
        "four draws in front": (log_p_x.expand(4, -1), more, again, m1, v1, m2, v2, pm, pv),
        "one latent in each layer": (log_p_x, *(one[:, :1] for one in drawn[1:])),
    }


def extremes() -> list[Arguments]:
    """Latents that a Gaussian finds very implausible, or that lie far from 0; variances of 1e-12 and 1e12; a decoder that is far off."""
    steps, one = torch.tensor([[1.0, -2.0, 0.5], [0.3, 1.2, -0.7]]), torch.ones(2, 3)
    images, zero, many = torch.tensor([-80.0, -3000.0]), torch.zeros(2, 3), torch.ones(2, 12)
    return [
        (images, 30 + steps, 20 + steps, 30 * one, one, 20 * one, one, zero, one),
        (images, 2048 + steps, steps, 2048 * one, one, zero, one, 2047 * one, 2 * one),
        (images / 40, steps, 2048 + steps, zero, one, 2048 * one, one, 0.5 * one, one),
        (
            images / 40,
            1e-6 * steps.repeat(1, 4),
            1e-6 * steps.repeat(1, 4),
            0 * many,
            1e-12 * many,
            0 * many,
            1e-12 * many,
            1e-6 * many,
            2e-12 * many,
        ),
        (images / 40, 1e6 * steps, steps, zero, 1e12 * one, zero, 1e12 * one, 1e6 * one, 2e12 * one),
    ]
