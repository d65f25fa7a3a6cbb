"""Figures of lesson 05's full path: gradients of the IWAE bound in a model small enough to draw them by the million.

z ~ N(μ, 1), x ~ N(z, 1), q(z|x) = N(m, 2/3). The exact posterior is N((x + μ)/2, 1/2), so q is a little too wide.

Source: Rainforth et al., ICML 2018 (the model, in one dimension); Tucker et al., ICLR 2019 (DReG).
"""

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from vae_course.figures.style import COLOURS, canvas, figure

COUNTS = (1, 4, 16, 64, 256, 1024)
REPEATS = 8_000
X, MU, VARIANCE = 1.0, 0.0, 2 / 3
OFFSET = 0.5  # how far m is from the posterior's mean


def gradients(k: int, repeats: int = REPEATS) -> dict[str, Tensor]:
    """Many one-image estimates of the gradient of IWAE_k: in m (the encoder) three ways, in μ (the decoder) one.

    With w̃ = w / Σ w: "encoder" Σ w̃ d log w/dm by the plain trick; "stl" Σ w̃ s and "dreg" Σ w̃² s, where s is the
    slope of log w along z alone; "decoder" Σ w̃ d log p/dμ. Each (repeats,).
    """
    m = (X + MU) / 2 + OFFSET
    noise = torch.randn(repeats, k, generator=torch.Generator().manual_seed(k))
    z = m + math.sqrt(VARIANCE) * noise
    log_w = -0.5 * (z - MU) ** 2 - 0.5 * (X - z) ** 2 + 0.5 * noise**2  # constants cancel in w̃
    share = torch.softmax(log_w, 1)
    of_p = -(z - MU) + (X - z)  # d log p(x, z) / dz; log q(z) itself does not change when m moves z along
    along_z = of_p + (z - m) / VARIANCE
    return {
        "encoder": (share * of_p).sum(1),
        "stl": (share * along_z).sum(1),
        "dreg": (share**2 * along_z).sum(1),
        "decoder": (share * (z - MU)).sum(1),
    }


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    means: dict[str, list[float]] = {name: [] for name in ("encoder", "stl", "dreg", "decoder")}
    ratios: dict[str, list[float]] = {name: [] for name in means}
    for k in COUNTS:
        for name, values in gradients(k).items():
            means[name].append(values.mean().item())
            ratios[name].append(abs(values.mean().item()) / values.std().item())
    return means, ratios


def signal_to_noise(name: str) -> list[float]:
    """|mean| / standard deviation of one estimator for every k in COUNTS: "encoder", "stl", "dreg" or "decoder"."""
    return _table()[1][name]


@figure
def signal_against_draws() -> None:
    """Signal-to-noise ratio of four gradient estimators against k, and the average that each of them estimates."""
    means, ratios = _table()
    looks = {
        "decoder": ("decoder", COLOURS["p"], "s--"),
        "dreg": ("encoder, DReG", COLOURS["other"], "^-"),
        "stl": ("encoder, sticking the landing", COLOURS["truth"], "v-."),
        "encoder": ("encoder, plain trick", COLOURS["q"], "o-"),
    }
    with canvas(columns=2, width=9.8, height=3.8) as (left, right):
        for name, (label, colour, look) in looks.items():
            left.loglog(COUNTS, ratios[name], look, color=colour, label=label, ms=5)
        left.axhline(1 / math.sqrt(REPEATS), color=COLOURS["faint"], lw=1)
        left.text(
            1, 1.1 / math.sqrt(REPEATS), f"below: chance ({REPEATS:,} repeats)", color=COLOURS["truth"], fontsize=9
        )
        left.set(
            xlabel="k, draws per image", ylabel="signal / noise", ylim=(0.006, 2e4), xticks=COUNTS, xticklabels=COUNTS
        )
        left.minorticks_off()
        left.legend(fontsize=9, loc="upper left")
        for name in ("encoder", "dreg", "stl"):
            label, colour, look = looks[name]
            right.loglog(COUNTS, np.abs(means[name]), look, color=colour, label=label, ms=5)
        right.set(
            xlabel="k, draws per image",
            ylabel="|average estimate| (nats per unit of m)",
            xticks=COUNTS,
            xticklabels=COUNTS,
        )
        right.minorticks_off()
