"""What a bound and its gradient betray about the draws behind it, exactly, in the model `linear_weights`; and whether each image weighs
draws from its own q(z|x), which in a batch of one image many times nobody can tell.
"""

import math
from functools import cache

import torch
from torch import Tensor

from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds.bound_tools import number
from vae_course.checks.worlds.models import (
    LINEAR_M,
    PIXELS,
    SURE,
    Case,
    linear_weights,
    random_model,
    raw_variance,
    rec_without_z,
)
from vae_course.runner.answers import Call

PAIRS, MOST_PAIRS = 4, 10
MIRRORED = 3e-3
TELLING = 0.02  # nats of entropy below log 2, from which a wrong formula shows in the relation; 85 % of pairs have them


@per_trial
def linear_call(trial: Trial) -> tuple[Case, Call]:
    """The model `linear_weights` and a call with iw = 1, which tells its ε."""
    case = linear_weights(trial.generator("linear"))
    return case, trial.call(case.model, case.x, 1, seed=7)


@per_trial
def pair_call(trial: Trial, index: int) -> Call:
    """The same model with iw = 2."""
    case, _ = linear_call(trial)
    return trial.call(case.model, case.x, 2, seed=30 + index)


def right_slope(case: Case, call: Call) -> Tensor:
    noise = drawn_noise(case, call)
    z = LINEAR_M + noise
    return torch.tensor([z, 0.5 * (z * noise - 1) * (1 - math.exp(-1))]).double()


def slope_is_right(case: Case, call: Call) -> bool:
    """In m and v, for the ε that the bound betrays; or those of the ELBO with the closed KL, which with iw = 1 is the bound on average."""
    slope = call.slopes.get("enc.net.2.bias")
    if slope is None:
        return False
    if is_closed_elbo(case, call, slope):
        return True
    return bool(((slope.double() - right_slope(case, call)).abs() <= 5e-3 * (1 + drawn_noise(case, call) ** 2)).all())


def is_closed_elbo(case: Case, call: Call, slope: Tensor) -> bool:
    """True if a bound with iw = 1 is kl + rec with the closed KL, and so are its slopes in m and v."""
    closed = torch.tensor([LINEAR_M, 0.0]).double()
    return abs(drawn_noise(case, call)) < 1e-3 and bool((slope.double() - closed).abs().max() <= 5e-3)


def drawn_noise(case: Case, call: Call) -> float:
    """Which ε a bound with iw = 1 drew in the model `linear_weights`."""
    return (number(call, "0") - rec_without_z(case)[0].item() - LINEAR_M**2 / 2) / LINEAR_M


def pair_relation(case: Case, call: Call) -> tuple[float, float, float] | None:
    """What a bound with iw = 2 and its gradient say about its two draws, exactly, in the model `linear_weights`.

    There log w_i = log p(x) − m ε_i − m²/2. With softmax weights p_i and S = Σ exp(−m ε_i), the slope in m gives
    Σ p_i ε_i, hence the entropy H(p) = m Σ p_i ε_i + log S; and the slope in v gives Σ p_i ε_i², which is
    Σ p_i (log p_i + log S)² / m². Three numbers, two draws: one relation, for any right answer and any noise.

    Returns:
        H(p), which is log 2 only if both draws weigh the same; by how much the relation fails; and ε₁ + ε₂, which is
        −(log p₁ + log p₂ + 2 log S) / m. None: no gradient.
    """
    slope = call.slopes.get("enc.net.2.bias")
    if slope is None:
        return None
    first = slope[0].item() - LINEAR_M
    second = 2 * slope[1].item() / (1 - math.exp(-1)) + 1 - LINEAR_M * first
    log_sum = rec_without_z(case)[0].item() - number(call, "0") + LINEAR_M**2 / 2 + math.log(2)
    entropy = LINEAR_M * first + log_sum
    low, high = 0.0, 0.5
    for _ in range(60):  # binary entropy rises from 0 to log 2 on [0, ½]
        p = (low + high) / 2
        below = -p * math.log(p) - (1 - p) * math.log(1 - p) < entropy
        low, high = (p, high) if below else (low, p)
    p = min(max((low + high) / 2, 1e-12), 0.5)
    expected = sum(w * (math.log(w) + log_sum) ** 2 for w in (p, 1 - p)) / LINEAR_M**2
    # Where one draw outweighs the other fifty times, p and with it ε of the lighter one are not known well enough.
    noise_sum = -(math.log(p) + math.log1p(-p) + 2 * log_sum) / LINEAR_M if p > 0.02 else math.nan
    return entropy, abs(second - expected) / (1 + abs(expected)), noise_sum


