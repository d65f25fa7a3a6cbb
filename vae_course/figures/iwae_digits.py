"""Figures of lesson 05 on real digits: a model with two latent dimensions, in which log p(x) is known by a grid."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.patches import Ellipse
from matplotlib.ticker import MaxNLocator
from torch import Tensor
from torch.nn.functional import softplus

from vae_course import given
from vae_course.data import load_mnist
from vae_course.evaluation import evaluate
from vae_course.figures.bounds import bounds_below_truth as bounds_below_truth
from vae_course.figures.bounds import exact_log_p as exact_log_p
from vae_course.figures.digits import one_image
from vae_course.figures.style import COLOURS, canvas, figure
from vae_course.given import kl_normal, log_normal
from vae_course.training import fit

WINDOW = 48  # nodes along each side of the grid on which a posterior is drawn


@figure
def weights_of_digits(log_w: Tensor | None, exact: Tensor, x: Tensor) -> None:
    """Histograms of log w for a few images, with their mean, the log of their mean weight, and log p(x).

    log_w: (n, k), or None if there are none yet; exact: (n,) log p(x); x: (n, 784) the images.
    """
    with canvas(columns=len(x), width=3.3 * len(x), height=3.4, squeeze=False) as panels:
        for row, axes in enumerate(panels[0]):
            truth = exact[row].item()
            axes.set(xlabel="log w (nats)", yticks=[])
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.spines["left"].set_visible(False)
            if log_w is not None:
                values = log_w[row].detach()
                mean, bound = values.mean().item(), torch.logsumexp(values, 0).item() - math.log(len(values))
                low = values.quantile(0.01).item()
                axes.hist(values.clamp(min=low).numpy(), bins=45, color=COLOURS["q"], alpha=0.5)
                axes.axvline(mean, color=COLOURS["nelbo"], ls="-.", ymax=0.68, label=f"mean of log w  {mean:.2f}")
                axes.axvline(bound, color=COLOURS["iwae"], ymax=0.68, label=f"log of mean w  {bound:.2f}")
            axes.axvline(truth, color=COLOURS["truth"], ls="--", ymax=0.68, label=f"log p(x)  {truth:.2f}")
            if log_w is None:
                axes.set(xlim=(truth - 10, truth + 4))
            axes.set_ylim(0, axes.get_ylim()[1] * 1.6)
            axes.legend(loc="upper left", fontsize=9, borderaxespad=0, handlelength=1.5)
            one_image(axes.inset_axes((0.74, 0.7, 0.26, 0.3)), x[row])


@figure
def bound_on_digits(
    model: Any, x: Tensor, exact: float, yours: Mapping[int, float] | None, counts: tuple[int, ...]
) -> None:
    """The bound against k on real digits: the target curve, the exact mean of log p(x), and a learner's values.

    The curve merges the same 256 draws of each image in pairs, again and again, so it cannot fall.
    """
    target = _nested_bounds(model, x)
    with canvas(width=8.6, height=3.8) as axes:
        axes.plot(list(target), list(target.values()), color=COLOURS["faint"], lw=4, alpha=0.5, label="target")
        if yours:
            axes.plot(list(yours), list(yours.values()), "o", color=COLOURS["iwae"], label="yours: −niwae")
        axes.axhline(exact, color=COLOURS["truth"], ls="--", label=f"log p(x) by a grid: {exact:.2f}")
        axes.set_xscale("log", base=2)
        axes.set(
            xlabel="k, the number of draws per image",
            ylabel="nats per image",
            xticks=counts,
            xticklabels=counts,
            title=f"The bound on {len(x)} test images",
        )
        axes.legend(loc="lower right")


def _nested_bounds(model: Any, x: Tensor, draws: int = 256) -> dict[int, float]:
    """Averages over the images of IWAE_1, IWAE_2, IWAE_4, ..., all from the same draws."""
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        m, v = model.enc(x)
        z = m + v.sqrt() * torch.randn(draws, *m.shape)  # (draws, n, z_dim)
        log_w = torch.stack([_log_joint(model, x, part) - log_normal(part, m, v) for part in z], dim=1)  # (n, draws)
    bounds = {}
    while True:
        bounds[draws // log_w.shape[1]] = log_w.mean().item()
        if log_w.shape[1] == 1:
            return bounds
        log_w = torch.logaddexp(log_w[:, 0::2], log_w[:, 1::2]) - math.log(2)


@figure
def posterior_and_draws(model: Any, x: Tensor, exact: float, k: int = 100) -> None:
    """The posterior of one image around q, q over it, and k draws of q: all alike, and each as big as its weight.

    x: (784,), one image; exact: its log p(x), which says how much of the posterior lies in the window around q. The
    model has two latent dimensions.
    """
    with torch.no_grad():
        m, v = (part[0] for part in model.enc(x[None]))  # (2,) each
        z = m + v.sqrt() * torch.randn(k, 2, generator=torch.Generator().manual_seed(0))
        log_w = _log_joint(model, x, z) - log_normal(z, m, v)  # (k,)
        reach = 6 * v.sqrt()
        lines = [torch.linspace((m - reach)[i].item(), (m + reach)[i].item(), WINDOW) for i in range(2)]
        grid = torch.cartesian_prod(*lines)  # (WINDOW², 2)
        log_joint = _log_joint(model, x, grid).double()
        cell = math.prod((line[1] - line[0]).item() for line in lines)
        inside = min(1.0, math.exp(torch.logsumexp(log_joint, 0).item() + math.log(cell) - exact))
        density = torch.softmax(log_joint, 0).reshape(WINDOW, WINDOW).T
    share = torch.softmax(log_w, 0)
    effective = 1 / share.square().sum().item()
    with canvas(columns=3, width=11.2, height=4.3, width_ratios=(0.35, 1, 1)) as (picture, left, right):
        one_image(picture, x, "x")
        right.sharex(left)
        right.sharey(left)
        for axes, size, title in (
            (left, torch.full((k,), 14.0), "q: the draws, all alike"),
            (right, 1400 * share, f"each as big as its weight: {effective:.1f} of {k} count"),
        ):
            axes.set(xlabel="z₁", title=title)
            axes.contourf(*lines, density, levels=_levels(density), colors=COLOURS["p"], alpha=0.28)
            axes.contour(
                *lines, density, levels=_levels(density)[:-1], colors=COLOURS["p"], linestyles="--", linewidths=1
            )
            for sds in (1, 2):
                widths = (2 * sds * v.sqrt()).tolist()
                axes.add_patch(Ellipse(tuple(m.tolist()), *widths, fc="none", ec=COLOURS["q"], lw=1.8))
            axes.scatter(*z.T, s=size, color=COLOURS["q"], alpha=0.6, lw=0)
        for axes in (left, right):
            axes.locator_params(nbins=3)
        left.set(ylabel="z₂", xlabel=f"z₁\n(this window holds {100 * inside:.0f} % of the posterior)")


def _log_joint(model: Any, x: Tensor, z: Tensor) -> Tensor:
    """log p(x, z): x · logits − Σ softplus(logits) is the Bernoulli part. x (784,) or (n, 784), z (n, z_dim): (n,)."""
    logits = model.dec(z)  # (n, 784)
    seen = logits @ x if x.ndim == 1 else (x * logits).sum(-1)
    return seen - softplus(logits).sum(-1) + log_normal(z, *model.z_prior)


def _levels(density: Tensor) -> np.ndarray:
    """Heights whose contours hold 95 %, 80 % and 50 % of the posterior, and the top."""
    heights = density.flatten().sort(descending=True).values
    mass = heights.cumsum(0)
    return np.array([heights[(mass < share).sum()].item() for share in (0.95, 0.8, 0.5)] + [heights[0].item() * 1.01])


def trained_further(cls: Any, x: Tensor, steps: int = 100) -> dict[str, tuple[float, float]]:
    """The good model, trained a little further by `cls.loss` with k = 1 and with k = 10, then evaluated with 1 draw and with 200.

    x: (n, 784) test images. Returns name -> (−ELBO, −IWAE_200) in nats. See `with_a_bound`.
    """
    cls, found = with_a_bound(cls), {}
    for k, name in ((1, "trained on with k = 1 (ELBO)"), (10, "trained on with k = 10 (IWAE)")):
        model: Any = given.trained("v1_z20", cls)
        loss = partial(cls.loss, iw=k)
        fit(model, load_mnist("train"), objective=loss, steps=steps, batch_size=40, lr=1e-3, warmup=20, progress=False)
        found[name] = evaluate(model, x, "elbo", iw=50).nll, evaluate(model, x, "iwae", iw=200).nll
    return found


def with_a_bound(cls: Any) -> Any:
    """The class, or where it has no `negative_iwae_bound` one that adds ours."""
    return cls if hasattr(cls, "negative_iwae_bound") else type(cls.__name__, (cls,), {"negative_iwae_bound": _bound})


def encoder_signal(
    model: Any, x: Tensor, loss: Callable[[Any, Tensor, int], Tensor] | None = None, k: int = 64, repeats: int = 30
) -> float:
    """Signal / noise of a loss's gradient in the encoder's last bias, averaged over its entries; without a loss, of the plain bound's."""
    loss = loss or (lambda model, x, iw: _bound(model, x, iw)[0])
    bias = list(model.enc.parameters())[-1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        slopes = torch.stack([torch.autograd.grad(loss(model, x, k), bias)[0] for _ in range(repeats)])  # (repeats, n)
    return float((slopes.mean(0).abs() / slopes.std(0)).mean())


def _bound(model: Any, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
    """−IWAE, kl and rec of a batch, in nats."""
    m, v = (t.unsqueeze(1) for t in model.enc(x))  # (n, 1, z_dim) each
    z = m + v.sqrt() * torch.randn(len(x), iw, m.shape[2])  # (n, iw, z_dim)
    log_w = _log_joint(model, x.unsqueeze(1), z) - log_normal(z, m, v)  # (n, iw)
    kl = kl_normal(m, v, *model.z_prior).mean()
    rec = (log_normal(z, *model.z_prior) - _log_joint(model, x.unsqueeze(1), z)).mean()
    return math.log(iw) - torch.logsumexp(log_w, 1).mean(), kl, rec


@figure
def trained_and_evaluated(table: Mapping[str, tuple[float, float]], counts: tuple[int, int]) -> None:
    """Models (by name) and their negative bounds with few and with many draws: which is the lower one, at each?

    table: name -> (−IWAE with counts[0] draws, −IWAE with counts[1] draws), in nats.
    """
    looks = [("nelbo", "s--"), ("iwae", "o-")]
    with canvas(width=7.5, height=3.4) as axes:
        for (name, values), (colour, look) in zip(table.items(), looks, strict=True):
            axes.plot([0, 1], values, look, color=COLOURS[colour], label=name, ms=7)
            for place, value in enumerate(values):
                highest = value == max(other[place] for other in table.values())
                shift = (8, 5 if highest else -13)  # two that lie close do not cover each other
                axes.annotate(f"{value:.2f}", (place, value), shift, textcoords="offset points", fontsize=10)
        axes.set(
            xticks=[0, 1],
            xticklabels=[f"evaluated with k = {k}" for k in counts],
            xlim=(-0.25, 1.4),
            ylabel="−bound (nats, lower is better)",
        )
        axes.legend()
