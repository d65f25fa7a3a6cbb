"""Exercise 5.1: exact where q = p, by its distribution function elsewhere, by the noise it used for gradients.

As in `worlds.iwae`, values are asked where weights are small numbers, and one check looks at ordinary images.
"""

import math
from functools import cache

import torch
from torch import Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.noise import allowed_distance, distance_to_uniform
from vae_course.checks.engine.relations import entries_agree
from vae_course.checks.engine.trial import Closer, Trial, Wrong, per_trial
from vae_course.checks.worlds.bound_tools import ALPHA, must_leave_backward_to_others, must_leave_the_model
from vae_course.checks.worlds.drawn import (
    MANY,
    belong_to_their_z,
    decoded_z,
    mirrored,
    must_follow_q,
    read_off,
    weights_belong_to_their_z,
)
from vae_course.checks.worlds.iwae import still_call, triplets_call
from vae_course.checks.worlds.models import (
    LINEAR_M,
    Case,
    apart,
    decode,
    encode,
    faint,
    linear_weights,
    rec_without_z,
    still,
)
from vae_course.checks.worlds.own_slopes import slopes_must_follow
from vae_course.checks.worlds.own_z import law_of, must_be_own, weights_must_belong
from vae_course.checks.worlds.parts import swapped_by_slopes
from vae_course.checks.worlds.truth import Truth
from vae_course.checks.worlds.valleys import mild, strong, triplets
from vae_course.runner.answers import Call

COPIES = 64  # in *mild*, for fingerprints
ROWS, DRAWS = 4, 64  # in *strong*: 256 draws, allowed 0.19 from their distribution; mistakes lie 0.4 and more away

VALUES = ("log p(x) where q is the prior", "how the weights are distributed")
"""The checks of the values: slopes that are wrong where these are wrong are no news."""


@per_trial
def strong_weights(trial: Trial) -> Call:
    """One image four times, 64 draws each."""
    case = strong().rows(ROWS)
    return trial.call(case.model, case.x, DRAWS, seed=2)


@per_trial
def linear_call(trial: Trial) -> tuple[Case, Call]:
    """Six draws that betray their noise."""
    case = linear_weights(trial.generator("linear"))
    return case, trial.call(case.model, case.x, 6, seed=10)


@cache
def apart_case() -> tuple[Case, list[Truth]]:
    """Four images under a decoder that ignores z, and the truth of each."""
    case = faint(apart(torch.Generator().manual_seed(17), z_dim=1, batch=ROWS))
    return case, truths_of(case)


def returns_batch_by_iw(trial: Trial) -> None:
    """A gate: (batch, iw), for one image and one draw too, inputs as they were."""
    case, call = still_call(trial)
    _has_shape(call, 4, 6)
    _has_shape(trial.call(case.model, case.x[:1], 1, seed=3), 1, 1)
    must_leave_the_model(call, "function")


def _has_shape(call: Call, batch: int, iw: int) -> None:
    value = output(call)
    if value.shape != (batch, iw):
        reason = " The two axes have changed places." if value.shape == (iw, batch) else ""
        raise Wrong(
            f"You returned shape {tuple(value.shape)} for {batch} images and iw = {iw}.",
            f"It should be (batch, iw) = ({batch}, {iw}), one log weight for each image and draw.{reason}",
        )


def _are_evidence(case: Case, call: Call) -> bool:
    """True if each log weight is its image's log p(x)."""
    right = -rec_without_z(case)[:, None]
    return bool(entries_agree(output(call), right).all())


