"""What lies between an image's evidence and its ELBO, for two latents: exact by a grid, and split into its two reasons.

The gap is what the encoder loses because it answers at once (amortisation: a better Gaussian exists for this image) and because
it answers with a Gaussian at all (shape).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.evaluation import evaluate, exact_log_likelihood

REACH, NODES = 6.0, 120  # a first look over the whole plane; then as many nodes on the part that matters
FAR = 18.0  # nats below the top: what lies lower is left out of the second look
RULE = 10  # Gauss-Hermite nodes per dimension for averages under q


@dataclass(frozen=True)
class Gap:
    """log p(x) of one image and the two parts of what the ELBO misses, in nats.

    Attributes:
        log_p: exact, by the grid.
        elbo: with the encoder's q.
        best_elbo: with the best Gaussian q that `steps` steps of search found for this very image.
        q, best: mean and standard deviation of the two, (2,) each.
    """

    log_p: float
    elbo: float
    best_elbo: float
    q: tuple[Tensor, Tensor]
    best: tuple[Tensor, Tensor]

    @property
    def amortisation(self) -> float:
        """What a better encoder could win, at least: it answers for all images at once, not for this one."""
        return self.best_elbo - self.elbo

    @property
    def shape(self) -> float:
        """What no encoder of this kind can win, at most: the posterior is no Gaussian with independent dimensions."""
        return self.log_p - self.best_elbo


Grid = tuple[Tensor, Tensor, Tensor]
"""A grid's lines in z₁ and z₂, (NODES,) each, and log p(x, z) on it, cell size included, (NODES, NODES)."""


@lru_cache(maxsize=2)
def _decoded_plane(model: Any) -> tuple[Tensor, Tensor, Tensor]:
    line = torch.linspace(-REACH, REACH, NODES)
    logits = _decode(model, line, line)
    return line, logits, softplus(logits).sum(1)


def _decode(model: Any, z1: Tensor, z2: Tensor) -> Tensor:
    with torch.no_grad():
        return model.dec(torch.cartesian_prod(z1, z2))  # (NODES², 784)


def _log_joint(x: Tensor, z1: Tensor, z2: Tensor, logits: Tensor, normalizer: Tensor) -> Tensor:
    grid = torch.cartesian_prod(z1, z2)
    cell = (z1[1] - z1[0]) * (z2[1] - z2[0])
    log_prior = -0.5 * grid.square().sum(1) - math.log(2 * math.pi)
    return (logits @ x - normalizer + log_prior + cell.log()).reshape(NODES, NODES)


def posterior_grid(model: Any, x: Tensor) -> Grid:
    """log p(x, z) of one image (784,) on a grid over that part of the plane where the posterior lives."""
    return _posterior_grid(model, _bytes(x))


def _bytes(x: Tensor) -> bytes:
    return x.float().numpy().tobytes()


def _image(pixels: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(pixels, dtype=np.float32).copy())


@lru_cache(maxsize=32)
def _posterior_grid(model: Any, pixels: bytes) -> Grid:
    x = _image(pixels)
    line, logits, normalizer = _decoded_plane(model)
    rough = _log_joint(x, line, line, logits, normalizer)
    inside = rough > rough.max() - FAR
    zoomed = []
    for axis in (1, 0):
        index = inside.any(axis).nonzero().flatten()
        low, high = max(0, int(index.min()) - 2), min(NODES - 1, int(index.max()) + 2)
        zoomed.append(torch.linspace(line[low].item(), line[high].item(), NODES))
    z1, z2 = zoomed
    logits = _decode(model, z1, z2)
    return z1, z2, _log_joint(x, z1, z2, logits, softplus(logits).sum(1))


@lru_cache(maxsize=1)
def _rule() -> tuple[Tensor, Tensor]:
    """Nodes (RULE², 2) and weights (RULE²,) for averages under N(0, I) in two dimensions."""
    at, share = np.polynomial.hermite_e.hermegauss(RULE)
    nodes, weights = torch.tensor(at).float(), torch.tensor(share / share.sum()).float()
    return torch.cartesian_prod(nodes, nodes), torch.outer(weights, weights).flatten()


def _elbo(model: Any, x: Tensor, m: Tensor, sd: Tensor) -> Tensor:
    """The ELBO of one image for q = N(m, sd²), its average over z by quadrature."""
    nodes, weights = _rule()
    logits = model.dec(m + sd * nodes)  # (RULE², 784)
    likelihood = weights @ (logits @ x - softplus(logits).sum(1))
    return likelihood - 0.5 * (m.square() + sd.square() - 1 - 2 * sd.log()).sum()


@lru_cache(maxsize=64)
def _gap(model: Any, pixels: bytes, steps: int) -> Gap:
    x = _image(pixels)
    with torch.no_grad():
        m, v = (part[0] for part in model.enc(x[None]))
        elbo = _elbo(model, x, m, v.sqrt()).item()
        z1, z2, log_joint = posterior_grid(model, x)
        log_p = torch.logsumexp(log_joint.flatten().double(), 0).item()
        row, column = divmod(int(log_joint.argmax()), NODES)
    # From the posterior's own top: starting at the encoder's q, the search can end on a lesser island.
    best_m = torch.stack([z1[row], z2[column]]).requires_grad_()
    log_sd = (0.5 * v.log()).requires_grad_()
    optimizer = torch.optim.Adam([best_m, log_sd], lr=0.03)
    best, where = elbo, (m, v.sqrt())
    for _ in range(steps):
        value = _elbo(model, x, best_m, log_sd.exp())
        if value.item() > best:
            best, where = value.item(), (best_m.detach().clone(), log_sd.detach().exp())
        gradients = torch.autograd.grad(-value, [best_m, log_sd])
        best_m.grad, log_sd.grad = gradients
        optimizer.step()
    return Gap(log_p, elbo, best, (m, v.sqrt()), where)


def gap(model: Any, x: Tensor, steps: int = 60) -> Gap:
    """The gap of one binary image (784,), split in two; the best q is sought for `steps` steps of Adam."""
    return _gap(model, _bytes(x), steps)


def gaps(model: Any, x: Tensor) -> Tensor:
    """log p(x) − ELBO of each of many images (n, 784), in nats: (n,)."""
    return exact_log_likelihood(model, x) - evaluate(model, x, iw=20).per_image
