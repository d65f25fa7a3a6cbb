"""How `negative_iwae_bound` goes wrong in what it returns beside the bound, and what a tutor says."""

from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around.scaffolds import right_bound, right_weights
from vae_course.checks.engine.core import Misconception
from vae_course.checks.lessons.iwae import weighing as weights
from vae_course.checks.lessons.iwae.catalogue import Three, negative_log_mean, returning
from vae_course.given import log_mean_exp


def _weighted_terms(self: Any, x: Tensor, iw: int) -> Three:
    m, v, z = weights.draws(self, x, iw)
    likelihood, prior, posterior = weights.terms(self, x, m, v, z)
    log_w = likelihood + prior - posterior
    share = torch.softmax(log_w, 1)
    return negative_log_mean(log_w), (share * (posterior - prior)).sum(1).mean(), -(share * likelihood).sum(1).mean()


def _not_reduced(self: Any, x: Tensor, iw: int) -> Three:
    niwae = -log_mean_exp(right_weights(self, x, iw), 1)
    _, kl, rec = right_bound(self, x)
    return niwae, kl.expand(len(x)), rec.expand(len(x))


IN_THE_TERMS = (
    Misconception(
        "terms-are-zero",
        returning(lambda niwae, kl, rec: (niwae, torch.zeros(()), torch.zeros(()))),
        "The bound is right; kl and rec are still the zeros of the stub. They are the ELBO's two terms.",
        seen="6 returned zeros for kl and rec",
    ),
    Misconception("terms-not-reduced", _not_reduced, "You return one value for each image: average over the batch."),
    Misconception(
        "terms-weighted",
        _weighted_terms,
        "The bound is right; kl and rec are weighted by importance. They are the ELBO's terms: plain averages under q.",
    ),
    Misconception(
        "rec-sign",
        returning(lambda niwae, kl, rec: (niwae, kl, -rec)),
        "The rec you return is log p(x|z), a negative number; rec = −log p(x|z).",
    ),
    Misconception(
        "kl-sign",
        returning(lambda niwae, kl, rec: (niwae, -kl, rec)),
        "The kl you return has the wrong sign: a KL is never negative.",
    ),
    Misconception(
        "kl-and-rec-swapped",
        returning(lambda niwae, kl, rec: (niwae, rec, kl)),
        "kl and rec have changed places: the order is niwae, kl, rec.",
    ),
    Misconception(
        "shape-one",
        returning(lambda niwae, kl, rec: (niwae.reshape(1), kl.reshape(1), rec.reshape(1))),
        "The numbers are right, in tensors of shape (1,). A scalar has shape (): .mean() gives it.",
    ),
    Misconception(
        "rec-made-to-fit",
        returning(lambda niwae, kl, rec: (niwae, kl, niwae - kl)),
        "Your rec is niwae − kl, made so that they add up. For iw > 1 they do not: kl and rec are the ELBO's two terms.",
    ),
    Misconception(
        "no-minus-anywhere",
        returning(lambda niwae, kl, rec: (-niwae, kl, -rec)),
        "Both minus signs are missing: you return the bound itself, and log p(x|z) for rec.",
    ),
)
