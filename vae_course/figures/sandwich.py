"""log p(x) between two bounds, for an x that the model made: then the z it was made from is a draw from the posterior.

A weight W = p(x) R / F, with two ways F and R to draw the same things, has E_F[log W] = log p(x) − KL(F ‖ R) and
E_R[log W] = log p(x) + KL(R ‖ F). Sources: Neal 2001; Grosse, Ghahramani, Adams 2015.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from vae_course.figures.style import COLOURS, canvas, figure
from vae_course.given import log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

COUNTS = tuple(4**power for power in range(6))
LogDensity = Callable[[Tensor], Tensor]


def walk(start: Tensor, log_w: LogDensity, log_q: LogDensity, shares: list[float], size: float | Tensor) -> Tensor:
    """The log weight of a walk for each row of `start`: the mean of log w over its places, one more than `shares`; (n,).

    Each step is a Metropolis step, which leaves the density that is proportional to q · w^share as it is.

    Args:
        start: (n, z_dim).
        log_w, log_q: log p(x, z) − log q(z|x), and log q(z|x), of z (n, z_dim): (n,) each.
        shares: 1/k, 2/k, ... (k−1)/k if `start` is drawn from q, the same backwards if from the posterior.
        size: standard deviation of a step, broadcast over z.
    """
    z, of_w, of_q = start, log_w(start), log_q(start)
    total = of_w.clone()
    for share in shares:
        tried = z + size * torch.randn_like(z)
        new_w, new_q = log_w(tried), log_q(tried)
        taken = torch.rand_like(of_w).log() < share * (new_w - of_w) + new_q - of_q
        z = torch.where(taken[:, None], tried, z)
        of_w, of_q = torch.where(taken, new_w, of_w), torch.where(taken, new_q, of_q)
        total += of_w
    return total / (len(shares) + 1)


def walk_bounds(
    from_q: Tensor, from_posterior: Tensor, log_w: LogDensity, log_q: LogDensity, k: int, size: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Below and above log p(x) in expectation, (n,) each: walks of k places, from q and from the posterior (see `walk`)."""
    shares = [step / k for step in range(1, k)]
    return walk(from_q, log_w, log_q, shares, size), walk(from_posterior, log_w, log_q, shares[::-1], size)


def world(pairs: int = 1_000) -> dict[str, Tensor]:
    """z (pairs, 10) from N(0, I), x (pairs, 20) from N(W z, I), so z is a draw from p(z|x); a q = N(m, v) for each x.

    v is the best diagonal variance, m the posterior's mean and √v more in each dimension. From torch's own seed.
    """
    W, z = 0.5 * torch.randn(20, 10, dtype=torch.float64), torch.randn(pairs, 10, dtype=torch.float64)
    x = z @ W.T + torch.randn(pairs, 20, dtype=torch.float64)
    precision = torch.eye(10, dtype=torch.float64) + W.T @ W
    v = 1 / precision.diagonal()
    return {"W": W, "z": z, "x": x, "m": torch.linalg.solve(precision, W.T @ x.T).T + v.sqrt(), "v": v}


@cache
def distances() -> dict[str, list[Tensor]]:
    """log weight − log p(x) of 1,000 pairs for each of COUNTS: below and above, by independent draws and by walks."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        W, z, x, m, v = world().values()
        covariance = W @ W.T + torch.eye(20, dtype=W.dtype)
        log_p = MultivariateNormal(torch.zeros_like(W[:, 0]), covariance).log_prob(x)

        def log_q(z: Tensor) -> Tensor:
            return -0.5 * ((z - m).square() / v + (2 * math.pi * v).log()).sum(-1)

        def log_w(z: Tensor) -> Tensor:
            squares = (x - z @ W.T).square().sum(-1) + z.square().sum(-1)  # of 30 independent standard normal numbers
            return -0.5 * (squares + 30 * math.log(2 * math.pi)) - log_q(z) - log_p

        start = sample_gaussian(m, v)
        others = torch.stack([log_w(sample_gaussian(m, v)) for _ in range(COUNTS[-1] - 1)])
        found: dict[str, list[Tensor]] = {
            f"{way} {side}": [] for way in ("draws", "walk") for side in ("below", "above")
        }
        for k in COUNTS:
            for side, first in (("below", start), ("above", z)):
                found[f"draws {side}"].append(log_mean_exp(torch.cat([log_w(first)[None], others[: k - 1]]), 0))
            below, above = walk_bounds(start, z, log_w, log_q, k, 0.25)
            found["walk below"].append(below)
            found["walk above"].append(above)
    return found


def densities(model: Any, x: Tensor) -> tuple[LogDensity, LogDensity]:
    """log w and log q(z|x) of images x (n, 784), each a function of z (n, z_dim) with one z for an image: (n,)."""
    m, v = (t.detach() for t in model.enc(x))

    def log_q(z: Tensor) -> Tensor:
        return log_normal(z, m, v)

    def log_w(z: Tensor) -> Tensor:
        return log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_q(z)

    return log_w, log_q


def missed_island_from_above(k: int, repeats: int = 2_000) -> float:
    """E[log of the mean of k weights], one draw being the posterior's ½ N(−4, 1) + ½ N(4, 1), the others q's N(4, 1)."""
    generator = torch.Generator().manual_seed(0)
    z = 4 + torch.randn(repeats, k, generator=generator, dtype=torch.float64)
    z[::2, 0] -= 8  # as often on the one island as on the other
    log_w = torch.logaddexp(torch.zeros_like(z), -8 * z) - math.log(2)  # log N(z; −4, 1) − log N(z; 4, 1) is −8 z
    return log_mean_exp(log_w, 1).mean().item()


@figure
def bounds_against_work() -> None:
    """Left: log w for draws of q and of the posterior, either side of log p(x). Right: both bounds close with more work."""
    found, places = distances(), np.arange(len(COUNTS))
    with canvas(columns=2, width=10.5, height=3.9) as (left, right):
        for side, of, name, hatch in (("below", "q", "q", ""), ("above", "p", "the posterior", "///")):
            values = found[f"draws {side}"][0].numpy()
            label = f"z from {name}: mean {values.mean():+.2f}"
            left.hist(values, bins=60, range=(-24, 24), color=COLOURS[of], alpha=0.55, hatch=hatch, label=label)
            left.vlines(values.mean(), 0, 98, color=COLOURS[of], ls="-" if of == "q" else "-.")
        left.vlines(0, 0, 98, color=COLOURS["truth"], ls="--", label="log p(x)")
        left.set(xlabel="log w − log p(x) (nats)", ylabel="draws", title="one draw", ylim=(0, 130))
        left.legend(loc="upper left")
        labels = {"draws": "k independent draws", "walk": "a walk of k places"}
        for way, style, of in (("draws", "o:", "iwae"), ("walk", "s-", "other")):
            for side, label in (("below", ""), ("above", labels[way])):
                means = [values.mean() for values in found[f"{way} {side}"]]
                right.plot(places, means, style, color=COLOURS[of], ms=6, label=label)
        right.axhline(0, color=COLOURS["truth"], ls="--", label="log p(x), exact")
        right.set(xlabel="k, how often log w is computed", ylabel="bound − log p(x) (nats)", title="more work")
        right.set(xticks=places, xticklabels=[f"{k:,}" for k in COUNTS])
        right.legend()
