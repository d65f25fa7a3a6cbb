"""How `negative_elbo_bound` goes wrong once kl and rec are there: signs, sums, order, rec; and what a tutor says."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from vae_course.checks.engine.core import Misconception
from vae_course.checks.lessons.nelbo.parts import Three, altered, bound, parts, with_rec
from vae_course.given import log_bernoulli_with_logits


def _no_grad(self: Any, x: Tensor) -> Three:
    with torch.no_grad():
        return bound(*parts(self, x))


def _zeros_for_parts(kl: Tensor, rec: Tensor) -> Three:
    return (kl + rec).mean(), torch.zeros(()), torch.zeros(())


def _averaged(self: Any, x: Tensor) -> Three:
    kl, rec = parts(self, x)
    kl, rec = kl.mean() / self.z_dim, rec.mean() / x.shape[-1]
    return kl + rec, kl, rec


def _by_hand(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)


IN_THE_SUM = (
    Misconception(
        "rec-sign-inside",
        altered(lambda kl, rec: ((kl - rec).mean(), kl.mean(), rec.mean())),
        "The bound you return is kl − rec. rec already is −log p(x|z), so it is added: nelbo = kl + rec.",
    ),
    Misconception(
        "rec-sign-everywhere",
        altered(lambda kl, rec: bound(kl, -rec)),
        "Your rec is log p(x|z), a negative number, and it went into the bound as it is: training would make images *less* "
        "likely. rec = −log p(x|z), and nelbo = kl + rec.",
        seen="7 got the sign of rec wrong",
    ),
    Misconception(
        "rec-sign-returned",
        altered(lambda kl, rec: ((kl + rec).mean(), kl.mean(), -rec.mean())),
        "nelbo is right, but the rec you return is log p(x|z), a negative number; the contract is rec = −log p(x|z), so "
        "that kl + rec = nelbo.",
    ),
    Misconception(
        "kl-sign-returned",
        altered(lambda kl, rec: ((kl + rec).mean(), -kl.mean(), rec.mean())),
        "nelbo is right, but the kl you return has the wrong sign: a KL is never negative, and kl + rec = nelbo.",
    ),
    Misconception(
        "elbo-for-nelbo",
        altered(lambda kl, rec: (-(kl + rec).mean(), kl.mean(), rec.mean())),
        "You return the ELBO. The method returns its negative, kl + rec, which training makes small.",
    ),
    Misconception(
        "kl-sign",
        altered(lambda kl, rec: ((rec - kl).mean(), kl.mean(), rec.mean())),
        "The kl enters with a minus: the loss would fall without end as q runs away from the prior. nelbo = kl + rec.",
    ),
    Misconception(
        "kl-sign-everywhere",
        altered(lambda kl, rec: bound(-kl, rec)),
        "Your kl is negative: KL( q ‖ p ) = E_q[ log q − log p ] never is. Turn its sign.",
        seen="4 got the sign of kl wrong",
    ),
    Misconception(
        "no-kl",
        altered(lambda kl, rec: (rec.mean(), kl.mean(), rec.mean())),
        "The kl is missing from the bound you return: this trains an autoencoder whose q drifts away from the prior.",
    ),
    Misconception(
        "no-rec",
        altered(lambda kl, rec: (kl.mean(), kl.mean(), rec.mean())),
        "rec is missing from the bound you return: nothing asks the images to be reconstructed.",
    ),
    Misconception(
        "kl-weighted",
        altered(lambda kl, rec: ((0.5 * kl + rec).mean(), kl.mean(), rec.mean())),
        "The kl inside your bound is multiplied by ½. A weight other than 1 makes a β-VAE, whose loss is no bound.",
    ),
    Misconception(
        "kl-without-half",
        altered(lambda kl, rec: bound(2 * kl, rec)),
        "Your kl is twice the right one: is its ½ missing? KL = ½ Σ [ v + m² − 1 − log v ] for the standard normal prior.",
    ),
    Misconception(
        "parts-are-zero",
        altered(_zeros_for_parts),
        "The bound is right; kl and rec are still the zeros of the stub. Return the two terms that you computed.",
    ),
    Misconception(
        "bound-last",
        altered(lambda kl, rec: (kl.mean(), rec.mean(), (kl + rec).mean())),
        "You return kl, rec, nelbo. The bound comes first: nelbo, kl, rec.",
    ),
    Misconception(
        "everything-averaged",
        _averaged,
        "kl is averaged over the latents and rec over the pixels, and both belong summed there: only the images of the batch "
        "are averaged.",
    ),
    Misconception(
        "another-order",
        altered(lambda kl, rec: ((kl + rec).mean(), rec.mean(), kl.mean())),
        "kl and rec have changed places: the order is nelbo, kl, rec.",
    ),
    Misconception(
        "rec-mean-over-pixels",
        with_rec(lambda x, logits: binary_cross_entropy_with_logits(logits, x)),
        "Your rec is the right one divided by 784: log p(x|z) is a *sum* over pixels. Averaged, it is training with "
        "β = 784, and the kl goes to 0.",
    ),
    Misconception(
        "squared-error",
        with_rec(lambda x, logits: (x - torch.sigmoid(logits)).square().sum(-1)),
        "Your rec is the squared error between x and the probabilities, −log p(x|z) of another decoder (a Gaussian one, up to "
        "a factor). These pixels are coins: −log_bernoulli_with_logits(x, logits).",
    ),
    Misconception(
        "rec-summed-over-the-batch",
        altered(lambda kl, rec: (kl.mean() + rec.sum(), kl.mean(), rec.sum())),
        "Your rec is summed over the images; the batch is *averaged*, once, at the very end.",
    ),
    Misconception(
        "kl-summed-over-the-batch",
        altered(lambda kl, rec: (kl.sum() + rec.mean(), kl.sum(), rec.mean())),
        "Your kl is summed over the images; the batch is *averaged*, once, at the very end.",
    ),
    Misconception(
        "all-summed-over-the-batch",
        altered(lambda kl, rec: ((kl + rec).sum(), kl.sum(), rec.sum())),
        "Everything is summed over the images of the batch; average it, or a larger batch makes a larger loss.",
    ),
    Misconception(
        "not-reduced",
        altered(lambda kl, rec: (kl + rec, kl, rec)),
        "You return one value for each image. Average over the batch: three scalars.",
    ),
    Misconception(
        "parts-not-reduced",
        altered(lambda kl, rec: ((kl + rec).mean(), kl, rec)),
        "The bound is a scalar; kl and rec are still one value for each image. Average them too.",
    ),
    Misconception(
        "shape-one",
        altered(lambda kl, rec: tuple(t.reshape(1) for t in bound(kl, rec))),
        "The numbers are right, in tensors of shape (1,). A scalar has shape (): .mean() gives it.",
    ),
    Misconception(
        "sigmoid-twice",
        with_rec(lambda x, logits: -log_bernoulli_with_logits(x, torch.sigmoid(logits))),
        "The decoder's output goes through a sigmoid before a loss that expects logits and applies it again: P(ink) of "
        "every pixel then lies between 0.50 and 0.73, so that no paper stays white, and training stands still near 543 = 784 ln 2.",
    ),
    Misconception(
        "logarithm-of-zero",
        with_rec(_by_hand),
        "Your kl is right, and rec is not a number: a sigmoid that float32 has rounded to 0 or 1 stands in a logarithm, and "
        "0 · log 0 is nan. Take log p(x|z) from the logits themselves: log_bernoulli_with_logits(x, logits).",
    ),
    Misconception(
        "x-and-logits-swapped",
        with_rec(lambda x, logits: -log_bernoulli_with_logits(logits, x)),
        "x and the logits have changed places in the call: it is log_bernoulli_with_logits(x, logits).",
    ),
    Misconception(
        "samples-for-logits",
        with_rec(lambda x, logits: -log_bernoulli_with_logits(x, torch.bernoulli(torch.sigmoid(logits)))),
        "You draw an image and pass it on as if it were logits. log p(x|z) needs the decoder's logits themselves.",
    ),
    Misconception(
        "no-grad",
        _no_grad,
        "The numbers are right and carry no gradient: torch.no_grad() belongs around evaluation, never inside the bound.",
        family="no gradient",
    ),
    Misconception(
        "python-floats",
        altered(lambda kl, rec: tuple(t.item() for t in bound(kl, rec))),
        ".item() makes Python floats: right numbers, but no gradient can flow back. Return tensors.",
        family="no gradient",
    ),
)
