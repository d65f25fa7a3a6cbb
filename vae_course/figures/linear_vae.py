"""The one VAE whose posterior, evidence and gap have exact formulas: a decoder that is linear, with Gaussian noise.

z ~ N(0, I) and x ~ N(W z, SD² I), which is probabilistic PCA (Tipping and Bishop, 1999) of centred data. Nothing here is estimated.
"""

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from vae_course.figures.style import COLOURS, canvas, figure

SD = 0.5  # of the noise
LENGTHS = torch.tensor([2.0, 0.5], dtype=torch.float64)  # of the columns of W, where they are orthogonal
X = torch.tensor([1.5, -0.2], dtype=torch.float64)  # the example


def _rotation(degrees: float) -> Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


def turned(angle: float) -> Tensor:
    """W, (2, 2), with the plane of z turned by `angle` degrees: W Wᵀ is the same for all angles, so p(x) is."""
    return _rotation(30) * LENGTHS @ _rotation(angle)


def log_p(x: Tensor, W: Tensor) -> float:
    """log N(x; 0, W Wᵀ + SD² I), in nats. x: (dim,); W: (dim, z_dim)."""
    covariance = W @ W.T + SD**2 * torch.eye(len(W), dtype=W.dtype)
    return MultivariateNormal(torch.zeros_like(x), covariance).log_prob(x).item()


def posterior(x: Tensor, W: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (z_dim,) and precision (z_dim, z_dim), the covariance's inverse, of the Gaussian p(z|x)."""
    M = W.T @ W + SD**2 * torch.eye(W.shape[1], dtype=W.dtype)
    return torch.linalg.solve(M, W.T @ x), M / SD**2


def elbo(x: Tensor, W: Tensor, m: Tensor, S: Tensor) -> float:
    """E_q[log p(x|z)] − KL(q ‖ p(z)) for q = N(m, S), with S (z_dim, z_dim) its covariance: in nats, no draws."""
    misfit = (x - W @ m).square().sum() + (W @ S @ W.T).trace()  # the average of |x − W z|²
    log_likelihood = -0.5 * (len(x) * math.log(2 * math.pi * SD**2) + misfit / SD**2)
    kl = 0.5 * (S.trace() + m.square().sum() - len(m) - torch.logdet(S))
    return (log_likelihood - kl).item()


@cache
def numbers(angle: float) -> tuple[float, float, float]:
    """Of the example X with W turned by `angle`: log p(x), the ELBO of q = p(z|x), the ELBO of the best diagonal q."""
    W = turned(angle)
    m, P = posterior(X, W)
    return log_p(X, W), elbo(X, W, m, torch.linalg.inv(P)), elbo(X, W, m, torch.diag(1 / P.diagonal()))


def _outline(m: Tensor, S: Tensor) -> np.ndarray:
    """The ellipse of two standard deviations of N(m, S): (2, 100)."""
    turn = torch.linspace(0, 2 * math.pi, 100, dtype=torch.float64)
    return (m[:, None] + 2 * torch.linalg.cholesky(S) @ torch.stack([turn.cos(), turn.sin()])).numpy()


@figure
def turn_the_columns(angle: int = 45) -> None:
    """Left p(x) and the columns of W, middle the exact posterior and the best diagonal q, right the ELBO at all angles."""
    W, zero, eye = turned(angle), torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    m, P = posterior(X, W)
    with canvas(columns=3, width=11, height=3.8, width_ratios=(1, 1, 1.15)) as (left, middle, right):
        outline = _outline(zero, W @ W.T + SD**2 * eye)
        left.plot(*outline, color=COLOURS["p"], ls="--")
        for column, name, marker in ((0, "w₁", "o"), (1, "w₂", "s")):
            end = W[:, column].numpy()
            left.plot(*np.stack([0 * end, end], axis=1), marker=marker, markevery=[1], color=COLOURS["other"])
            left.annotate(name, end, (0, 8), textcoords="offset points", ha="center")
        left.plot(*X[:, None].numpy(), "x", color=COLOURS["truth"], ms=9, mew=2)
        left.annotate("x", X.numpy(), (9, -2), textcoords="offset points")
        left.set(xlim=(-4.4, 4.4), ylim=(-4.4, 4.4), xlabel="x₁", ylabel="x₂", xticks=[-4, 0, 4], yticks=[-4, 0, 4])
        left.set_aspect("equal")
        left.set_title("p(x): 2 sd; the columns of W", fontsize=11)
        middle.fill(*_outline(m, torch.linalg.inv(P)), color=COLOURS["p"], alpha=0.5, lw=0)
        middle.plot(*_outline(m, torch.diag(1 / P.diagonal())), color=COLOURS["q"])
        middle.set(xlim=(-2.7, 2.7), ylim=(-2.7, 2.7), xlabel="z₁", ylabel="z₂", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        middle.set_aspect("equal")
        middle.set_title("p(z|x), shaded; best q, line: 2 sd", fontsize=11)
        angles = np.arange(0, 91, 3)
        evidence, _, here = numbers(angle)
        right.axhline(evidence, color=COLOURS["truth"], ls="--", label="log p(x)")
        right.plot(angles, [numbers(float(a))[2] for a in angles], color=COLOURS["nelbo"], label="ELBO")
        bar = {"lw": 6, "alpha": 0.6, "solid_capstyle": "butt", "label": "gap"}
        right.plot([angle, angle], [here, evidence], color=COLOURS["kl"], **bar)
        right.plot(angle, here, "D", color=COLOURS["nelbo"], ms=8)
        right.set(xlabel="angle (degrees)", ylabel="nats", xticks=[0, 45, 90], yticks=[-3.8, -3.6, -3.4, -3.2])
        right.set_ylim(-3.95, -3.05)
        right.set_title(f"{evidence:.3f} = ELBO {here:.3f} + gap {abs(evidence - here):.3f}", fontsize=11)
        right.legend(fontsize=9, loc="upper center", ncols=3)
