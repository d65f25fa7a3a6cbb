"""What earlier lessons built, ready for later ones: the formulas, through `torch.distributions`, and the models' skeletons.

A later lesson imports from here what an earlier one taught, so that each lesson stands alone. There is no bound here:
`VAE`, `GMVAE` and `SSVAE` have networks and a prior, and you write the rest.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_course import nns, weights
from vae_course.nns import gaussian_parameters, labelled

__all__ = [
    "GMVAE",
    "SSVAE",
    "VAE",
    "effective_sample_size",
    "gaussian_parameters",
    "kl_normal",
    "log_bernoulli_with_logits",
    "log_mean_exp",
    "log_normal",
    "sample_gaussian",
    "trained",
]


def sample_gaussian(m: Tensor, v: Tensor) -> Tensor:
    """z = m + sqrt(v) · ε with ε ~ N(0, I): (..., dim), differentiable in m and v (lesson 01)."""
    return Normal(m, v.sqrt()).rsample()


def log_normal(x: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """log N(x; m, v) in nats, summed over the last axis: (..., dim) -> (...,) (lesson 02)."""
    return Normal(m, v.sqrt()).log_prob(x).sum(-1)


def kl_normal(qm: Tensor, qv: Tensor, pm: Tensor, pv: Tensor) -> Tensor:
    """KL(N(qm, qv) ‖ N(pm, pv)) in nats, summed over the last axis: (..., dim) -> (...,) (lesson 02)."""
    return kl_divergence(Normal(qm, qv.sqrt()), Normal(pm, pv.sqrt())).sum(-1)


def log_bernoulli_with_logits(x: Tensor, logits: Tensor) -> Tensor:
    """log p(x) of independent pixels in nats, summed over the last axis: (..., dim) -> (...,) (lesson 03)."""
    return Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)


def log_mean_exp(x: Tensor, dim: int) -> Tensor:
    """log of the mean of exp(x) along `dim`, which is removed (lesson 03)."""
    return torch.logsumexp(x, dim) - math.log(x.shape[dim])


def effective_sample_size(log_w: Tensor) -> Tensor:
    """(Σ w)² / Σ w² over the last axis: between 1 and k: (..., k) -> (...,) (lesson 05)."""
    w = torch.exp(log_w - log_w.max(-1, keepdim=True).values)  # the largest is 1
    return w.sum(-1).square() / w.square().sum(-1)


class VAE(nn.Module):
    """The model's skeleton: networks and prior, no bound and no sampling. Derive your own class from it.

    Args:
        nn: a name in `vae_course.nns` ("v1", "v2"), or an object with `Encoder(z_dim)` and `Decoder(z_dim)`.
        name: what the model is called.
        z_dim: the number of latent dimensions.

    Attributes:
        enc: enc(x) gives (m, v) of q(z|x), each (batch, z_dim).
        dec: dec(z) gives the logits of p(x|z), (batch, 784).
        z_prior: (mean, variance) of p(z), shape (1,) each.
    """

    z_prior_m: Tensor
    z_prior_v: Tensor

    def __init__(self, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        if not isinstance(z_dim, int) or z_dim < 1:
            raise ValueError(f"z_dim must be a whole number of at least 1; got {z_dim!r}.")
        network = nns.get(nn)
        self.name = name
        self.z_dim = z_dim
        self.enc = network.Encoder(z_dim)
        self.dec = network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of p(z), shape (1,) each: they broadcast over batch and z_dim."""
        return self.z_prior_m, self.z_prior_v


class GMVAE(VAE):
    """A VAE whose prior is a mixture of k Gaussians with equal shares, which are learned with the networks. No bound.

    Attributes:
        mixture: (m, v) of the k Gaussians, shape (k, z_dim) each.
    """

    def __init__(self, nn: Any = "v1", name: str = "gmvae", z_dim: int = 2, k: int = 10) -> None:
        super().__init__(nn, name, z_dim)
        self.mixture_m = torch.nn.Parameter(torch.randn(k, z_dim))
        self.mixture_raw = torch.nn.Parameter(torch.zeros(k, z_dim))

    @property
    def mixture(self) -> tuple[Tensor, Tensor]:
        """Means and variances of the Gaussians, (k, z_dim) each."""
        return gaussian_parameters(torch.cat([self.mixture_m, self.mixture_raw], -1))


class SSVAE(nn.Module):
    """The skeleton of a VAE with a class y besides z, known of some images and not of others. No bound.

    Args:
        nn: "v1", the course's; see `vae_course.nns.labelled`.
        z_dim, y_dim: the number of latent dimensions, and of classes.

    Attributes:
        cls: cls(x) gives the logits of q(y|x), (batch, y_dim).
        enc: enc(x, y) gives (m, v) of q(z|x, y), each (batch, z_dim); y is (batch, y_dim), 1 for the class and 0 else.
        dec: dec(z, y) gives the logits of p(x|z, y), (batch, 784).
        z_prior: (mean, variance) of p(z), shape (1,) each. The prior of y is 1/y_dim for each class.
    """

    z_prior_m: Tensor
    z_prior_v: Tensor

    def __init__(self, nn: str = "v1", name: str = "ssvae", z_dim: int = 10, y_dim: int = 10) -> None:
        super().__init__()
        self.name = name
        self.z_dim = z_dim
        self.y_dim = y_dim
        self.cls = labelled.Classifier(y_dim, nn)
        self.enc = labelled.LabelledEncoder(z_dim, y_dim, nn)
        self.dec = labelled.LabelledDecoder(z_dim, y_dim, nn)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of p(z), shape (1,) each."""
        return self.z_prior_m, self.z_prior_v


def trained(name: str, cls: type[nn.Module] | None = None) -> Any:
    """A trained model, ready to use: "v1_z20" (the good one), "v1_z2" (two dimensions, so that they can be drawn), or "ssvae" (with a class).

    Args:
        name: which weights; `vae_course.weights` lists them.
        cls: your own class to load them into; without it, the skeleton here, `VAE` or `SSVAE`.

    Raises:
        ValueError: there are no weights of that name.
    """
    state, recipe = weights.load(name)
    skeleton = SSVAE if recipe.get("kind") == "SSVAE" else VAE
    model = (cls or skeleton)(nn=recipe["nn"], name=name, z_dim=recipe["z_dim"])
    # The prior is fixed. A class that keeps it as a plain pair has nothing of that name to be loaded.
    own = model.state_dict()
    model.load_state_dict({n: t for n, t in state.items() if n in own or not n.startswith("z_prior")})
    return model.eval()
