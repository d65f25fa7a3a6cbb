"""Whose z an image is decoded from, and whether all that depends on it does: read off a gradient in x, in *triplets*."""

import math

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn.functional import softplus

from vae_course.checks.engine.noise import has_unit_variance, must_have_tails
from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import ALPHA, near
from vae_course.checks.worlds.valleys import FAR, SEEN, SIDES, kinds, mild, triplets
from vae_course.runner.answers import Call

MARGIN = FAR / 8
EXACT = 0.02
"""Nats by which a cost may miss: a logit is known to 1e-5, and a cost moves by at most two hundred nats for a unit of z."""
KNOWN = 32  # pixels of which the decoder is sure, whatever z is
EDGE = 2e-4
"""Three more of 8,160 normal draws lie so near the largest with probability below 1e-9 (their number is Poisson, of mean 3.7 · EDGE times an
exponential variable); of noise that is cut off at 3, eleven lie on either edge."""


def decoded(gradient: Tensor | None) -> Tensor | None:
    """z (rows, latents) behind the gradient in x of a sum of multiples of the rows' rec; None: it says nothing of some row.

    A row's factor, and with it the sign, is read off the pixels whose logits are the same for every z.
    """
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    known = slice(SEEN - KNOWN, SEEN)
    each = (gradient[:, known] / triplets().model.weights["dec.net.2.bias"][known]).double()
    factor = each.mean(1, keepdim=True)
    of_rec = (each - factor).abs() <= 1e-2 * factor.abs()  # else it is another cost's gradient, and tells no z
    if not bool(of_rec.all() & (factor.abs() > 1e-3 * factor.abs().max()).all()):
        return None
    return mild().z_of_logits(gradient / factor)


