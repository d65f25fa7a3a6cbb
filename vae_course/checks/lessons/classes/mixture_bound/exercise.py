"""Exercise 9.2: the negative ELBO of a model whose prior is a mixture of Gaussians."""

import math
from collections.abc import Iterator
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.around.scaffolds import right_mixture
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Arguments, Check, Method
from vae_course.checks.lessons.classes.mixture_bound import checks
from vae_course.checks.lessons.classes.mixture_bound.mistakes import MISTAKES
from vae_course.checks.worlds import mixture
from vae_course.checks.worlds.bound_tools import (
    as_tensors,
    decoder_gradient,
    forms_of,
    near,
    number,
    rows_agree,
    slopes_in_x,
)
from vae_course.checks.worlds.models import PIXELS, Case, rec_without_z
from vae_course.checks.worlds.own_z import EXACT, decoded
from vae_course.runner.answers import Answer, Call


def draw_case(generator: Generator) -> Arguments:
    case = mixture.apart_mixed(generator)
    return case.model, case.x


@cache
def _fingerprint_case() -> tuple[Case, float]:
    case = mixture.apart_mixed(torch.Generator().manual_seed(5), batch=12)
    return case, rec_without_z(case).mean().item()


def _held(value: float) -> float:
    return max(-500.0, min(500.0, value)) if math.isfinite(value) else 999.0


@InParts
def mixture_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """rec without chance; then kl and bound relative to those of the z that were decoded, how z is drawn, and where gradients flow.

    What kl is named after, it is in *clusters* and in *close*.
    """
    case, rec = _fingerprint_case()
    call = answer.call(case.model, case.x, seed=1)
    if call.outputs.keys() != {"0", "1", "2"}:
        return
    found: dict[str, float] = dict(forms_of(call))
    found["rec"] = _held(50 * (number(call, "2") - rec) / rec)
    found["a sum of the two"] = _held((number(call, "0") - number(call, "1") - number(call, "2")) / 10)
    found["differentiable"] = float("0" in call.differentiable)
    found["rec of a pixel"] = float(near(PIXELS * number(call, "2"), rec))
    yield as_tensors(found)

    rows = mixture.clusters()
    call = answer.call(rows.model, rows.x, seed=2)
    if call.outputs.keys() != {"0", "1", "2"}:
        return
    to_rec = next(slopes_in_x(call, "2"), None)
    z = decoded(to_rec)
    found = {"told": float(z is not None), "shared": float(rows_agree({"1": None if to_rec is None else to_rec[::3]}))}
    if z is not None:
        noise = (z - rows.m) / rows.s
        kl, rec = mixture.kl_at(rows, z).mean().item(), mixture.rec_at(rows, z).mean().item()
        found["kl"] = _held((number(call, "1") - kl) / 20)
        found["bound"] = _held((number(call, "0") - kl - rec) / 20)
        found |= {"noise mean": noise.mean().item(), "noise spread": noise.std().item()}
        for name, right in mixture.right_slopes(rows, z).items():
            got = call.slopes.get(name)
            found[f"to {name}"] = (
                0.0 if got is None else _held(float(got.double().flatten() @ right.flatten() / right.square().sum()))
            )
    gradient, right = (
        decoder_gradient(Case(rows.model, rows.x), call) if call.outputs["0"].ndim == 0 else (None, torch.zeros(()))
    )
    found["to decoder"] = float(gradient is not None and bool(gradient.any()))

    beside = mixture.close()
    others = [answer.call(beside.model, beside.x, seed=seed) for seed in range(3, 11)]
    those = [decoded(next(slopes_in_x(other, "2"), None)) for other in others]
    also = _agreements(beside, others[0], those[0])
    for name, agrees in _agreements(rows, call, z).items():
        found[name] = float(agrees and also.get(name, False))
    off = [
        number(other, "1") - mixture.kl_at(beside, z).mean().item()
        for other, z in zip(others, those, strict=True)
        if z is not None and other.outputs.keys() == {"0", "1", "2"}
    ]
    found["kl: another z"] = float(len(off) == len(others) and _scatters(off))
    yield as_tensors(found)


def _scatters(off: list[float]) -> bool:
    """Are these differences, in eight calls in *close*, those of kl at another z? Each strays by 0.26 about 0."""
    each = torch.tensor(off, dtype=torch.float64)
    return 0.08 < each.std().item() < 0.6 and abs(each.mean().item()) < 0.4


def _agreements(rows: mixture.Rows, call: Call, z: Tensor | None) -> dict[str, bool]:
    """Of each kind of kl (`kinds_of_kl`), whether kl is that, and whether the bound has it."""
    if z is None or call.outputs.keys() != {"0", "1", "2"}:
        return {}
    rec = mixture.rec_at(rows, z).mean().item()
    found = {}
    for kind, value in mixture.kinds_of_kl(rows, z).items():
        found[f"kl: {kind}"] = abs(number(call, "1") - value) < EXACT
        found[f"bound: {kind}"] = abs(number(call, "0") - rec - value) < EXACT
    return found


mixture_bound = Method(
    name="GMVAE.mixture_bound",
    lesson="09_classes",
    number="9.2",
    title="The bound under a mixture",
    minutes=15,
    difficulty=3,
    lines="6 lines",
    arguments=draw_case,
    parameters=("self", "x"),
    scaffold={**FORMULAS, "log_normal_mixture": right_mixture},
    fingerprint=mixture_fingerprint,
    agreement=0.12,
    checks=(
        Check("three numbers: nelbo, kl, rec", checks.returns_three_numbers),
        Check("rec", checks.rec_is_right, points=1),
        Check("z from q(z|x), its own for each image", checks.z_is_drawn),
        Check("kl", checks.kl_is_of_the_mixture, points=1.5),
        Check("nelbo", checks.bound_is_right, points=1),
        Check("the gradient to the decoder", checks.gradient_to_decoder),
        Check("the gradients to mixture and encoder", checks.gradient_to_mixture_and_encoder, points=0.5),
    ),
    misconceptions=MISTAKES,
    hints=(
        "Which of the two terms changes when the prior does? Between a Gaussian and a mixture the KL has no closed form: what does lesson 02 do "
        "without one?",
        "The six lines of lesson 04: encode, draw z, kl, rec, put together, average. In the third, kl is a difference of two log densities at the z "
        "that you drew, (batch,) each.",
        "log q(z|x) is log_normal(z, m, v). log p(z) is your log_normal_mixture, with the two tensors of self.mixture. The same z goes into the "
        "decoder; the mean over the images comes last.",
    ),
)
