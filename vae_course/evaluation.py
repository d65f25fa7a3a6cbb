"""How good is a model, in nats? Bounds on log p(x) over a data set, log p(x) itself, and what the latents do.

Everything here needs three things of a model: `enc(x)` gives mean and variance of q(z|x), `dec(z)` gives the logits of
p(x|z), and the buffers `z_prior_m`, `z_prior_v` are mean and variance of p(z). So it also measures a class of your own,
and a wrong bound in that class cannot flatter the result.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vae_course.importance import bounds_of, log_bernoulli
from vae_course.printable import printable

BOUNDS = ("elbo", "iwae")
ROWS = 1_000  # decoder rows at a time: (1000, 784) float32 are 3 MB, which a processor's cache holds


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found. All numbers are nats per image.

    Attributes:
        name, iw: which bound ("elbo" or "iwae"), from how many draws of z per image.
        bound: the lower bound on log p(x), averaged over the images: a negative number, higher is better.
        nll: −bound, the number that papers print: the NELBO for "elbo", the negative log-likelihood for "iwae".
        standard_error: of `bound`: the standard deviation between images (chance in z included) over √n.
        kl, rec: the two terms of the NELBO on the same images, averaged: for "elbo" nll = kl + rec.
        effective_sample_size: (Σ w)² / Σ w², averaged over the images: how many of the iw draws really count.
        per_image: (n,) the lower bound for each image.
    """

    name: str
    iw: int
    bound: float
    standard_error: float
    kl: float
    rec: float
    effective_sample_size: float
    per_image: Tensor = field(repr=False)

    @property
    def nll(self) -> float:
        return -self.bound

    def __str__(self) -> str:
        label = "NELBO" if self.name == "elbo" else f"−IWAE_{self.iw}"
        return printable(
            f"{label} {self.nll:.2f} ± {self.standard_error:.2f} nats (KL {self.kl:.2f}, reconstruction {self.rec:.2f})"
        )


def evaluate(
    model: Any,
    x: Tensor,
    bound: str = "elbo",
    iw: int = 1,
    *,
    seed: int = 0,
    rows: int = ROWS,
) -> Evaluation:
    """A lower bound on log p(x) for every image, and its average.

        "elbo":  log p(x) ≥ E_q[ log p(x|z) ] − KL(q(z|x) ‖ p(z)), the KL in closed form
        "iwae":  log p(x) ≥ E[ log 1/k Σ_i w_i ],   w_i = p(x|z_i) p(z_i) / q(z_i|x),   k = iw

    Memory depends on `rows`, whatever iw: the decoder's outputs are used up piece by piece, and two numbers of each draw are kept.

    Args:
        model: anything with enc, dec, z_prior_m and z_prior_v; its parameters and mode are left as they are.
        x: (n, 784) pixels in [0, 1]; 0 or 1 for the figures that papers print: `binarize(load_mnist("test").images)`.
        bound: "elbo" or "iwae".
        iw: draws of z per image. In "elbo" more draws only make the estimate less noisy; in "iwae" they raise the bound.
        seed: of the draws. The same seed, x, iw and rows give the same numbers, whatever the number of threads; the global
            generator is not touched.
        rows: how many rows the decoder computes at a time.

    Raises:
        ValueError: unknown bound; iw or rows below 1; x of the wrong shape, dtype or range.

    Source: Kingma & Welling, ICLR 2014; Burda, Grosse & Salakhutdinov, ICLR 2016.
    """
    if bound not in BOUNDS:
        raise ValueError(f"There is no bound {bound!r}. Choose one of: {', '.join(map(repr, BOUNDS))}.")
    if iw < 1 or rows < 1:
        raise ValueError(f"iw and rows must be at least 1; got iw={iw}, rows={rows}.")
    x = _checked(model, x)

    with _evaluating(model):
        iwae, kl, rec, effective = bounds_of(model, x, iw, rows, seed)  # (n,) each
    per_image = iwae if bound == "iwae" else -(kl + rec)
    return Evaluation(
        name=bound,
        iw=iw,
        bound=per_image.mean().item(),
        standard_error=per_image.std(correction=0).item() / math.sqrt(len(x)),
        kl=kl.mean().item(),
        rec=rec.mean().item(),
        effective_sample_size=effective.mean().item(),
        per_image=per_image,
    )


def log_likelihood(model: Any, x: Tensor, iw: int = 5_000, *, seed: int = 0, **options: Any) -> Evaluation:
    """log p(x) by importance sampling: the IWAE bound with so many draws that little of the gap is left.

    It *under*states log p(x) in expectation, so the negative log-likelihood `nll` that comes from it is too high,
    never too low, up to chance. Say so beside the figure. Where q misses a part of the posterior, even 5,000 draws do
    not find it: for the trained "v1_z2", 2.0 nats are missing on average over 1,000 test images, almost all of them
    in a few images (median 0.004). Arguments, errors and result are those of `evaluate`.
    """
    return evaluate(model, x, "iwae", iw, seed=seed, **options)