def equal_evidence_where_q_is_p(trial: Trial) -> None:
    """The decoder ignores z and q = p: each log weight is its image's log p(x), whatever was drawn."""
    case, call = still_call(trial)
    right = -rec_without_z(case)[:, None].expand(4, 6)
    got = output(call).double()
    if not _are_evidence(case, call):
        i, j = divmod(int(torch.nan_to_num(got - right, nan=torch.inf).abs().argmax()), 6)
        others = entries_agree(got[i, j], right[:, 0])
        owner = f" {got[i, j]:.2f} is image {int(others.int().argmax())}'s: images are mixed up."
        reason = owner if bool(others.any()) else ""
        reason = (
            reason
            or _less_log_k(float(got[i, j]), right[:, 0])
            or _adds_up_to_one(got)
            or _held(got)
            or _averaged(got, right)
        )
        raise Wrong(
            f"The log weight of image {i}, draw {j} is {got[i, j]:.2f} in a model where q is the prior and z is ignored.",
            f"There log w = log p(x) = {right[i, j]:.2f} whatever z is.{reason}",
            lambda: swapped_by_slopes(case, call) or read_off(strong_weights(trial)),
        )


def _less_log_k(got: float, right: Tensor) -> str:
    """Another image's, or its own, less log iw."""
    for shift, words in ((-math.log(6), "less"), (math.log(6), "plus")):
        fitting = entries_agree(torch.full_like(right, got - shift), right)
        if bool(fitting.any()):
            return f" It is image {int(fitting.int().argmax())}'s, {words} log iw = {math.log(6):.2f}."
    return ""


def _adds_up_to_one(got: Tensor) -> str:
    if bool((torch.logsumexp(got, 1).abs() < 1e-4).all()):
        return " The exp of your weights adds up to 1 for each image: these are the logs of their shares, and not of the weights."
    return ""


def _averaged(got: Tensor, right: Tensor) -> str:
    if bool(((got.mean(1) - right[:, 0]).abs() <= 1e-4 * (1 + right[:, 0].abs())).all()):
        return " Of each image the mean over its draws is right: something is averaged over them that each draw has of its own."
    return ""


def _constant(trial: Trial) -> float:
    """What all weights are off by, if by one number: it has no slope."""
    case, call = still_call(trial)
    off = output(call).double() + rec_without_z(case)[:, None]
    return off.mean().item() if bool(((off - off.mean()).abs() <= 1e-3).all()) else 0.0


def stays_finite(trial: Trial) -> None:
    """The same with ordinary images, whose 784 pixels make weights of e^−500: 0 in float32, and finite in log space.

    Asked is what changes with the size of the weights: finite numbers, and the right ones if they are right where weights are
    small numbers. A formula with another fault keeps this mark.
    """
    case = still(trial.generator("ordinary"), batch=3)
    call = trial.call(case.model, case.x, 2, seed=6)
    got, right = output(call).double(), -rec_without_z(case)
    finite = bool(torch.isfinite(got).all())
    if not finite or (_are_evidence(*still_call(trial)) and not _are_evidence(case, call)):
        small = "A weight is about e^−500 there, which is 0 in float32: add log densities, and take no exp."
        raise Wrong(
            f"A log weight is {got[0, 0]:.2f} for images of 784 ordinary pixels.",
            f"It should be {right[0]:.2f}.{_held(got) if finite else ' ' + small}",
        )


def _held(got: Tensor) -> str:
    """All weights of three different images are one number."""
    return (
        " All your weights are this number here: something holds them." if float(got.max() - got.min()) < 1e-4 else ""
    )


def shared_draws(call: Call) -> tuple[bool, bool]:
    """Do all draws of an image, do all copies of an image share their z? For 64 or more weights of identical images."""
    value = call.outputs["0"].double()
    return (
        bool((value - value[:, :1]).abs().max() < 1e-3),
        bool((value - value[:1]).abs().max() < 1e-3),
    )


