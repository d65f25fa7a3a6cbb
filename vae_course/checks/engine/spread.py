"""By which law do draws spread? Mean and standard deviation of an answer's z for several variances, and the law that all of them follow."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.trial import Raised, Trial

VARIANCES = (0.0001, 0.0025, 0.25, 1.0, 9.0, 100.0)
SHOWN = (0.0025, 1.0, 9.0)
MEAN = 2.0
SIDE = 96  # 9,216 draws for each variance
EXACT = 0.05
"""A spread over so many draws strays by more than this part of itself with probability 1e-11, where draws are normal."""
FAR = 6.0
"""Spreads of a mean: one strays so far with probability 2e-9."""
MOST = 50.0  # what is larger says no more

LAWS: dict[str, Callable[[float], float]] = {
    "v": lambda v: v,
    "v / 2": lambda v: v / 2,
    "exp(v / 2)": lambda v: math.exp(v / 2),
    "exp(v)": math.exp,
    "v to the power ¼": lambda v: v**0.25,
    "1 / √v": lambda v: v**-0.5,
    "1 / v": lambda v: 1 / v,
    "v squared": lambda v: v**2,
    "√softplus(v)": lambda v: math.sqrt(math.log1p(math.exp(v))),
    "softplus(v)": lambda v: math.log1p(math.exp(v)),
    "√(1 + v)": lambda v: math.sqrt(1 + v),
    "1 + √v": lambda v: 1 + math.sqrt(v),
    "log(1 + v)": math.log1p,
    "|log v| / 2": lambda v: abs(math.log(v)) / 2,
    "1, whatever v is": lambda v: 1.0,
}
"""What people take for √v."""


def law(trial: Trial, *, shape: bool = False) -> Reading:
    """The law of the spread and of the mean, with a table where none is known.

    Args:
        shape: the noise is known not to be normal, with a mean and a spread that are not far off: tell its shape where both are right.
    """
    found = {v: _draws(trial, MEAN, v) for v in VARIANCES}
    draws = {v: z for v, z in found.items() if z is not None and bool(z.isfinite().all())}
    if len(draws) < len(VARIANCES) - 1:
        return _table(draws)
    if any(_one_row(each) for each in (draws[1.0], draws[1.0].T)):
        return Reading()  # so few draws tell no spread
    still = _draws(trial, 0.0, 1.0)
    if still is not None and still.std().item() < 1e-6 < draws[1.0].std().item():
        return Reading(("With m = 0 your z does not move at all: the noise is multiplied by m.",))
    spread = {v: z.std().item() for v, z in draws.items()}
    right_spread = _fits(spread, math.sqrt)
    right_mean = all(abs(z.mean().item() - MEAN) <= FAR * max(spread[v], 1e-9) / SIDE + 1e-6 for v, z in draws.items())
    said = []
    if not right_spread:
        said.append(_of_spread(draws, spread))
    if not right_mean:
        said.append(_of_mean(draws))
    if right_spread and right_mean:
        return Reading.of(_of_others(trial) or (_of_shape(draws[1.0]) if shape else ""))
    said = [sentence for sentence in (*said, _of_others(trial)) if sentence]
    table = Reading() if said else _table(draws)
    return Reading((*said, *table.sentences), table.table)


def _draws(trial: Trial, mean: float, v: float) -> Tensor | None:
    try:
        z = trial.call(torch.full((SIDE, SIDE), mean), torch.full((SIDE, SIDE), v), seed=60).outputs.get("0")
    except Raised:
        return None
    return None if z is None or z.numel() != SIDE**2 else z.detach().double()


def _fits(spread: dict[float, float], wanted: Callable[[float], float]) -> bool:
    values = {v: wanted(v) for v in spread if v < MOST or wanted(MOST) < 1e6}
    return all(abs(spread[v] - value) <= EXACT * value for v, value in values.items())


def _of_spread(draws: dict[float, Tensor], spread: dict[float, float]) -> str:
    for words, wanted in LAWS.items():
        if _fits(spread, wanted):
            return f"Your z spreads by {words}, tried for {len(spread)} variances from {min(spread):g} to {max(spread):g}; √v is asked."
    rooted = {v: s / math.sqrt(v) for v, s in spread.items()}
    first, last = rooted[min(spread)], rooted[max(spread)]
    if max(rooted.values()) - min(rooted.values()) <= EXACT * first and first > 1e-6:
        noise = (draws[1.0] - draws[1.0].mean()).flatten()
        return (
            f"Your z spreads by {first:.3g} · √v for every variance: the noise has another spread than 1. ({noise.numel():,} draws of it, "
            f"less their mean, lie between {noise.min():.2f} and {noise.max():.2f}; of standard normal ones the outermost lie near ±3.8.)"
        )
    small = spread[min(spread)]
    large = [v for v in spread if v >= 1]
    if abs(last - 1) <= EXACT and small > 1.5 * math.sqrt(min(spread)):
        added = _fits(spread, lambda v: math.sqrt(v + small**2 - min(spread)))
        held = _fits(spread, lambda v: max(math.sqrt(v), small))
        if added:
            return f"Your z spreads by √(v + c), with c near {small**2 - min(spread):.2g}: something is added to v."
        if held:
            return f"Your z never spreads by less than {small:.3g}: something holds v, or its root, at {small**2:.2g} or {small:.2g} from below."
        return f"For large v your z spreads by √v, and for v = {min(spread):g} by {small:.3g}: something is added to v, or to its root."
    if large and all(abs(rooted[v] - rooted[large[0]]) <= EXACT * rooted[large[0]] for v in large):
        return f"For large v your z spreads by {rooted[large[0]]:.3g} · √v, and for v = {min(spread):g} by {small:.3g}."
    return ""


def _of_mean(draws: dict[float, Tensor]) -> str:
    means = {v: z.mean().item() for v, z in draws.items()}
    if all(abs(mean) <= FAR * draws[v].std().item() / SIDE + 1e-6 for v, mean in means.items()):
        return f"With m = {MEAN:g} your z lie around 0: m does not count."
    roots = {v: (mean - MEAN) / math.sqrt(v) for v, mean in means.items()}
    if max(roots.values()) - min(roots.values()) < 0.2:
        return f"Your z lie {roots[1.0]:+.2f} · √v beside m: the noise has a mean of its own, and 0 is asked."
    if _fits(means, math.sqrt):
        return "Your z lie around √v: m and √v have changed places."
    return ""


def _of_shape(z: Tensor) -> str:
    """Mean and spread are right."""
    noise = (z - MEAN).flatten()
    low, high, skew = noise.min().item(), noise.max().item(), noise.pow(3).mean().item()
    within = f"{noise.numel():,} draws lie between {low:.2f} and {high:.2f}"
    if abs(skew) > 0.3:
        shape = "to one side more than to the other"
    elif max(high, -low) < 3.02:
        shape = "and a normal has no such edge: its outermost of so many lie near ±3.8"
    elif max(high, -low) > 6:
        shape = "and its tails are too long: the outermost of so many normal draws lie near ±3.8"
    else:
        shape = "and their bell is not the normal's"
    return f"Mean and spread of your noise are right, its shape is not: {within}, {shape}. randn draws standard normal noise."


def _of_others(trial: Trial) -> str:
    """z of one entry follows from its own m and v alone."""
    m, v = torch.zeros(4, 6), torch.ones(4, 6)

    def corner(mean: Tensor, variance: Tensor) -> Tensor | None:
        z = trial.call(mean, variance, seed=61).outputs.get("0")
        return z[:2, :3] if z is not None and z.shape == m.shape else None

    try:
        first, again = corner(m, v), corner(m, v)
        if first is None or again is None or not torch.equal(first, again):
            return ""  # the noise is another in each call
        for which in "vm":
            for what, rest in (
                ("dimension", (slice(None), slice(3, None))),
                ("example", (slice(2, None), slice(None))),
            ):
                other = (v if which == "v" else m).clone()
                other[rest] = 7.0
                second = corner(*((m, other) if which == "v" else (other, v)))
                if second is not None and not torch.allclose(first, second, atol=1e-5):
                    return f"From the same noise, z changes in one {what} when {which} changes in another."
    except Raised:
        return ""
    return ""


def _table(draws: dict[float, Tensor]) -> Reading:
    columns = [
        (f"{v:g}", f"{z.mean():.2f}", f"{MEAN:.2f}", f"{z.std():.2f}", f"{math.sqrt(v):.2f}")
        for v, z in draws.items()
        if v in SHOWN
    ]
    labels = ("v", "your mean", "expected", "your spread", "expected")
    rows = ("  ".join(f"{cell:>6}" for cell in row) for row in zip(*columns, strict=True))
    caption = f"With m = {MEAN:g}, over {SIDE**2:,} draws for each variance (spread: the standard deviation of z):"
    return Reading((caption,), tuple(zip(labels, rows, strict=True)))


def _one_row(noise: Tensor) -> bool:
    """All rows are the same, to rounding: they hold the draws of one."""
    return len(noise) > 1 and bool((noise - noise[:1]).abs().max() <= 1e-5 * (1 + noise.abs().max()))
