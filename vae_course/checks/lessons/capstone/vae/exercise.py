"""Exercise 7.1: the whole class. Its catalogue holds what is the class's own; a method's mistakes are those of its exercise."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from vae_course import nns
from vae_course.checks.engine.core import Check, Exercise, Misconception, Trial
from vae_course.checks.lessons.capstone.vae import samples
from vae_course.checks.lessons.capstone.vae.checks import draw_still, fingerprint, loss_is_right
from vae_course.checks.lessons.capstone.vae.constructor import builds, prior_is_standard, sets_its_attributes
from vae_course.checks.lessons.capstone.vae.one_method import of_method, three_numbers
from vae_course.checks.lessons.capstone.vae.right_class import RightVAE, derived
from vae_course.checks.worlds import elbo as elbo
from vae_course.checks.worlds import iwae as iwae
from vae_course.checks.worlds import iwae as terms
from vae_course.checks.worlds import sampling as sampling
from vae_course.checks.worlds.decoders import ruler
from vae_course.checks.worlds.losses import loss_first

LESSON = "07_capstone"
_BATCH = (ruler(0), 5)
_THREE = (
    three_numbers("negative_elbo_bound", lambda trial: elbo.apart_call(trial)[1]),
    lru_cache(maxsize=4)(elbo.returns_three_numbers),  # once for both checks
)
_ELBO = of_method(*_THREE, elbo.value_of("0"), elbo.noise_is_own, name="negative_elbo_bound")
_ELBO_TERMS = of_method(
    *_THREE,
    elbo.value_of("1"),
    elbo.value_of("2"),
    elbo.gradient_to_decoder,
    elbo.gradient_to_encoder,
    name="negative_elbo_bound",
)
_IWAE_THREE = (
    three_numbers("negative_iwae_bound", lambda trial: iwae.still_call(trial)[1]),
    iwae.returns_three_numbers,
)
_IWAE = of_method(
    *_IWAE_THREE,
    iwae.exact_where_q_is_p,
    iwae.stays_finite,
    iwae.equals_integral,
    iwae.noise_is_own,
    name="negative_iwae_bound",
)
_IWAE_TERMS = of_method(*_IWAE_THREE, terms.term("1"), terms.term("2"), iwae.gradients, name="negative_iwae_bound")
_SIGMOID = of_method(samples.value_at_given_z, name="compute_sigmoid_given")
_SAMPLE_SIGMOID = of_method(
    samples.one_z_an_image, sampling.probability_z_from_prior, name="sample_sigmoid", arguments=_BATCH
)
_X_GIVEN = of_method(samples.tossed_at_given_z, name="sample_x_given")
_SAMPLE_X = of_method(samples.one_image, sampling.model_chances, name="sample_x")


def _both(first: Callable[[Trial], None], second: Callable[[Trial], None]) -> Callable[[Trial], None]:
    """Two methods that share the points of a check."""

    def test(trial: Trial) -> None:
        first(trial)
        second(trial)

    return test


def _iwae_loss(self: Any, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    niwae, kl, rec = self.negative_iwae_bound(x, 10)
    return niwae, {"train/loss": niwae, "gen/elbo": -niwae, "gen/kl_z": kl, "gen/rec": rec}


def _constructor(**attributes: Any) -> Any:
    """A right constructor that then sets these attributes otherwise; None: not at all."""

    def __init__(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
        RightVAE.__init__(self, nn, name, z_dim)
        for attribute, value in attributes.items():
            delattr(self, attribute)
            if value is not None:
                setattr(self, attribute, value(nns.get(nn)))

    return __init__


def _always_v1(self: Any, nn: Any = "v1", name: str = "vae", z_dim: int = 2) -> None:
    RightVAE.__init__(self, "v1", name, z_dim)


def _trainable(value: float) -> Callable[[Any], Parameter]:
    return lambda network: Parameter(torch.tensor([value]))


def from_earlier(earlier: Mapping[str, Exercise]) -> Exercise:
    """The exercise; the reasons of a method's mistakes are those of the exercise that taught it."""
    return dataclasses.replace(_VAE, taught=earlier)


_VAE = Exercise(
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
        Check("its attributes and the prior", _both(sets_its_attributes, prior_is_standard), points=0.5),
        Check("negative_elbo_bound: the bound", _ELBO, points=0.5),
        Check("negative_elbo_bound: its terms and gradients", _ELBO_TERMS, points=0.5),
        Check("negative_iwae_bound: the bound", _IWAE, points=0.5),
        Check("negative_iwae_bound: its terms and gradients", _IWAE_TERMS, points=0.5),
        Check("loss", of_method(loss_first, loss_is_right, name="loss"), points=0.5),
        Check(
            "sample_z",
            of_method(sampling.z_shape, sampling.z_is_standard_normal, name="sample_z", arguments=_BATCH),
            points=0.25,
        ),
        Check("compute_sigmoid_given and sample_sigmoid", _both(_SIGMOID, _SAMPLE_SIGMOID), points=0.25),
        Check("sample_x_given and sample_x: the pixels", _both(_X_GIVEN, _SAMPLE_X), points=0.25),
        Check("sample_x: the z", of_method(sampling.sample_z_from_prior, name="sample_x"), points=0.25),
    ),
    fingerprint=fingerprint,
    misconceptions=(
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
        "Then the two bounds; loss only renames what negative_elbo_bound returns. check(VAE) looks at every method by itself, so "
        "write one, check, and go on to the next.",
        "In the weights z has three axes, (batch, iw, z_dim): m.unsqueeze(1) is (batch, 1, z_dim), expand(-1, iw, -1) makes iw "
        "of it, and x.unsqueeze(1) goes with them. Sums over the last axis leave (batch, iw), and log_mean_exp takes dim=1.",
        "The table above the exercise names each method, what it returns, and its lesson: hint() with that lesson's exercise, as "
        'in hint("VAE.negative_iwae_bound"), goes on from here, and solution() shows what you wrote there.',
    ),
)
