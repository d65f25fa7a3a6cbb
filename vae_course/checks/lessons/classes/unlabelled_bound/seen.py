"""What an answer to `unlabelled_bound` shows: in *flat* its numbers without chance, in *told* the noise that it drew."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_course.checks.engine.trial import Trial, per_trial
from vae_course.checks.worlds.averages import CALLS
from vae_course.checks.worlds.bound_tools import near, number, slopes_in_x
from vae_course.checks.worlds.labelled import CLASSES, LABELS, Z_DIM, decoded_noise, doubled, flat, replay, told_weights
from vae_course.checks.worlds.labelled import told as told_case
from vae_course.checks.worlds.models import Case
from vae_course.runner.answers import Call

NAMES = ", ".join(LABELS)
EXACT = 0.02
"""Nats: a logit is known to 1e-5, and rec moves by at most eight nats for a unit of z."""


@per_trial
def flat_call(trial: Trial) -> tuple[Case, Call]:
    """Five images in a model whose decoder ignores z."""
    case = flat(trial.generator("flat"))
    return case, trial.call(case.model, case.x, seed=1)


@per_trial
def flat_truth(trial: Trial) -> list[float]:
    case, _ = flat_call(trial)
    return [float(one) for one in flat_terms(case)]


def flat_terms(case: Case) -> Tensor:
    """nelbo, kl_z, kl_y and rec where the decoder ignores z, (4,)."""
    noise = torch.zeros(len(case.x), CLASSES, Z_DIM, dtype=torch.float64)
    return replay(doubled(case.model), case.x, noise)[0].four()


@per_trial
def told_call(trial: Trial) -> Call:
    return trial.call(told_case().model, told_case().x, seed=50)


def noise_of(call: Call) -> Tensor | None:
    """The noise behind rec in *told*, where one z for each image and class explains it; else None."""
    for slope in slopes_in_x(call, "3"):
        noise = decoded_noise(slope)
        if noise is not None:
            rec = replay(told_weights(), told_case().x, noise)[0].four()[3].item()
            if near(number(call, "3"), rec, EXACT):
                return noise
    return None


@per_trial
def many_calls(trial: Trial) -> list[Call]:
    """In *told*, where no gradient tells the z."""
    return [trial.call(told_case().model, told_case().x, seed=200 + i) for i in range(CALLS)]


@dataclass(frozen=True)
class Told:
    """What an answer in *told* decoded: the noise, nelbo, kl_z, kl_y and rec for it, and whether its kl_z is one at the draw."""

    noise: Tensor
    four: Tensor
    kl_is_drawn: bool


@per_trial
def told(trial: Trial) -> Told | None:
    """What rec tells, where one z for each image and class explains it; else None."""
    call = told_call(trial)
    noise = noise_of(call)
    if noise is None:
        return None
    closed, drawn = (terms.four() for terms in replay(told_weights(), told_case().x, noise))
    got = number(call, "1")
    is_drawn = near(got, drawn[1].item(), EXACT) and abs(got - drawn[1].item()) < abs(got - closed[1].item())
    return Told(noise, drawn if is_drawn else closed, is_drawn)


def kl_is_drawn(trial: Trial) -> bool:
    """kl_z is log q − log p at the z that were decoded: right on average, and the same chance is in nelbo."""
    found = told(trial)
    return found is not None and found.kl_is_drawn
