"""Which z a bound decoded in *mild*, read off its gradient in x, and whether such z come from q.

The slope of log p(x|z) in a pixel is that pixel's logit. In *mild* the encoder ignores x, so that a bound's gradient in x
betrays every z that was decoded, whatever noise was drawn and in whatever order; and with z in hand, what a bound that
took one draw for each row must say is known exactly.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.noise import has_unit_variance
from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import ALPHA, LOG, near, number
from vae_course.checks.worlds.valleys import mild
from vae_course.runner.answers import Call

MANY = 256  # rows of sixteen draws each: a variance that is off by a fifth shows


def decoded_z(gradient: Tensor | None) -> Tensor | None:
    """z (rows, latents) behind the gradient in x of a mean over the rows of *mild*; None: it says nothing."""
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    return mild().z_of_logits(-gradient.double() * len(gradient))


def decoded_noise(z: Tensor | None) -> dict[str, float]:
    """Mean and spread of the noise in z: a part of a fingerprint."""
    if z is None:
        return {}
    m, scale = mild().m[0], math.sqrt(mild().v[0])
    return {"noise mean": ((z.mean() - m) / scale).item(), "noise spread": (z.std() / scale).item()}


@dataclass(frozen=True, eq=False)
class OneDraw:
    """A bound in *mild* that is explained by one draw for each row. `closed`: its kl is the closed form, else at the draw."""

    z: Tensor
    rec: float
    closed: bool

    def encoder_slopes(self) -> tuple[Tensor, Tensor]:
        """What the bound's gradient in the means and variances of q must be, for these z: (latents,) each.

        dz/dm = 1,   dz/dv = (z − m) / (2 v);   the closed KL adds m and ½ (1 − 1/v)
        """
        m, v = mild().m[0], mild().v[0]
        z = self.z.clone().requires_grad_()
        (to_z,) = torch.autograd.grad(_rec(z).sum(), z)
        return to_z.mean(0) + m, (to_z * (self.z - m) / (2 * v)).mean(0) + 0.5 * (1 - 1 / v)


def one_draw(call: Call, *, closed: bool) -> OneDraw | None:
    """The draws behind a bound in *mild*, or None if it has no gradient in x or is not explained by one draw a row.

    A mean over several draws, say, is right too, or a kl from other draws; then nothing is known but what holds on average.
    """
    z = decoded_z(call.slopes.get("1"))
    if z is None:
        return None
    rec = _rec(z).mean().item()
    kl = mild().kl if closed else _kl_at(z)
    return OneDraw(z, rec, closed) if near(number(call, "0"), rec + kl) else None


def kl_per_draw(call: Call) -> float | None:
    """By what factor the kl of a call in *mild* is log q(z|x) − log p(z) at the z that it decoded; None: z is not known."""
    z = decoded_z(call.slopes.get("1"))
    return None if z is None else number(call, "1") / _kl_at(z)


def _kl_at(z: Tensor) -> float:
    """The mean of log q(z|x) − log p(z) over rows of *mild*."""
    q, p = Normal(mild().m[0], math.sqrt(mild().v[0])), Normal(0.0, 1.0)
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean().item()


def _rec(z: Tensor) -> Tensor:
    """−log p(x|z) of each row of *mild*, (rows,)."""
    each = mild().truth.log_likelihood(z.flatten())
    return -each.reshape(z.shape).sum(-1)


def must_follow_q(z: Tensor, m: float, v: float, *, paired: bool = True) -> None:
    """Raise `Wrong` unless mean and variance of n draws are those of N(m, v), up to chance.

    With ε = (z − m) / sqrt(v):  P(|mean of ε| > sqrt(2 log(2 / ALPHA) / n)) ≤ ALPHA, the Gaussian tail (mirrored pairs only
    bring it nearer to 0); and `has_unit_variance`.
    """
    noise = (z - m) / math.sqrt(v)
    n = noise.numel()
    if abs(noise.mean().item()) > math.sqrt(2 * LOG / n) or not has_unit_variance(noise, ALPHA, paired=paired):
        raise Wrong(
            f"The z that you decode have mean {z.mean():.2f} and standard deviation {z.std():.2f}, over {n:,} draws"
            f" where m = {m:g} and v = {v:g}.",
            f"They should come from q(z|x): mean {m:g}, standard deviation sqrt(v) = {math.sqrt(v):.3g}.",
        )
