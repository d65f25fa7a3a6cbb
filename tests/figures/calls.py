"""With which arguments every figure is drawn for the record in drawn.json: like the lessons' own, but few and quick."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.figures.models import digits, good, held_out, plane
from vae_course import given, nns
from vae_course.curves import Curves
from vae_course.data import Images, load_images
from vae_course.figures import (
    aggregate,
    bounds,
    capstone,
    capstone_comparisons,
    classes,
    diffusion,
    gaussian_channel,
    gaussian_diffusion,
    generation,
    iwae,
    iwae_digits,
    iwae_estimators,
    kl_divergence,
    linear_vae,
    model_card,
    nelbo,
    posterior,
    rate_distortion,
    reconstruction,
    reparameterization,
    sandwich,
    side_by_side,
    start_here,
    swiss_roll,
    wrong_models,
)
from vae_course.figures import digits as rows_of_digits


@dataclass(frozen=True)
class Call:
    """One drawing. `near`: how far a number may lie from the recorded one, in shares of the largest beside it."""

    draw: Callable[..., Any]
    arguments: Callable[[], dict[str, Any]] = dict
    near: float = 1e-3


def training_curves(steps: int = 120) -> Curves:
    """What a training might have written down, by a formula: noisy, falling, validated at every 20th step."""
    step = np.arange(1, steps + 1)
    kl, rec = 20 * (1 - np.exp(-step / 30)), 80 + 120 * np.exp(-step / 25) + 5 * np.sin(7 * step)
    rows = [{"train/loss": k + r, "gen/rec": r, "gen/kl_z": k} for k, r in zip(kl.tolist(), rec.tolist(), strict=True)]
    for at in range(20, steps + 1, 20):
        rows[at - 1]["valid/loss"] = 100 + (at - 80) ** 2 / 100
    return Curves(rows)


def four_gaussians() -> dict[str, Any]:
    """An untrained model of the plane with four Gaussians, and some digits."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = given.GMVAE("v1", z_dim=2, k=4)
    return {"model": model, "images": digits(), "labels": torch.arange(len(digits())) % 10}


def log_weights(rows: int = 4, count: int = 300) -> Tensor:
    """Normal log weights of growing spread, around −100: (rows, count)."""
    noise = torch.randn(rows, count, generator=torch.Generator().manual_seed(0))
    return torch.linspace(0.3, 2, rows)[:, None] * noise - 100


def one_draw_estimates() -> Tensor:
    """Estimates of KL(N(1, 1) ‖ N(0, 1)) from one draw each, five runs of 10,000: z − ½."""
    return 0.5 + torch.randn(10_000, 5, generator=torch.Generator().manual_seed(0))


def watched() -> nelbo.Watch:
    """A watch that has looked twice at a model that stays as it is."""
    watch = nelbo.Watch(plane(), digits(4), at=(1, 40), live=1_000)
    for step in (1, 40):
        watch(step, training_curves(step))
    return watch


def three_models() -> dict[str, tuple[Any, float, float]]:
    return {"all sums": (good(), 25.1, 80.0), "two latents": (plane(), 6.4, 130.0)}


def pixel_costs() -> dict[str, Tensor]:
    a = torch.linspace(-5, 5, 11)
    return {"logits": a, "ink": -torch.nn.functional.softplus(-a), "paper": -torch.nn.functional.softplus(a)}


def own() -> Images:
    """Images that no other test hands to a card, so that it is always the first to meet them."""
    return load_images(held_out().images[9_000:9_400])


def mean_pixels() -> Tensor:
    return (held_out().images[:2_000].float().mean(0) / 255).clamp(1e-3, 1 - 1e-3)


def exact(count: int = 3) -> Tensor:
    """log p(x) of the first digits by a coarse grid: what is drawn beside it is looked at, not this number."""
    from vae_course.evaluation import exact_log_likelihood

    return exact_log_likelihood(plane(), digits()[:count], nodes=100)


def _grid(low: float, high: float, count: int = 9) -> Tensor:
    return torch.linspace(low, high, count)


def _kl_targets() -> dict[str, Any]:
    qm, one = _grid(-3, 3)[:, None], torch.ones(1)
    return {"qm": qm, "yours": given.kl_normal(qm, 0.5 * one, 0 * one, 2 * one)}


def _few_labels() -> dict[str, Any]:
    return {
        "table": {
            "pixels": {100: 0.71, 1_000: 0.87},
            "latents": {100: 0.78, 1_000: 0.91},
            "noise": {100: 0.1, 1_000: 0.11},
        }
    }


