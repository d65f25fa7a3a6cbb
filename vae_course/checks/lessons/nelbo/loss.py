"""Exercise 4.2: the loss, with its numbers for plots."""

from collections.abc import Callable
from typing import Any

from torch import Generator, Tensor

from vae_course.checks.around.harnesses import summary
from vae_course.checks.around.scaffolds import right_bound
from vae_course.checks.engine.exercise import Arguments, Check, Method, Misconception
from vae_course.checks.engine.trial import Trial, generator
from vae_course.checks.worlds.losses import Summary, loss_first, numbers_match
from vae_course.checks.worlds.models import Case, apart, kl_terms, rec_without_z
from vae_course.runner.answers import Answer


def draw_apart(rng: Generator) -> Arguments:
    case = apart(rng)
    return case.model, case.x


def _expected_loss(trial: Trial) -> dict[str, float]:
    case = Case(*trial.arguments)
    kl, rec = kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()
    return {"0": kl + rec, "train/loss": kl + rec, "gen/elbo": -kl - rec, "gen/kl_z": kl, "gen/rec": rec}


def values_on(arguments: Callable[[Generator], Arguments]) -> Callable[[Answer], dict[str, Tensor]]:
    """A fingerprint of values alone: whether numbers for plots carry gradients says nothing about a mistake."""

    def measure(answer: Answer) -> dict[str, Tensor]:
        call = answer.call(*arguments(generator(0, "fingerprint")), seed=0)
        return {n: t.double() for n, t in call.outputs.items()}

    return measure


def summed(change: Callable[[Tensor, Tensor, Tensor], Summary]) -> Callable[[Any, Tensor], Summary]:
    """A `loss` that builds its result from the right nelbo, kl, rec."""
    return lambda self, x: change(*self.negative_elbo_bound(x))


loss = Method(
    name="VAE.loss",
    lesson="04_nelbo",
    number="4.2",
    title="What training minimises",
    minutes=5,
    difficulty=1,
    lines="2 lines",
    arguments=draw_apart,
    parameters=("self", "x"),
    scaffold={"VAE.negative_elbo_bound": right_bound},
    fingerprint=values_on(draw_apart),
    checks=(
        Check("a loss and a dictionary", loss_first),
        Check("the numbers", numbers_match(_expected_loss), points=1),
    ),
    misconceptions=(
        Misconception(
            "elbo-with-the-sign-of-nelbo",
            summed(lambda n, kl, rec: (n, summary(n, kl, rec) | {"gen/elbo": n})),
            "gen/elbo is the ELBO itself, −nelbo: a negative number that rises in training.",
        ),
        Misconception(
            "minimises-the-elbo",
            summed(lambda n, kl, rec: (-n, summary(n, kl, rec) | {"train/loss": -n})),
            "Your loss is −nelbo, the ELBO: minimising it makes the model worse. Return nelbo.",
        ),
        Misconception(
            "minimises-the-elbo-and-plots-nelbo",
            summed(lambda n, kl, rec: (-n, summary(n, kl, rec))),
            "The dictionary is right. Your loss is −nelbo, the ELBO, and training makes the loss small: return nelbo itself.",
        ),
        Misconception(
            "returns-rec",
            summed(lambda n, kl, rec: (rec, summary(n, kl, rec) | {"train/loss": rec})),
            "Your loss is rec alone; the kl belongs to it: return nelbo.",
        ),
        Misconception(
            "adds-kl-again",
            summed(lambda n, kl, rec: (n + kl, summary(n, kl, rec) | {"train/loss": n + kl})),
            "nelbo contains kl already: your loss counts it twice.",
        ),
        Misconception(
            "keys-without-prefix",
            summed(lambda n, kl, rec: (n, {"loss": n, "elbo": -n, "kl": kl, "rec": rec})),
            "The keys are renamed. Plots look for train/loss, gen/elbo, gen/kl_z and gen/rec.",
        ),
        Misconception(
            "key-missing",
            summed(lambda n, kl, rec: (n, {"train/loss": n, "gen/kl_z": kl, "gen/rec": rec})),
            "gen/elbo is missing: it is −nelbo.",
        ),
        Misconception(
            "kl-and-rec-swapped",
            summed(lambda n, kl, rec: (n, summary(n, rec, kl))),
            "kl and rec have changed places: the bound returns nelbo, kl, rec in this order.",
        ),
    ),
    hints=(
        "Everything is in negative_elbo_bound already: call it once, on self.",
        "nelbo, kl, rec = self.negative_elbo_bound(x). What is minimised is nelbo; the ELBO is its negative.",
        'Return the pair nelbo, {"train/loss": ..., "gen/elbo": ..., "gen/kl_z": ..., "gen/rec": ...}.',
    ),
)
