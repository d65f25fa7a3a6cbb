"""Exercises of lesson 07: the whole class, a network of one's own, a trained model, and a close reading."""

from typing import Any

import torch
from torch import Tensor

from vae_course.exercises import sampling_checks as sampling
from vae_course.exercises.checks import constant_matches
from vae_course.exercises.core import Check, Exercise, Misconception
from vae_course.exercises.own_network import my_network
from vae_course.exercises.samplers import ruler
from vae_course.exercises.trained_hand_in import trained_model
from vae_course.exercises.whole_class import (
    LESSON,
    RightVAE,
    builds,
    derived,
    draw_still,
    elbo_adds_up,
    elbo_is_right,
    fingerprint,
    iwae_is_right,
    loss_is_right,
    of_method,
    prior_is_standard,
)

_BATCH = (ruler(0), 5)


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
        Check("negative_elbo_bound where the answer is known", elbo_is_right, points=0.5),
        Check("negative_elbo_bound where q is not p", elbo_adds_up, points=0.5),
        Check("negative_iwae_bound", iwae_is_right, points=1),
        Check("loss", loss_is_right, points=0.5),
        Check("sample_z", of_method(sampling.z_is_standard_normal, "sample_z"), points=0.25),
        Check("sample_sigmoid", of_method(sampling.probability_z_from_prior, "sample_sigmoid", _BATCH), points=0.25),
        Check("sample_x: the pixels", of_method(sampling.model_chances, "sample_x"), points=0.25),
        Check("sample_x: the z", of_method(sampling.sample_z_from_prior, "sample_x"), points=0.25),
    ),
    fingerprint=fingerprint,
    agreement=0.06,
    misconceptions=(
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

CHOICES = ("sign", "variance", "order", "unneeded", "prior", "objective", "signature", "data", "fine")
"""What a statement of the published text may be: the kind of slip, or "fine"."""

_RIGHT = dict(zip("ABCDEFGHIJ", (*CHOICES, "fine"), strict=True))

slips = Exercise(
    name="slips",
    lesson=LESSON,
    number="7.4",
    title="Find the slips in the published text",
    points=1,
    minutes=5,
    difficulty=2,
    lines="10 words",
    truth=lambda: dict(_RIGHT),
    stub=dict.fromkeys(_RIGHT),
    checks=tuple(Check(f"statement {letter}", constant_matches(letter), points=0.1) for letter in _RIGHT),
    misconceptions=(
        Misconception(
            "sign-overlooked",
            {"A": "fine"},
            "A: NELBO = KL + E_q[log p(x|z)] would reward a bad reconstruction. The expectation is subtracted.",
        ),
        Misconception(
            "spread-overlooked",
            {"B": "fine"},
            "B: what follows m in N(m, ·) is the variance. A text that writes N(μ, σ) invites you to forget a root.",
        ),
        Misconception(
            "order-overlooked",
            {"C": "fine"},
            "C: the sigmoid comes before the cross-entropy, and binary_cross_entropy_with_logits contains it already.",
        ),
        Misconception(
            "expand-as-is-crucial",
            {"D": "fine"},
            "D: broadcasting gives the same numbers without expand_as. It matters only where terms are summed one by one: "
            "then Σ log v of the prior would count once.",
        ),
        Misconception(
            "prior-overlooked",
            {"E": "fine"},
            "E: the weight uses N(0, I) although the model has a z_prior: right only while they are equal.",
        ),
        Misconception(
            "objective-overlooked",
            {"F": "fine"},
            "F: `loss` calls the ELBO alone. Training by IWAE needs another objective.",
        ),
        Misconception(
            "signature-overlooked",
            {"G": "fine"},
            "G: the method's argument is called batch. sample_x(batch_size=64) raises a TypeError.",
        ),
        Misconception(
            "data-overlooked",
            {"H": "fine"},
            "H: a loader yields (image, label), images (batch, 1, 28, 28): take the image and flatten it first.",
        ),
        Misconception(
            "frozen-parameters-suspected",
            {"I": "prior"},
            "I is fine: parameters with requires_grad=False move with the model and are not trained. Buffers do the same.",
        ),
        Misconception(
            "view-suspected",
            {"J": "unneeded"},
            "J is fine: view gives the same numbers another shape, and the decoder wants one z a row.",
        ),
    ),
    hints=(
        "Read each statement against the code that you wrote, not against what it surely means.",
        "Eight statements contain a slip, each of another kind; two are fine.",
        "Check A with a model that reconstructs perfectly, C with its order in time, F by reading `loss`; the two about how "
        "tensors are stored and shaped are fine.",
    ),
)

EXERCISES = (vae, my_network, trained_model, slips)
