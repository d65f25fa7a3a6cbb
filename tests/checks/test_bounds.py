"""The checks of the bounds: the reference passes every one, whatever the seed; each designed model earns its place."""

from types import SimpleNamespace
from typing import Any

import pytest

from vae_course.checks.engine.examine import examine
from vae_course.checks.engine.exercise import Exercise
from vae_course.checks.engine.trial import Raised, Trial, Wrong
from vae_course.checks.lessons import EXERCISES
from vae_course.checks.lessons.iwae.log_weights.exercise import log_weights
from vae_course.checks.lessons.iwae.negative_iwae_bound.exercise import negative_iwae_bound
from vae_course.checks.lessons.limits.iwae_loss import iwae_loss
from vae_course.checks.lessons.nelbo.loss import loss
from vae_course.checks.lessons.nelbo.negative_elbo_bound.exercise import negative_elbo_bound
from vae_course.checks.lessons.nelbo.training_step import training_step
from vae_course.checks.worlds import elbo as nelbo_checks
from vae_course.checks.worlds import iwae as iwae_checks
from vae_course.checks.worlds.bound_tools import ALPHA, lipschitz_tolerance
from vae_course.checks.worlds.valleys import mild
from vae_course.teach import reference

SEEDS = 20


def reference_log_weights(model: Any, x: Any, iw: int) -> Any:
    stand_in = SimpleNamespace(enc=model.enc, dec=model.dec, z_prior=model.z_prior, _require_images=lambda x: None)
    return reference.VAE.log_weights(stand_in, x, iw)  # type: ignore[arg-type]


def _answers() -> list[tuple[Exercise, Any]]:
    class VAE(reference.VAE):
        pass

    return [(negative_elbo_bound, VAE), (negative_iwae_bound, VAE), (loss, VAE), (log_weights, reference_log_weights)]


@pytest.mark.parametrize(("exercise", "answer"), _answers(), ids=lambda e: getattr(e, "name", ""))
def test_the_reference_passes_every_check(exercise: Exercise, answer: Any) -> None:
    for seed in range(SEEDS):
        found = examine(exercise, exercise.answer(answer), seed)
        assert found, (seed, found.message)


@pytest.mark.slow
@pytest.mark.parametrize(("exercise", "answer"), _answers(), ids=lambda e: getattr(e, "name", ""))
def test_the_reference_never_fails(exercise: Exercise, answer: Any) -> None:
    for seed in range(1000, 3000):
        found = examine(exercise, exercise.answer(answer), seed)
        assert found, (seed, found.message)


def _fails(check: Any, exercise: Exercise, name: str, seed: int = 0) -> bool:
    wrong = next(m.wrong for m in exercise.misconceptions if m.name == name)
    trial = Trial(exercise, exercise.answer(wrong), seed)
    try:
        check(trial)
    except (Wrong, Raised):
        return True
    return False


@pytest.mark.parametrize(
    "name", ["log-k-missing", "mixed-layout", "batch-inside-the-log", "sign", "without-q", "without-the-prior"]
)
def test_the_still_model_catches(name: str) -> None:
    assert _fails(iwae_checks.exact_where_q_is_p, negative_iwae_bound, name)


@pytest.mark.parametrize(
    "name", ["mean-of-log-weights", "one-z-for-all-draws", "analytic-kl", "best-of-the-draws", "softmax-weighted-mean"]
)
def test_only_the_strong_model_catches(name: str) -> None:
    assert not _fails(iwae_checks.exact_where_q_is_p, negative_iwae_bound, name)
    assert _fails(iwae_checks.equals_integral, negative_iwae_bound, name)


@pytest.mark.parametrize("name", ["no-noise", "z-from-the-prior", "uniform-noise", "variance-as-standard-deviation"])
def test_only_the_mild_model_catches_wrong_noise(name: str) -> None:
    assert _fails(nelbo_checks.value_of("2"), negative_elbo_bound, name)


def test_a_wrong_noise_moves_rec_beyond_chance() -> None:
    model = mild()
    tolerance = lipschitz_tolerance(model.slope, nelbo_checks.ROWS)
    least = 0.45 * model.latents * model.truth.slope()  # by z ~ p(z), z = m, uniform noise, v for sqrt(v)
    assert tolerance < 0.75 * least
    assert ALPHA * 20 < 1e-6


def test_shared_noise_costs_one_point() -> None:
    for exercise in (negative_elbo_bound, negative_iwae_bound):
        wrong = next(m for m in exercise.misconceptions if m.name == "one-noise-for-the-batch")
        found = examine(exercise, exercise.answer(wrong.wrong), 3)
        assert (found.points, found.misconception) == (exercise.points - 1, wrong.name)


def test_no_grad_costs_the_gradient_points_alone() -> None:
    for exercise in (negative_elbo_bound, negative_iwae_bound):
        wrong = next(m for m in exercise.misconceptions if m.name == "no-grad")
        found = examine(exercise, exercise.answer(wrong.wrong), 3)
        assert {c.name for c in found.checks if not c.passed} <= {
            "gradients",
            "the gradient to the decoder",
            "the gradient to the encoder",
        }


def test_leaving_log_space_costs_the_points_of_staying_finite_alone() -> None:
    for exercise, name in (
        (negative_iwae_bound, "niwae stays finite for 784 pixels"),
        (log_weights, "finite for 784 pixels"),
    ):
        wrong = next(m for m in exercise.misconceptions if m.name == "exponentiates-first")
        for seed in range(3):
            found = examine(exercise, exercise.answer(wrong.wrong), seed)
            assert [c.name for c in found.checks if not c.passed] == [name]
            assert found.misconception == wrong.name and "log space" in found.message


def test_exercises_add_up() -> None:
    points = [e.points for e in (negative_elbo_bound, loss, training_step, log_weights, negative_iwae_bound, iwae_loss)]
    assert points == [11, 1, 3, 5, 9, 2]


@pytest.mark.parametrize("name", ["no-decoder", "no-networks", "no-prior"])
def test_what_the_whole_class_forgets_is_not_put_in_place_for_it(name: str) -> None:
    vae = EXERCISES["VAE"]
    wrong = next(m for m in vae.misconceptions if m.name == name)
    found = examine(vae, vae.answer(wrong.wrong), 1)
    assert found.status == "wrong" and found.misconception == name and found.points < vae.points
