"""The checks of `dreg_loss`: its value by exact integrals, its gradient by what two draws betray; and what mistakes look like."""

import math
from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.worlds.bound_tools import as_tensors, decoder_gradient, near, number, off_by_log_k, same_gradient
from vae_course.checks.worlds.iwae import DRAWS, ROWS, strong_call, strong_numbers
from vae_course.checks.worlds.models import LINEAR_M, Case, linear_weights, rec_without_z, still
from vae_course.checks.worlds.valleys import strong
from vae_course.runner.answers import Answer, Call

CALLS = 4
ROUNDING = 5e-3  # nats; over 700 seeds a right answer's value is within 5e-4 of what its slopes tell; mistakes differ by tenths
ONE = 1e-3  # of a slope that should be m


def beside_a_still_image(generator: torch.Generator) -> Case:
    """Two images: for the first q = p, so that its weights never move; the second is that of `linear_weights`.

    They differ in one pixel, which the encoder sees and of which the decoder says nothing (logit 0), so that both have the
    same log p(x), and weights of one are no strangers among the other's.
    """
    case = linear_weights(generator)
    w = case.model.weights
    w["enc.net.0.weight"][0] = 0
    w["enc.net.0.weight"][0, 0], w["enc.net.0.bias"][0] = 20.0, 0.0  # tanh(0) = 0 and tanh(20) = 1
    w["enc.net.2.weight"][0, 0], w["enc.net.2.bias"][0] = LINEAR_M, 0.0
    w["dec.net.2.weight"][0], w["dec.net.2.bias"][0] = 0, 0.0
    x = case.x.repeat(2, 1)
    x[:, 0] = torch.tensor([0.0, 1.0])
    return Case(case.model, x)


VALUE = ("the value of the bound",)
"""The check of the value: slopes that are wrong where it is wrong are no news."""


def value_of_the_bound(trial: Trial) -> None:
    """−log p(x) where every weight is p(x); and −IWAE_8 on average where weights differ widely.

    The second is the mean of 48 values, by Chernoff's bound with exact moments (`Truth.iwae_deviation`): at most 1e-8 false alarms.
    """
    case = Case(*trial.arguments[:2])
    value = output(trial.call())
    if value.numel() != 1:
        raise Wrong(f"You returned shape {tuple(value.shape)}.", "It should be a scalar.")
    expected = rec_without_z(case).mean().item()
    if not near(value.item(), expected):
        raise Wrong(
            f"Your loss is {value.item():.2f} where every weight is p(x).",
            f"It should be {expected:.2f} there.",
            lambda: (
                _weighted_logs(trial, value.item() / expected)
                or off_by_log_k(value.item(), expected, len(case.x), trial.arguments[2])
            ),
        )
    right, below, above = strong_numbers()
    got = number(strong_call(trial), "0")
    if not -above <= got - right <= below:
        raise Wrong(
            f"Your loss is {got:.2f} on average over z with iw = {DRAWS}, in a model whose weights differ widely.",
            f"It should be {right:.2f}, up to chance of {max(below, above):.2f}: the log of the *mean* weight.",
        )


def doubly_reparameterized(trial: Trial) -> None:
    """The slopes in the encoder's outputs are Σ w̃² ∂log w/∂z ∂z/∂φ, exactly, for one draw and for two.

    Where log w = c − m ε − m²/2 (v = 1), ∂log w/∂z is −m: the slope in m is m Σ w̃², and in v it is ½ m Σ w̃² ε. So for one draw the
    slope in m is m, with no chance in it; and for two draws the two slopes tell both ε, and with them the value
    (`value_by_slopes`). From it the loss may differ by a constant only, for the value has a mark of its own. Beside it in the
    batch stands an image whose weights never move and add no slope. No chance is involved: only rounding, see `ROUNDING`.
    """
    if not _is_finite(trial.call()):
        raise Wrong(
            "The gradient of your loss is not finite for images of 784 ordinary pixels.",
            "Weights are about e^−500 there, which is 0 in float32: make w̃ by softmax of log w.",
        )
    line = linear_weights(trial.generator("linear"))
    slope = encoder_slope(trial.call(line.model, line.x, 1, seed=21))
    if slope is None:
        raise Wrong("No gradient of your loss reaches the encoder.", "It flows through z.")
    if not abs(slope[0].item() / LINEAR_M - 1) <= ONE:
        got = f"For one draw the slope in m is {slope[0]:.3f}."
        raise Wrong(got, f"It should be {LINEAR_M}, whatever z is.", follows=VALUE)
    case = beside_a_still_image(trial.generator("beside"))
    calls = [trial.call(case.model, case.x, 2, seed=22 + i) for i in range(CALLS)]
    if not fits(case, calls):
        seen = encoder_slope(calls[0])
        assert seen is not None
        possible = value_by_slopes(case, calls[0]) is not None
        raise Wrong(
            f"With two draws, the slopes of your loss in the encoder's two outputs are {seen[0]:.3f} and {seen[1]:.3f}.",
            f"These slopes are not DReG's for any draws z{' that give your value' if possible else ''}: there each draw is weighted by "
            "w̃², the squared share among the draws of its own image, and m and v count through z alone.",
            follows=VALUE,
        )


