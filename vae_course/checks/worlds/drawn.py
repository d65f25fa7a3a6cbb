"""Which z an answer decoded, read off its gradient in x; and so what its bound or each of its log weights must be, exactly.

The slope of log p(x|z) in a pixel is that pixel's logit. In *mild* and *strong* the encoder ignores x, so that a gradient in x
betrays every z that was decoded, whatever noise was drawn and in whatever order.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.distributions import Normal

from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.noise import has_unit_variance
from vae_course.checks.engine.relations import Pair, relation, share
from vae_course.checks.engine.trial import Closer, Wrong
from vae_course.checks.worlds.bound_tools import ALPHA, LOG, near, number
from vae_course.checks.worlds.draws import LINEAR_M
from vae_course.checks.worlds.models import Case, rec_without_z
from vae_course.checks.worlds.valleys import mild, strong
from vae_course.runner.answers import Call

MANY = 256  # rows of sixteen draws each: a variance that is off by a fifth shows


def decoded_z(gradient: Tensor | None) -> Tensor | None:
    """z (rows, latents) behind the gradient in x of a mean over the rows of *mild*; None: it says nothing."""
    if gradient is None or not bool(gradient.any() & gradient.isfinite().all()):
        return None
    logits = -gradient * len(gradient)
    return mild().z_of_logits(logits) if mild().tells(logits) else None


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
        (to_z,) = torch.autograd.grad(rec_at(z).sum(), z)
        return to_z.mean(0) + m, (to_z * (self.z - m) / (2 * v)).mean(0) + 0.5 * (1 - 1 / v)


def one_draw(call: Call, *, closed: bool) -> OneDraw | None:
    """The draws behind a bound in *mild*, or None if it has no gradient in x or is not explained by one draw a row.

    A mean over several draws, say, is right too, or a kl from other draws; then nothing is known but what holds on average.
    """
    z = decoded_z(call.slopes.get("1"))
    if z is None:
        return None
    rec = rec_at(z).mean().item()
    kl = mild().kl if closed else _kl_at(z)
    return OneDraw(z, rec, closed) if near(number(call, "0"), rec + kl) else None


def kl_per_draw(call: Call) -> float | None:
    """By what factor the kl of a call in *mild* is log q(z|x) − log p(z) at the z that it decoded; None: z is not known."""
    z = decoded_z(call.slopes.get("1"))
    return None if z is None else number(call, "1") / _kl_at(z)


def left_for_kl(call: Call, name: str) -> str:
    """How much of a bound in *mild* is rec at the z that were decoded, and what is left for kl."""
    z = decoded_z(call.slopes.get("1"))
    if z is None or name != "0" or not near(number(call, "2"), rec := rec_at(z).mean().item()):
        return ""
    return (
        f"For the z that you decode rec is {rec:.2f}, as you return it, so that {number(call, '0') - rec:.2f} of your bound is left for kl. "
        f"It should be {mild().kl:.2f}, or, of a kl at the draw, {_kl_at(z):.2f}."
    )


def _kl_at(z: Tensor) -> float:
    """The mean of log q(z|x) − log p(z) over rows of *mild*."""
    q, p = (Normal(m, math.sqrt(v), validate_args=False) for m, v in ((mild().m[0], mild().v[0]), (0.0, 1.0)))
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean().item()


def rec_at(z: Tensor) -> Tensor:
    """−log p(x|z) of each row of *mild*, (rows,)."""
    each = mild().truth.log_likelihood(z.flatten())
    return -each.reshape(z.shape).sum(-1)


def must_follow_q(z: Tensor, m: float, v: float, *, paired: bool = True, closer: Closer | None = None) -> None:
    """Raise `Wrong` unless mean and variance of n draws are those of N(m, v), up to chance.

    With ε = (z − m) / sqrt(v):  P(|mean of ε| > sqrt(2 log(2 / ALPHA) / n)) ≤ ALPHA, the Gaussian tail (mirrored pairs only
    bring it nearer to 0); and `has_unit_variance`.
    """
    noise = (z - m) / math.sqrt(v)
    # Latents or rows that share their noise are one draw each, and another check says so.
    noise = noise[:, :1] if bool((noise - noise[:, :1]).abs().max() < 1e-3) else noise
    n = noise.numel()
    if abs(noise.mean().item()) > math.sqrt(2 * LOG / n) or not has_unit_variance(noise, ALPHA, paired=paired):
        raise Wrong(
            f"The z that you decode, read off how your cost depends on x, have mean {z.mean():.2f} and standard deviation {z.std():.2f}, over {n:,} draws"
            f" where m = {m:g} and v = {v:g}.",
            f"They should come from q(z|x): mean {m:g}, standard deviation sqrt(v) = {math.sqrt(v):.3g}.",
            closer,
        )


TOLERANCE = 5e-3  # nats; a logit is known to 1e-5, and log w moves by at most ten nats for a unit of z
DRAWS = 5
MIRRORED = 1e-3


def decoded(call: Call, draw: int) -> Tensor | None:
    """z (rows,) behind one draw of every row of log weights (rows, iw) in *strong*; None: no gradient in x."""
    cotangent = torch.zeros_like(call.outputs["0"])
    cotangent[:, draw] = 1
    slope = call.pull_back({"0": cotangent}).get("1")
    if slope is None or not bool(slope.any() & slope.isfinite().all()):
        return None
    return strong().z_of_logits(slope)[:, 0] if strong().tells(slope) else None


def terms_of(z: Tensor) -> dict[str, Tensor]:
    """The three terms of log w in *strong*."""
    truth = strong().truth
    noise = (z - truth.m) / math.sqrt(truth.v)
    prior = Normal(0.0, 1.0, validate_args=False).log_prob(z)
    posterior = Normal(truth.m, math.sqrt(truth.v), validate_args=False).log_prob(z)
    likelihood = truth.log_weight(noise) - prior + posterior
    return {"log p(x|z)": likelihood, "log p(z)": prior, "log q(z|x)": posterior}


WRITTEN = (
    "log_likelihood + log_prior - log_posterior",
    "log_likelihood - 0.5 * (log(2 * pi) + z ** 2) + 0.5 * (log(2 * pi) + log(v) + (z - m) ** 2 / v)",
)
"""A log weight, with its three terms by their names or, for one latent and the prior N(0, 1), written out."""


def _beside_right(call: Call, draw: int) -> tuple[Tensor, Tensor, dict[str, Tensor]] | None:
    """z, how far each weight (rows,) is from the right one for this z, and the right one's terms."""
    z = decoded(call, draw)
    if z is None:
        return None
    parts = terms_of(z)
    expected = parts["log p(x|z)"] + parts["log p(z)"] - parts["log q(z|x)"]
    return z, call.outputs["0"][:, draw].double() - expected, parts


