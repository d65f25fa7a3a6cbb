"""Exercise 5b.2: train with the importance-weighted bound."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.around.harnesses import summary
from vae_course.checks.around.scaffolds import known_bound
from vae_course.checks.engine.exercise import Arguments, Check, Method, Misconception
from vae_course.checks.engine.trial import Trial, generator
from vae_course.checks.worlds.losses import KEYS, Summary, loss_first, numbers_match
from vae_course.checks.worlds.models import Case, apart, kl_terms, rec_without_z
from vae_course.runner.answers import Answer


def draw_with_iw(rng: Generator) -> Arguments:
    case = apart(rng)
    return case.model, case.x, 8


def _expected(trial: Trial) -> dict[str, float]:
    case, iw = Case(*trial.arguments[:2]), trial.arguments[2]
    kl, rec = kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()
    niwae = kl + rec - (20 - 10 / iw)
    return {"0": niwae, "train/loss": niwae, "gen/elbo": -kl - rec, "gen/kl_z": kl, "gen/rec": rec}


def summed(change: Callable[[Tensor, Tensor, Tensor], Summary]) -> Callable[[Any, Tensor, int], Summary]:
    """A `loss` that builds its result from the right niwae, kl, rec."""

    def loss(self: Any, x: Tensor, iw: int = 10) -> Summary:
        return change(*self.negative_iwae_bound(x, iw))

    return loss


def entries(loss: Any, kl: Any, rec: Any) -> dict[str, Any]:
    return summary(kl + rec, kl, rec) | {"train/loss": loss}


def loss_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """The loss and the dictionary's numbers; a loss that is the same for every iw counts as that, whatever number it takes."""
    model, x, iw = draw_with_iw(generator(0, "fingerprint"))
    call, fewer = (answer.call(model, x, draws, seed=0) for draws in (iw, 3))
    found = {n: t.double() for n, t in call.outputs.items()}
    elbo = found.get("gen/elbo")
    if {"0", "train/loss"} <= found.keys() and elbo is not None and torch.equal(call.outputs["0"], fewer.outputs["0"]):
        return {n: t if n not in ("0", "train/loss") else (t + elbo).abs() < 1e-3 for n, t in found.items()}
    return found


def _ignores_iw(self: Any, x: Tensor, iw: int = 10) -> Summary:
    niwae, kl, rec = self.negative_iwae_bound(x, 1)
    return niwae, entries(niwae, kl, rec)


iwae_loss = Method(
    name="IWAE.loss",
    lesson="05b_limits",
    number="5b.2",
    title="Train with the tighter bound",
    minutes=8,
    difficulty=2,
    lines="3 lines",
    arguments=draw_with_iw,
    parameters=("self", "x", "iw"),
    scaffold={"VAE.negative_iwae_bound": known_bound},
    fingerprint=loss_fingerprint,
    checks=(
        Check("a loss and a dictionary", loss_first),
        Check("the loss", numbers_match(_expected, of=("0",)), points=1),
        Check("the numbers", numbers_match(_expected, of=KEYS, follows=("the loss",)), points=1),
    ),
    misconceptions=(
        Misconception(
            "still-the-elbo",
            summed(lambda niwae, kl, rec: (kl + rec, entries(kl + rec, kl, rec))),
            "Your loss is kl + rec, the NELBO: this trains the old model. The first of the three numbers is the bound to "
            "minimise.",
        ),
        Misconception(
            "still-the-elbo-beside-niwae",
            summed(lambda niwae, kl, rec: (kl + rec, entries(niwae, kl, rec))),
            "The dictionary is right. Your loss is kl + rec, lesson 04's: this trains the old model. Return niwae itself.",
        ),
        Misconception(
            "elbo-from-the-bound",
            summed(lambda niwae, kl, rec: (niwae, entries(niwae, kl, rec) | {"gen/elbo": -niwae})),
            "gen/elbo is −niwae in your dictionary. That is the importance-weighted bound; the ELBO is −(kl + rec), so that "
            "curves of both models can be compared.",
        ),
        Misconception(
            "elbo-with-the-sign-of-nelbo",
            summed(lambda niwae, kl, rec: (niwae, entries(niwae, kl, rec) | {"gen/elbo": kl + rec})),
            "gen/elbo is the ELBO, −(kl + rec): a negative number that rises in training.",
        ),
        Misconception(
            "maximises",
            summed(lambda niwae, kl, rec: (-niwae, entries(-niwae, kl, rec))),
            "niwae already is the negative bound: minimise it as it is.",
        ),
        Misconception(
            "maximises-beside-niwae",
            summed(lambda niwae, kl, rec: (-niwae, entries(niwae, kl, rec))),
            "The dictionary is right. Your loss is −niwae, and training makes the loss small: niwae already is the negative bound, "
            "so return it as it is.",
        ),
        Misconception(
            "ignores-iw",
            _ignores_iw,
            "Your loss does not depend on iw: pass the argument on, negative_iwae_bound(x, iw), in place of a number.",
        ),
        Misconception(
            "keys-without-prefix",
            summed(lambda niwae, kl, rec: (niwae, {"loss": niwae, "elbo": -kl - rec, "kl": kl, "rec": rec})),
            "The keys are renamed. Plots look for train/loss, gen/elbo, gen/kl_z and gen/rec.",
        ),
    ),
    hints=(
        "It is VAE.loss with another bound: what changes is which number training minimises.",
        "niwae, kl, rec = self.negative_iwae_bound(x, iw). The loss is niwae. Is the ELBO −niwae?",
        "Return niwae and the dictionary of VAE.loss, where gen/elbo is −(kl + rec).",
    ),
)