def exact_log_likelihood(model: Any, x: Tensor, nodes: int | None = None, *, rows: int = ROWS) -> Tensor:
    """log p(x) of each image by summing over a grid in z: no q, no chance. For one or two latent dimensions only.

        log p(x) = log ∫ p(x|z) p(z) dz ≈ log Σ_grid p(x|z) p(z) · cell

    The grid is uniform and wide, so that the rule converges faster than any power of its spacing, as long as the
    posterior is not narrower than the spacing (doubling `nodes` tells).

    Args:
        model: as in `evaluate`, with z_dim 1 or 2.
        x: (n, 784) pixels in [0, 1].
        nodes: grid points per dimension; default: 8,001 on ±8 standard deviations of the prior in one dimension,
            400 on ±5 in each of two, about 3 s. For "v1_z2", whose posteriors are as narrow as 0.02, 400 nodes are
            within 0.002 nats of 800 for each of 100 digits; 200 nodes are 4 times faster, within 0.2 nats for each
            and within 0.01 on average.

    Returns:
        (n,) float64, in nats.

    Raises:
        ValueError: z_dim above 2; x of the wrong shape, dtype or range.
    """
    x = _checked(model, x)
    with _evaluating(model):
        z_dim = model.enc(x[:1])[0].shape[1]
        if z_dim > 2:
            raise ValueError(
                f"A grid in {z_dim} dimensions is too large: exact_log_likelihood needs z_dim 1 or 2. Use log_likelihood."
            )
        reach, default = (8, 8_001) if z_dim == 1 else (5, 400)
        line = torch.linspace(-reach, reach, nodes or default, dtype=torch.float64, device=x.device)
        grid = torch.cartesian_prod(*[line] * z_dim).reshape(-1, z_dim)  # (nodes ** z_dim, z_dim), in prior sds
        # Weights of the standard normal at the grid points; they sum to 1, cell included.
        log_weight = torch.log_softmax(-0.5 * grid.square().sum(1), dim=0)  # (grid,)
        total = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device)
        for points, weight in zip(grid.split(rows), log_weight.split(rows), strict=True):
            z = model.z_prior_m + model.z_prior_v.sqrt() * points.to(x.dtype)
            logits = model.dec(z)  # (rows, 784)
            log_p = log_bernoulli(x, logits).double()  # (n, rows)
            total = torch.logaddexp(total, torch.logsumexp(log_p + weight, dim=1))
    return total


def latent_activity(model: Any, x: Tensor) -> Tensor:
    """How much each latent dimension moves with the image: Var over x of the mean of q(z|x).

    Args:
        model, x: as in `evaluate`; take a few thousand images.

    Returns:
        (z_dim,) variances. Near 0: q ignores the image in this dimension. Near 1: it uses the prior's whole width.
    """
    x = _checked(model, x)
    with _evaluating(model):
        means = torch.cat([model.enc(images)[0] for images in x.split(ROWS)])  # (n, z_dim)
    return means.var(0, correction=0)


def active_units(model: Any, x: Tensor, threshold: float = 0.01) -> int:
    """The number of latent dimensions that are in use: those whose `latent_activity` exceeds the threshold.

    Source: Burda, Grosse & Salakhutdinov, ICLR 2016, section 5.2, threshold included.
    """
    return int((latent_activity(model, x) > threshold).sum())


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """No gradients, evaluation mode; afterwards the model is in the mode it was in."""
    training = bool(getattr(model, "training", False))
    if training:
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        if training:
            model.train()


def _checked(model: Any, x: Tensor) -> Tensor:
    """x on the model's device, after the checks that would otherwise end in a puzzling error or a wrong number."""
    prior = model.z_prior_m
    if x.ndim != 2 or x.shape[0] == 0:
        raise ValueError(f"x must be (n, 784) with at least one image; got {tuple(x.shape)}.")
    if x.dtype != prior.dtype:
        raise ValueError(
            f"x must have the model's dtype {prior.dtype}; got {x.dtype}. "
            "The images of load_mnist become binary pixels with vae_course.binarize(images)."
        )
    low, high = x.min().item(), x.max().item()
    if not (low >= 0 and high <= 1):  # written so that NaN is refused too
        raise ValueError(f"x must lie in [0, 1]; got values from {low:.4g} to {high:.4g}.")
    return x.to(prior.device)
