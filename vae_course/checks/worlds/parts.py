"""What the terms of a bound say of themselves, each by its own numbers: the formula that kl, rec or the bound follow, over several models.

All in *apart*, where the decoder ignores z: there kl and rec are formulas of what encoder and decoder give, and no chance is in them.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.checks.engine.findings import Reading
from vae_course.checks.engine.formulas import Example, formula_read_off
from vae_course.checks.engine.relations import Pair, relation
from vae_course.checks.worlds.bound_tools import NAMES, near, number
from vae_course.checks.worlds.models import Case, apart, decode, encode, kl_terms, rec_without_z
from vae_course.runner.answers import Call

BATCHES = (5, 6, 7, 4)
"""Images in each model: a sum over them is no multiple of their mean."""
FORMULAS = {
    "1": (
        "mean(sum(0.5 * (v + m ** 2 - 1 - log(v)), -1), 0)",
        "mean(0.5 * sum(log(pv) - log(v) + v / pv + (m - pm) ** 2 / pv - 1, -1), 0)",
    ),
    "2": (
        "mean(sum(softplus(logits) - x * logits, -1), 0)",
        "-mean(sum(x * logits - softplus(logits), -1), 0)",
        "mean(-sum(x * log(sigmoid(logits)) + (1 - x) * log(1 - sigmoid(logits)), -1), 0)",
    ),
    "0": ("mean(kl + rec, 0)",),
}
EXACT = 2e-5
"""Of four numbers more is asked than of the many of a formula. Right terms were at most 2e-7 off, relative to 1 + their size."""
MOST = 10
"""The largest denominator of a fraction that is believed."""

Ask = Callable[[Case, int], Call]
"""Call an answer on a model's images, with a seed."""


@cache
def cases() -> tuple[Case, ...]:
    return tuple(apart(torch.Generator().manual_seed(31 + i), batch=batch) for i, batch in enumerate(BATCHES))


@cache
def inputs() -> tuple[dict[str, dict[str, Tensor]], ...]:
    """What kl and rec are formulas of, in each model; and what people take in its place."""
    found = []
    for case in cases():
        m, v, kl = kl_terms(case)
        dark_m, dark_v = encode(case.model, torch.zeros_like(case.x))
        logits = decode(case.model, torch.zeros(1, case.model.z_dim)).expand(len(case.x), -1)
        found.append(
            {
                "1": {
                    **{
                        "m": m,
                        "v": v,
                        "pm": torch.zeros_like(m),
                        "pv": torch.ones_like(v),
                        "m_of_a_black_image": dark_m,
                        "v_of_a_black_image": dark_v,
                    },
                    **{f"{n}_of_the_first_image": t[:1].expand_as(t) for n, t in (("m", m), ("v", v))},
                },
                "2": {"x": case.x.double(), "logits": logits},
                "0": {"kl": kl, "rec": rec_without_z(case)},
            }
        )
    return tuple(found)


def read_off(ask: Ask, name: str) -> Reading:
    """How an output is related to the right one in all models, to kl and rec, or the formula that it follows."""
    calls = [ask(case, 60 + i) for i, case in enumerate(cases())]
    got, own_kl, own_rec = (_numbers([number(call, n) for call in calls]) for n in (name, "1", "2"))
    kl, rec = (_numbers([each["0"][n].mean().item() for each in inputs()]) for n in ("kl", "rec"))
    if name == "0" and all(map(near, got.tolist(), (own_kl + own_rec).tolist())):
        return Reading.of("Your bound is your kl + your rec, as it should be: what is off is in them.")
    if held := held_at(got):
        return Reading.of(held)
    if name == "0" and (turned := _with_a_sign_turned(got, kl, rec, own_kl, own_rec)):
        return Reading.of(turned)
    if name == "2" and (said := _swapped(got) or _log_probability(got, rec)):
        return Reading.of(said)
    related = _related(got, {"0": kl + rec, "1": kl, "2": rec}[name]) or _sum_of_terms(NAMES[int(name)], got, kl, rec)
    if not related and name == "0":
        related = _sum_of_terms("bound", got, own_kl, own_rec, "your ")
    examples = [Example(each[name], value) for each, value in zip(inputs(), got, strict=True)]
    return Reading.of(related) if related else formula_read_off(FORMULAS[name], examples, EXACT, of_batches=True)


def _with_a_sign_turned(got: Tensor, kl: Tensor, rec: Tensor, own_kl: Tensor, own_rec: Tensor) -> str:
    """How a bound is made of the answer's own kl and rec, of which one or both have their sign turned, and what that makes of it."""
    turned = {"kl": _same(own_kl, -kl), "rec": _same(own_rec, -rec)}
    known = {"kl": turned["kl"] or _same(own_kl, kl), "rec": turned["rec"] or _same(own_rec, rec)}
    if not any(turned.values()) or not all(known.values()):
        return ""
    for of_kl, of_rec in ((-1, -1), (-1, 1), (1, -1)):
        if not _same(got, of_kl * own_kl + of_rec * own_rec):
            continue
        own = {(-1, -1): "−(your kl + your rec)", (-1, 1): "your rec − your kl", (1, -1): "your kl − your rec"}[
            of_kl, of_rec
        ]
        is_kl, is_rec = (-sign if turned[n] else sign for n, sign in (("kl", of_kl), ("rec", of_rec)))
        signs = [f"your {n} is {words}" for n, words in _TURNED.items() if turned[n]]
        made = {
            (-1, 1): "So the kl is subtracted: rec − kl.",
            (1, -1): "So the right rec is subtracted: kl − rec.",
            (-1, -1): "So it is −(kl + rec), the ELBO.",
        }.get((is_kl, is_rec), "")
        return (
            f"Read off your numbers: your bound is {own}, and {' and '.join(signs)}. {made} "
            "Asked is nelbo = kl + rec, with neither negative."
        )
    return ""


