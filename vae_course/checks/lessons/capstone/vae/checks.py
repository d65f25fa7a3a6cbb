"""Exercise 7.1: the class VAE, whole. It has no scaffold: its own methods call each other."""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Generator, Tensor

from vae_course.checks.around.harnesses import summary
from vae_course.checks.engine.checks import worst
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, generator
from vae_course.checks.lessons.capstone.vae.constructor import (
    follows_its_buffers,
    kind_of,
    prior_is_kept,
    prior_of,
    takes_any_network,
)
from vae_course.checks.worlds import decoders, models
from vae_course.checks.worlds.bound_tools import bent_kl_tolerance, lipschitz_tolerance, narrow_numbers, near, number
from vae_course.checks.worlds.decoders import Z_DIM, call_images, coins, probabilities, ruler
from vae_course.checks.worlds.drawn import MANY
from vae_course.checks.worlds.losses import KEYS
from vae_course.checks.worlds.sampling import CHANCES
from vae_course.checks.worlds.valleys import mild
from vae_course.runner.answers import Answer

COPIES = 8  # of the rows of *narrow*, so that IWAE_10 lies far outside the chance of a Monte Carlo kl
ROWS = 24  # of *mild*: enough to compare two methods that draw the same noise


def draw_still(generator: Generator) -> Arguments:
    """A model and images whose bounds are known without luck: see `models.still`."""
    case = models.still(generator)
    return case.model, case.x


def loss_is_right(trial: Trial) -> None:
    """loss and its four numbers are what the class's own ELBO gives for the same draws; else they are those of a right one.

    So a mistake in the ELBO is paid for once. False alarms for a `loss` that draws in its own order: 4 ALPHA of `bound_tools`.
    """
    case = mild().rows(ROWS)
    call = trial.call(case.model, case.x, seed=3)
    missing = [name for name in KEYS if name not in call.outputs]
    if missing:
        keys = ", ".join(map(repr, KEYS))
        raise Wrong(f"{', '.join(missing)} is missing.", f"It should return (nelbo, a dictionary of {keys}).")
    found = {name: number(call, name) for name in ("0", *KEYS)}
    own = trial.answer.method("negative_elbo_bound").call(case.model, case.x, seed=trial.seed + 7919 * 3)
    if own.error is None and own.outputs.keys() == {"0", "1", "2"}:
        if all(near(found[name], value) for name, value in _numbers(*(number(own, n) for n in "012")).items()):
            return
    _must_be_right(trial)


def _must_be_right(trial: Trial) -> None:
    case, model = models.narrow(), mild()
    kl, rec, chance = narrow_numbers(COPIES)
    _compare(trial, models.Case(case.model, case.x.repeat(COPIES, 1)), (kl, rec), chance, 0.0)
    many = bent_kl_tolerance(model, MANY)
    _compare(trial, model.rows(MANY), (model.kl, model.rec), many, lipschitz_tolerance(model.slope, MANY))


def _compare(trial: Trial, case: models.Case, truth: tuple[float, float], kl_chance: float, rec_chance: float) -> None:
    """The five numbers beside the right ones; a kl that is the same at every call is no estimate and has no excuse."""
    calls = [trial.call(case.model, case.x, seed=seed) for seed in (4, 5)]
    if number(calls[0], "gen/kl_z") == number(calls[1], "gen/kl_z"):
        kl_chance = 0.0
    kl, rec = truth
    allowed = {"gen/kl_z": kl_chance, "gen/rec": rec_chance}
    for name, value in _numbers(kl + rec, kl, rec).items():
        got, chance = number(calls[0], name), allowed.get(name, kl_chance + rec_chance)
        if not near(got, value, chance):
            margin = f", up to chance of {chance:.2f}" if chance else ""
            label = "the loss" if name == "0" else name
            raise Wrong(
                f"{label} is {got:.2f} on a model where it is known.", f"It should be {value:.2f} nats{margin}."
            )


def _numbers(nelbo: float, kl: float, rec: float) -> dict[str, float]:
    return {"0": nelbo, **summary(nelbo, kl, rec)}


@cache
def _cases() -> tuple[models.Case, models.Case]:
    return models.still(generator(0, "still")), models.apart(generator(0, "apart"))


