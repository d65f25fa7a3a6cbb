"""Exercise 8.1: the loss whose kl has a weight."""

from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around import FORMULAS
from vae_course.checks.around.scaffolds import right_bound
from vae_course.checks.engine.exercise import Arguments, Check, Method
from vae_course.checks.lessons.rate_distortion.beta_bound import checks
from vae_course.checks.lessons.rate_distortion.beta_bound.mistakes import MISTAKES
from vae_course.checks.worlds.bound_tools import as_tensors, forms_of, number, rows_agree
from vae_course.checks.worlds.drawn import decoded_noise, decoded_z
from vae_course.checks.worlds.models import Case, apart, kl_terms, rec_without_z
from vae_course.checks.worlds.valleys import mild
from vae_course.runner.answers import Answer

ROWS = 24


def draw_case(generator: Generator) -> Arguments:
    """A model, images, and a weight between ¼ and 4."""
    case = apart(generator)
    return case.model, case.x, float(2 ** (4 * torch.rand((), generator=generator) - 2))


@cache
def _fingerprint_case() -> tuple[Case, float, float]:
    case = apart(torch.Generator().manual_seed(5), batch=12)
    return case, kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()


def weighted_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """The three numbers for several weights relative to the right ones; the slopes' shares; the noise, and what is shared."""
    case, kl, rec = _fingerprint_case()
    found: dict[str, float] = {}
    for beta in (1.0, *checks.OTHERS):
        call = answer.call(case.model, case.x, beta, seed=1)
        if call.outputs.keys() != {"0", "1", "2"}:
            return {}
        found |= {f"{name} at {beta:g}": size for name, size in forms_of(call).items()}
        for name, right, scale in (("0", rec + beta * kl, kl), ("1", kl, kl), ("2", rec, rec)):
            found[f"{name} at {beta:g}"] = max(-200.0, min(200.0, 50 * (number(call, name) - right) / scale))
    to_encoder = answer.call(case.model, case.x, checks.HEAVY, seed=1).slopes.get("enc.net.2.bias")
    found["slope"] = 0.0 if to_encoder is None else 5 * to_encoder[: to_encoder.numel() // 2].mean().item()
    rows = mild().rows(ROWS)
    for beta in (1.0, checks.HEAVY):
        call = answer.call(rows.model, rows.x, beta, seed=2)
        noise = decoded_noise(decoded_z(call.slopes.get("1")))
        found |= {f"{name} at {beta:g}": value for name, value in noise.items()}
        found[f"shared at {beta:g}"] = float(rows_agree(call.slopes))
        to_encoder = call.slopes.get("enc.net.2.bias")
        found[f"through z at {beta:g}"] = float(
            to_encoder is not None and abs(to_encoder[: len(mild().m)].mean().item() - beta * mild().m[0]) > 1e-3
        )
    return as_tensors(found)


beta_bound = Method(
    name="VAE.beta_bound",
    lesson="08_rate_distortion",
    number="8.1",
    title="A price for the rate",
    minutes=12,
    difficulty=2,
    lines="6 lines",
    arguments=draw_case,
    parameters=("self", "x", "beta"),
    scaffold={**FORMULAS, "VAE.negative_elbo_bound": right_bound},
    fingerprint=weighted_fingerprint,
    agreement=0.12,
    notes=(checks.notes,),
    checks=(
        Check("three numbers: loss, kl, rec", checks.returns_three_numbers),
        Check("with beta = 1 it is the NELBO", checks.is_the_nelbo_at_one, points=2),
        Check("the loss is rec + beta · kl", checks.loss_at_other_weights, points=2),
        Check("kl and rec are returned without a weight", checks.kl_and_rec_without_weight, points=1),
        Check("the encoder feels the weight", checks.gradient_at_other_weights, points=1),
    ),
    misconceptions=MISTAKES,
    hints=(
        "Which of the two terms is the rate, and which the distortion? With beta = 0 only one of them is left in the loss.",
        "The six lines of lesson 04: encode, draw z, kl, rec, put together, average. The weight enters in the fifth alone, and multiplies one term.",
        "m, v = self.enc(x); z by given.sample_gaussian(m, v); kl by given.kl_normal(m, v, *self.z_prior); rec from "
        "given.log_bernoulli_with_logits(x, self.dec(z)), with its sign turned. Average kl and rec over the images; return what training "
        "makes small, and then both as they are.",
    ),
)