def draws_are_independent(trial: Trial) -> None:
    """No two draws, no two images, no two calls share their z. A right answer never fails: 6 numbers would coincide."""
    along, across = shared_draws(strong_weights(trial))
    if along:
        raise Wrong("All draws of an image have the same weight.", "Each of the iw draws needs a z of its own.")
    if across:
        raise Wrong("Two copies of an image have the same weights.", "Each image needs noise of its own.")
    again = strong().rows(ROWS)  # a model whose decoder looks at z, so that log p(x|z) alone scatters too
    call, other = (trial.call(again.model, again.x, DRAWS, seed=seed, twice=True) for seed in (3, 4))
    before, weights = call.outputs.get("first 0", torch.zeros(0)), call.outputs["0"]
    if torch.equal(strong_weights(trial).outputs["0"], weights) or torch.equal(before, weights):
        raise Wrong("Two calls gave exactly the same weights.", "Each call should draw new noise: none is kept.")
    if len(before) and torch.equal(before, other.outputs["first 0"]):
        raise Wrong("Under torch.no_grad() two calls gave the same weights.", "z is drawn then too.")
    many = triplets_call(trial)
    must_be_own(many.slopes.get("1"), -many.outputs["0"].double().mean().item())
    case, call = linear_call(trial)
    if mirrored(case, call):
        raise Wrong(
            "Your draws come in mirrored pairs, m + sqrt(v) · ε and m − sqrt(v) · ε.",
            "Independent draws are asked: new noise for every image and every draw. (The bound from pairs is another one.)",
        )


def follows(values: Tensor, truths: list[Truth]) -> float:
    """sup |F_n − F| of weights (batch, iw), each row carried to [0, 1] by its own image's distribution function."""
    return distance_to_uniform(
        torch.cat([truth.weight_distribution(row) for row, truth in zip(values, truths, strict=True)])
    )


def truths_of(case: Case) -> list[Truth]:
    """The truth of each image where the decoder ignores z and there is one latent."""

    def constant(level: float, m: Tensor, v: Tensor) -> Truth:
        return Truth(lambda z: torch.full_like(z, level), m.item(), v.item())

    log_p = (-rec_without_z(case)).tolist()
    return [constant(*of_image) for of_image in zip(log_p, *encode(case.model, case.x), strict=True)]


def distribution_is_right(trial: Trial) -> None:
    """256 log weights in each of two models follow the distribution of log p(x|z) + log p(z) − log q(z|x), z ~ q; each
    belongs to the z that was decoded (`decoded`); and such z have the mean and variance of q (`must_follow_q`).

    False alarms: ALPHA each, by `allowed_distance`; the distribution functions are known to 1e-3.
    """
    along, across = shared_draws(strong_weights(trial))
    if along != across:
        return  # random, though not independent: another check says so
    copies = mild().rows(MANY)
    z = z_of_weights(trial.call(copies.model, copies.x, 1, seed=5))
    if z is not None:
        must_follow_q(z, mild().m[0], mild().v[0], paired=False, closer=lambda: law_of(triplets_call(trial)))
    weights_must_belong(triplets_call(trial).outputs["0"][:, 0], triplets_call(trial).slopes.get("1"))
    _draws_must_belong(trial)
    case, truths = apart_case()
    call = trial.call(case.model, case.x, DRAWS, seed=4)
    _follows_or_wrong(
        call.outputs["0"],
        truths,
        "where the decoder ignores z and q is narrow",
        lambda: read_off(strong_weights(trial)),
    )
    weights_belong_to_their_z(strong_weights(trial))
    _follows_or_wrong(strong_weights(trial).outputs["0"], [strong().truth] * ROWS, "where the decoder depends on z")


def _draws_must_belong(trial: Trial) -> None:
    """The same for each of several draws of different images, which another layout pairs with each other's z. No chance is involved."""
    call = trial.call(triplets().model, triplets().x, 2, seed=52)
    if "0" not in call.differentiable:
        return
    weights = call.outputs["0"]
    for draw in range(weights.shape[1]):
        one = torch.zeros_like(weights)
        one[:, draw] = 1.0
        try:
            weights_must_belong(weights[:, draw], call.pull_back({"0": one}).get("1"))
        except Wrong as wrong:
            raise Wrong(
                wrong.finding.got,
                f"{wrong.finding.expected} With one draw of each image your weights are those of their z, with two they are not: does "
                "each x meet the z, m and v of its own image?",
                wrong.closer,
            ) from None


