"""Exercise 9.2: how it goes wrong, each mistake written as the one piece of a right bound that differs; and what a tutor says."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian

Three = tuple[Any, Any, Any]
Answer = Callable[[Any, Tensor], Three]


def log_of_each(self: Any, z: Tensor) -> Tensor:
    """log N(z_i; m_j, v_j), (batch, k)."""
    return log_normal(z[:, None], *self.mixture)


def log_of_mixture(self: Any, z: Tensor) -> Tensor:
    return torch.logsumexp(log_of_each(self, z), 1) - math.log(len(self.mixture[0]))


def parts(self: Any, x: Tensor, draw: Callable[..., Tensor] = sample_gaussian) -> tuple[Tensor, Tensor]:
    """kl and rec of each image, (batch,)."""
    m, v = self.enc(x)
    z = draw(m, v)
    return log_normal(z, m, v) - log_of_mixture(self, z), -log_bernoulli_with_logits(x, self.dec(z))


def bound(kl: Tensor, rec: Tensor) -> Three:
    kl, rec = kl.mean(), rec.mean()
    return kl + rec, kl, rec


def altered(change: Callable[[Tensor, Tensor], Three]) -> Answer:
    """A mistake in putting kl and rec together."""
    return lambda self, x: change(*parts(self, x))


def with_z(draw: Callable[[Tensor, Tensor], Tensor]) -> Answer:
    """A mistake in drawing z."""
    return lambda self, x: bound(*parts(self, x, draw))


def with_kl(kl: Callable[..., Tensor]) -> Answer:
    """A mistake in the kl of each image, from the model, m, v and z."""

    def wrong(self: Any, x: Tensor) -> Three:
        m, v = self.enc(x)
        z = sample_gaussian(m, v)
        return bound(kl(self, m, v, z), -log_bernoulli_with_logits(x, self.dec(z)))

    return wrong


def closed_forms(self: Any, m: Tensor, v: Tensor) -> Tensor:
    """KL to each Gaussian of the mixture, (batch, k)."""
    return kl_normal(m[:, None], v[:, None], *self.mixture)


def _of_one_gaussian(self: Any, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    means, variances = self.mixture
    return kl_normal(m, v, means.mean(0), variances.mean(0) + means.var(0, correction=0))


def _in_each_dimension(self: Any, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    means, variances = self.mixture
    each = torch.distributions.Normal(means, variances.sqrt()).log_prob(z[:, None])
    return log_normal(z, m, v) - (each.logsumexp(1) - math.log(len(means))).sum(-1)


def _at_another_z(self: Any, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    other = sample_gaussian(m, v)
    return log_normal(other, m, v) - log_of_mixture(self, other)


def _weighed_logs(each: Tensor) -> Tensor:
    return (each.softmax(1) * each).sum(1)


def _roots_in_the_mixture(self: Any, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    means, variances = self.mixture
    each = log_normal(z[:, None], means, variances.sqrt())
    return log_normal(z, m, v) - each.logsumexp(1) + math.log(len(means))


def _no_gradient_to_mixture(self: Any, m: Tensor, v: Tensor, z: Tensor) -> Tensor:
    fixed = log_normal(z[:, None], *(t.detach() for t in self.mixture))
    return log_normal(z, m, v) - fixed.logsumexp(1) + math.log(fixed.shape[1])


MISTAKES = (
    Misconception(
        "standard-normal-prior",
        with_kl(lambda self, m, v, z: kl_normal(m, v, *self.z_prior)),
        "Your kl goes to N(0, I), the prior of lesson 04. Here p(z) is the mixture, self.mixture: log q(z|x) − log p(z), at the z that you drew.",
    ),
    Misconception(
        "standard-normal-at-the-draw",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_normal(z, *self.z_prior)),
        "Your log p(z) is that of N(0, I). Here p(z) is the mixture: log_normal_mixture(z, *self.mixture).",
    ),
    Misconception(
        "mean-of-the-kls",
        with_kl(lambda self, m, v, z: closed_forms(self, m, v).mean(1)),
        "You average the KLs to the single Gaussians. That is larger than the KL to their mixture (the log of a mean is at least the mean of the "
        "logs): it asks every q to lie near *all* of them.",
    ),
    Misconception(
        "kl-to-the-nearest",
        with_kl(lambda self, m, v, z: closed_forms(self, m, v).min(1).values),
        "You take the KL to the nearest Gaussian. The mixture has one k-th of its mass there, and some from the others.",
    ),
    Misconception(
        "kls-mixed-in-the-log",
        with_kl(lambda self, m, v, z: math.log(len(self.mixture[0])) - torch.logsumexp(-closed_forms(self, m, v), 1)),
        "You mix the closed-form KLs, −log mean exp(−KL). That is an upper bound, and may be close. In the KL to the mixture the average over z stands "
        "outside of the log; in yours inside.",
    ),
    Misconception(
        "one-gaussian-for-the-mixture",
        with_kl(_of_one_gaussian),
        "You put one Gaussian with the mixture's mean and variance in its place. Its KL has a closed form, but it is another prior, with one top.",
    ),
    Misconception(
        "mixture-in-each-dimension",
        with_kl(_in_each_dimension),
        "You mix in each latent dimension by itself and sum then. One Gaussian is chosen for all of z: log_normal_mixture of exercise 9.1.",
    ),
    Misconception(
        "mean-of-the-logs",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_of_each(self, z).mean(1)),
        "Your log p(z) is the mean of the Gaussians' log densities. The densities are averaged, *inside* the log: log_normal_mixture.",
    ),
    Misconception(
        "log-k-missing",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_of_each(self, z).logsumexp(1)),
        "Your log p(z) is log k too large: the k densities are averaged, not added up.",
    ),
    Misconception(
        "k-of-the-lesson",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_of_each(self, z).logsumexp(1) + math.log(10)),
        "Your log p(z) takes log 10 for log k. That is the lesson's model; any number of Gaussians may stand in self.mixture.",
    ),
    Misconception(
        "weighed-by-responsibility",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - _weighed_logs(log_of_each(self, z))),
        "Your log p(z) averages the Gaussians' log densities, each weighed by how likely it is at z. The densities are averaged, all alike, *inside* the "
        "log: log_normal_mixture.",
    ),
    Misconception(
        "only-the-likeliest",
        with_kl(
            lambda self, m, v, z: (
                log_normal(z, m, v) - log_of_each(self, z).max(1).values + math.log(len(self.mixture[0]))
            )
        ),
        "Your log p(z) counts the likeliest Gaussian alone. The others add to the density too.",
    ),
    Misconception(
        "root-of-v-in-log-q",
        with_kl(lambda self, m, v, z: log_normal(z, m, v.sqrt()) - log_of_mixture(self, z)),
        "Your log q(z|x) is taken with √v. log_normal takes the variance itself, and makes the root.",
    ),
    Misconception(
        "root-of-v-in-the-mixture",
        with_kl(_roots_in_the_mixture),
        "Your mixture is taken with the roots of its variances. log_normal_mixture takes the variances themselves.",
    ),
    Misconception(
        "exp-then-log",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_of_each(self, z).exp().mean(1).log()),
        "In your log p(z) a density is 0 in float32 (e to the −104), and its log infinite. Stay in logs from end to end: log_normal_mixture of exercise 9.1.",
    ),
    Misconception(
        "log-q-left-out",
        with_kl(lambda self, m, v, z: -log_of_mixture(self, z)),
        "Your kl is −log p(z) alone. Without log q(z|x) nothing stops q from shrinking to a point: kl = log q(z|x) − log p(z).",
    ),
    Misconception(
        "kl-sign",
        with_kl(lambda self, m, v, z: log_of_mixture(self, z) - log_normal(z, m, v)),
        "Your kl has the other sign: KL( q ‖ p ) is the mean of log q − log p under q.",
    ),
    Misconception(
        "kl-made-positive",
        with_kl(lambda self, m, v, z: (log_normal(z, m, v) - log_of_mixture(self, z)).abs()),
        "You make the kl of each image positive. At a single draw log q − log p may be negative, and the mean comes out right because it may.",
    ),
    Misconception(
        "kl-clamped",
        with_kl(lambda self, m, v, z: (log_normal(z, m, v) - log_of_mixture(self, z)).clamp(min=0)),
        "You raise the kl of each image to 0 where it is below. At a single draw log q − log p may be negative, and the mean comes out right because it may.",
    ),
    Misconception(
        "another-z-in-the-kl",
        with_kl(_at_another_z),
        "Your kl scatters about log q(z|x) − log p(z) at the z that you decode, as it does at a second z. Take both logs at the z of rec.",
    ),
    Misconception(
        "kl-at-the-mean",
        with_kl(lambda self, m, v, z: log_normal(m, m, v) - log_of_mixture(self, m)),
        "You evaluate the kl at z = m alone, which is not its average over q. It belongs to the z that you drew.",
    ),
    Misconception(
        "log-p-at-the-mean",
        with_kl(lambda self, m, v, z: log_normal(z, m, v) - log_of_mixture(self, m)),
        "Your log p(z) is taken at z = m, and log q(z|x) at the z that you drew. Both logs belong to the same z, that of rec.",
    ),
    Misconception(
        "elbo-for-nelbo",
        altered(lambda kl, rec: (-(kl + rec).mean(), kl.mean(), rec.mean())),
        "You return the ELBO. The method returns its negative, kl + rec, which training makes small.",
    ),
    Misconception(
        "kl-subtracted",
        altered(lambda kl, rec: ((rec - kl).mean(), kl.mean(), rec.mean())),
        "The kl enters with a minus: nelbo = kl + rec.",
    ),
    Misconception(
        "no-kl",
        altered(lambda kl, rec: (rec.mean(), kl.mean(), rec.mean())),
        "The kl is missing from the bound that you return.",
    ),
    Misconception(
        "rec-with-the-other-sign",
        altered(lambda kl, rec: bound(kl, -rec)),
        "Your rec is log p(x|z), a negative number. rec = −log p(x|z), and nelbo = kl + rec.",
    ),
    Misconception(
        "rec-averaged-over-pixels",
        altered(lambda kl, rec: bound(kl, rec / 784)),
        "Your rec is averaged over the pixels, where it belongs summed.",
    ),
    Misconception(
        "kl-averaged-over-latents",
        lambda self, x: bound(*(term / (self.z_dim if i == 0 else 1) for i, term in enumerate(parts(self, x)))),
        "Your kl is averaged over the latent dimensions, where it belongs summed.",
    ),
    Misconception(
        "summed-over-the-batch",
        altered(lambda kl, rec: ((kl + rec).sum(), kl.sum(), rec.sum())),
        "Everything is summed over the images of the batch; average over them.",
    ),
    Misconception(
        "kl-and-rec-exchanged",
        altered(lambda kl, rec: ((kl + rec).mean(), rec.mean(), kl.mean())),
        "kl and rec have changed places: the order is nelbo, kl, rec.",
    ),
    Misconception(
        "nelbo-last",
        altered(lambda kl, rec: (kl.mean(), rec.mean(), (kl + rec).mean())),
        "You return kl, rec, nelbo. The bound comes first: nelbo, kl, rec.",
    ),
    Misconception(
        "no-noise",
        with_z(lambda m, v: m),
        "You decode m itself. z is drawn from q(z|x), by sample_gaussian.",
    ),
    Misconception(
        "noise-by-the-variance",
        with_z(lambda m, v: torch.addcmul(m, v, torch.randn_like(m))),
        "The noise in your z is multiplied by v. v is a variance: its square root is the spread.",
    ),
    Misconception(
        "one-noise-for-the-batch",
        with_z(lambda m, v: m + v.sqrt() * torch.randn(1, m.shape[1])),
        "All images of the batch share one noise vector: right on average, and it jumps from call to call. Each image needs its own.",
    ),
    Misconception(
        "z-detached",
        with_z(lambda m, v: sample_gaussian(m, v).detach()),
        "No gradient flows through your z, so that the encoder does not hear of rec. Leave z attached.",
    ),
    Misconception(
        "z-detached-in-the-kl",
        with_kl(lambda self, m, v, z: log_normal(z.detach(), m, v) - log_of_mixture(self, z.detach())),
        "No gradient flows through the z of your kl, so that the encoder does not hear where the mixture lies. Leave z attached.",
    ),
    Misconception(
        "mixture-detached",
        with_kl(_no_gradient_to_mixture),
        "No gradient reaches the mixture: its Gaussians would stay where they began. They are learned with the networks.",
    ),
)
