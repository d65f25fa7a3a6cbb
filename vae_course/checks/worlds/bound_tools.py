"""What the checks of both bounds share: reading three numbers, and how far a right answer's numbers may stray.

All rates here are exact finite-sample bounds at ALPHA = 1e-8 a comparison; an answer meets at most twenty.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.diagnosis import fact
from vae_course.checks.engine.notes import in_double
from vae_course.checks.engine.relations import told_apart
from vae_course.checks.engine.trial import Closer, NotStarted, Wrong
from vae_course.checks.worlds.models import Case, decode, kl_terms, narrow, rec_without_z
from vae_course.checks.worlds.valleys import Bent
from vae_course.runner.answers import Call

ALPHA = 1e-8
LOG = math.log(2 / ALPHA)
NAMES = ("bound", "kl", "rec")


def notes_of_a_bound(call: Call, kl_is_closed: bool) -> str:
    """What a card adds to a right bound: it is in float64; its kl is an estimate."""
    drawn = (
        ""
        if kl_is_closed
        else "Your kl is estimated from draws, and right on average; the closed form of lesson 02 does not scatter."
    )
    return " ".join(filter(None, (in_double(call), drawn)))


def lipschitz_tolerance(slope: float, rows: int) -> float:
    """P(|mean of `rows` values f(ε) − E f| > this) ≤ ALPHA if f moves by at most `slope` per unit of Gaussian noise.

        slope · sqrt( 2 log(2 / ALPHA) / rows )

    f may depend on many ε at once, with `slope` its gradient's norm: so it holds for a mean over several draws (smaller
    slope), and for log-mean-exp of log weights (its gradient is an average of theirs). Source: Gaussian concentration
    (Tsirelson, Ibragimov & Sudakov 1976; Boucheron, Lugosi & Massart 2013, theorem 5.6).
    """
    return slope * math.sqrt(2 * LOG / rows)


def monte_carlo_kl_tolerance(m: Tensor, v: Tensor, alpha: float = ALPHA) -> float:
    """How far the mean of log q(z) − log p(z) over rows may lie from the mean KL to N(0, I), with one draw a row.

    A row's deviation is Σ_d a (ε² − 1) + b ε with a = (v − 1) / 2, b = m sqrt(v); it is sub-gamma, so that

        P(|mean − KL| > sqrt( 2 V log(2 / alpha) ) + c log(2 / alpha)) ≤ alpha,   V = Σ (2 a² + b²) / rows²,  c = 2 max|a| / rows

    Source: Laurent & Massart (2000), lemma 1; a mean over several draws strays less.
    """
    rows, log_rate = len(m), math.log(2 / alpha)
    a, b = (v - 1) / 2, m * v.sqrt()
    variance = float((2 * a.square() + b.square()).sum()) / rows**2
    return math.sqrt(2 * variance * log_rate) + 2 * float(a.abs().max()) / rows * log_rate


def bent_kl_tolerance(case: Bent, rows: int) -> float:
    """`monte_carlo_kl_tolerance` for one image repeated."""
    m, v = (torch.tensor(entry, dtype=torch.float64).expand(rows, -1) for entry in (case.m, case.v))
    return monte_carlo_kl_tolerance(m, v)


def must_be_numbers(call: Call, names: str = ", ".join(NAMES)) -> None:
    """A gate: as many outputs as there are names, of which the first, the bound, is one number. The others cost their own points.

    Args:
        names: what they are called: three, or four.

    Raises:
        Wrong: something else came back.
    """
    labels = names.split(", ")
    count = {3: "three", 4: "four"}[len(labels)]
    parts = [n for n in call.kinds if n != "returned"]
    if call.kinds.get("returned") == "NoneType":
        raise Wrong("Your method returned None.", f"It should return {count} scalars: is the `return` missing?")
    # A tuple, a list, a named tuple.
    if parts != [str(i) for i in range(len(labels))] or call.kinds["returned"] == "dict":
        raise Wrong(f"You returned {_of_another_form(call)}.", f"It should be {count} numbers: {names}.")
    if not call.differentiable and all(n in call.outputs and not bool(call.outputs[n].any()) for n in parts):
        rest = " and ".join([", ".join(labels[1:-1]), labels[-1]])
        raise NotStarted(f"Your method returns {count} zeros, the placeholders of a stub: compute the bound, {rest}.")
    must_be_one_number(call, "0", labels[0])


def must_be_one_number(call: Call, name: str, label: str = "") -> None:
    """Raise `Wrong` unless an output is a tensor of one number, or a Python number, which carries the value though no gradient."""
    if call.kinds[name] in ("float", "int"):
        return
    label = label or NAMES[int(name)]
    if call.kinds[name] == "NoneType":
        raise Wrong(f"Your {label} is None.", "It should be a tensor of one number.")
    value = part(call, name)
    if value.numel() != 1:
        raise Wrong(
            f"Your {label} has shape {tuple(value.shape)}.",
            "It should be one number: the mean over the images of the batch.",
        )


def must_be_scalars(call: Call) -> None:
    """Shape (), which adds, prints and backpropagates as a number does."""
    for name in "012":
        must_be_one_number(call, name)
        if call.outputs[name].ndim:
            shape = tuple(call.outputs[name].shape)
            raise Wrong(f"Your {NAMES[int(name)]} has shape {shape}.", "It should be a scalar, shape ().")


def _of_another_form(call: Call) -> str:
    """What came back in place of three numbers: a dictionary, something with one inside, or another count."""
    kind, parts = call.kinds["returned"], [n for n in call.kinds if n != "returned"]
    if kind == "dict":
        return f"a dictionary of {len(parts)}"
    if not all(n.isdigit() for n in parts):
        return f"a {kind} with a dictionary in it"
    return f"{len(parts)} values" if kind in ("tuple", "list") and len(parts) != 1 else f"one {kind}"


def must_leave_the_model(call: Call, what: str = "method") -> None:
    """A gate: x and the model's weights are as they were."""
    if any(not name.endswith(".grad") for name in call.changed):
        raise Wrong(f"Your {what} changed x or the model in place.", "Compute into new tensors.")