CALLS: dict[str, Call] = {
    # lesson 00
    "start_here.boxes": Call(start_here.boxes),
    "start_here.guess": Call(start_here.guess),
    "start_here.guess, a = 0.9": Call(start_here.guess, lambda: {"a": 0.9}),
    "start_here.why_it_is_hard": Call(start_here.why_it_is_hard, near=1e-2),
    "start_here.poster": Call(start_here.poster),
    "start_here.decoded": Call(start_here.decoded, lambda: {"model": plane(), "z1": 1.0, "z2": 0.5}),
    # lesson 01
    "reparameterization.where_the_gradient_stops": Call(reparameterization.where_the_gradient_stops),
    "reparameterization.move_and_stretch": Call(reparameterization.move_and_stretch),
    "reparameterization.draws_beside_target": Call(
        reparameterization.draws_beside_target, lambda: {"z": 1 + 3 * log_weights(1, 2_000) + 300, "m": 1, "v": 9}, 1e-2
    ),
    "reparameterization.draws_beside_target, none": Call(
        reparameterization.draws_beside_target, lambda: {"z": None, "m": 1, "v": 9}
    ),
    "reparameterization.variance_against_dimension": Call(reparameterization.variance_against_dimension, near=1e-2),
    "reparameterization.when_the_trick_loses": Call(reparameterization.when_the_trick_loses, near=1e-2),
    # lesson 02
    "kl_divergence.bell_and_parabola": Call(kl_divergence.bell_and_parabola),
    "kl_divergence.bell_and_parabola, v = 4": Call(kl_divergence.bell_and_parabola, lambda: {"v": 4.0}),
    "kl_divergence.log_density_beside_target": Call(
        kl_divergence.log_density_beside_target, lambda: {"x": _grid(-4, 6), "yours": -_grid(-4, 6).square()}
    ),
    "kl_divergence.where_the_kl_comes_from": Call(kl_divergence.where_the_kl_comes_from),
    "kl_divergence.where_the_kl_comes_from, narrow": Call(
        kl_divergence.where_the_kl_comes_from, lambda: {"q_mean": -0.5, "q_variance": 0.25}
    ),
    "kl_divergence.kl_beside_target": Call(kl_divergence.kl_beside_target, _kl_targets),
    "kl_divergence.kl_per_dimension": Call(
        kl_divergence.kl_per_dimension, lambda: {"kl": torch.arange(12.0).reshape(3, 4) % 5}
    ),
    "kl_divergence.error_shrinks": Call(
        kl_divergence.error_shrinks, lambda: {"estimates": one_draw_estimates(), "exact": 0.5}, 1e-2
    ),
    "kl_divergence.error_shrinks, none": Call(kl_divergence.error_shrinks, lambda: {"estimates": None, "exact": 0.875}),
    "kl_divergence.negative_estimates": Call(
        kl_divergence.negative_estimates, lambda: {"estimates": one_draw_estimates()}, 1e-2
    ),
    "kl_divergence.two_directions": Call(kl_divergence.two_directions),
    "kl_divergence.two_directions, nearer": Call(kl_divergence.two_directions, lambda: {"bumps_at": 0.75}),
    # lesson 03
    "reconstruction.pixel_cost_beside_target": Call(reconstruction.pixel_cost_beside_target, pixel_costs),
    "reconstruction.mean_pixel_model": Call(
        reconstruction.mean_pixel_model, lambda: {"p": mean_pixels(), "image": digits()[0]}, 1e-2
    ),
    "reconstruction.log_mean_exp_beside_target": Call(
        reconstruction.log_mean_exp_beside_target, lambda: {"a": _grid(-3, 7), "yours": _grid(-3, 7).square()}
    ),
    "reconstruction.float32_edge": Call(reconstruction.float32_edge),
    "reconstruction.float32_edge, beyond": Call(reconstruction.float32_edge, lambda: {"logit": 18.0}),
    "side_by_side.one_mean": Call(
        side_by_side.one_mean, lambda: {"found": three_models(), "images": digits()[:6]}, 1e-2
    ),
    # lesson 04
    "nelbo.jensen": Call(nelbo.jensen),
    "nelbo.jensen, share = 0.2": Call(nelbo.jensen, lambda: {"share": 0.2}),
    "nelbo.six_steps": Call(nelbo.six_steps),
    "nelbo.learning_curves": Call(nelbo.learning_curves, lambda: {"curves": training_curves()}),
    "nelbo.Watch.pictures": Call(nelbo.Watch.pictures, lambda: {"self": watched()}, 1e-2),
    "nelbo.train_and_valid": Call(nelbo.train_and_valid, lambda: {"curves": training_curves()}),
    "posterior.beside_q": Call(posterior.beside_q, lambda: {"model": plane(), "x": digits()[6]}, 1e-2),
    "posterior.gap_bars": Call(
        posterior.gap_bars, lambda: {"model": plane(), "x": digits()[:3], "names": ["a 7", "a 2", "a 1"]}, 1e-2
    ),
    "posterior.log_weight_histogram": Call(
        posterior.log_weight_histogram, lambda: {"model": plane(), "x": digits()[2]}, 1e-2
    ),
    "linear_vae.turn_the_columns": Call(linear_vae.turn_the_columns),
    "linear_vae.turn_the_columns, orthogonal": Call(linear_vae.turn_the_columns, lambda: {"angle": 0}),
    "digits.latent_plane": Call(
        rows_of_digits.latent_plane,
        lambda: {"model": plane(), "images": digits(200), "labels": held_out().labels, "count": 100},
        1e-2,
    ),
    "digits.images_in_rows": Call(
        rows_of_digits.images_in_rows, lambda: {"rows": {"grey": digits()[:5] * 0.5, "black": digits()[5:10]}}
    ),
    "wrong_models.case_files": Call(wrong_models.case_files),
    "wrong_models.collapse_toy": Call(wrong_models.collapse_toy),
    "wrong_models.collapse_toy, straight": Call(wrong_models.collapse_toy, lambda: {"angle": 0}),
    "rate_distortion.plane": Call(rate_distortion.plane),
    "rate_distortion.plane, dear": Call(rate_distortion.plane, lambda: {"beta": 5.0}),
    "rate_distortion.tangent": Call(rate_distortion.tangent, lambda: {"beta": 2.0}),
    "rate_distortion.your_points": Call(rate_distortion.your_points, lambda: {"points": {4.0: (8.0, 119.0)}}),
    "rate_distortion.paths": Call(rate_distortion.paths),
    "classes.handwriting": Call(classes.handwriting),
    "classes.your_styles": Call(classes.your_styles, lambda: {"model": given.trained("ssvae"), "images": digits()[:2]}),
    "classes.mixture_on_a_line": Call(classes.mixture_on_a_line),
    "classes.mixture_on_a_line, five": Call(classes.mixture_on_a_line, lambda: {"distance": 2.0, "k": 5}),
    "classes.mixture_beside_target": Call(classes.mixture_beside_target, lambda: {"grid": None, "yours": None}),
    "classes.found_gaussians": Call(classes.found_gaussians, four_gaussians),
    "classes.beside": Call(classes.beside, lambda: {"rows": {"an image": digits()[:3], "another": digits()[3:6]}}),
    "classes.with_few_labels": Call(classes.with_few_labels),
    "gaussian_channel.water": Call(gaussian_channel.water),
    "gaussian_channel.water, high": Call(gaussian_channel.water, lambda: {"beta": 4.0}),
    "gaussian_channel.information_and_bounds": Call(gaussian_channel.information_and_bounds, lambda: {"spread": 2.0}),
    # lesson 05
    "iwae.mean_of_weights": Call(iwae.mean_of_weights),
    "iwae.mean_of_weights, k = 5": Call(iwae.mean_of_weights, lambda: {"k": 5}),
    "iwae.bound_against_count": Call(iwae.bound_against_count),
    "iwae.bound_and_width": Call(iwae.bound_and_width, near=1e-2),
    "iwae.bound_and_width, narrow": Call(iwae.bound_and_width, lambda: {"width": 0.5}, 1e-2),
    "iwae.spread_and_effective_share": Call(
        iwae.spread_and_effective_share,
        lambda: {"log_w": log_weights(), "sizes": torch.tensor([250.0, 150.0, 40.0, 9.0])},
        1e-2,
    ),
    "iwae.effective_size_and_its_blind_spot": Call(iwae.effective_size_and_its_blind_spot, near=1e-2),
    "iwae_digits.weights_of_digits": Call(
        iwae_digits.weights_of_digits,
        lambda: {"log_w": log_weights(2), "exact": torch.tensor([-99.0, -98.0]), "x": digits()[:2]},
        1e-2,
    ),
    "iwae_digits.weights_of_digits, none": Call(
        iwae_digits.weights_of_digits,
        lambda: {"log_w": None, "exact": torch.tensor([-99.0, -98.0]), "x": digits()[:2]},
        1e-2,
    ),
    "iwae_digits.bound_on_digits": Call(
        iwae_digits.bound_on_digits,
        lambda: {
            "model": plane(),
            "x": digits()[:3],
            "exact": -101.5,
            "yours": {1: -105.0, 4: -103.0},
            "counts": (1, 4),
        },
        1e-2,
    ),
    "iwae_digits.posterior_and_draws": Call(
        iwae_digits.posterior_and_draws,
        lambda: {"model": plane(), "x": digits()[1], "exact": exact(2)[1].item()},
        1e-2,
    ),
    "iwae_digits.trained_and_evaluated": Call(
        iwae_digits.trained_and_evaluated,
        lambda: {"table": {"by the ELBO": (99.3, 95.7), "by IWAE": (100.0, 92.7)}, "counts": (1, 200)},
    ),
    "iwae_estimators.signal_against_draws": Call(iwae_estimators.signal_against_draws, near=3e-2),
    "sandwich.bounds_against_work": Call(sandwich.bounds_against_work, near=3e-2),
    "bounds.bounds_below_truth": Call(
        bounds.bounds_below_truth, lambda: {"rows": {"ELBO": -104.25, "IWAE, k = 10": -102.5}, "exact": -101.25}
    ),
    "bounds.bounds_below_truth, none": Call(bounds.bounds_below_truth, lambda: {"rows": None, "exact": -101.25}),
    # lesson 06
    "generation.manifold": Call(generation.manifold, lambda: {"model": plane()}, 1e-2),
    "generation.here_on_the_map": Call(
        generation.here_on_the_map, lambda: {"model": plane(), "z_1": -1.2, "z_2": -0.4}, 1e-2
    ),
    "aggregate.holes": Call(aggregate.holes, lambda: {"model": plane(), "x": digits(400)}, 1e-2),
    "generation.lengths": Call(generation.lengths, near=1e-2),
    "generation.bars_of_accuracy": Call(generation.bars_of_accuracy, _few_labels),
    # lesson 07
    "capstone.the_whole_class": Call(capstone.the_whole_class),
    "capstone.learning_curves": Call(capstone.learning_curves, lambda: {"curves": training_curves()}),
    "capstone.q_over_prior": Call(capstone.q_over_prior, lambda: {"model": good(), "x": digits()}, 1e-2),
    "capstone.weights_and_bound": Call(capstone.weights_and_bound, lambda: {"log_w": log_weights()}, 1e-2),
    "capstone.weights_and_bound, none": Call(capstone.weights_and_bound, lambda: {"log_w": None}),
    "model_card.model_card": Call(
        model_card.model_card, lambda: {"title": "Digits", "model": plane(), "images": own()}, 1e-2
    ),
    "capstone_comparisons.beside_the_paper": Call(
        capstone_comparisons.beside_the_paper,
        lambda: {"yours": {"yours: NELBO": 97.5, "yours: 5,000 draws": 92.25}, "errors": {"yours: NELBO": 1.5}},
    ),
    "capstone_comparisons.train_by_evaluate": Call(capstone_comparisons.train_by_evaluate),
    "capstone_comparisons.network_sizes": Call(
        capstone_comparisons.network_sizes,
        lambda: {"networks": {name: nns.get(name) for name in ("v1", "tiny")}, "z_dim": 20},
    ),
    # lesson 10
    "swiss_roll.there_and_back": Call(swiss_roll.there_and_back),
    "swiss_roll.there_and_back, moved": Call(swiss_roll.there_and_back, lambda: {"moment": 13}),
    "swiss_roll.clouds": Call(
        swiss_roll.clouds, lambda: {"points": {"a": swiss_roll.draw(60, 0), "b": swiss_roll.draw(60, 1)}}
    ),
    "swiss_roll.beside_the_data": Call(swiss_roll.beside_the_data, lambda: {"points": swiss_roll.draw(60, 2)}),
    "gaussian_diffusion.weights_of_steps": Call(gaussian_diffusion.weights_of_steps),
    "gaussian_diffusion.weights_of_steps, moved": Call(
        gaussian_diffusion.weights_of_steps, lambda: {"schedule": "cosine"}
    ),
    "gaussian_diffusion.bound_and_steps": Call(gaussian_diffusion.bound_and_steps),
    "gaussian_diffusion.bound_and_steps, moved": Call(gaussian_diffusion.bound_and_steps, lambda: {"variance": 0.3}),
    "diffusion.rows_of_digits": Call(
        diffusion.rows_of_digits,
        lambda: {"rows": {"VAE": diffusion.drawn_by("one layer"), "two": diffusion.drawn_by("simple")}},
    ),
    "diffusion.where_nats_are_lost": Call(diffusion.where_nats_are_lost),
}
"""Every drawing function stands here at least once; a second time with a slider moved, or with nothing learned yet."""
