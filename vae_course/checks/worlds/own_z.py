"""Whose z an image is decoded from: read off a gradient in x, in *triplets*."""

import math
from functools import partial

import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn.functional import softplus

from vae_course.checks.engine.expressions import FUNCTIONS
from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.noise import has_unit_variance, must_have_tails
from vae_course.checks.engine.trial import Wrong
from vae_course.checks.worlds.bound_tools import ALPHA, near
from vae_course.checks.worlds.laws import law
from vae_course.checks.worlds.valleys import FAR, KNOWN, SEEN, SIDES, kinds, mild, triplets
from vae_course.runner.answers import Call

MARGIN = FAR / 8
WEIGHT_EXACT = 1e-3
"""Relative to 1 + its size: a log weight of 400 nats is known to 0.02."""
EXACT = 0.02
"""Nats by which a cost may miss: a logit is known to 1e-5, and a cost moves by at most two hundred nats for a unit of z."""
KNOWN_TO = 2e-2
"""To this part of themselves such slopes are known, be they computed by a log of a sigmoid."""
FEWEST_DIFFERENT = 150
"""Hundredths that 8,160 normal draws lie in, of some 600. Each of the 200 within ±1 holds 19 draws or more on average, and is empty with
probability 3e-9."""
EDGE = 2e-4
"""Three more of 8,160 normal draws lie so near the largest with probability below 1e-9 (their number is Poisson, of mean 3.7 · EDGE times an
exponential variable); of noise that is cut off at 3, eleven lie on either edge."""


def decoded(gradient: Tensor | None) -> Tensor | None:
    """z (rows, latents) behind the gradient in x of a sum of multiples of the rows' rec; None: it says nothing of some row.

    A row's factor, and with it the sign, is read off the pixels whose logits are the same for every z.
    """
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    each = _of_known(gradient)
    factor = each.mean(1, keepdim=True)
    of_rec = (each - factor).abs() <= KNOWN_TO * factor.abs()  # else it is another cost's gradient, and tells no z
    if not bool(of_rec.all() & (factor.abs() > 1e-3 * factor.abs().max()).all()):
        return None
    return mild().z_of_logits(gradient / factor)


def _of_known(gradient: Tensor) -> Tensor:
    """The slopes in the pixels that the decoder knows, divided by their logits."""
    known = slice(SEEN - KNOWN, SEEN)
    return (gradient[:, known] / triplets().model.weights["dec.net.2.bias"][known]).double()


def must_be_of_logits(gradient: Tensor | None) -> None:
    """Raise `Wrong` if the slopes in pixels whose logits are known do not stand to each other as the logits do. No chance is involved."""
    if gradient is not None and bool(gradient.any() & gradient.isfinite().all()):
        known = slice(SEEN - KNOWN, SEEN)
        must_count_by_logits(gradient[:, known], triplets().model.weights["dec.net.2.bias"][known])


def must_count_by_logits(slopes: Tensor, logits: Tensor) -> None:
    """`must_be_of_logits` for slopes (rows, pixels) in pixels with logits (pixels,) of two sizes."""
    each, logits = (slopes / logits).double(), logits.abs()
    less = logits < logits.max()
    if not bool((each.abs().amax(1) > 0).all()):
        return
    surer, other = (each[:, which].mean(1) for which in (~less, less))
    if not bool(((surer - other).abs() <= KNOWN_TO * other.abs()).all()):
        i = int(((surer - other).abs() / other.abs()).argmax())
        slope = (abs(surer[i].item()) * logits.max().item()) / (abs(other[i].item()) * logits.min().item())
        raise Wrong(
            f"Of two pixels, with logits of {logits.max():g} and {logits.min():g}, the first moves your cost {slope:.3g} times as fast as the second.",
            f"It should be {logits.max() / logits.min():.3g} times: log p(x|z) has x times the logit."
            + (" As it is, both count as one logit: something cuts them off." if abs(slope - 1) < 1e-2 else ""),
        )


