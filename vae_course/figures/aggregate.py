"""The aggregate posterior q(z), where the encoder sends all images taken together, beside the prior N(0, I)."""

import math
from typing import Any

import torch
from matplotlib.patches import Circle
from torch import Tensor, nn
from torch.nn import functional as F

from vae_course import given
from vae_course.figures.digits import one_image
from vae_course.figures.generation import decode
from vae_course.figures.style import canvas, figure


@torch.no_grad()
def mixture_density(m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    """log of the average of N(z; m_j, v_j) over j, in nats: m, v (images, z_dim) and places z (n, z_dim) -> (n,)."""
    # A few places at a time: (10, images, z_dim) numbers, not (n, images, z_dim). They go into one tensor that is there from
    # the start: small ones kept between the large would hold on to a gigabyte of memory.
    found = torch.empty(len(z))
    for some, place in zip(z.split(10), found.split(10), strict=True):
        place.copy_(torch.logsumexp(given.log_normal(some[:, None], m, v), 1))
    return found - math.log(len(m))


def log_prior(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats: (n, z_dim) -> (n,)."""
    return given.log_normal(z, torch.zeros(1), torch.ones(1))


@torch.no_grad()
def _excess(model: Any, x: Tensor, z: Tensor) -> Tensor:
    m, v = model.enc(x)
    return log_prior(z) - mixture_density(m, v, z)


def worst_hole(model: Any, x: Tensor, radius: float = 2.0, n: int = 41) -> tuple[Tensor, float]:
    """The place within `radius` of the origin where the prior most exceeds the aggregate posterior, and by how much.

    Returns:
        z (2,), and log p(z) − log q(z) in nats.
    """
    line = torch.linspace(-radius, radius, n)
    z = torch.cartesian_prod(line, line)
    z = z[z.square().sum(1) <= radius**2]
    excess = _excess(model, x, z)
    best = int(excess.argmax())
    return z[best], excess[best].item()


@figure
def holes(model: Any, x: Tensor, n: int = 61) -> None:
    """log p(z) − log q(z) over the plane: where the prior goes and the encoder does not."""
    line = torch.linspace(-3, 3, n)
    z = torch.cartesian_prod(line, line)
    excess = _excess(model, x, z)
    hole, _ = worst_hole(model, x)
    with canvas(columns=2, width=9.5, height=3.9, width_ratios=(1.6, 1)) as (left, right):
        filled = left.contourf(
            line, line, excess.view(n, n).T, levels=[-2, -1, 0, 1, 2, 3, 4, 5], cmap="cividis", extend="both"
        )
        left.contour(line, line, excess.view(n, n).T, levels=[1], colors="white", linewidths=1.2)
        for radius in (1, 2):
            left.add_patch(Circle((0, 0), radius, fc="none", ec="black", ls="--", lw=1))
        left.plot(*hole, "X", color="black", ms=11, mec="white")
        left.set(xlabel="z₁", ylabel="z₂", aspect="equal", title="log p(z) − log q(z), nats; circles: 1, 2 sd")
        left.figure.colorbar(filled, ax=left)
        one_image(right, decode(model, hole[None]), f"decoded at the ✕ ({hole[0]:.1f}, {hole[1]:.1f})")


def judge(draws: Tensor, steps: int = 1_000, seed: int = 0) -> nn.Module:
    """A network that has learned to tell draws of q(z) from draws of the prior.

    The best possible one returns log q(z) − log p(z): the two are told apart by which of them goes there more often.

    Args:
        draws: z ~ q(z), (n, z_dim), one for each of many images.

    Returns:
        z (n, z_dim) -> (n, 1), above 0 where it takes z for a draw of q.
    """
    batch, z_dim, width = 250, draws.shape[1], 200
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            *(nn.Linear(z_dim, width), nn.SiLU()), *(nn.Linear(width, width), nn.SiLU()), nn.Linear(width, 1)
        )
        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.02, steps)
        is_q = torch.cat([torch.ones(batch), torch.zeros(batch)])
        for _ in range(steps):
            z = torch.cat([draws[torch.randint(len(draws), (batch,))], torch.randn(batch, z_dim)])
            loss = F.binary_cross_entropy_with_logits(net(z).squeeze(1), is_q)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net.requires_grad_(False)
