"""Exercise 9.4: the negative ELBO of images without labels, their class summed out."""

import math
from collections.abc import Iterator
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Arguments, Check, Method
from vae_course.checks.lessons.classes.unlabelled_bound import checks, draws
from vae_course.checks.lessons.classes.unlabelled_bound.mistakes import MISTAKES
from vae_course.checks.lessons.classes.unlabelled_bound.seen import EXACT, flat_terms
from vae_course.checks.worlds.bound_tools import as_tensors, forms_of, near, number, rows_agree
from vae_course.checks.worlds.labelled import (
    decoded_noise,
    flat,
    replay,
    right_slopes,
    share_of_known,
    spread_by_v,
    sure,
    told,
    told_weights,
)
from vae_course.checks.worlds.models import PIXELS, Case
from vae_course.runner.answers import Answer

LOOSE = 12.0
"""What depends on the draw is divided by this, so that it agrees to 0.12."""


def draw_case(generator: Generator) -> Arguments:
    case = flat(generator)
    return case.model, case.x


@cache
def _fingerprint_case() -> tuple[Case, list[float]]:
    case = flat(torch.Generator().manual_seed(5), batch=12)
    return case, [float(one) for one in flat_terms(case)]


def _held(value: float) -> float:
    return max(-500.0, min(500.0, value)) if math.isfinite(value) else 999.0


@InParts
def unlabelled_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """The four numbers relative to the right ones without chance; then how z is drawn, and where gradients flow."""
    case, right = _fingerprint_case()
    call, again = (answer.call(case.model, case.x, seed=seed) for seed in (1, 11))
    if call.outputs.keys() != {"0", "1", "2", "3"}:
        return
    found: dict[str, float] = dict(forms_of(call))
    drawn = any(number(call, n) != number(again, n) for n in "0123")
    found["chance"] = float(drawn)
    found["differentiable"] = float("0" in call.differentiable)
    for name, scale in zip("0123", (right[1], right[1], right[2], right[1]), strict=True):
        # Of what is drawn each call says another number.
        off = (number(call, name) - right[int(name)]) / scale
        found[name] = 0.0 if drawn and name != "2" else _held(20 * off)
    found["rec, relative"] = 0.0 if drawn else _held(50 * (number(call, "3") / right[3] - 1))
    found["rec of a pixel"] = float(near(PIXELS * number(call, "3"), right[3]))
    certain = answer.call(sure(case).model, case.x, seed=1)
    found["no number where q is 0"] = float(not math.isfinite(number(certain, "2")))
    yield as_tensors(found)

    call = answer.call(told().model, told().x, seed=2)
    if call.outputs.keys() != {"0", "1", "2", "3"}:
        return
    to_rec = call.pull_back({"3": torch.ones_like(call.outputs["3"])}).get("1") if "3" in call.differentiable else None
    found = {"told": float(share_of_known(to_rec) is not None)}
    found["shared"] = float(rows_agree({"1": None if to_rec is None else to_rec[::3]}))
    few = [answer.call(told().model, told().x[:6], seed=seed) for seed in (3, 13)]
    found["anew"] = float(number(few[0], "3") != number(few[1], "3"))
    noise = decoded_noise(to_rec)
    found["decoded"] = float(noise is not None)
    if noise is not None:
        spread = noise.std().item()
        found |= {"noise mean": noise.mean().item() / LOOSE, "noise spread": min(spread, 9.0) / LOOSE}
        found["spread by v"] = max(-9.0, min(9.0, spread_by_v(noise))) / LOOSE
        rec = replay(told_weights(), told().x, noise)[0].four()[3].item()
        found["explained"] = float(abs(number(call, "3") - rec) < EXACT)
        if found["explained"]:
            for name, slope in right_slopes(noise, drawn=False).items():
                got = call.slopes.get(name)
                ratio = 0.0 if got is None else float(got.double() @ slope / slope.square().sum())
                found[f"to {name}"] = _held(ratio) / LOOSE
            found["the classifier hears kl_y alone"] = float(checks.is_slope_of_kl_y(call.slopes.get("cls.net.2.bias")))
    yield as_tensors(found)


unlabelled_bound = Method(
    name="SSVAE.unlabelled_bound",
    lesson="09_classes",
    number="9.4",
    title="Sum the class out",
    minutes=30,
    difficulty=4,
    lines="12 lines",
    arguments=draw_case,
    parameters=("self", "x"),
    scaffold=FORMULAS,
    fingerprint=unlabelled_fingerprint,
    agreement=0.01,
    checks=(
        Check("four numbers: nelbo, kl_z, kl_y, rec", checks.returns_four_numbers),
        Check("kl_y", checks.value_of("2"), points=1),
        Check("kl_z", checks.value_of("1"), points=1),
        Check("rec", checks.value_of("3"), points=1),
        Check("nelbo", checks.value_of("0"), points=1),
        Check("z from q(z|x, y), its own for each image", draws.z_is_drawn),
        Check("the gradients to all three networks", checks.gradients, points=1),
    ),
    misconceptions=MISTAKES,
    hints=(
        "For kl_y, q(y|x) alone is enough. The other two terms depend on y: of each there are ten numbers for an image, and one average.",
        "Put every image beside every class: x.repeat_interleave(10, 0) is (10 · batch, 784), each image ten times in a row, and "
        "torch.eye(10).repeat(batch, 1) is (10 · batch, 10), the ten classes in turn. What comes out for these rows is reshaped to (batch, 10): "
        "row i has image i, column y has class y.",
        "log q(y|x) is torch.log_softmax of self.cls(x) along the last axis, and its exp has the weights. kl_y: Σ q (log q + log 10). kl_z and rec: the "
        "tables (batch, 10), times the weights, summed over the last axis. Each is averaged over the images at the end, and nelbo is the sum of the three.",
    ),
)