def decoder_keeps_its_gradient(trial: Trial) -> None:
    """The bound's own gradient in the decoder's biases, exact where the decoder ignores z: the shares of each image add up to 1."""
    found, right = decoder_gradient(Case(*trial.arguments[:2]), trial.call())
    if found is None:
        raise Wrong(
            "No gradient of your loss reaches the decoder.", "It flows through log p(x|z), as in the plain bound."
        )
    if not same_gradient(found, right):
        i = int((found.double() - right).abs().argmax())
        raise Wrong(
            f"The slope of your loss in a bias of the decoder is {found[i]:.4f}.",
            f"It should be {right[i]:.4f}: the decoder keeps the bound's own gradient, with one w̃ for each draw.",
            follows=VALUE,
        )


def encoder_slope(call: Call) -> Tensor | None:
    return call.slopes.get("enc.net.2.bias")


def _is_finite(call: Call) -> bool:
    return all(slope is None or bool(torch.isfinite(slope).all()) for slope in call.slopes.values())


def fits(case: Case, calls: list[Call], power: int = 2) -> bool:
    """True if all values are those that their slopes tell, up to one constant. The last image is the one that moves."""
    off = [value_by_slopes(case, call, power) for call in calls]
    known = [
        number(call, "0") * len(case.x) - value for call, value in zip(calls, off, strict=True) if value is not None
    ]
    return len(known) == len(calls) and max(known) - min(known) <= ROUNDING


def value_by_slopes(case: Case, call: Call, power: int = 2) -> float | None:
    """What the sum over images of −log (w₁ + w₂) / 2 must be, for the slopes that came back; None: no two draws have such slopes.

    S = Σ w̃² gives the heavier draw's share p, as p² + (1 − p)² rises from ½ to 1 on [½, 1], and so how far its ε lies below the
    other's, d = log(p / (1 − p)) / m. With T = Σ w̃² ε its own is ε = (T − (1 − p)² d) / S, and w / p is the sum of both weights.

    Args:
        power: of w̃; 2 is right.
    """
    found = _draws_by_slopes(case, encoder_slope(call), power)
    if found is None:
        return None
    p, noise = found
    return rec_without_z(case).sum().item() + LINEAR_M**2 / 2 + LINEAR_M * noise + math.log(p) + math.log(2)


def _draws_by_slopes(case: Case, slope: Tensor | None, power: int = 2) -> tuple[float, float] | None:
    """The heavier draw's share and its ε; None: no two draws have such slopes."""
    if slope is None:
        return None
    square_sum = slope[0].item() * len(case.x) / LINEAR_M
    if not 0.5 ** (power - 1) - 1e-4 < square_sum < 1 + 1e-4:
        return None
    weighted = 2 * slope[1].item() * len(case.x) / (LINEAR_M * (1 - math.exp(-1)))
    low, high = 0.5, 1 - 1e-9
    for _ in range(60):
        p = (low + high) / 2
        low, high = (p, high) if p**power + (1 - p) ** power < square_sum else (low, p)
    return p, (weighted - (1 - p) ** power * math.log(p / (1 - p)) / LINEAR_M) / square_sum


