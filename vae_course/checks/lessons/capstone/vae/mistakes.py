"""Exercise 7.1: how it goes wrong, and what a tutor says."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal
from torch.nn import Module, Parameter

from vae_course import nns
from vae_course.checks.around import scaffolds
from vae_course.checks.around.harnesses import summary
from vae_course.checks.engine.exercise import Misconception


class RightVAE(Module):
    """All methods of `VAE`, each as right as the card asks."""

    z_prior_m: Tensor
    z_prior_v: Tensor

    def __init__(self, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        super().__init__()
        network = nns.get(nn)
        self.name, self.z_dim = name, z_dim
        self.enc, self.dec = network.Encoder(z_dim), network.Decoder(z_dim)
        self.register_buffer("z_prior_m", torch.zeros(1))
        self.register_buffer("z_prior_v", torch.ones(1))

    @property
    def z_prior(self) -> tuple[Tensor, Tensor]:
        return self.z_prior_m, self.z_prior_v

    def log_w(self, x: Tensor, iw: int) -> Tensor:
        m, v = self.enc(x)
        q, p = Normal(m, v.sqrt()), Normal(self.z_prior_m, self.z_prior_v.sqrt())
        z = q.rsample((iw,))
        log_p = Bernoulli(logits=self.dec(z), validate_args=False).log_prob(x).sum(-1)
        return log_p + (p.log_prob(z) - q.log_prob(z)).sum(-1)  # (iw, batch)

    def negative_iwae_bound(self, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
        _, kl, rec = self.negative_elbo_bound(x)
        return -(torch.logsumexp(self.log_w(x, iw), 0) - math.log(iw)).mean(), kl, rec

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, summary(nelbo, kl, rec)

    negative_elbo_bound = scaffolds.right_bound
    sample_z = scaffolds.right_sample_z
    compute_sigmoid_given = scaffolds.right_sigmoid_given
    sample_sigmoid = scaffolds.right_sample_sigmoid
    sample_x_given = scaffolds.right_x_given
    sample_x = scaffolds.right_sample_x


def derived(**methods: Any) -> type:
    """RightVAE with some methods replaced."""
    return type("VAE", (RightVAE,), methods)


def _iwae_loss(self: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    niwae, kl, rec = self.negative_iwae_bound(x, 10)
    return niwae, summary(niwae, kl, rec)


def _constructor(**attributes: Any) -> Any:
    """A right constructor that then sets these attributes otherwise; None: not at all."""

    def __init__(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        RightVAE.__init__(self, nn, name, z_dim)
        for attribute, value in attributes.items():
            delattr(self, attribute)
            if value is not None:
                setattr(self, attribute, value(nns.get(nn)))

    return __init__


def _plain_prior(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
    RightVAE.__init__(self, nn, name, z_dim)
    del self.z_prior_m, self.z_prior_v
    self.z_prior_m, self.z_prior_v = torch.zeros(1), torch.ones(1)


def _always_v1(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
    RightVAE.__init__(self, "v1", name, z_dim)


def _trainable(value: float) -> Callable[[Any], Parameter]:
    return lambda network: Parameter(torch.tensor([value]))


MISCONCEPTIONS = (
    Misconception(
        "no-decoder",
        derived(__init__=_constructor(dec=None)),
        "Your constructor does not build the decoder. After super().__init__() it sets self.enc = network.Encoder(z_dim) "
        "and self.dec = network.Decoder(z_dim).",
    ),
    Misconception(
        "no-networks",
        derived(__init__=_constructor(enc=None, dec=None)),
        "Your constructor does not build the networks. After super().__init__() it sets self.enc = network.Encoder(z_dim) "
        "and self.dec = network.Decoder(z_dim).",
    ),
    Misconception(
        "classes-for-networks",
        derived(
            __init__=_constructor(enc=lambda network: network.Encoder, dec=lambda network: network.Decoder),
        ),
        "network.Encoder is a class, which builds an encoder when it is called: network.Encoder(z_dim), and "
        "network.Decoder(z_dim).",
    ),
    Misconception(
        "always-the-same-network",
        derived(__init__=_always_v1),
        "The network's name is written into your constructor. Hand on the argument, nns.get(nn), and the class works with "
        "every network, your own too.",
    ),
    Misconception(
        "no-prior",
        derived(__init__=_constructor(z_prior_m=None, z_prior_v=None)),
        "Your constructor does not set the prior's mean and variance, so that self.z_prior has nothing to return.",
    ),
    Misconception(
        "prior-is-a-plain-attribute",
        derived(__init__=_plain_prior),
        "Mean and variance of your prior are plain attributes: on a GPU they stay behind, and a saved file lacks them. "
        "self.register_buffer keeps them with the model, and no optimizer changes them.",
    ),
    Misconception(
        "prior-does-not-follow",
        derived(z_prior=(torch.zeros(1), torch.ones(1))),
        "Your z_prior is not the pair of the buffers. Return the buffers themselves, self.z_prior_m and self.z_prior_v, in a "
        "property: so the prior that is saved and moved is the one that is used.",
    ),
    Misconception(
        "prior-trains",
        derived(__init__=_constructor(z_prior_m=_trainable(0.0), z_prior_v=_trainable(1.0))),
        "A parameter is what training changes, and with a prior that moves this is another model. self.register_buffer "
        "keeps mean and variance where no optimizer looks.",
    ),
    Misconception(
        "z-prior-without-property",
        derived(z_prior=lambda self: (self.z_prior_m, self.z_prior_v)),
        "z_prior is used without brackets, self.z_prior: the line @property above `def z_prior(self):` makes that call it.",
    ),
    Misconception(
        "trains-by-iwae",
        derived(loss=_iwae_loss),
        "Your loss lies below kl + rec and varies with draws, as the importance-weighted bound does. loss returns what "
        "negative_elbo_bound(x) returns; training by IWAE is another objective.",
    ),
)