def z_of_weights(call: Call) -> Tensor | None:
    """z (rows, latents) behind log weights (rows, 1) of *mild*; None: no gradient in x."""
    if "0" not in call.differentiable:
        return None
    slope = call.pull_back({"0": torch.ones_like(call.outputs["0"])}).get("1")
    return None if slope is None else decoded_z(-slope / len(slope))  # of a bound, which is the mean of −log w


def _follows_or_wrong(values: Tensor, truths: list[Truth], where: str, closer: Closer | None = None) -> None:
    if not bool(torch.isfinite(values).all()):
        raise Wrong("Some of your log weights are not finite.", "Stay in log space: add log densities.")
    if follows(values, truths) > allowed_distance(values.numel(), ALPHA) + 1e-3:
        noise, weight = truths[0].noise()
        log_w = truths[0].log_weight(noise)
        mean = (weight * log_w).sum()
        spread = (weight * (log_w - mean).square()).sum().sqrt()
        raise Wrong(
            f"The log weights of an image have mean {values[0].mean():.2f} and spread {values[0].std():.2f} {where}.",
            f"They should have mean {mean:.2f} and spread {spread:.2f}.",
            closer,
        )


def gradients_follow_noise(trial: Trial) -> None:
    """Where log w = log p(x) − m ε − m²/2, the weights tell which ε were drawn, and so what the gradients must be.

    d log w / dm = −(m + ε),   d log w / dv = ½ (1 − (m + ε) ε)   at v = 1,   d log w / d logits = x − sigmoid(logits)
    """
    case, call = linear_call(trial)
    must_leave_backward_to_others(call, "function")
    if "0" not in call.differentiable:
        raise Wrong("Your weights carry no gradient.", "No .item(), numpy, .detach() or torch.no_grad() on the way.")
    slopes_must_follow(triplets_call(trial), sign=-1.0)
    cotangent = 0.5 + torch.rand(1, 6, generator=trial.generator("cotangent"))  # signs could cancel a missing term
    found = call.pull_back({"0": cotangent})
    log_w, c = call.outputs["0"].double()[0], cotangent.double()[0]
    got = found.get("enc.net.2.bias")
    if got is None:
        raise Wrong("No gradient of your weights reaches the encoder.", "They depend on m and v, also through z.")
    for constant in (_constant(trial), 0.0):  # what all weights may be off by has no slope
        noise = (-rec_without_z(case)[0] - LINEAR_M**2 / 2 - log_w + constant) / LINEAR_M
        z = LINEAR_M + noise
        right = torch.stack([-(c * z).sum(), (c * 0.5 * (1 - z * noise)).sum() * (1 - math.exp(-1))])
        if bool(((got.double() - right).abs() <= 5e-4 * (1 + right.abs() + noise.square().sum())).all()):
            break
    else:
        known = belong_to_their_z(strong_weights(trial)) and _are_evidence(*still_call(trial))
        own = f"For the ε that these weights tell they should be {right[0]:.3f} and {right[1]:.3f}."
        raise Wrong(
            f"The slopes of your weights in the encoder's two outputs are {got[0]:.3f} and {got[1]:.3f}.",
            f"{own} m and v act through z and through q." if known else "They are those of weights that are not right.",
            follows=VALUES,
        )
    logits = decode(case.model, torch.zeros(1, 1))[0]
    to_decoder, expected = found.get("dec.net.2.bias"), c.sum() * (case.x[0].double() - torch.sigmoid(logits))
    if to_decoder is None or not torch.allclose(to_decoder.double(), expected, rtol=1e-3, atol=1e-4):
        raise Wrong(
            "The gradient of your weights in the decoder is not right.",
            "log p(x|z) depends on its logits.",
            follows=VALUES,
        )