def _weighted_logs(trial: Trial, share: float) -> str:
    """What is said of −Σ w̃² log w, or of its negative, in place of the bound; `share`: the value, of the right one, where all weights are equal.

    There it is −log w / iw. That it is this, and nothing else divided by iw, is certain where two draws told by its slopes make its value.
    """
    iw = trial.arguments[2]
    sign = next((sign for sign in (1, -1) if near(share, sign / iw, 1e-4)), 0)
    if not sign:
        return ""
    turned = "minus " if sign < 0 else ""
    line = linear_weights(trial.generator("linear"))
    calls = [trial.call(line.model, line.x, 2, seed=31 + i) for i in range(CALLS)]
    told = "The value must stay the bound, and only the slope changes."
    if all(_is_weighted_logs(line, call, sign) for call in calls):
        return f"You return {'' if sign < 0 else '−'}Σ w̃² log w. {told}"
    return f"It is {turned}the right one divided by iw = {iw}: so is −Σ w̃² log w where all weights are equal. {told}"


def _is_weighted_logs(case: Case, call: Call, sign: int) -> bool:
    """Is the value `sign` times −Σ w̃² log w, for the two draws that its slopes tell?"""
    slope = encoder_slope(call)
    found = None if slope is None else _draws_by_slopes(case, sign * slope)
    if found is None:
        return False
    p, noise = found
    heavy = -rec_without_z(case).sum().item() - LINEAR_M**2 / 2 - LINEAR_M * noise
    light = heavy - math.log(p / (1 - p))
    return abs(sign * number(call, "0") + p**2 * heavy + (1 - p) ** 2 * light) <= ROUNDING


@cache
def _cases() -> tuple[Case, Case, Case]:
    def rng() -> torch.Generator:
        return torch.Generator().manual_seed(5)

    return still(rng(), batch=4), linear_weights(rng()), beside_a_still_image(rng())


def dreg_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """The value beside the right one; what the slope of a single draw is; and what those of two draws say."""
    quiet, line, pair = _cases()
    call = answer.call(quiet.model, quiet.x, 6, seed=1)
    if "0" not in call.outputs or "0" not in call.differentiable:
        return
    value, right = call.outputs["0"], rec_without_z(quiet).mean().item()
    found = {"shape": value.numel() + 0.1 * value.ndim, "still": (number(call, "0") - right) / 100}
    found["finite"] = _is_finite(call)
    decoder, own = decoder_gradient(quiet, call)
    found["decoder"] = 0.0 if decoder is None else 1.0 if same_gradient(decoder, own) else 2.0
    one = answer.call(line.model, line.x, 1, seed=2)
    found["one draw"] = _kind(line, one)
    yield as_tensors(found)

    found = {}
    for name, case in (("alone", line), ("beside", pair)):
        calls = [answer.call(case.model, case.x, 2, seed=3 + i) for i in range(CALLS)]
        each = [slope[0].item() * len(case.x) / LINEAR_M for c in calls if (slope := encoder_slope(c)) is not None]
        found[f"{name}: as if one"] = all(abs(abs(share) - 1) < ONE for share in each)
        found[f"{name}: as if equal"] = all(abs(abs(share) - 0.5) < 1e-4 for share in each)
        found[f"{name}: fits"], found[f"{name}: fits the cube"] = fits(case, calls), fits(case, calls, power=3)
    rows = strong().rows(ROWS)
    expected, below, above = strong_numbers()
    off = number(answer.call(rows.model, rows.x, DRAWS, seed=9), "0") - expected
    found["strong"] = -above <= off <= below
    yield as_tensors(found)


def _kind(case: Case, call: Call) -> int:
    """What the slope in m is for one draw, of a loss or of its negative.

    0: none; 1: m, by the path alone (right); 2: m + ε, path and log q; 3: ε, log q alone; 4: numerically 0; 5: something else.
    """
    slope = encoder_slope(call)
    if slope is None:
        return 0
    value, got = number(call, "0"), slope[0].item()
    noise = (abs(value) - rec_without_z(case)[0].item() - LINEAR_M**2 / 2) / LINEAR_M
    kinds = {1: LINEAR_M, 2: LINEAR_M + noise, 3: noise, 4: 0.0}
    return next((kind for kind, right in kinds.items() if abs(got * math.copysign(1, value) - right) < 2e-3), 5)
