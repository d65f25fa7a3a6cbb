"""The exact posterior of real digits under a model with two latent dimensions, beside the encoder's q: lessons 04 and 05.

Everything is a sum over a grid in z: no chance, and no q in log p(x).
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.figures.digits import one_image
from vae_course.figures.exact_gap import Gap, gap, posterior_grid
from vae_course.figures.exact_gap import gaps as gaps
from vae_course.figures.style import COLOURS, canvas, figure


def _ellipse(m: Tensor, sd: Tensor, radius: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.linspace(0, 2 * np.pi, 200)
    return m[0].item() + radius * sd[0].item() * np.cos(angle), m[1].item() + radius * sd[1].item() * np.sin(angle)


@figure
def beside_q(model: Any, x: Tensor) -> None:
    """One image; its exact posterior with the encoder's q and the best Gaussian found over it; the gap, split."""
    found = gap(model, x)
    z1, z2, log_joint = posterior_grid(model, x)
    density = (log_joint - log_joint.max()).exp()  # 1 at its top
    with canvas(columns=3, width=11, height=3.7, width_ratios=(1, 1.6, 1.3)) as (left, middle, right):
        one_image(left, x, "x")
        middle.contourf(z1, z2, density.T, levels=[0.011, 0.05, 0.135, 0.4, 0.607, 1], cmap="Oranges", alpha=0.9)
        for radius in (1, 2):
            label = "the encoder's q: 1 and 2 sd" if radius == 1 else None
            middle.plot(*_ellipse(*found.q, radius), "-", color=COLOURS["q"], lw=1.8, label=label)
        middle.plot(*_ellipse(*found.best, 2), ":", color=COLOURS["truth"], lw=2, label="best Gaussian found: 2 sd")
        limits = [_limits(line, density.amax(axis), found, i) for i, (line, axis) in enumerate([(z1, 1), (z2, 0)])]
        middle.set(xlabel="z₁", ylabel="z₂", xlim=limits[0], ylim=limits[1], title="the exact posterior p(z|x), shaded")
        middle.locator_params(nbins=4)
        middle.legend(fontsize=9, loc="upper right")
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
            xlabel="ELBO − log p(x), nats",
            xticks=[t for t in axes.get_xticks() if t <= 0],
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
        axes.set(xlabel="log w = log p(x, z) − log q(z|x), nats", ylabel="share of the draws per nat", ylim=(0, top))
        axes.legend(loc="upper right")
