"""Mutants of the methods: the two bounds and the log weights, with one slip or two anywhere in their bodies.

A mutant is equal if, from the same noise, it makes the same numbers and slopes as the right method under random models and images;
or if its noise is another one that has the same distribution (`SAME_NOISE`).
"""

import ast
import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from tests.mutants import ELSE, EQUAL, OTHER_NOISE, PASSED, PROVED, RAISED, TOO_SMALL
from vae_course import given
from vae_course.checks.engine.batches import edits_of_batches
from vae_course.checks.engine.edits import applied, edits
from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.expressions import FUNCTIONS
from vae_course.checks.engine.findings import Outcome
from vae_course.checks.engine.pieces import DoesNotApply
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.worlds.models import images, random_model
from vae_course.runner.answers import LocalAnswer

SOURCES = {
    "VAE.negative_elbo_bound": """
def negative_elbo_bound(self, x):
    m, v = self.enc(x)
    noise = torch.randn_like(m)
    z = m + torch.sqrt(v) * noise
    pm, pv = self.z_prior
    kl = kl_normal(m, v, pm, pv)
    logits = self.dec(z)
    rec = -log_bernoulli_with_logits(x, logits)
    nelbo = mean(kl + rec)
    return nelbo, mean(kl), mean(rec)
""",
    "log_weights": """
def log_weights(model, x, iw):
    m, v = model.enc(x)
    m, v = m.unsqueeze(1).expand(-1, iw, -1), v.unsqueeze(1).expand(-1, iw, -1)
    noise = torch.randn(m.shape)
    z = m + torch.sqrt(v) * noise
    pm, pv = model.z_prior
    log_likelihood = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
    log_prior = log_normal(z, pm, pv)
    log_posterior = log_normal(z, m, v)
    return log_likelihood + log_prior - log_posterior
""",
    "VAE.negative_iwae_bound": """
def negative_iwae_bound(self, x, iw):
    log_w = log_weights(self, x, iw)
    niwae = -mean(log_mean_exp(log_w, 1))
    m, v = self.enc(x)
    z = sample_gaussian(m, v)
    pm, pv = self.z_prior
    kl = mean(kl_normal(m, v, pm, pv))
    rec = -mean(log_bernoulli_with_logits(x, self.dec(z)))
    return niwae, kl, rec
""",
}
TENSORS = ("x", "m", "v", "noise", "z", "kl", "rec", "logits", "log_w", "log_likelihood", "log_prior", "log_posterior")
SAME_NOISE = (
    *(f"return (log_likelihood + log_prior - log_posterior).{move}" for move in ("flip(-1)", "flip(1)", "roll(1, -1)")),
    *(f"log_w = log_weights(self, {x}, iw)" for x in ("x.flip(0)", "x.roll(1, 0)")),
    *(
        f"log_w = log_weights(self, x, iw).{move}"
        for move in ("flip(-1)", "flip(1)", "roll(1, -1)", "flip(0)", "roll(1, 0)")
    ),
    *(
        f"z = m + torch.sqrt(v) * {noise}"
        for noise in ("-noise", "(-1 * noise)", "noise.flip(0)", "noise.roll(1, 0)", "noise.flip(-1)")
    ),
    *(f"z = m + torch.sqrt(v) * {noise}" for noise in ("noise.roll(1, -1)", "noise.flip(1)")),
    *(
        f"z = {z}.flip(1)" for z in ("(m + torch.sqrt(v) * noise)", "m + (torch.sqrt(v) * noise)")
    ),  # of log weights: the draws
    *("z = m - torch.sqrt(v) * noise", "z = m + -1 * (torch.sqrt(v) * noise)"),
    *(f"noise = {sign}{draw}" for sign in ("-", "-1 * ") for draw in ("torch.randn_like(m)", "torch.randn(m.shape)")),
    *(
        f"noise = {draw}.{move}"
        for draw in ("torch.randn_like(m)", "torch.randn(m.shape)")
        for move in ("flip(0)", "roll(1, 0)", "flip(-1)", "roll(1, -1)", "flip(1)")
    ),
)
"""Lines that draw other noise with the same distribution, or put the draws, or the images before they are averaged, in another order."""
SHIFTS = (" + 0.01", " + 0.001", " + 0.0001", " + 1e-06")
"""Beside a mean, a variance or noise: with probability 0.999 the statistical checks see a mean that is off by 0.15 of a spread, and a variance
that is off by a third."""
UNSEEN = ("m, v = model.enc(sqrt(x))",)
"""A grey pixel alone shows it, and its slope at a black one is infinite, so that no z can be read off."""
TELLING = (
    *(
        "got the same z",
        "received the same noise",
        "gave exactly the same",
        "has shape",
        "calls backward()",
        "carries no gradient",
    ),
    *(
        "No gradient of",
        "something holds",
        "have changed places",
        "images are mixed up",
        "the mean over its draws is right",
    ),
    "none comes through z",
)
"""What a check says itself that names what to change: seen, and no guess."""
SEED = 3


