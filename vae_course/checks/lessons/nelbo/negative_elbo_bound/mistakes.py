"""Exercise 4.1: how it goes wrong, each mistake written as the one piece of a right bound that differs; and what a tutor says."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from vae_course import given
from vae_course.checks.engine.exercise import Misconception
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian

Three = tuple[Any, Any, Any]


def parts(self: Any, x: Tensor, z: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """kl and rec of each image, (batch,): what most mistakes start from."""
    m, v = self.enc(x)
    z = sample_gaussian(m, v) if z is None else z
    return kl_normal(m, v, *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z))


def bound(kl: Tensor, rec: Tensor) -> Three:
    kl, rec = kl.mean(), rec.mean()
    return kl + rec, kl, rec


def altered(change: Callable[[Tensor, Tensor], Three]) -> Callable[[Any, Tensor], Three]:
    """A mistake in putting kl and rec together."""
    return lambda self, x: change(*parts(self, x))


def with_z(draw: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in drawing z from m and v."""
    return lambda self, x: bound(*parts(self, x, draw(*self.enc(x))))


def with_kl(kl: Callable[..., Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in the KL of each image, from m, v, z."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        return bound(kl(m, v, z), parts(self, x, z)[1])

    return wrong


def with_rec(rec: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Tensor], Three]:
    """A mistake in rec, from x and logits."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        return bound(kl_normal(m, v, *self.z_prior), rec(x, self.dec(sample_gaussian(m, v))))

    return wrong


def _averaged(self: Any, x: Tensor) -> Three:
    kl, rec = parts(self, x)
    kl, rec = kl.mean() / self.z_dim, rec.mean() / x.shape[-1]
    return kl + rec, kl, rec


def _by_hand(x: Tensor, logits: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)


def _sigmoid_and_bce(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    p = torch.sigmoid(self.dec(sample_gaussian(m, v)))
    rec = binary_cross_entropy(p, x, reduction="sum") / x.shape[0]
    kl = parts(self, x, m)[0].mean()
    return kl + rec, kl, rec


def _log_of_logits(x: Tensor, logits: Tensor) -> Tensor:
    return -(x * torch.log(logits) + (1 - x) * torch.log(1 - logits)).sum(-1)


IN_THE_SUM = (
    Misconception(
        "rec-is-no-number",
        with_rec(_log_of_logits),
        "Your rec is no number for ordinary images: a logarithm or a root is taken of what may be below 0. The decoder's outputs are "
        "logits, of either sign: they go into log_bernoulli_with_logits as they are.",
    ),
    Misconception(
        "bce-of-probabilities",
        _sigmoid_and_bce,
        "You take the sigmoid first and binary_cross_entropy of the probabilities: in float32 a sure pixel's is exactly 0 or 1, and torch "
        "cuts its log off at −100. Give the logits themselves to log_bernoulli_with_logits (or binary_cross_entropy_with_logits).",
    ),
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
        altered(lambda kl, rec: ((kl + rec).mean(), torch.zeros(()), torch.zeros(()))),
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
        torch.no_grad()(altered(bound)),
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


def _seeded(self: Any, x: Tensor) -> Three:
    torch.manual_seed(0)
    return bound(*parts(self, x))


def _with_variance(change: Any) -> Any:
    """A misreading of v, in the draw and in the KL."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        z = sample_gaussian(m, change(v))
        return bound(kl_normal(m, change(v), *self.z_prior), -log_bernoulli_with_logits(x, self.dec(z)))

    return wrong


def _axes_exchanged(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    each = 0.5 * (v + m**2 - 1 - v.log())
    kl, rec = each.sum(0).mean(), parts(self, x)[1].mean()
    return kl + rec, kl, rec


def _noise_in_training_only(self: Any, x: Tensor) -> Three:
    m, v = self.enc(x)
    return bound(*parts(self, x, sample_gaussian(m, v) if self.training else m))


def zero_like(m: Tensor) -> Tensor:
    return torch.zeros_like(m)


def _calls_backward(self: Any, x: Tensor) -> Three:
    three = bound(*parts(self, x))
    three[0].backward(retain_graph=True)
    return three


IN_THE_DRAW = (
    Misconception(
        "z-of-another-image",
        with_z(lambda m, v: given.sample_gaussian(m, v).flip(0)),
        "Images are decoded from the z of other images: along the batch something is flipped, rolled or permuted, or read by view or reshape in an "
        "order that it has not. Row i of x needs row i of z.",
    ),
    Misconception(
        "backward-inside",
        _calls_backward,
        "The numbers are right. backward() inside the bound leaves gradients in the model, and the one of the training step adds to them: "
        "return the bound, and let whoever trains call it.",
    ),
    Misconception(
        "no-noise",
        with_z(lambda m, v: m),
        "You decode m itself: nothing is sampled. Then z can carry everything at no price, and the number is no bound: a model "
        "trained on it reports far fewer nats than are true of it.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v: sample_gaussian(m, v).detach()),
        "The numbers are right, but no gradient flows through z to the encoder: something cuts it (detach, "
        ".data, .sample(), torch.normal or no_grad do). The encoder would learn from kl alone, and kl goes to 0.",
    ),
    Misconception(
        "z-from-the-prior",
        with_z(lambda m, v: torch.randn_like(m)),
        "You decode z from the prior. The expectation is under q(z|x): draw z with the encoder's m and v.",
    ),
    Misconception(
        "uniform-noise",
        with_z(lambda m, v: m + v.sqrt() * torch.rand_like(m)),
        "Your noise is uniform (mean 0.5, variance 1/12), so z sits off m and is far too narrow; standard normal noise is "
        "randn.",
    ),
    Misconception(
        "variance-as-standard-deviation",
        with_z(lambda m, v: m + torch.randn_like(m) * v),
        "z spreads by v; v is a variance, so take its square root once.",
    ),
    Misconception(
        "standard-deviation-into-the-draw",
        with_z(lambda m, v: sample_gaussian(m, v.sqrt())),
        "You hand sqrt(v) to sample_gaussian, which takes the variance and its root itself: z is too narrow where v > 1.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v: m + v.sqrt() * torch.randn(m.shape[-1])),
        "ε has one row for the whole batch, so all images move together. On average the bound is right, but it jumps from "
        "call to call. Give ε the shape of m.",
    ),
    Misconception(
        "seed-inside",
        _seeded,
        "Every call uses the same noise: a seed is set inside, or noise is kept. Training would see the same noise for ever.",
    ),
    Misconception(
        "noise-in-training-only",
        _noise_in_training_only,
        "You sample only while self.training is set, and decode m otherwise. The bound is an expectation under q in evaluation "
        "too; with z = m the number is no bound.",
    ),
    Misconception(
        "variance-as-log-variance",
        _with_variance(torch.exp),
        "You take the encoder's second output for a log-variance and exponentiate it. self.enc gives (m, v), v the variance.",
    ),
    Misconception(
        "log-variance-in-the-draw",
        with_z(lambda m, v: m + torch.exp(0.5 * v) * torch.randn_like(m)),
        "Your kl is right, and z spreads by exp(v / 2), as if v were a log-variance. self.enc gives the variance itself: its root "
        "is sqrt(v).",
    ),
    Misconception(
        "log-variance-in-kl",
        with_kl(lambda m, v, z: 0.5 * (v.exp() + m**2 - 1 - v).sum(-1)),
        "Your kl takes v for a log-variance: exp(v) and v stand where v and log v belong. self.enc gives the variance itself.",
    ),
    Misconception(
        "standard-deviations-for-variances",
        _with_variance(torch.sqrt),
        "You pass sqrt(v) on. sample_gaussian and kl_normal both take variances, and take the root themselves.",
    ),
    Misconception(
        "kl-swapped",
        with_kl(lambda m, v, z: kl_normal(torch.zeros_like(m), torch.ones_like(v), m, v)),
        "This is KL( p ‖ q ). The expectation is under q: kl_normal(m, v, prior mean, prior variance).",
    ),
    Misconception(
        "kl-mean-over-latents",
        with_kl(lambda m, v, z: kl_normal(m, v, zero_like(m), zero_like(m) + 1) / m.shape[-1]),
        "Your kl is the right one divided by z_dim: you average over the latents where the sum belongs, which is "
        "training with β = 1/z_dim.",
    ),
    Misconception(
        "kl-without-the-prior",
        with_kl(lambda m, v, z: log_normal(z, m, v)),
        "This is E[ log q(z|x) ], without the prior. KL( q ‖ p ) = E[ log q(z|x) − log p(z) ].",
    ),
    Misconception(
        "standard-deviation-in-kl",
        with_kl(lambda m, v, z: kl_normal(m, v.sqrt(), zero_like(m), zero_like(m) + 1)),
        "kl_normal takes variances, and you hand it sqrt(v).",
    ),
    Misconception(
        "kl-axes-exchanged",
        _axes_exchanged,
        "Your kl is summed over the images and averaged over the latents. It is the other way round: sum the latents, average "
        "the images.",
    ),
    Misconception(
        "kl-at-the-draw",
        with_kl(lambda m, v, z: kl_normal(z, v, zero_like(m), zero_like(m) + 1)),
        "The closed-form KL is asked at z. It compares the two Gaussians: kl_normal(m, v, ...), with the mean m.",
    ),
    Misconception(
        "free-bits",
        with_kl(lambda m, v, z: (0.5 * (v + m**2 - 1 - v.log())).clamp(min=0.5).sum(-1)),
        "Each dimension's KL has a floor (free bits). That is a recipe for training; then the number is neither a KL nor part "
        "of a bound.",
    ),
)