def must_leave_backward_to_others(call: Call, what: str = "method") -> None:
    """No gradients are left in the model's parameters, on top of which a training step would add its own."""
    if any(name.endswith(".grad") for name in call.changed):
        raise Wrong(
            f"Your {what} calls backward(), and leaves gradients in the model.",
            "It should compute and return; whoever trains calls backward() on what it returned, and else every step counts twice.",
        )


def bound_must_carry_a_gradient(call: Call) -> None:
    if "0" not in call.differentiable:
        raise Wrong(
            "Your bound carries no gradient.",
            "Training needs one: no .item(), numpy, .detach() or torch.no_grad() on the way.",
        )


def part(call: Call, name: str) -> Tensor:
    """One of several outputs, read as `checks.output` reads an answer that is a single tensor."""
    return output(replace(call, kinds=call.kinds | {"returned": call.kinds.get(name, "nothing")}), name)


def number(call: Call, name: str) -> float:
    """One of the three numbers; NaN where there is none."""
    value = call.outputs.get(name, torch.zeros(0))
    return value.double().mean().item() if value.numel() else math.nan


def as_tensors(found: Mapping[str, float]) -> dict[str, Tensor]:
    """Numbers as a part of a fingerprint."""
    return {name: fact(value) for name, value in found.items()}


def forms_of(call: Call) -> dict[str, float]:
    """How many numbers each output has, and how many axes."""
    return {f"elements of {n}": t.numel() + 0.1 * t.ndim for n, t in call.outputs.items()}


def deviation(call: Call, other: Call, name: str, right: float, *, scale: float, chance: float) -> float:
    """How far a number is from the right one, for a fingerprint: with an agreement of 0.12, to 0.24 % of `scale`.

    Most numbers are certain in *apart*, and told apart sharply. An estimate (two calls differ) counts as right where
    chance allows it.
    """
    off = number(call, name) - right
    return 0.0 if abs(off) <= chance and number(other, name) != number(call, name) else 50 * off / scale


def near(value: float, expected: float, tolerance: float = 0.0) -> bool:
    """Equal up to float32 rounding of sums over 784 pixels, or up to a tolerance on top of it."""
    return abs(value - expected) <= 1e-4 * (1 + abs(expected)) + tolerance