_KINDS = {"": 0.0, "type": 2.0, "method": 3.0}


@InParts
def fingerprint(answer: Answer) -> Iterator[dict[str, Tensor]]:
    """What its constructor leaves behind, and what kind of bound its loss is: facts, that other mistakes leave as they are."""
    model = _cases()[0].model
    kinds = {name: kind_of(answer, model, name) for name in ("enc", "dec", "name", "z_dim", "z_prior_m")}
    prior = prior_of(answer, model)
    kinds["z_prior"] = prior.kinds.get("returned", "")
    facts = {name: _KINDS.get(kind, 1.0) for name, kind in kinds.items()}
    facts |= {
        "prior trains": bool(prior.differentiable),
        "any network": takes_any_network(answer, model),
        "kept": prior_is_kept(answer, model),
        "registered": bool(kind_of(answer, model, "z_prior_m", "__getattr__")),
        "follows": follows_its_buffers(answer, model),
    }
    yield {name: torch.tensor(float(fact)) for name, fact in facts.items()} | {"iwae": _is_iwae(answer)}


def _is_iwae(answer: Answer) -> Tensor:
    """1 if the loss is a random number below kl + rec, beside a right kl and rec: a bound with several draws."""
    case = _cases()[1]
    calls = [answer.method("loss").call(case.model, case.x, seed=seed) for seed in (1, 2)]
    if any(not {"0", "gen/kl_z", "gen/rec"} <= call.outputs.keys() for call in calls):
        return torch.tensor(0.0)
    kl, rec = models.kl_terms(case)[2].mean().item(), models.rec_without_z(case).mean().item()
    terms = all(near(number(call, "gen/kl_z"), kl) and near(number(call, "gen/rec"), rec) for call in calls)
    values = [number(call, "0") for call in calls]
    return torch.tensor(float(terms and values[0] != values[1] and max(values) < kl + rec))


IMAGES = 8


def value_at_given_z(trial: Trial) -> None:
    """sigmoid(dec(z)), exactly, for several z and for one."""
    model, z = ruler(0), torch.linspace(-2, 2, IMAGES * Z_DIM).view(IMAGES, Z_DIM)
    for rows in (IMAGES, 1):
        p = call_images(trial, model, z[:rows], seed=1, rows=rows, kind="probabilities")
        _must_equal(
            p, probabilities(model, z[:rows]), "You returned {got} for one pixel.", "Its probability is {right}."
        )


def one_z_an_image(trial: Trial) -> None:
    """All pixels of a probability image are those of one and the same z, for several images and for one."""
    model = ruler(0)
    for rows in (IMAGES, 1):
        p = call_images(trial, model, rows, seed=2, rows=rows, kind="probabilities")
        _must_equal(
            p,
            probabilities(model, decoders.z_of_probabilities(p)),
            "One pixel is {got} where the others of its image say {right}.",
            "Every image should be sigmoid(dec(z)) of one z.",
        )


def tossed_at_given_z(trial: Trial) -> None:
    """With *coins*, half of the images at one z and half at another: each group of pixels has its chance given z, and an image's
    pixels are tossed on their own. False alarms: at most 5e-7, as in `decoders.pixel_chances` and `pixels_are_independent`.
    """
    model, z = coins(swing=2), torch.tensor([[1.5, 0.3], [-1.5, 0.8]]).repeat(IMAGES // 2, 1)
    x, p = call_images(trial, model, z, seed=2, rows=IMAGES, kind="samples"), probabilities(model, z)
    for i in range(2):
        decoders.pixel_chances(x[i::2].reshape(-1, CHANCES), p[i, :CHANCES])
        decoders.pixels_are_independent(x[i::2])
    call_images(trial, model, z[:1], seed=3, rows=1, kind="samples")


def one_image(trial: Trial) -> None:
    """A batch of one is black and white too, and keeps its axis."""
    call_images(trial, coins(), 1, seed=1, rows=1, kind="samples")


def _must_equal(p: Tensor, right: Tensor, got: str, expected: str) -> None:
    if not close(p, right, 5e-3):
        values = dict(zip(("got", "right"), (f"{value:.3f}" for value in worst(p, right)), strict=True))
        raise Wrong(got.format(**values), expected.format(**values))
