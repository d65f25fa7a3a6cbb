"""Exercise 4.1: the negative ELBO of a batch."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Arguments, Check, Method
from vae_course.checks.lessons.nelbo.negative_elbo_bound.mistakes import IN_THE_DRAW, IN_THE_SUM
from vae_course.checks.worlds import elbo as checks
from vae_course.checks.worlds import own_z
from vae_course.checks.worlds.bound_tools import (
    as_tensors,
    decoder_gradient,
    deviation,
    forms_of,
    monte_carlo_kl_tolerance,
    near,
    number,
    rows_agree,
)
from vae_course.checks.worlds.drawn import decoded_noise, decoded_z, kl_per_draw
from vae_course.checks.worlds.models import Case, apart, kl_terms, rec_without_z, sure_of_a_pixel, wrong_of_a_pixel
from vae_course.checks.worlds.valleys import mild, triplets
from vae_course.runner.answers import Answer


def draw_case(generator: Generator) -> Arguments:
    case = apart(generator)
    return case.model, case.x


@cache
def _fingerprint_case() -> tuple[Case, float, float, float]:
    """A model, its kl and rec, and how far a Monte Carlo kl may stray there."""
    case = apart(torch.Generator().manual_seed(5), batch=12)
    m, v, kl = kl_terms(case)
    return case, kl.mean().item(), rec_without_z(case).mean().item(), monte_carlo_kl_tolerance(m, v)


@InParts
def bound_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """The three numbers relative to the right ones, in *apart* and in *mild*; what is shared; where gradients flow."""
    case, kl, rec, chance = _fingerprint_case()
    call, other = (answer.call(case.model, case.x, seed=seed) for seed in (1, 11))
    if call.outputs.keys() != {"0", "1", "2"}:
        return
    found = forms_of(call)
    for name, expected in (("0", kl + rec), ("1", kl), ("2", rec)):
        found[name] = deviation(call, other, name, expected, scale=rec if name == "2" else kl, chance=chance)
    found["differentiable"] = "0" in call.differentiable
    model, rows = mild(), mild().rows(checks.ROWS)
    if number(call, "1") != number(other, "1"):
        times = kl_per_draw(answer.call(rows.model, rows.x, seed=2))
        if times is not None and not near(times, 1.0, 1e-3):
            # A multiple of the right estimate is that multiple of the kl.
            found["1"] = 50 * (times - 1)
            found["0"] = 50 * (number(call, "0") - number(call, "1") - rec + (times - 1) * kl) / kl
    yield as_tensors(found)

    many, again = (answer.call(rows.model, rows.x, seed=2 + i) for i in range(2))
    if any(c.outputs.keys() != {"0", "1", "2"} for c in (many, again)):
        return
    flows = many.slopes
    shared, fixed = rows_agree(flows), all(number(many, n) == number(again, n) for n in "02")
    sure = sure_of_a_pixel(case)
    finite = math.isfinite(number(answer.call(sure.model, sure.x, seed=6), "2"))
    found = {"shared": shared, "fixed": fixed, "finite": finite, "leaves gradients": bool(call.changed)}
    wrong = wrong_of_a_pixel(case)
    cost = number(answer.call(wrong.model, wrong.x, seed=7), "2") - number(answer.call(sure.model, sure.x, seed=7), "2")
    found["a wrong pixel"] = min(cost / 20, 9.0) if cost > 10 else 0.0
    found["own z"] = own_z.distance(answer.call(triplets().model, triplets().x, seed=8).slopes.get("1"))
    if fixed:
        trained = replace(rows.model, training=True)
        first, second = (answer.call(trained, rows.x[:2], seed=4 + i) for i in range(2))
        found["fixed in training"] = number(first, "2") == number(second, "2")
    if not shared or fixed:
        scale = model.latents * model.truth.slope()
        found["mild bound"] = (number(many, "0") - model.rec - model.kl) / scale
        found["mild rec"] = (number(many, "2") - model.rec) / scale
        found |= decoded_noise(decoded_z(flows.get("1")))
    gradient, right = decoder_gradient(case, call) if call.outputs["0"].ndim == 0 else (None, torch.zeros(()))
    if gradient is not None:
        found["to decoder"] = float(gradient.double() @ right / (right @ right))
        to_encoder = flows.get("enc.net.2.bias")
        found["to encoder"] = 0.0 if to_encoder is None or shared else to_encoder[len(model.m) :].mean().item()
        to_m = 0.0 if to_encoder is None else to_encoder[: len(model.m)].mean().item()
        found["to m through kl alone"] = abs(to_m - model.m[0]) < 1e-4
    yield as_tensors(found)


negative_elbo_bound = Method(
    name="VAE.negative_elbo_bound",
    lesson="04_nelbo",
    number="4.1",
    title="The negative ELBO",
    minutes=30,
    difficulty=3,
    lines="6 lines",
    arguments=draw_case,
    parameters=("self", "x"),
    checks=(
        Check("three numbers: nelbo, kl, rec", checks.returns_three_numbers),
        Check("each is a scalar", checks.are_scalars, points=1),
        Check(checks.VALUE[0], checks.value_of("0"), points=3),
        Check("noise of its own for each image", checks.noise_is_own, points=1),
        Check("kl", checks.value_of("1"), points=2),
        Check("rec", checks.value_of("2"), points=2),
        Check("the gradient to the decoder", checks.gradient_to_decoder, points=1),
        Check("the gradient to the encoder", checks.gradient_to_encoder, points=1),
    ),
    fingerprint=bound_fingerprint,
    agreement=0.12,
    scaffold=FORMULAS,
    notes=(checks.notes,),
    misconceptions=IN_THE_SUM + IN_THE_DRAW,
    hints=(
        "Write one line for each of the six steps, and beside it the shape: (batch, z_dim) as long as it is about z, (batch,) for "
        "what an image costs, a scalar only in the last line. Which line do you not know how to write?",
        "kl needs no z: it compares two Gaussians, and both are known, q by what the encoder gives, p by self.z_prior. rec needs "
        "z, and only through the decoder. A log-probability of black-and-white pixels is never above 0, and rec never below.",
        "Unpack both pairs: m, v from self.enc(x), pm, pv from self.z_prior. kl_normal takes them in the order in which the KL "
        "names them, q before p. log_bernoulli_with_logits takes the image first, then the decoder's output as it is. What is "
        "left are a sign, a sum, and one average over the images for each of the three numbers.",
    ),
)
