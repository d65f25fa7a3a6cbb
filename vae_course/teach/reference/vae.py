"""The complete variational autoencoder of the course, with its importance-weighted bound."""

from typing import Any

import torch
from torch import Tensor, nn

from vae_course import nns
from vae_course.teach.reference.distributions import kl_normal, log_bernoulli_with_logits, log_normal, sample_gaussian
from vae_course.teach.reference.numerics import log_mean_exp

PIXELS = 784


class VAE(nn.Module):
    """p(z) = N(z_prior_m, z_prior_v), p(x|z) = Bernoulli(dec(z)), q(z|x) = N(enc(x)).

    Args:
        nn: a name in `vae_course.nns`, or an object with `Encoder(z_dim)` and `Decoder(z_dim)`.
        name: what the model is called, for files and figures.
        z_dim: the number of latent dimensions.

    Raises:
        ValueError: an unknown `nn`, or z_dim below 1.

    Sources: Kingma & Welling, ICLR 2014 (the ELBO); Burda, Grosse & Salakhutdinov, ICLR 2016 (the IWAE bound).
    """

    z_prior_m: Tensor
    z_prior_v: Tensor

    def __init__(self, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        require_count(z_dim, "z_dim")
        network = nns.get(nn)
        self.name = name
        self.z_dim = z_dim
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        # Buffers: the prior is fixed, yet follows .to(device), .double() and the state dict.
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of p(z), shape (1,) each: they broadcast over batch and z_dim."""
        return self.z_prior_m, self.z_prior_v

    def log_weights(self, x: Tensor, iw: int) -> Tensor:
        """The log importance weights of iw draws of z for each image, in nats.

            log w = log p(x|z) + log p(z) − log q(z|x),   z ~ q(z|x)

        Args:
            x: (batch, 784) in [0, 1].
            iw: draws per image.

        Returns:
            (batch, iw).

        Raises:
            ValueError: iw below 1; x of the wrong shape, dtype or range.
        """
        self._require_images(x)
        require_count(iw, "iw")
        m, v = self.enc(x)  # (batch, z_dim) each
        m, v = m.unsqueeze(1), v.unsqueeze(1)  # (batch, 1, z_dim)
        z = sample_gaussian(m.expand(-1, iw, -1), v)  # (batch, iw, z_dim)
        log_likelihood = log_bernoulli_with_logits(x.unsqueeze(1), self.dec(z))  # (batch, iw)
        log_prior = log_normal(z, *self.z_prior)
        log_posterior = log_normal(z, m, v)
        return log_likelihood + log_prior - log_posterior

    def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The negative ELBO and its two terms, from one z per image.

            NELBO(x) = KL(q(z|x) ‖ p(z)) − E_q[ log p(x|z) ]

        Args:
            x: (batch, 784) in [0, 1].

        Returns:
            nelbo, kl, rec: scalars in nats, averaged over the batch; nelbo = kl + rec.

        Raises:
            ValueError: x of the wrong shape, dtype or range.
        """
        self._require_images(x)
        m, v = self.enc(x)  # (batch, z_dim) each
        z = sample_gaussian(m, v)  # (batch, z_dim)
        kl = kl_normal(m, v, *self.z_prior)  # (batch,)
        rec = -log_bernoulli_with_logits(x, self.dec(z))  # (batch,)
        return (kl + rec).mean(), kl.mean(), rec.mean()

    def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
        """The negative importance-weighted bound, with the ELBO's two terms beside it.

            −IWAE_k(x) = −E[ log 1/k Σ_i p(x, z_i) / q(z_i|x) ],   k = iw

        In expectation it equals the NELBO for iw = 1 and falls towards −log p(x) as iw grows.

        Args:
            x: (batch, 784) in [0, 1].
            iw: importance samples per image.

        Returns:
            niwae, kl, rec: scalars in nats, averaged over the batch. kl and rec are the ELBO's terms at the same x,
            unweighted: for iw > 1 they do not add up to niwae.

        Raises:
            ValueError: iw below 1; x of the wrong shape, dtype or range.
        """
        niwae = -log_mean_exp(self.log_weights(x, iw), dim=1)  # (batch,)
        _, kl, rec = self.negative_elbo_bound(x)
        return niwae.mean(), kl, rec

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What training minimises, and the numbers worth plotting: scalars in nats, averaged over the batch."""
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}

    def sample_z(self, batch: int) -> Tensor:
        """Draws from the prior, (batch, z_dim)."""
        require_count(batch, "batch")
        m, v = (prior.expand(batch, self.z_dim) for prior in self.z_prior)
        return sample_gaussian(m, v)

    def compute_sigmoid_given(self, z: Tensor) -> Tensor:
        """Each pixel's probability of being 1 given z (batch, z_dim): (batch, 784)."""
        return torch.sigmoid(self.dec(z))

    def sample_sigmoid(self, batch: int) -> Tensor:
        """Pixel probabilities at draws from the prior, (batch, 784)."""
        return self.compute_sigmoid_given(self.sample_z(batch))

    def sample_x_given(self, z: Tensor) -> Tensor:
        """Binary images drawn from p(x|z) for z (batch, z_dim): (batch, 784) of 0 and 1."""
        return torch.bernoulli(self.compute_sigmoid_given(z))

    def sample_x(self, batch: int) -> Tensor:
        """Binary images drawn from the model: z from the prior, then x from p(x|z): (batch, 784)."""
        return self.sample_x_given(self.sample_z(batch))

    def _require_images(self, x: Tensor) -> None:
        if x.ndim != 2 or x.shape[1] != PIXELS or x.shape[0] == 0:
            raise ValueError(
                f"x must be (batch, {PIXELS}) with at least one image; got {tuple(x.shape)}. "
                f"Flatten images with x.view(-1, {PIXELS}), and pass the images without their labels."
            )
        if x.dtype != self.z_prior_m.dtype:
            raise ValueError(
                f"x must have the model's dtype {self.z_prior_m.dtype}; got {x.dtype}. "
                "Bytes become binary pixels with vae_course.binarize(images)."
            )
        low, high = x.min().item(), x.max().item()
        if not (low >= 0 and high <= 1):  # written so that NaN is refused too
            raise ValueError(
                f"x must lie in [0, 1]; got values from {low:.4g} to {high:.4g}. "
                "Divide bytes by 255 or use vae_course.binarize(images)."
            )


def require_count(value: int, name: str) -> None:
    """Refuse a count that is not a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
