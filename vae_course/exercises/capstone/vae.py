"""Exercise 7.1: the whole class."""

from typing import Any

import torch
from torch import Tensor

from vae_course.exercises.capstone.whole_class import (
    LESSON,
    RightVAE,
    builds,
    derived,
    draw_still,
    fingerprint,
    loss_is_right,
    of_method,
    prior_is_standard,
)
from vae_course.exercises.core import Check, Exercise, Misconception
from vae_course.exercises.generation import checks as sampling
from vae_course.exercises.generation.designed import ruler
from vae_course.exercises.iwae import checks as iwae
from vae_course.exercises.iwae import term_checks as terms
from vae_course.exercises.nelbo import checks as elbo

_BATCH = (ruler(0), 5)
_ELBO = of_method(elbo.returns_three_numbers, elbo.value_of("0"), elbo.noise_is_own, name="negative_elbo_bound")
_ELBO_TERMS = of_method(
    elbo.value_of("1"),
    elbo.value_of("2"),
    elbo.gradient_to_decoder,
    elbo.gradient_to_encoder,
    name="negative_elbo_bound",
)
_IWAE = of_method(
    iwae.returns_three_numbers,
    iwae.exact_where_q_is_p,
    iwae.equals_integral,
    iwae.noise_is_own,
    name="negative_iwae_bound",
)
_IWAE_TERMS = of_method(terms.term("1"), terms.term("2"), iwae.gradients, name="negative_iwae_bound")


def _sign_of_rec(self: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    nelbo, kl, rec = RightVAE.negative_elbo_bound(self, x)
    return nelbo, kl, -rec


def _without_rec(self: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    nelbo, kl, rec = RightVAE.negative_elbo_bound(self, x)
    return kl - rec, kl, rec


def _no_log_k(self: Any, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
    _, kl, rec = self.negative_elbo_bound(x)
    return -torch.logsumexp(self.log_w(x, iw), 0).mean(), kl, rec


def _zeros(self: Any, x: Tensor, iw: int) -> tuple[Tensor, Tensor, Tensor]:
    niwae = RightVAE.negative_iwae_bound(self, x, iw)[0]
    return niwae, torch.zeros(()), torch.zeros(())


def _elbo_sign(self: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    nelbo, numbers = RightVAE.loss(self, x)
    return nelbo, {**numbers, "gen/elbo": nelbo}


def _forgetting(*names: str) -> Any:
    """A constructor that does not set these attributes."""

    def __init__(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        RightVAE.__init__(self, nn, name, z_dim)
        for forgotten in names:
            delattr(self, forgotten)

    return __init__


vae = Exercise(
    name="VAE",
    lesson=LESSON,
    number="7.1",
    title="The whole class",
    points=4,
    minutes=30,
    difficulty=3,
    lines="60 lines",
    arguments=draw_still,
    truth=lambda model, x: torch.zeros(()),
    checks=(
        Check("it can be built", builds),
        Check("the prior", prior_is_standard, points=0.5),
        Check("negative_elbo_bound: the bound", _ELBO, points=0.5),
        Check("negative_elbo_bound: its terms and gradients", _ELBO_TERMS, points=0.5),
        Check("negative_iwae_bound: the bound", _IWAE, points=0.5),
        Check("negative_iwae_bound: its terms and gradients", _IWAE_TERMS, points=0.5),
        Check("loss", loss_is_right, points=0.5),
        Check("sample_z", of_method(sampling.z_is_standard_normal, name="sample_z"), points=0.25),
        Check(
            "sample_sigmoid",
            of_method(sampling.probability_z_from_prior, name="sample_sigmoid", arguments=_BATCH),
            points=0.25,
        ),
        Check("sample_x: the pixels", of_method(sampling.model_chances, name="sample_x"), points=0.25),
        Check("sample_x: the z", of_method(sampling.sample_z_from_prior, name="sample_x"), points=0.25),
    ),
    fingerprint=fingerprint,
    agreement=0.06,
    misconceptions=(
        Misconception(
            "no-decoder",
            derived(__init__=_forgetting("dec")),
            "Your constructor does not build the decoder. After super().__init__() it sets self.enc = network.Encoder(z_dim) "
            "and self.dec = network.Decoder(z_dim).",
        ),
        Misconception(
            "no-networks",
            derived(__init__=_forgetting("enc", "dec")),
            "Your constructor does not build the networks. After super().__init__() it sets self.enc = network.Encoder(z_dim) "
            "and self.dec = network.Decoder(z_dim).",
        ),
        Misconception(
            "no-prior",
            derived(__init__=_forgetting("z_prior_m", "z_prior_v")),
            "Your constructor does not set the prior's mean and variance, so that self.z_prior has nothing to return.",
        ),
        Misconception(
            "sign-of-rec-returned",
            derived(negative_elbo_bound=_sign_of_rec),
            "nelbo is right, but the rec you return is log p(x|z). The contract is rec = −log p(x|z), so that "
            "kl + rec = nelbo.",
        ),
        Misconception(
            "sign-of-rec-in-nelbo",
            derived(negative_elbo_bound=_without_rec),
            "Inside nelbo the reconstruction term has the wrong sign: NELBO = KL − E_q[log p(x|z)] = kl + rec.",
        ),
        Misconception(
            "log-k-missing",
            derived(negative_iwae_bound=_no_log_k),
            "niwae is too low by log iw: the weights are averaged, not summed. Use log_mean_exp.",
        ),
        Misconception(
            "kl-and-rec-are-zeros",
            derived(negative_iwae_bound=_zeros),
            "niwae is right, but kl and rec are placeholders: return the ELBO's two terms at the same x.",
        ),
        Misconception(
            "sign-of-gen-elbo",
            derived(loss=_elbo_sign),
            'gen/elbo has the sign of the NELBO. The ELBO is a lower bound on log p(x), a negative number: "gen/elbo": −nelbo.',
        ),
        Misconception(
            "probabilities-for-samples",
            derived(sample_x=sampling.right_sample_sigmoid),
            "sample_x returns probabilities. A sample is black or white: toss a coin for each pixel.",
        ),
        Misconception(
            "one-z-for-the-batch",
            derived(sample_z=lambda self, batch: sampling.right_sample_z(self, 1).expand(batch, -1)),
            "sample_z returns the same z in every row. Draw one for each image.",
        ),
    ),
    correct={
        "torch.distributions": RightVAE,
        "by its own methods": derived(sample_x=lambda self, batch: torch.bernoulli(self.sample_sigmoid(batch))),
        "prior written in": derived(sample_z=lambda self, batch: torch.randn(batch, self.z_dim)),
        "prior as a plain pair": derived(z_prior=(torch.zeros(1), torch.ones(1))),
    },
    hints=(
        "You have written every line of it in lessons 01 to 06. Begin with __init__: super().__init__(), then enc, dec and "
        "the prior.",
        "Then the two bounds; loss only renames what negative_elbo_bound returns. check(VAE) tells which method to look at.",
        "The poster in lesson 00 shows the class line by line; copy its skeleton, and fill each line from the lesson named "
        "beside it.",
    ),
)
