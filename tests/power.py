"""What the statistical checks see: for each, the smallest effect that is promised to be refused 999 times of 1,000.

`python -m tests.check_the_checks` tries each effect often and prints the table; `make test` a few times.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vae_course import given
from vae_course.checks.engine.running import run_checks
from vae_course.checks.engine.trial import Trial
from vae_course.checks.lessons import EXERCISES

PROMISED = 0.997
"""Of 2,000 tries; what is refused with probability 0.999 falls below it with probability 3e-3."""


@dataclass(frozen=True)
class Effect:
    """An answer that is right but for one effect of a size.

    Args:
        check: the name of the check that must refuse it.
    """

    exercise: str
    check: str
    words: str
    answer: Any

    def is_seen(self, seed: int) -> bool:
        """The check refuses it; the reason is not looked for."""
        exercise = EXERCISES[self.exercise]
        found = run_checks(exercise, Trial(exercise, exercise.answer(self.answer), seed))
        return any(result.name == self.check and not result.passed for result in found.results)


def _bounds(draw: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """The three answers of lessons 04 and 05 with z drawn in this way."""

    def weights(model: Any, x: Tensor, iw: int) -> Tensor:
        m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in model.enc(x))
        z = draw(m, v)
        likelihood = given.log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))
        return likelihood + given.log_normal(z, *model.z_prior) - given.log_normal(z, m, v)

    class VAE(given.VAE):
        def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m, v = self.enc(x)
            kl = given.kl_normal(m, v, *self.z_prior).mean()
            rec = -given.log_bernoulli_with_logits(x, self.dec(draw(m, v))).mean()
            return kl + rec, kl, rec

        def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
            _, kl, rec = VAE.negative_elbo_bound(self, x)
            return -given.log_mean_exp(weights(self, x, iw), 1).mean(), kl, rec

    return VAE, weights


def _normal(factor: float = 1.0, shift: float = 0.0, cut: float = 9.0) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda m, v: m + v.sqrt() * (factor * torch.randn(m.shape).clamp(-cut, cut) + shift)


def _in_the_noise() -> list[Effect]:
    draws = {
        "a spread of 0.92": _normal(0.92),
        "a spread of 1.08": _normal(1.08),
        "a mean of 0.13": _normal(shift=0.13),
        "an edge at 3": _normal(cut=3.0),
    }
    return [Effect("sample_gaussian", "the noise is standard normal", words, draw) for words, draw in draws.items()]


def _in_z() -> list[Effect]:
    found = []
    for words, factor in (("a variance of 0.7 in z", 0.7**0.5), ("a variance of 1.4 in z", 1.4**0.5)):
        model, weights = _bounds(_normal(factor))
        found += [
            Effect("VAE.negative_elbo_bound", "noise of its own for each image", words, model),
            Effect("log_weights", "independent draws", words, weights),
            Effect("VAE.negative_iwae_bound", "noise of its own for each image", words, model),
        ]
    return found


def _in_what_is_drawn() -> list[Effect]:
    class Shrunken(given.VAE):
        def sample_z(self, batch: int) -> Tensor:
            m, v = self.z_prior
            return m + 0.8 * v.sqrt() * torch.randn(batch, self.z_dim)

        def sample_sigmoid(self, batch: int) -> Tensor:
            return torch.sigmoid(self.dec(Shrunken.sample_z(self, batch)))

        def sample_x(self, batch: int) -> Tensor:
            return torch.bernoulli(torch.sigmoid(self.dec(0.75 / 0.8 * Shrunken.sample_z(self, batch))))

    class Biased(given.VAE):
        def sample_x_given(self, z: Tensor) -> Tensor:
            return torch.bernoulli(0.95 * torch.sigmoid(self.dec(z)))

        def sample_x(self, batch: int) -> Tensor:
            return torch.bernoulli(0.95 * torch.sigmoid(self.dec(torch.randn(batch, self.z_dim))))

    return [
        Effect("VAE.sample_z", "z is drawn from N(0, I)", "z shrunk to 0.8", Shrunken),
        Effect("VAE.sample_sigmoid", "z is drawn from the prior", "z shrunk to 0.8", Shrunken),
        Effect("VAE.sample_x", "z is drawn from the prior", "z shrunk to 0.75", Shrunken),
        Effect("VAE.sample_x_given", "each pixel with its own chance", "chances times 0.95", Biased),
        Effect("VAE.sample_x", "each pixel is tossed, with its own chance", "chances times 0.95", Biased),
    ]


def _in_rec() -> list[Effect]:
    class Weighted(given.VAE):
        def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
            model, _ = _bounds(_normal())
            niwae, kl, _ = model.negative_iwae_bound(self, x, iw)
            m, v = (t.unsqueeze(1).expand(-1, iw, -1) for t in self.enc(x))
            likelihood = given.log_bernoulli_with_logits(x.unsqueeze(1), self.dec(given.sample_gaussian(m, v)))
            return niwae, kl, -given.log_mean_exp(likelihood, 1).mean()

    return [Effect("VAE.negative_iwae_bound", "rec", "a log-mean-exp of 8 log p(x|z)", Weighted)]


EFFECTS = (*_in_the_noise(), *_in_z(), *_in_rec(), *_in_what_is_drawn())
