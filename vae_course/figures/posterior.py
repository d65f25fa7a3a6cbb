"""The exact posterior of real digits under a model with two latent dimensions, beside the encoder's q: lessons 04 and 05.

Everything is a sum over a grid in z: no chance, and no q in log p(x).
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
from vae_course.figures.style import COLOURS, canvas, figure

REACH, NODES = 6.0, 120  # a first look over the whole plane; then as many nodes on the part that matters
FAR = 18.0  # nats below the top: what lies lower is left out of the second look
RULE = 10  # Gauss-Hermite nodes per dimension for averages under q


@dataclass(frozen=True)
class Gap:
    """log p(x) of one image and the two parts of what the ELBO misses, in nats.

    Attributes:
        log_p: exact, by the grid.
        elbo: with the encoder's q.
        best_elbo: with the best Gaussian q for this very image.
        q, best: mean and standard deviation of the two, (2,) each.
    """

    log_p: float
    elbo: float
    best_elbo: float
    q: tuple[Tensor, Tensor]
    best: tuple[Tensor, Tensor]

    @property
    def amortisation(self) -> float:
        """What a better encoder could win: it answers for all images at once, not for this one."""
        return self.best_elbo - self.elbo

    @property
    def shape(self) -> float:
        """What no encoder of this kind can win: the posterior is no Gaussian with independent dimensions."""
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


def _ellipse(m: Tensor, sd: Tensor, radius: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.linspace(0, 2 * np.pi, 200)
    return m[0].item() + radius * sd[0].item() * np.cos(angle), m[1].item() + radius * sd[1].item() * np.sin(angle)


@figure
def beside_q(model: Any, x: Tensor) -> None:
    """One image; its exact posterior with the encoder's q and the best Gaussian over it; the gap, split."""
    found = gap(model, x)
    z1, z2, log_joint = posterior_grid(model, x)
    density = (log_joint - log_joint.max()).exp()  # 1 at its top
    with canvas(columns=3, width=11, height=3.7, width_ratios=(1, 1.6, 1.3)) as (left, middle, right):
        left.imshow(x.reshape(28, 28), cmap="gray_r")
        left.set_title("x")
        left.axis("off")
        middle.contourf(z1, z2, density.T, levels=[0.011, 0.05, 0.135, 0.4, 0.607, 1], cmap="Oranges", alpha=0.9)
        for radius in (1, 2):
            label = "the encoder's q: 1 and 2 sd" if radius == 1 else None
            middle.plot(*_ellipse(*found.q, radius), "-", color=COLOURS["q"], lw=1.8, label=label)
        middle.plot(*_ellipse(*found.best, 2), ":", color=COLOURS["truth"], lw=2, label="best Gaussian: 2 sd")
        limits = [_limits(line, density.amax(axis), found, i) for i, (line, axis) in enumerate([(z1, 1), (z2, 0)])]
        middle.set(xlabel="z₁", ylabel="z₂", xlim=limits[0], ylim=limits[1], title="the exact posterior p(z|x), shaded")
        middle.legend(fontsize=8, loc="best")
        _gap_bar(right, found)


def _limits(line: Tensor, density: Tensor, found: Gap, axis: int) -> tuple[float, float]:
    """Along one axis: where the posterior is, and 2.5 standard deviations of both Gaussians, with a margin."""
    ends = [line[density > 0.01]]
    for m, sd in (found.q, found.best):
        ends.append(m[axis] + 2.5 * sd[axis] * torch.tensor([-1.0, 1.0]))
    low, high = torch.cat(ends).min().item(), torch.cat(ends).max().item()
    return low - 0.1 * (high - low), high + 0.1 * (high - low)


def _gap_bar(axes: Any, found: Gap) -> None:
    parts = [
        ("shape", found.shape, COLOURS["p"], ".."),
        ("amortisation", found.amortisation, COLOURS["q"], "//"),
    ]
    bottom = 0.0
    for label, height, colour, hatch in parts[::-1]:
        axes.bar([0], [height], bottom=bottom, width=0.5, color="white", edgecolor=colour, hatch=hatch, lw=2)
        axes.text(0.32, bottom + height / 2, f"{label} {height:.2f}", va="center", fontsize=10)
        bottom += height
    axes.set(xlim=(-0.3, 1.3), xticks=[], ylabel="nats above the ELBO", ylim=(0, max(1.15 * bottom, 0.2)))
    axes.set_title(f"log p(x) {found.log_p:.1f}\nELBO {found.elbo:.1f}", fontsize=11)


@figure
def gap_bars(model: Any, x: Tensor, names: list[str]) -> None:
    """For some images: how far the ELBO ends below the exact log p(x)."""
    gaps = [gap(model, image) for image in x]
    rows = np.arange(len(gaps))
    widths = np.array([g.log_p - g.elbo for g in gaps])
    with canvas(width=9, height=0.36 * len(gaps) + 1.2) as axes:
        style = {"color": "white", "edgecolor": COLOURS["kl"], "hatch": "////", "lw": 1.5}
        axes.barh(rows, widths, left=-widths, height=0.6, label="gap = KL(q(z|x) ‖ p(z|x))", **style)
        axes.plot(-widths, rows, "D", color=COLOURS["nelbo"], ms=8, label="ELBO")
        axes.axvline(0, color=COLOURS["truth"], ls="--", label="log p(x), exact")
        for row, g in zip(rows, gaps, strict=True):
            sentence = f"{g.log_p:.1f} = {g.elbo:.1f} + {g.log_p - g.elbo:.2f}"
            axes.text(0.05, row, sentence, va="center", fontsize=10)
        axes.text(0.05, -1, "log p(x) = ELBO + gap", va="center", fontsize=10, weight="bold")
        axes.set(
            yticks=rows,
            yticklabels=names,
            xlabel="nats below log p(x)",
            xlim=(-1.1 * widths.max(), 0.55 * widths.max()),
        )
        axes.set(ylim=(len(gaps) - 0.4, -1.5))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)


def log_weights(model: Any, x: Tensor, draws: int = 20_000, seed: int = 0) -> Tensor:
    """log p(x, z) − log q(z|x) of one image for many z drawn from q: (draws,)."""
    with torch.no_grad():
        m, v = (part[0] for part in model.enc(x[None]))
        noise = torch.randn(draws, 2, generator=torch.Generator().manual_seed(seed))
        z = m + v.sqrt() * noise
        logits = model.dec(z)
        ratio = 0.5 * (noise.square() - z.square() + v.log()).sum(1)
        return logits @ x - softplus(logits).sum(1) + ratio


@figure
def log_weight_histogram(model: Any, x: Tensor) -> None:
    """The log weights of one image under q: their mean is the ELBO, the log of the weights' mean is log p(x)."""
    log_w, found = log_weights(model, x), gap(model, x, steps=0)
    low, high = np.quantile(log_w, [0.002, 1.0])
    with canvas(width=8, height=3.2) as axes:
        axes.hist(log_w, bins=80, range=(low, high), density=True, color=COLOURS["q"], alpha=0.5)
        top = axes.get_ylim()[1] * 1.5
        axes.vlines(found.elbo, 0, top, color=COLOURS["nelbo"], label=f"their mean, the ELBO: {found.elbo:.2f}")
        truth = f"log p(x), the log of the mean weight: {found.log_p:.2f}"
        axes.vlines(found.log_p, 0, top, color=COLOURS["truth"], ls="--", label=truth)
        axes.set(xlabel="log w = log p(x, z) − log q(z|x), nats", ylabel="share of the draws", ylim=(0, top))
        axes.legend(loc="upper right")