def q_of_rows() -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of q for every image, (rows, latents) each."""
    means, spreads = kinds()
    times = len(triplets().x) // 3
    return means.repeat(times, 1), spreads.repeat(times, 1)


def _means(z: Tensor) -> list[float]:
    """Of each kind of image, how far its z lie on average on the side of its latent."""
    return [(z[i::3] * SIDES).mean().item() for i in range(3)]


def distance(gradient: Tensor | None) -> float:
    """How far, of all the way to the mean of their own q, the z lie: 1 if they are their own; as few values, for a fingerprint. NaN, which
    agrees with itself: nothing can be said.
    """
    z = decoded(gradient)
    if z is None:
        return math.nan
    first, _, last = _means(z)
    far = (last - first) / (2 * FAR)
    return 1.0 if abs(far - 1) < 1 / 8 else 0.5 if 0.5 < far < 1 else 0.0


def must_be_own(gradient: Tensor | None, value: float) -> None:
    """Raise `Wrong` if the z that were decoded are not draws from q of their own image.

    The means of the three kinds are asked to MARGIN, so that a q that is a little off costs its own points alone; false alarms: a mean strays
    by 0.03. Spread and tails are asked where one draw an image explains the `value`, which a mean over several draws does not; false
    alarms: ALPHA for each spread, `must_have_tails` and `EDGE`. Power: of 2,000 samples none with a variance of 1.4 or 0.7 passed.
    """
    z = decoded(gradient)
    if z is None:
        return  # without a gradient another check asks for it
    found = _means(z)
    if any(abs(got - right) > MARGIN for got, right in zip(found, (-FAR, 0.0, FAR), strict=True)):
        raise Wrong(
            f"For three kinds of images, whose q(z|x) have means {_listed([-FAR, 0.0, FAR])} times a sign of each latent's own, the z that you decode "
            f"have means {_listed(found)}.",
            f"Each image should be decoded from a z of its own q(z|x).{_mixed(found)} (Read off how your cost depends on x; where several z of "
            "an image are weighted, this is their weighted mean).",
        )
    m, s = q_of_rows()
    if not any(near(value, cost.mean().item()) for cost in costs(z, m, s)):
        return
    noise = (z - m) / s
    # A mean that is a little off is no spread.
    centred = [part - part.mean(0) for part in (noise[i::3] for i in range(3))]
    for part in centred:
        if not has_unit_variance(part * math.sqrt(len(part) / (len(part) - 1)), ALPHA):
            raise Wrong(
                f"For three kinds of images, the z that you decode spread by {_listed([each.std().item() for each in centred])} times sqrt(v).",
                f"They should spread by sqrt(v), each image's and each latent's own.{' You decode the mean itself.' if part.std() < 1e-2 else ''}",
            )
    pooled = noise.flatten()
    must_have_tails(pooled)
    for edge in (pooled.max(), pooled.min()):
        if int(((pooled - edge).abs() < EDGE).sum()) > 3:
            raise Wrong(
                f"Of {len(pooled):,} draws of your noise several lie at {edge:.2f}, its edge.",
                "Each latent of each image has a draw of its own, and normal noise has no edge.",
            )


def _mixed(found: list[float]) -> str:
    """What the means of the three kinds say together, where they say it."""
    if max(found) - min(found) < MARGIN:
        return " All have one mean: something is averaged, or shared, along the batch."
    if all(abs(got - right) < MARGIN for got, right in zip(sorted(found), (-FAR, 0.0, FAR), strict=True)):
        return " They are those of other images: something is permuted along the batch."
    return ""


def weights_must_belong(weights: Tensor, gradient: Tensor | None) -> None:
    """Raise `Wrong` unless each log weight (rows,) is log p(x|z) + log p(z) − log q(z|x) at the z that was decoded. No chance is involved."""
    z = decoded(gradient)
    if z is None:
        return
    right = -costs(z, *q_of_rows())[2]
    off = (weights.double() - right).abs()
    if not bool((off <= EXACT).all()):
        i = int(torch.nan_to_num(off, nan=torch.inf).argmax())
        raise Wrong(
            f"With sixteen latents, a draw that you decoded has log weight {weights[i]:.2f}.",
            f"It should be {right[i]:.2f}: log p(x|z) + log p(z) − log q(z|x) at that z.",
        )


def slopes_must_follow(call: Call, sign: float = 1.0, *, stopped: bool = False) -> None:
    """Raise `Wrong` if the gradient of a bound, or of `sign` times it, in the encoder's outputs is not right for the z that were decoded.

    Through all that depends on z: log p(x|z), the prior, q. Asked where one draw an image explains the value, with the closed kl, at the draw,
    or by chance both: one of them must fit. No chance is involved.

    Args:
        stopped: log q at the draw may have its own m and v stopped: what they add is 0 on average.
    """
    z, found = decoded(call.slopes.get("1")), call.slopes.get("enc.net.2.bias")
    if z is None or found is None:
        return
    value = sign * call.outputs["0"].double().mean().item()
    got = sign * found.double() / call.outputs["0"].numel()
    near_by = [i for i, cost in enumerate(costs(z, *q_of_rows())) if i and near(value, cost.mean().item())]
    right = [_slopes(i, z) for i in near_by] + [_slopes(i, z, stopped=True) for i in near_by if stopped and i == 2]
    if right and not any(bool(((got - each).abs() <= EXACT * (1 + each.abs())).all()) for each in right):
        i = int(torch.nan_to_num((got - right[0]).abs() / (1 + right[0].abs()), nan=torch.inf).argmax())
        which = "mean" if i < len(SIDES) else "variance"
        raise Wrong(
            f"In a decoder that looks at z, a slope in a {which} of q is {got[i]:.3f}.",
            f"For the z that your gradient in x tells it should be {right[0][i]:.3f}: through z it flows into every term that z stands in.",
        )


def _slopes(which: int, z: Tensor, *, stopped: bool = False) -> Tensor:
    """Of one of the mean `costs` in the encoder's outputs, m and what softplus makes v of, summed over the rows: (2 · latents,)."""
    m, s = q_of_rows()
    outputs = torch.cat([m, torch.log(torch.expm1(s.square()))], -1).requires_grad_()
    own_m, raw = outputs.chunk(2, -1)
    own_s = softplus(raw).sqrt()
    of_q = (m, s) if stopped else (own_m, own_s)
    (found,) = torch.autograd.grad(costs(own_m + own_s * (z - m) / s, *of_q)[which].mean(), outputs)
    return found.sum(0)


def costs(z: Tensor, m: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What one draw of each image costs, (rows,) each: rec; with the closed KL; and with log q − log p at the draw, which is −log w.

    The pixel that the decoder leaves open costs log 2; *mild*, whose likelihood this is, counts it as one that it is sure of.
    """
    sure = triplets().model.weights["dec.net.2.bias"][SEEN - 1].abs().double()
    rec = -mild().truth.log_likelihood(z.flatten()).reshape(z.shape).sum(-1) - softplus(-sure) + math.log(2)
    closed = (0.5 * (s**2 + m**2 - 1) - s.log()).sum(-1)
    q, p = Normal(m, s, validate_args=False), Normal(0.0, 1.0, validate_args=False)
    return rec, rec + closed, rec + (q.log_prob(z) - p.log_prob(z)).sum(-1)


def _listed(values: list[float]) -> str:
    first, second, third = (f"{value:.2f}".replace("-", "−") for value in values)
    return f"{first}, {second} and {third}"
