"""How `sample_gaussian` goes wrong, and what a tutor says."""

import math

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.exercise import Misconception


def _mirrored(m: Tensor, v: Tensor) -> Tensor:
    half = torch.randn((len(m) + 1) // 2, *m.shape[1:])
    return m + v.sqrt() * torch.cat([half, -half])[: len(m)]


def _standardised(m: Tensor, v: Tensor) -> Tensor:
    noise = torch.randn_like(m)
    return m + v.sqrt() * (noise - noise.mean()) / noise.std()


MISCONCEPTIONS = (
    Misconception(
        "variance-as-standard-deviation",
        lambda m, v: m + torch.randn_like(m) * v,
        "v is a variance: with v = 9 the spread of z must be 3, yours is 9; take the square root once.",
        otherwise="v is a variance: with v = 9 the spread of z must be 3, yours is 9.",
        seen="10 used v as a standard deviation",
    ),
    Misconception(
        "half-the-variance",
        lambda m, v: m + v**1 / 2 * torch.randn_like(m),
        "Your noise is scaled by v / 2. A root written v**1/2 is read as (v**1) / 2, powers first: v ** 0.5, or v.sqrt().",
        otherwise="Your noise is scaled by v / 2, and a root is no half: with v = 9 the spread of z must be 3.",
    ),
    Misconception(
        "variance-as-log-variance",
        lambda m, v: m + torch.exp(v / 2) * torch.randn_like(m),
        "You treat v as a log-variance, as many codebases do. Here v is the variance itself: scale by √v.",
    ),
    Misconception(
        "uniform-noise",
        lambda m, v: m + v.sqrt() * torch.rand_like(m),
        "Your noise is uniform (mean 0.5, variance 1/12), so z sits at m + 0.5·√v and is far too narrow; "
        "standard normal noise is randn.",
    ),
    Misconception(
        "no-gradient",
        lambda m, v: Normal(m, v.sqrt()).sample(),
        "The draw is right, but it is cut off from m and v: torch.normal(m, ...), .sample(), .detach(), .data, "
        "torch.no_grad() and torch.tensor(...) around a result all stop the gradient. Write z as a formula of m, v and noise, and return that.",
    ),
    Misconception(
        "no-gradient-to-v",
        lambda m, v: m + v.sqrt().detach() * torch.randn_like(m),
        "The gradient reaches m and stops before v. Keep √v in the formula, without detach or no_grad.",
    ),
    Misconception(
        "no-gradient-to-m",
        lambda m, v: m.detach() + v.sqrt() * torch.randn_like(m),
        "The gradient reaches v and stops before m. Add m itself, without detach or no_grad.",
    ),
    Misconception(
        "ignores-v", lambda m, v: m + torch.randn_like(m), "Your z spreads by 1 whatever v is: v is not used."
    ),
    Misconception(
        "ignores-m", lambda m, v: v.sqrt() * torch.randn_like(v), "Your z is centred at 0 whatever m is: add m."
    ),
    Misconception("returns-the-mean", lambda m, v: m * 1.0, "You return m, without noise: nothing is sampled."),
    Misconception(
        "same-noise-at-each-call",
        lambda m, v: m + v.sqrt() * torch.randn(m.shape, generator=torch.Generator().manual_seed(0)),
        "A seed or a stored ε makes every call draw the same noise. Draw it anew inside the function, unseeded.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        lambda m, v: m + v.sqrt() * torch.randn(m.shape[-1]),
        "ε has one row for the whole batch, so all examples move together. Give ε the shape of m.",
    ),
    Misconception(
        "one-noise-for-all-dimensions",
        lambda m, v: m + v.sqrt() * torch.randn(*m.shape[:-1], 1),
        "ε has one number per example, so all its dimensions move together. Give ε the shape of m.",
    ),
    Misconception(
        "one-number-for-everything",
        lambda m, v: m + v.sqrt() * torch.randn(()),
        "ε is a single number, so the whole batch moves together. Give ε the shape of m: torch.randn_like(m).",
    ),
    Misconception(
        "mirrored-noise",
        _mirrored,
        "Half of your examples get the other half's noise with the sign turned. On average that is harmless, but two such "
        "examples are no longer independent. Give ε the shape of m and draw it once.",
    ),
    Misconception(
        "variance-as-standard-deviation-and-no-gradient",
        lambda m, v: Normal(m, v).sample(),
        "Two things. Normal wants a standard deviation, v.sqrt(), and got the variance. And .sample() cuts the gradient: "
        ".rsample() is the draw that gradients flow through.",
        otherwise="Two things. Your z spreads by v, the variance, where the standard deviation belongs. And the draw cuts the gradient.",
    ),
    Misconception(
        "divides-by-the-root",
        lambda m, v: m + torch.randn_like(m) / v.sqrt(),
        "You divide ε by √v, which undoes a spread (that was standardize). To give ε a spread, multiply.",
    ),
    Misconception(
        "root-twice",
        lambda m, v: m + v.sqrt().sqrt() * torch.randn_like(m),
        "The root is taken twice, so z spreads by v to the power ¼. One root turns the variance into a standard deviation.",
    ),
    Misconception(
        "stretches-the-mean",
        lambda m, v: v.sqrt() * (m + torch.randn_like(m)),
        "√v multiplies m as well. Only the noise is stretched: m + √v · ε.",
    ),
    Misconception(
        "mean-and-spread-swapped",
        lambda m, v: v.sqrt() + m * torch.randn_like(m),
        "m and √v have changed places: the noise is multiplied by √v, and m is added.",
    ),
    Misconception(
        "moves-the-noise-twice",
        lambda m, v: m + v.sqrt() * Normal(m, v.sqrt()).sample(),
        "Your noise comes from N(m, v) and is then stretched and moved once more. Draw it from N(0, 1).",
    ),
    Misconception(
        "centred-uniform-noise",
        lambda m, v: m + v.sqrt() * (torch.rand_like(m) - 0.5),
        "Your noise is uniform between −½ and ½: its mean is right, its variance is 1/12 and its shape a box. Standard normal "
        "noise is randn.",
    ),
    Misconception(
        "uniform-noise-of-variance-one",
        lambda m, v: m + v.sqrt() * math.sqrt(12) * (torch.rand_like(m) - 0.5),
        "Your noise is uniform, stretched to variance 1. Mean and variance are right, the distribution is not: a box, where a "
        "Gaussian has a bell shape. Standard normal noise is randn.",
    ),
    Misconception(
        "batch-of-one-lost",
        lambda m, v: Normal(m, v.sqrt()).rsample((1,)).squeeze(),
        "A bare squeeze removes every axis of length 1, and so a batch of one image too. squeeze(0) removes the axis that you added.",
    ),
    Misconception(
        "folded-noise",
        lambda m, v: m + v.sqrt() * torch.randn_like(m).abs(),
        "Your noise is never negative, so every z lies above m. A spread is positive; the noise has both signs.",
    ),
    Misconception(
        "coin-flips",
        lambda m, v: m + v.sqrt() * (2.0 * torch.randint(2, m.shape) - 1),
        "Your noise is −1 or +1. Mean and variance are right, the distribution is not: a Gaussian has a bell shape.",
    ),
    Misconception(
        "m-counted-twice-in-the-gradient",
        lambda m, v: m + v.sqrt() * torch.randn_like(m) + m - m.detach(),
        "The value is right, but m is there twice, once cancelled by a detached copy: dz/dm is 2. Write m once.",
    ),
    Misconception(
        "noise-cut-off",
        lambda m, v: m + v.sqrt() * torch.randn_like(m).clamp(-2, 2),
        "Your noise is cut off at an edge, where many draws then lie. A standard normal has none: leave out the clamp.",
    ),
    Misconception(
        "noise-made-to-add-up",
        _standardised,
        "Your draws know of each other: a mean is taken off, a spread divided out, or some are made of others. Draw a number of its own for "
        "every entry, and leave it as it is.",
    ),
)
