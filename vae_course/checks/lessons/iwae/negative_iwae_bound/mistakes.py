"""Exercise 5.2: how it goes wrong, in its weights, in what is made of them, and in the terms beside; and what a tutor says."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from vae_course.checks.around.scaffolds import right_bound, right_weights
from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.iwae.log_weights import mistakes as weights
from vae_course.checks.worlds.iwae import negative_log_mean, weighing
from vae_course.given import log_mean_exp

Three = tuple[Any, Any, Any]
Bound = Callable[[Any, Tensor, int], Three]


def reducing(reduce: Callable[[Tensor], Any]) -> Bound:
    """A mistake in what is made of right log weights (batch, iw)."""
    return lambda self, x, iw: (reduce(right_weights(self, x, iw)), *right_bound(self, x)[1:])


def returning(change: Callable[[Any, Any, Any], Three]) -> Bound:
    """A mistake in what is returned of the right three numbers."""
    return lambda self, x, iw: change(*reducing(negative_log_mean)(self, x, iw))


def _seeded(self: Any, x: Tensor, iw: int) -> Three:
    torch.manual_seed(0)
    return reducing(negative_log_mean)(self, x, iw)


def _standard_prior(self: Any, x: Tensor, iw: int) -> Three:
    m, v = self.enc(x)
    kl = kl_divergence(Normal(m, v.sqrt()), Normal(0.0, 1.0)).sum(-1).mean()
    log_w = weights.at_the_standard_prior(self, x, iw)
    return negative_log_mean(log_w), kl, right_bound(self, x)[2]


FLAT = "no rise with iw"

IN_THE_BOUND = (
    Misconception(
        "log-k-missing",
        reducing(lambda log_w: -torch.logsumexp(log_w, 1).mean()),
        "Your bound is too good by log iw: logsumexp sums the weights, the bound takes their *mean*. Subtract log iw, or use "
        "log_mean_exp.",
    ),
    Misconception(
        "mean-of-log-weights",
        reducing(lambda log_w: -log_w.mean()),
        "Your bound with several draws has the ELBO's value. The mean over draws belongs *inside* the log "
        "(log_mean_exp), and each draw needs a z of its own.",
        family=FLAT,
    ),
    Misconception(
        "one-z-for-all-draws",
        weighing(weights.with_z(lambda m, v, z: z[:, :1].expand_as(z))),
        "Your bound with several draws has the ELBO's value. Does each draw have a z of its own, and is the mean "
        "over draws taken inside the log?",
        family=FLAT,
    ),
    Misconception(
        "elbo-again",
        lambda self, x, iw: right_bound(self, x),
        "Your bound with several draws has the ELBO's value. The mean over draws belongs *inside* the log.",
        family=FLAT,
    ),
    Misconception(
        "softmax-weighted-mean",
        reducing(lambda log_w: -(torch.softmax(log_w, 1) * log_w).sum(1).mean()),
        "You average log w with softmax weights. That is the *gradient's* weighting; the bound is log of the mean of w.",
    ),
    Misconception(
        "best-of-the-draws",
        reducing(lambda log_w: -log_w.max(1).values.mean()),
        "You take the largest log weight of each image: that exceeds the bound. It is the log of the mean weight.",
    ),
    Misconception(
        "batch-inside-the-log",
        reducing(lambda log_w: -log_mean_exp(log_w, 0).mean()),
        "Weights of *different* images meet inside one log: log_mean_exp runs over the batch. Use the axis of the draws "
        "(dim=1), then average over images outside the log.",
        family="images inside the log",
    ),
    Misconception(
        "images-averaged-before-the-log",
        reducing(lambda log_w: -log_mean_exp(log_w.mean(0), 0)),
        "The logs are averaged over the images (mean(0)) before log_mean_exp. Each image has a bound of its own: log_mean_exp "
        "over its draws first (dim=1), then the mean over images.",
    ),
    Misconception(
        "divided-by-iw",
        reducing(lambda log_w: negative_log_mean(log_w) / log_w.shape[1]),
        "Your bound is divided by iw. The draws are averaged inside the log already: outside it only the images are averaged.",
    ),
    Misconception(
        "another-number-of-draws",
        lambda self, x, iw: reducing(negative_log_mean)(self, x, 10),
        "A number of draws is written into your code: your bound is the same whatever iw is. Pass the argument on, as in "
        "log_weights(self, x, iw).",
    ),
    Misconception(
        "small-number-inside-the-log",
        reducing(lambda log_w: -torch.log(log_w.exp().mean(1) + 1e-10).mean()),
        "A small number is added inside the log, and your weights are far smaller: the bound is its logarithm, for every model. "
        "Stay in log space, with log_mean_exp, and nothing need be added.",
    ),
    Misconception(
        "all-inside-the-log",
        reducing(lambda log_w: -log_mean_exp(log_w.flatten(), 0)),
        "Weights of *different* images meet inside one log. Only the draws of one image belong there; average over images "
        "outside.",
        family="images inside the log",
    ),
    Misconception(
        "exponentiates-first",
        reducing(lambda log_w: -torch.log(log_w.exp().mean(1)).mean()),
        "Your bound is right where weights are ordinary numbers. With 784 pixels a weight is about e^−500, which is 0 in float32, and "
        "log 0 = −∞. log_mean_exp stays in log space: it takes each image's own maximum off before exp (that of the batch is not enough).",
        seen="5 exponentiated before the log",
    ),
    Misconception(
        "sign",
        reducing(lambda log_w: log_mean_exp(log_w, 1).mean()),
        "You return the bound itself; the method returns its negative.",
    ),
    Misconception(
        "sums-the-batch",
        reducing(lambda log_w: -log_mean_exp(log_w, 1).sum()),
        "The bound is summed over the images of the batch; average it.",
    ),
    Misconception(
        "seed-inside",
        _seeded,
        "Every call uses the same noise: a seed is set inside, or noise is kept. Draw it anew each time.",
    ),
    Misconception(
        "z-detached",
        weighing(weights.with_z(lambda m, v, z: z.detach())),
        "The numbers are right, but the gradient to the encoder through z is cut, in all terms or in some.",
    ),
    Misconception(
        "no-grad",
        torch.no_grad()(reducing(negative_log_mean)),
        "The numbers are right and carry no gradient: torch.no_grad() belongs around evaluation, never inside the bound.",
        family="no gradient",
    ),
    Misconception(
        "python-floats",
        returning(lambda niwae, kl, rec: (niwae.item(), kl.item(), rec.item())),
        ".item() makes Python floats: right numbers, but no gradient can flow back. Return tensors.",
        family="no gradient",
    ),
    Misconception(
        "standard-prior-written-in",
        _standard_prior,
        "All is right for the standard prior, and wrong for another one. Wherever the prior occurs, its mean and its variance count, those of "
        "self.z_prior, once for every latent; where it is asked for already, look at what becomes of it when it is not 0 and 1.",
    ),
    Misconception(
        "log-k-twice",
        reducing(lambda log_w: negative_log_mean(log_w) + math.log(log_w.shape[1])),
        "log iw is subtracted twice: log_mean_exp has done it already.",
    ),
    Misconception(
        "maximum-not-returned",
        reducing(lambda log_w: -(log_w - log_w.amax(1, keepdim=True)).exp().mean(1).log().mean()),
        "The largest log weight is subtracted before exp, and not added again after the log: log_mean_exp does both.",
    ),
    Misconception(
        "mean-of-inverse-weights",
        reducing(lambda log_w: log_mean_exp(-log_w, 1).mean()),
        "The minus stands inside: this is the log of the mean of 1/w, which lies *above* −log p(x). Take log_mean_exp of log w, "
        "then the minus.",
    ),
)


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
        "What you return beside the bound is weighted by importance. kl and rec are the ELBO's terms: plain averages under q.",
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


def _terms_apart(self: Any, x: Tensor, iw: int) -> Three:
    likelihood, prior, posterior = weights.terms(self, x, *weights.draws(self, x, iw))
    niwae = -(log_mean_exp(likelihood, 1) + log_mean_exp(prior, 1) - log_mean_exp(posterior, 1)).mean()
    return niwae, *right_bound(self, x)[1:]


_OF_WEIGHTS = {mistake.name: mistake for mistake in weights.MISCONCEPTIONS}


def _lifted(name: str, seen: str = "") -> Misconception:
    """A mistake in the log weights, made inside the bound."""
    mistake = _OF_WEIGHTS[name]
    return replace(mistake, wrong=weighing(mistake.wrong), seen=seen)


IN_THE_WEIGHTS = (
    *map(_lifted, ("mirrored-draws", "without-the-prior", "without-q", "without-the-likelihood", "likelihood-alone")),
    _lifted("analytic-kl", seen="5 put the closed-form KL into the weight"),
    _lifted("mixed-layout", seen="7 mixed the layouts (iw, batch) and (batch, iw)"),
    *map(_lifted, ("images-paired-with-other-z", "one-noise-for-the-batch")),
    Misconception(
        "terms-averaged-apart",
        _terms_apart,
        "Each of the three terms has a log_mean_exp of its own. The weights are products: add the three logs of a draw first, "
        "then average the weights.",
    ),
    *map(_lifted, ("prior-and-q-swapped", "standard-deviation-in-log-q", "variance-as-standard-deviation")),
)