def must_be_near(
    label: str,
    value: float,
    expected: float,
    where: str,
    tolerance: float = 0.0,
    closer: Closer | None = None,
) -> None:
    """Raise `Wrong` with both numbers unless they agree; `closer`: see `Wrong`."""
    if not near(value, expected, tolerance):
        margin = f", up to chance of {tolerance:.2f}," if tolerance else ""
        got, right = told_apart(value, expected, 2, "f")
        raise Wrong(f"Your {label} is {got} nats {where}.", f"It should be {right}{margin} there.", closer)


def rec_must_be_finite(call: Call) -> None:
    """For a model that is sure of a pixel, and right: the pixel costs nothing, and 0 · log 0 is no number."""
    if not math.isfinite(number(call, "2")):
        raise Wrong(
            f"Your rec is {number(call, '2')} where the decoder's logit is 20 for a pixel that is 1.",
            "It should be finite: such a pixel costs 2e-9 nats.",
        )


def rec_must_cost_a_wrong_pixel(case: Case, call: Call) -> None:
    """For a model that is sure of a pixel, and wrong: by probabilities its cost is cut off, or infinite."""
    right, got = rec_without_z(case).mean().item(), number(call, "2")
    costs = f"In yours that pixel costs {20 + got - right:.2f}, for which its logit of 20 belongs."
    must_be_near(
        "rec", got, right, "where a decoder is sure of a pixel and wrong (logit 20, x = 0)", closer=lambda: costs
    )


def off_by_log_k(got: float, right: float, batch: int, iw: int, tolerance: float = 0.0) -> str:
    """How the bound misses −log p(x), where equal weights leave no other reason than sign, sum and log k."""
    for factor, words in ((1, ""), (batch, f"summed over the {batch} images"), (-1, "with the sign flipped")):
        for shift, more in (
            (0, ""),
            (-math.log(iw), f"too small by log {iw} = log iw"),
            (math.log(iw), f"too large by log {iw} = log iw"),
        ):
            if (words or more) and near(got, factor * (right + shift), tolerance):
                return f"Read off your numbers: the bound is {' and '.join(part for part in (words, more) if part)}."
    return ""


def slopes(call: Call) -> dict[str, Tensor | None]:
    """The bound's gradient in everything; empty where it carries none. One backward pass serves all checks of a call."""
    if "0" not in call.outputs:
        return {}
    return call.slopes


def slopes_in_x(call: Call, rec: str) -> Iterator[Tensor]:
    """What tells the z of a call: the slope in x of the output `rec`, where it has one, and then that of the bound."""
    of_rec = call.pull_back({rec: torch.ones_like(call.outputs[rec])}).get("1") if rec in call.differentiable else None
    if of_rec is not None and bool(of_rec.any()):
        yield of_rec
    of_bound = call.slopes.get("1")
    if of_bound is not None:
        yield of_bound


def rows_agree(gradients: dict[str, Tensor | None]) -> bool:
    """True if identical images of a batch were decoded from the same noise: then their gradients in x are equal.

    For a right answer two rows' gradients differ almost surely: they depend on z through several pixels. Without a
    gradient nothing can be said, and the answer is given the benefit of the doubt.
    """
    gradient = gradients.get("1")
    if gradient is None or len(gradient) < 2 or not bool(gradient.abs().sum() > 0):
        return False
    return bool((gradient[1:] - gradient[:-1]).abs().max() <= 1e-9)


def decoder_gradient(case: Case, call: Call) -> tuple[Tensor | None, Tensor]:
    """The bound's gradient in the decoder's last biases, the answer's and the right one: mean of sigmoid(logits) − x.

    For models whose decoder ignores z, where it needs no luck: for every importance weighting too.
    """
    found = call.slopes.get("dec.net.2.bias")
    logits = decode(case.model, torch.zeros(1, case.model.z_dim))
    return found, (torch.sigmoid(logits) - case.x.double()).mean(0)


def same_gradient(found: Tensor, right: Tensor) -> bool:
    return torch.allclose(found.double(), right, rtol=1e-3, atol=1e-5)


@cache
def narrow_numbers(copies: int = 1) -> tuple[float, float, float]:
    """In the model *narrow*: the mean KL, rec, and how far a Monte Carlo kl over so many copies of its rows may stray."""
    case = narrow()
    m, v, kl = kl_terms(case)
    chance = monte_carlo_kl_tolerance(m.repeat(copies, 1), v.repeat(copies, 1))
    return kl.mean().item(), rec_without_z(case).mean().item(), chance