def belong_to_their_z(call: Call) -> bool:
    """True if no log weight is off, or nothing can be said."""
    found = (_beside_right(call, draw) for draw in range(DRAWS))
    return all(bool((each[1].abs() <= TOLERANCE).all()) for each in found if each is not None)


def weights_belong_to_their_z(call: Call) -> None:
    """Each log weight is log p(x|z) + log p(z) − log q(z|x) at the z that was decoded. No chance is involved."""
    for draw in range(DRAWS):
        found = _beside_right(call, draw)
        if found is None:
            return  # without a gradient nothing can be said, and another check asks for it
        z, off, parts = found
        if not bool((off.abs() <= TOLERANCE).all()):
            i = int(torch.nan_to_num(off.abs(), nan=torch.inf).argmax())
            got = call.outputs["0"][i, draw].double()
            each = ", ".join(f"{name} = {part[i]:.2f}" for name, part in parts.items())
            raise Wrong(
                f"A draw that you decoded from z = {z[i]:.3f} has log weight {got:.2f}.",
                f"It should be {got - off[i]:.2f}: for that z, {each}.",
                partial(read_off, call),
            )


def read_off(call: Call) -> Reading:
    """How the log weights are related to the right ones at the z that were decoded, and the formula that they follow; or nothing."""
    found = [_beside_right(call, draw) for draw in range(min(8, call.outputs["0"].shape[1]))]
    examples: list[Example] = []
    pairs: list[Pair] = []
    for z, off, parts in (each for each in found if each is not None):
        value = call.outputs["0"][:, len(examples)].double()
        inputs = dict(zip(("log_likelihood", "log_prior", "log_posterior"), parts.values(), strict=True))
        inputs |= {"z": z, "m": torch.full_like(z, strong().truth.m), "v": torch.full_like(z, strong().truth.v)}
        examples.append(Example(inputs, value))
        pairs.append(Pair(value, value - off, tuple(call.outputs["0"].shape)))
    if len(examples) < len(found):
        return Reading()
    related = Reading.of(relation(pairs) or share(pairs))
    if related:
        return related
    # Two slips at once are looked for in the short spelling: in the long one they take a second.
    return formula_read_off(WRITTEN[:1], examples, TOLERANCE) or formula_read_off(
        WRITTEN[1:], examples, TOLERANCE, in_pairs=False
    )


def mirrored(case: Case, call: Call) -> bool:
    """True if the six draws of an image are three pairs of mirror images, m + s ε and m − s ε.

    Where log w = log p(x) − m ε − m²/2, the weights tell their ε to 1e-4. False alarms: ε + ε' lies within MIRRORED of 0 with
    probability below 6e-4, for all three pairs of some of the 15 pairings below 15 · (6e-4)³ = 4e-9.
    """
    log_w = call.outputs["0"].double()[0]
    noise = (-rec_without_z(case)[0] - LINEAR_M**2 / 2 - log_w) / LINEAR_M
    pairs = (noise[:, None] + noise[None, :]).abs().fill_diagonal_(torch.inf) < MIRRORED
    return bool(pairs.any(0).all())