def q_of_rows() -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of q for every image, (rows, latents) each."""
    means, spreads = kinds()
    times = len(triplets().x) // 3
    return means.repeat(times, 1), spreads.repeat(times, 1)


def shares_noise(noise: Tensor) -> bool:
    """Have two rows (of all, (rows, latents)) the same noise, or its mirror image, to 1e-3? Of independent rows of eight latents or more two
    come so near with probability below 1e-18."""
    size = noise.abs()
    order = size[:, 0].argsort()
    one, other = size[order[:-1]], size[order[1:]]
    return bool(((one - other).abs().amax(1) < 1e-3).any())


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
    must_be_of_logits(gradient)
    z = decoded(gradient)
    if z is None:
        return  # without a gradient another check asks for it
    found = _means(z)
    if any(abs(got - right) > MARGIN for got, right in zip(found, (-FAR, 0.0, FAR), strict=True)):
        raise Wrong(
            f"Three kinds of images have a q(z|x) with means {_listed([-FAR, 0.0, FAR])} times a sign of each latent's own; read off how your cost "
            f"depends on x, the z behind it (of several, their mean, weighted as you weight them) have means {_listed(found)}.",
            "Every z should come from its own image's q(z|x), and several of an image count alike.",
            lambda: _mixed(found) or law(z),
        )
    m, s = q_of_rows()
    if not any(near(value, cost.mean().item()) for cost in costs(z, m, s)):
        return
    noise = (z - m) / s
    if bool((noise - noise[:, :1]).abs().max() < 1e-3 < noise.abs().max()):
        raise Wrong("All latents of an image received the same noise.", "Each latent needs a draw of its own.")
    # A mean that is a little off is no spread.
    centred = [part - part.mean(0) for part in (noise[i::3] for i in range(3))]
    for part in centred:
        if not has_unit_variance(part * math.sqrt(len(part) / (len(part) - 1)), ALPHA):
            raise Wrong(
                f"For three kinds of images, the z that you decode spread by {_listed([each.std().item() for each in centred])} times √v.",
                "They should spread by √v, each image's and each latent's own.",
                partial(_of_spread, z, [each.std().item() for each in centred]),
            )
    pooled = noise.flatten()
    must_have_tails(pooled, partial(law, z))
    different = len(torch.unique((100 * pooled).round()))
    if different < FEWEST_DIFFERENT:
        raise Wrong(
            f"Of {len(pooled):,} draws of your noise only {different} are different numbers, to a hundredth.",
            "Normal noise takes any value, and each latent of each image has a draw of its own.",
            lambda: "They are whole numbers: is something rounded?" if _are_whole(pooled) else law(z),
        )
    for edge in (pooled.max(), pooled.min()):
        at_edge = ((noise - edge).abs() < EDGE).any(1)
        if int(((pooled - edge).abs() < EDGE).sum()) > 3:
            shared = int(at_edge.sum()) < 3
            raise Wrong(
                f"Of {len(pooled):,} draws of your noise several are {edge:.2f}, {'in one image' if shared else 'its edge'}.",
                "Each latent of each image should have a draw of its own."
                if shared
                else "Normal noise has no edge, and each latent of each image a draw of its own.",
            )


def _mixed(found: list[float]) -> str:
    """What the means of the three kinds say together, where they say it."""
    if max(found) - min(found) < MARGIN:
        return "All have one mean: which image a z belongs to is lost."
    if all(abs(got - right) < MARGIN for got, right in zip(sorted(found), (-FAR, 0.0, FAR), strict=True)):
        return "They are those of other images: something is permuted along the batch."
    return ""


def _are_whole(noise: Tensor) -> bool:
    return bool((noise - noise.round()).abs().max() < 1e-2)


def law_of(call: Call) -> Reading:
    """What the z behind a call in *triplets* are distributed as, see `laws`."""
    z = decoded(call.slopes.get("1"))
    return Reading() if z is None else law(z)


def _of_spread(z: Tensor, spreads: list[float]) -> Reading:
    return Reading(("You decode the mean itself.",)) if max(spreads) < 1e-2 else law(z)


def weights_must_belong(weights: Tensor, gradient: Tensor | None) -> None:
    """Raise `Wrong` unless each log weight (rows,) is log p(x|z) + log p(z) − log q(z|x) at the z that was decoded. No chance is involved."""
    must_be_of_logits(gradient)
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
            partial(_formula_of, weights, z),
        )


WEIGHTS = (
    "log_likelihood + log_normal(z, pm, pv) - log_normal(z, m, v)",
    "log_likelihood + log_prior - log_posterior",
)
ROWS = 9  # three of each kind, for the small examples


def _formula_of(weights: Tensor, z: Tensor) -> Reading:
    """The formula that the log weights follow in the z that were decoded."""
    m, s = q_of_rows()
    pm, pv = torch.zeros_like(z), torch.ones_like(z)
    terms = {
        "log_likelihood": -costs(z, m, s)[0],
        "log_prior": FUNCTIONS["log_normal"](z, pm, pv),
        "log_posterior": FUNCTIONS["log_normal"](z, m, s.square()),
    }
    inputs = {**terms, "z": z, "m": m, "v": s.square(), "pm": pm, "pv": pv}
    rows = [slice(ROWS * i, ROWS * (i + 1)) for i in range(3)]
    parts = [Example({name: t[row] for name, t in inputs.items()}, weights[row].double()) for row in rows]
    whole = [Example(inputs, weights.double())]
    return formula_read_off(WEIGHTS, parts, WEIGHT_EXACT, in_pairs=False) or formula_read_off(
        WEIGHTS, whole, WEIGHT_EXACT, in_pairs=False, of_batches=True
    )


def costs(z: Tensor | tuple[Tensor, ...], m: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What one draw of each image costs, (rows,) each: rec; with the closed KL; and with log q − log p at the draw, which is −log w.

    `z`: one, or the z in log p(x|z), in log q(z|x) and in log p(z).
    The pixel that the decoder leaves open costs log 2; *mild*, whose likelihood this is, counts it as one that it is sure of.
    """
    sure = triplets().model.weights["dec.net.2.bias"][SEEN - 1].abs().double()
    z_rec, z_q, z_p = (z, z, z) if isinstance(z, Tensor) else z
    rec = -mild().truth.log_likelihood(z_rec.flatten()).reshape(z_rec.shape).sum(-1) - softplus(-sure) + math.log(2)
    closed = (0.5 * (s**2 + m**2 - 1) - s.log()).sum(-1)
    q, p = Normal(m, s, validate_args=False), Normal(0.0, 1.0, validate_args=False)
    return rec, rec + closed, rec + (q.log_prob(z_q) - p.log_prob(z_p)).sum(-1)


def _listed(values: list[float]) -> str:
    first, second, third = (f"{value:.2f}".replace("-", "−") for value in values)
    return f"{first}, {second} and {third}"