def two_draws_weigh(trial: Trial) -> None:
    """`pair_relation` holds three times, and not four times with equal weights.

    Rounding fails the relation by 2e-4, and moves the entropy by 4e-5. Independent draws weigh the same, to 1e-4 nats of
    entropy (log 2 − H = d²/8 with d = m |ε₁ − ε₂|), if |ε₁ − ε₂| < 0.019: at most 1.1 % of pairs, four times in a row 1.5e-8.
    They are mirror images to MIRRORED with probability 0.0017, three times in a row 5e-9.
    """
    case, one = linear_call(trial)
    if not slope_is_right(case, one):
        return  # its gradient is marked elsewhere
    different, telling, sums = False, 0, []
    for i in range(MOST_PAIRS):
        found = pair_relation(case, pair_call(trial, i))
        if found is None:
            return
        entropy, failure, noise_sum = found
        if failure > 0.001 or not -0.001 < entropy < math.log(2) + 0.001:
            raise Wrong(
                "With iw = 2, your bound and its gradient do not fit together as log of a mean of two weights.",
                "The bound is log ( (w₁ + w₂) / 2 ), for each image.",
            )
        different = different or entropy < math.log(2) - 1e-4
        telling += entropy < math.log(2) - TELLING
        sums += [] if math.isnan(noise_sum) else [abs(noise_sum)]
        known = bool(sums) and (len(sums) > 2 or max(sums) > MIRRORED)
        if i > 1 and known and (telling > 1 or (not different and i >= PAIRS - 1)):
            break
    if different and len(sums) > 2 and max(sums) < MIRRORED:
        raise Wrong(
            "With iw = 2, your draws are mirror images, m + sqrt(v) · ε and m − sqrt(v) · ε.",
            "Independent draws are asked. (With pairs you have a valid bound, but another one than IWAE with k draws.)",
        )
    if different:
        return
    raise Wrong("With iw = 2, only one draw decides your bound.", "It is the log of the mean of two different weights.")


IMAGES, DRAWS, LATENTS = 4, 6, 8
NARROWEST = 1e-8  # what `gaussian_parameters` leaves of a variance
REACH = 31.0  # P(χ²₈ / 2 > 31) < 2e-10, six draws: 1.2e-9
USUAL = 5.5  # the log of the mean of six e^(χ²₈ / 2), on average


@cache
def one_narrow_image() -> Case:
    """The decoder ignores z; q is the prior for three images, and a needle at its middle for the fourth, whose first pixel is on.

    A log weight is log p(x) for the three; for the fourth log p(x) + 8 · ½ log v + Σ ε² / 2, about 70 lower, with eight latents.
    """
    model = random_model(LATENTS, torch.Generator().manual_seed(23))
    w = model.weights
    for name in ("enc.net.0.weight", "enc.net.2.weight", "enc.net.2.bias", "dec.net.0.weight", "dec.net.2.weight"):
        w[name].zero_()
    w["enc.net.0.weight"][0, 0], w["enc.net.0.bias"][0] = 20, -10  # the first hidden unit is 1 for the fourth, −1 else
    wide, needle = raw_variance(1.0), -30.0
    w["enc.net.2.bias"][LATENTS:], w["enc.net.2.weight"][LATENTS:, 0] = (needle + wide) / 2, (needle - wide) / 2
    x = torch.zeros(IMAGES, PIXELS)
    x[-1, 0] = 1
    w["dec.net.2.bias"][:] = -SURE
    w["dec.net.2.bias"][0] = 0
    return Case(model, x)


def weighs_its_own_draws(trial: Trial) -> None:
    """With a q of its own for the fourth image, and equal ones for the others, the bound lies where only its own draws put it.

    All of the fourth's six weights are e^−74 · e^(Σ ε² / 2) of p(x), the others' p(x) itself, so that the bound is above the mean
    of −log p(x) by (74 − s) / 4 with 0 ≤ s ≤ max Σ ε² / 2. Draws dealt out among the images leave each a weight near p(x), and
    less than 0.5 of it; draws of the others under the needle's density lie far below; sqrt(v) for v in log q leaves 37 of the 74.
    False alarms: 1.2e-9 (`REACH`).
    """
    got, plain = _narrow_call(trial, DRAWS)
    if not _lies_where_it_should(got, plain):
        right = plain + (DEPTH - USUAL) / IMAGES
        raise Wrong(
            f"Your bound is {got:.2f} nats for four images of which one has a far narrower q than the others.",
            f"It should be about {right:.1f}: each image weighs draws of its own q(z|x), by that q.",
            closer=lambda: MIXED if _lies_where_it_should(*_narrow_call(trial, 1)) else "",
        )


DEPTH = -LATENTS * 0.5 * math.log(NARROWEST)
MIXED = (
    f"With iw = 1 it is right, with iw = {DRAWS} it is not: numbers of different images meet in a row. repeat stacks whole copies, (iw, batch), "
    "and a view as (batch, iw) deals them out among the images. A new axis, unsqueeze(1), keeps image and draw apart; so does repeat_interleave."
)


def _narrow_call(trial: Trial, iw: int) -> tuple[float, float]:
    """The bound in `one_narrow_image`, and the mean of −log p(x)."""
    case = one_narrow_image()
    return number(trial.call(case.model, case.x, iw, seed=50), "0"), rec_without_z(case).mean().item()


def _lies_where_it_should(got: float, plain: float) -> bool:
    return plain + (DEPTH - REACH) / IMAGES - 0.01 <= got <= plain + DEPTH / IMAGES + 0.01
