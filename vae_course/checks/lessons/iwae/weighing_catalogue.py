"""How `negative_iwae_bound` goes wrong in its weights, and what a tutor says."""

from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around.scaffolds import right_bound
from vae_course.checks.engine.core import Misconception
from vae_course.checks.lessons.iwae import weighing as weights
from vae_course.checks.lessons.iwae import weight_catalogue
from vae_course.checks.lessons.iwae.catalogue import Three, weighing
from vae_course.given import log_mean_exp


def _terms_apart(self: Any, x: Tensor, iw: int) -> Three:
    likelihood, prior, posterior = weights.terms(self, x, *weights.draws(self, x, iw))
    niwae = -(log_mean_exp(likelihood, 1) + log_mean_exp(prior, 1) - log_mean_exp(posterior, 1)).mean()
    return niwae, *right_bound(self, x)[1:]


IN_THE_WEIGHTS = (
    Misconception(
        "mirrored-draws",
        weighing(weights.with_z(weight_catalogue.mirrored)),
        "Your draws come in mirrored pairs, m + sqrt(v) · ε and m − sqrt(v) · ε. The bound made of them is valid, and another one "
        "than asked: draw each by itself.",
    ),
    Misconception(
        "without-the-prior",
        weighing(weights.combined(lambda likelihood, prior, posterior: likelihood - posterior)),
        "p(z) is missing from the weight.",
    ),
    Misconception(
        "without-q",
        weighing(weights.combined(lambda likelihood, prior, posterior: likelihood + prior)),
        "q(z|x) is missing from the weight: divide by the density that z was drawn from.",
    ),
    Misconception(
        "without-the-likelihood",
        weighing(weights.combined(lambda likelihood, prior, posterior: prior - posterior)),
        "p(x|z) is missing from the weight: it knows nothing of the image.",
    ),
    Misconception(
        "likelihood-alone",
        weighing(weights.combined(lambda likelihood, prior, posterior: likelihood)),
        "Your weight is p(x|z) alone; the draws come from q, so that it lacks the factor p(z) / q(z|x).",
    ),
    Misconception(
        "analytic-kl",
        weighing(weight_catalogue.analytic_kl),
        "Each sample needs its own log p(z) − log q(z|x); with the average KL outside the log the result can exceed log p(x): "
        "it is no bound.",
        seen="5 put the closed-form KL into the weight",
    ),
    Misconception(
        "mixed-layout",
        weighing(weight_catalogue.mixed_layout),
        "`repeat` stacks whole copies, (iw, batch); read as (batch, iw) you average weights of different images: that is "
        "why your bound is far too good.",
        family="layout",
        seen="7 mixed the layouts (iw, batch) and (batch, iw)",
    ),
    Misconception(
        "images-paired-with-other-z",
        weighing(weight_catalogue.mixed_pair),
        "The rows mix different images: x, m and v are not repeated in the same way as the result is read.",
        family="layout",
    ),
    Misconception(
        "one-noise-for-the-batch",
        weighing(weights.with_z(lambda m, v, z: m + v.sqrt() * torch.randn(*m.shape[1:]))),
        "All images of the batch share their noise: right on average, but it jumps from call to call. Give ε a batch axis.",
    ),
    Misconception(
        "terms-averaged-apart",
        _terms_apart,
        "Each of the three terms has a log_mean_exp of its own. The weights are products: add the three logs of a draw first, "
        "then average the weights.",
    ),
    Misconception(
        "prior-and-q-swapped",
        weighing(weights.combined(lambda likelihood, prior, posterior: likelihood - prior + posterior)),
        "p(z) and q(z|x) have changed places: + log p(z) − log q(z|x).",
    ),
    Misconception(
        "standard-deviation-in-log-q",
        weighing(weights.scored(lambda v: v.sqrt())),
        "log_normal takes a variance, and you hand it sqrt(v): the density is not that of the Gaussian you drew from.",
    ),
    Misconception(
        "variance-as-standard-deviation",
        weighing(weights.with_z(lambda m, v, z: m + v * torch.randn_like(m))),
        "z spreads by v; v is a variance, so take its square root once. The weights divide by a density you did not draw from.",
    ),
)