@dataclass(frozen=True)
class MethodMutant:
    """A right method of an exercise after one slip."""

    exercise: str
    text: str

    @property
    def function(self) -> Any:
        return _made(self.text)

    def examined(self, seed: int = SEED) -> Outcome:
        exercise = EXERCISES[self.exercise]
        return examine(exercise, exercise.answer(self.function), seed)

    @property
    def changed(self) -> list[str]:
        """The lines that are not the right method's."""
        right = ast.unparse(ast.parse(SOURCES[self.exercise])).splitlines()
        return [line.strip() for line in self.text.splitlines() if line not in right]

    @property
    def draws_other_noise(self) -> bool:
        """True if all that changes is which normal noise is drawn."""
        return all(line in SAME_NOISE for line in self.changed)

    @property
    def is_equal(self) -> bool:
        right, found = (_measured(self.exercise, text) for text in (SOURCES[self.exercise].strip(), self.text))
        return found is not None and all(
            a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-4)
            for a, b in zip(right, found, strict=True)
        )


def fate(mutant: MethodMutant, seed: int = SEED) -> tuple[str, Outcome]:
    """What became of a mutant, and what was said."""
    found = mutant.examined(seed)
    if found.status == "correct":
        if mutant.is_equal:
            return EQUAL, found
        if mutant.draws_other_noise:
            return OTHER_NOISE, found
        small = all(line in UNSEEN or any(shift in line for shift in SHIFTS) for line in mutant.changed)
        return TOO_SMALL if small else PASSED, found
    if found.status != "wrong":
        return RAISED, found
    told = any(finding.reading or any(word in str(finding) for word in TELLING) for finding in found.findings)
    return PROVED if found.misconception or told else ELSE, found


def mutants(exercise: str) -> list[MethodMutant]:
    """All single slips."""
    return list(dict.fromkeys(MethodMutant(exercise, text) for text in _texts(exercise)))


def _texts(exercise: str) -> Iterator[str]:
    tree = ast.parse(SOURCES[exercise].strip()).body[0]
    for edit in edits(tree, TENSORS):
        if len(edit.paths) > 1:
            continue  # a name throughout is a name where it is made
        try:
            yield ast.unparse(applied(edit, tree))
        except DoesNotApply:
            continue
    for edit in edits_of_batches(tree, TENSORS):
        yield ast.unparse(applied(edit, tree))
    for i, statement in enumerate(tree.body):  # type: ignore[attr-defined]
        if isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Tuple):
            for extra in ("nelbo.backward()", "m, v = m.detach(), v.detach()"):
                changed = copy.deepcopy(tree)
                changed.body[i + 1 : i + 1] = ast.parse(extra).body  # type: ignore[attr-defined]
                yield ast.unparse(changed)


@cache
def _made(text: str) -> Any:
    names = {**FUNCTIONS, "torch": torch, "math": math, "log_weights": _right_weights}
    names |= {
        n: getattr(given, n)
        for n in ("kl_normal", "log_normal", "log_bernoulli_with_logits", "log_mean_exp", "sample_gaussian")
    }
    space: dict[str, Any] = dict(names)
    exec(text, space)  # our own text
    return space[ast.parse(text).body[0].name]  # type: ignore[attr-defined]


def _right_weights(model: Any, x: Tensor, iw: int) -> Tensor:
    return _made(SOURCES["log_weights"].strip())(model, x, iw)


@cache
def _measured(exercise: str, text: str) -> list[Tensor] | None:
    """Values, and the slopes of their sum, of a method under two random models."""
    found = []
    for i in range(2):
        generator = torch.Generator().manual_seed(i)
        model, x = random_model(3, generator), images(generator, 4 + i)
        answer = EXERCISES[exercise].answer(_made(text))
        assert isinstance(answer, LocalAnswer)
        for iw in (1, 3) if "elbo" not in exercise else (1,):
            call = answer.call(model, x, *([] if "elbo" in exercise else [iw]), seed=i)
            if call.error is not None or call.changed:
                return None
            found += [call.outputs[n] for n in sorted(call.outputs)]
            pulled = call.pull_back({"0": torch.ones_like(call.outputs["0"])}) if "0" in call.outputs else {}
            found += [
                torch.zeros(()) if pulled[n] is None else pulled[n] for n in sorted(pulled) if n[:3] in ("enc", "dec")
            ]
    return found
