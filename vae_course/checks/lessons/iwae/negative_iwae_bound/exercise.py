"""Exercise 5.2: the negative importance-weighted bound."""

import math
from collections.abc import Iterator
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.around.scaffolds import right_weights
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Check, Method
from vae_course.checks.lessons.iwae.negative_iwae_bound.mistakes import IN_THE_BOUND, IN_THE_TERMS, IN_THE_WEIGHTS
from vae_course.checks.worlds import iwae as checks
from vae_course.checks.worlds.bound_tools import (
    as_tensors,
    decoder_gradient,
    deviation,
    forms_of,
    monte_carlo_kl_tolerance,
    number,
    rows_agree,
    slopes,
)
from vae_course.checks.worlds.drawn import decoded_noise, decoded_z
from vae_course.checks.worlds.draws import MIRRORED, drawn_noise, pair_relation
from vae_course.checks.worlds.iwae import draw_still
from vae_course.checks.worlds.models import LINEAR_M, Case, apart, faint, kl_terms, linear_weights, rec_without_z, still
from vae_course.checks.worlds.valleys import mild, strong
from vae_course.runner.answers import Answer


@cache
def _cases() -> tuple[Case, Case, Case]:
    def rng() -> Generator:
        return torch.Generator().manual_seed(5)

    return faint(still(rng(), batch=4)), apart(rng(), batch=12), linear_weights(rng())


@InParts
def iwae_fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """The three numbers beside the right ones in five models; what is shared; where gradients flow.

    All have the standard prior, so that N(0, I) in the code hides no other mistake: a check of its own says that.
    """
    quiet, wide, line = _cases()
    right = rec_without_z(quiet).mean().item()
    call = answer.call(quiet.model, quiet.x, 6, seed=1)
    if call.outputs.keys() != {"0", "1", "2"}:
        return
    found = forms_of(call)
    found["still"], found["still, rec"] = (number(call, "0") - right) / 4, number(call, "2") / right
    floor = number(call, "0") / math.log(10)  # −log ε for ε = 1e-10 and the like: the weights are below it
    if 5 < floor and abs(floor - round(floor)) < 1e-5:
        found["still"] = -1e3
    found["differentiable"] = "0" in call.differentiable
    yield as_tensors(found)

    if call.outputs["0"].ndim == 0 and "0" in call.differentiable:
        one = answer.call(line.model, line.x, 1, seed=7)
        slope = one.slopes.get("enc.net.2.bias")
        z = LINEAR_M + drawn_noise(line, one)
        pair = pair_relation(line, answer.call(line.model, line.x, 2, seed=8)) or (-1.0, -1.0, 1.0)
        found = {"one draw decides": pair[0] > math.log(2) - 1e-4, "no log of a mean": pair[1] > 0.003}
        found["mirrored"] = abs(pair[2]) < MIRRORED
        found["one draw is certain"] = number(one, "0") == number(answer.call(line.model, line.x, 1, seed=9), "0")
        found["ignores iw"] = number(one, "0") == number(answer.call(line.model, line.x, 3, seed=7), "0")
        found["to encoder"] = -1.0 if slope is None else abs(slope[0].item() - z) < 0.01
        yield as_tensors(found)

    terms, other = (answer.call(wide.model, wide.x, 2, seed=seed) for seed in (2, 12))
    m, v, kl = kl_terms(wide)
    found = {}
    for name, term in (("1", kl), ("2", rec_without_z(wide))):
        expected = term.mean().item()
        found[name] = deviation(terms, other, name, expected, scale=expected, chance=monte_carlo_kl_tolerance(m, v))
    found["finite"] = math.isfinite(number(terms, "0"))
    gradient, exact = decoder_gradient(quiet, call) if call.outputs["0"].ndim == 0 else (None, torch.ones(1).double())
    found["to decoder"] = 0.0 if gradient is None else float(gradient.double() @ exact / (exact @ exact))
    yield as_tensors(found)

    copies, rows, valleys = strong().rows(3), strong().rows(checks.ROWS), mild().rows(checks.COPIES)
    few = [answer.call(copies.model, copies.x, 2, seed=5 + i) for i in range(2)]
    shared, fixed = rows_agree(slopes(few[0])), number(few[0], "0") == number(few[1], "0")
    found = {"shared": shared, "fixed": fixed}
    if not shared or fixed:
        valley = answer.call(valleys.model, valleys.x, 1, seed=9)
        found |= decoded_noise(decoded_z(valley.slopes.get("1")))
        found["mild rec"] = (number(valley, "2") - mild().rec) / (mild().latents * mild().truth.slope())
        many = answer.call(rows.model, rows.x, 8, seed=3)
        found["strong"] = (number(many, "0") - checks.strong_numbers()[0]) / 12
        found["strong rec"] = (number(many, "2") - strong().rec) / 8
    yield as_tensors(found)


negative_iwae_bound = Method(
    name="VAE.negative_iwae_bound",
    lesson="05_iwae",
    number="5.2",
    title="The importance-weighted bound",
    minutes=30,
    difficulty=3,
    lines="5 lines",
    arguments=draw_still,
    parameters=("self", "x", "iw"),
    checks=(
        Check("three numbers: niwae, kl, rec", checks.returns_three_numbers),
        Check("each is a scalar", checks.are_scalars, points=1),
        Check(checks.VALUES[0], checks.exact_where_q_is_p, points=0.5),
        Check("niwae with eight draws", checks.equals_integral, points=1.5),
        Check("niwae stays finite for 784 pixels", checks.stays_finite, points=1),
        Check("noise of its own for each image", checks.noise_is_own, points=1),
        Check("kl", checks.term("1"), points=1),
        Check("rec", checks.term("2"), points=1),
        Check("uses self.z_prior", checks.prior_is_used, points=1),
        Check("gradients", checks.gradients, points=1),
    ),
    fingerprint=iwae_fingerprint,
    agreement=0.12,
    # Lesson 04's method is no scaffold: this lesson's class has it only if its author writes it there.
    scaffold={**FORMULAS, "log_weights": right_weights},
    notes=(checks.notes,),
    misconceptions=IN_THE_BOUND + IN_THE_TERMS + IN_THE_WEIGHTS,
    hints=(
        "You have log w as (batch, iw). The mean over draws belongs inside the log, the mean over images outside.",
        "log_mean_exp(log_w, dim) averages along one axis in log space: which one holds the draws? kl and rec are the two "
        "terms of the ELBO, from one more draw. Lesson 04's method is not in this class: write the two out.",
        "log_w = log_weights(self, x, iw) is (batch, iw), and log_mean_exp along dim=1 leaves (batch,): what is left to do until "
        "it is the *negative* bound of the batch? For the other two: m, v = self.enc(x), one z from sample_gaussian; kl_normal "
        "with *self.z_prior, and −log_bernoulli_with_logits, each averaged over the images. Return niwae, kl, rec.",
    ),
)