_TURNED = {"kl": "−KL, with its sign turned", "rec": "log p(x|z), the log probability with its sign as it is"}


def _log_probability(got: Tensor, rec: Tensor) -> str:
    return (
        "It is log p(x|z), the log probability with its sign as it is: rec = −log p(x|z)." if _same(got, -rec) else ""
    )


RIGHT_CALL = "It is log_bernoulli_with_logits(x, logits), the image first and the decoder's output as it is."


def _swapped(got: Tensor) -> str:
    """What is said of a rec that a call with image and logits in each other's place makes; its sign, or a sum for a mean, may be off too."""
    batches = torch.tensor(BATCHES, dtype=torch.float64)
    for in_place, words in (
        ("logits", "x and the logits"),
        ("probabilities", "x and the probabilities, a sigmoid of the logits,"),
    ):
        cost = _numbers([_cost_of_swapped(each["2"], in_place) for each in inputs()])
        for factor, also in (
            (1.0, ""),
            (batches, ", summed over the images instead of averaged"),
            (1 / inputs()[0]["2"]["x"].shape[-1], ", averaged over the pixels instead of summed"),
        ):
            for sign, turned in ((1, ""), (-1, ", with the sign turned")):
                if _same(got, sign * factor * cost):
                    made = f"your rec is exactly what that makes{turned}{also}"
                    return f"{words} have changed places in the call: {made}. {RIGHT_CALL}"
    return ""


def swapped_by_slopes(case: Case, call: Call) -> str:
    """What is said of log p(x|z) with image and logits in each other's place, where neither encoder nor decoder moves anything else with x.

    Its slope in a pixel is the logit; of the swapped call it is the logit less the sigmoid of the pixel. What else is in the weights has none.
    """
    if "0" not in call.differentiable:
        return ""
    found = call.pull_back({"0": torch.ones_like(call.outputs["0"])}).get("1")
    logits = decode(case.model, torch.zeros(1, case.model.z_dim)).expand(len(case.x), -1).double()
    swapped = (logits - torch.sigmoid(case.x.double())) * (call.outputs["0"].numel() / len(case.x))
    if found is None or not any(
        torch.allclose(found.double(), sign * swapped, rtol=1e-3, atol=1e-3) for sign in (1, -1)
    ):
        return ""
    return f"Your slopes in x are exactly those of log p(x|z) with x and the logits in each other's place. {RIGHT_CALL}"


def _cost_of_swapped(of: dict[str, Tensor], in_place: str) -> float:
    """−log_bernoulli_with_logits(logits, x), the mean over the images."""
    images = of["logits"] if in_place == "logits" else torch.sigmoid(of["logits"])
    return (softplus(of["x"]) - of["x"] * images).sum(-1).mean().item()


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=EXACT, atol=EXACT)


def held_at(got: Tensor) -> str:
    """Numbers that should differ, and do not."""
    if not float(got.max() - got.min()) <= EXACT * (1 + float(got.abs().max())):
        return ""
    return f"Under {len(got)} models it is the same number, {got[0]:.2f}: it does not follow from them, or something holds it."


def _held_beyond(got: Tensor, right: Tensor) -> str:
    """Numbers that are right on one side of a bound, and are the bound on the other."""
    for bound, held, side in (
        (got.max(), right.clamp(max=got.max()), "above"),
        (got.min(), right.clamp(min=got.min()), "below"),
    ):
        if (
            int((got == bound).sum()) > 1
            and torch.allclose(got, held, rtol=EXACT, atol=EXACT)
            and not torch.allclose(got, right)
        ):
            return f"It is right, and {bound:.2f} wherever the right number lies {side}: something holds it there."
    return ""


def _numbers(found: Sequence[float]) -> Tensor:
    return torch.tensor(found, dtype=torch.float64)


def _related(got: Tensor, right: Tensor) -> str:
    """How numbers are related to the right ones, with the size of the batch in mind."""
    found = relation([Pair(got, right)]) or _held_beyond(got, right)
    sums = right * torch.tensor(BATCHES)
    if not found and bool(got.isfinite().all()):
        by = (sums / got).mean().item()
        if 0.999 < abs(by) < 1e6 and torch.allclose(got * by, sums, rtol=1e-4):
            fixed = f", divided by {by:.4g} whatever the size of the batch. Divide by the number of images"
            found = f"It is the sum over the images{fixed if abs(by - 1) > 1e-4 else ', not their mean'}."
    return found


def _sum_of_terms(label: str, got: Tensor, kl: Tensor, rec: Tensor, whose: str = "") -> str:
    """ "Your rec is ½ kl + rec", where multiples of the two make all the numbers; each a small fraction, or nothing is said."""
    if not bool((got + kl + rec).isfinite().all()):
        return ""
    terms = torch.stack([kl, rec], -1)
    multiples = torch.linalg.lstsq(terms, got[:, None]).solution[:, 0]
    fractions = [Fraction(each).limit_denominator(MOST) for each in multiples.tolist()]
    made = terms @ torch.tensor([float(each) for each in fractions], dtype=torch.float64)
    if not torch.allclose(made, got, rtol=2e-5, atol=2e-5):
        return ""
    named = zip(fractions, (f"{whose}kl", f"{whose}rec"), strict=True)
    words = [f"{'−' if f < 0 else '+'} {'' if abs(f) == 1 else f'{abs(f)} '}{name}" for f, name in named if f]
    return f"Read off your numbers: your {label} is {' '.join(words).removeprefix('+ ')}." if words else ""
