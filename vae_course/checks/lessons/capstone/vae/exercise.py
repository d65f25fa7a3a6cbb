"""Exercise 7.1: the whole class. Its catalogue holds what is the class's own; a method's mistakes are those of its exercise."""

from collections.abc import Callable, Mapping

from vae_course.checks.engine.exercise import Check, Exercise, Method
from vae_course.checks.engine.trial import Trial, per_trial
from vae_course.checks.lessons.capstone.vae import checks
from vae_course.checks.lessons.capstone.vae.checks import draw_still, fingerprint, loss_is_right
from vae_course.checks.lessons.capstone.vae.constructor import builds, prior_is_standard, sets_its_attributes
from vae_course.checks.lessons.capstone.vae.mistakes import MISCONCEPTIONS
from vae_course.checks.lessons.capstone.vae.one_method import of_method, three_numbers, weights_lie_as_asked
from vae_course.checks.worlds import elbo, iwae, sampling
from vae_course.checks.worlds.decoders import ruler
from vae_course.checks.worlds.losses import loss_first

_BATCH = (ruler(0), 5)
_THREE = (
    three_numbers("negative_elbo_bound", lambda trial: elbo.apart_call(trial)[1]),
    per_trial(elbo.returns_three_numbers),  # once for both checks
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
    weights_lie_as_asked,
    name="negative_iwae_bound",
    alone=True,
)
_IWAE_TERMS = of_method(*_IWAE_THREE, iwae.term("1"), iwae.term("2"), iwae.gradients, name="negative_iwae_bound")
_SIGMOID = of_method(checks.value_at_given_z, name="compute_sigmoid_given")
_SAMPLE_SIGMOID = of_method(
    checks.one_z_an_image, sampling.probability_z_from_prior, name="sample_sigmoid", arguments=_BATCH
)
_X_GIVEN = of_method(checks.tossed_at_given_z, name="sample_x_given")
_SAMPLE_X = of_method(checks.one_image, sampling.model_chances, name="sample_x")


def _both(first: Callable[[Trial], None], second: Callable[[Trial], None]) -> Callable[[Trial], None]:
    """Two methods that share the points of a check."""

    def test(trial: Trial) -> None:
        first(trial)
        second(trial)

    return test


def from_earlier(earlier: Mapping[str, Exercise]) -> Exercise:
    """The exercise; the reasons of a method's mistakes are those of the exercise that taught it."""
    return Method(
        name="VAE",
        lesson="07_capstone",
        number="7.1",
        title="The whole class",
        minutes=50,
        difficulty=3,
        lines="60 lines",
        arguments=draw_still,
        checks=(
            Check("it can be built", builds),
            Check("its attributes and the prior", _both(sets_its_attributes, prior_is_standard), points=0.5),
            Check("negative_elbo_bound: the bound", _ELBO, points=0.5),
            Check("negative_elbo_bound: its terms and gradients", _ELBO_TERMS, points=0.5),
            Check("negative_iwae_bound: the bound", _IWAE, points=0.5),
            Check("negative_iwae_bound: its terms and gradients", _IWAE_TERMS, points=0.5),
            Check("loss", of_method(loss_first, loss_is_right, name="loss", alone=True), points=0.5),
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
        misconceptions=MISCONCEPTIONS,
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
        taught={name: earlier[name] for name in earlier if name.startswith("VAE.") or name == "log_weights"},
    )
