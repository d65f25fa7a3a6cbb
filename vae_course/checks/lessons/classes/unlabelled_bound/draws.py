"""The check of `unlabelled_bound`'s z: what was drawn in *told*, told by the gradient in x."""

import math

import torch
from torch import Tensor

from vae_course.checks.engine.noise import (
    allowed_distance,
    distance_to_standard_normal,
    has_unit_variance,
    must_have_tails,
)
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.lessons.classes.unlabelled_bound.seen import told, told_call
from vae_course.checks.worlds.bound_tools import number, slopes_in_x
from vae_course.checks.worlds.elbo import must_draw_anew
from vae_course.checks.worlds.labelled import (
    CLASSES,
    ROWS,
    Z_DIM,
    centred_log_v,
    decoded_noise,
    known_slopes,
)
from vae_course.checks.worlds.labelled import told as told_case
from vae_course.checks.worlds.own_z import must_count_by_logits

ALPHA = 1e-8
SHARED = 1e-3
CELL, TWINS = 4e-4, 8
"""Of 1,200 independent rows of two latents less than one lies in a cell of this size with another, and more than TWINS with probability 1e-9."""


def z_is_drawn(trial: Trial) -> None:
    """Each z from the q(z|x, y) of its own image and class, anew for each image and call.

    An image's ten classes may share their noise: every class's term is right then. So each class is asked by itself: false alarms ALPHA
    for its mean and for its variance. Then all draws of several calls together, by which a spread that is a tenth off shows.
    """
    few = [trial.call(told_case().model, told_case().x[:6], seed=60 + i, twice=True) for i in range(3)]
    if all(number(one, name) == number(few[0], name) for one in few for name in "03"):
        raise Wrong(
            "Three calls gave exactly the same nelbo and rec.",
            "The decoder should get a z that is drawn anew in each call, and the y of its class.",
        )
    must_draw_anew(few, "03")
    known = known_slopes(next(slopes_in_x(told_call(trial), "3"), None))
    if known is not None:
        must_count_by_logits(*known)
    found = told(trial)
    if found is None:
        return
    noise = found.noise
    if bool(((noise[1:] - noise[:-1]).abs().amax((1, 2)) < SHARED).any()):
        raise Wrong(
            "Two images of a batch got the same noise.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    if bool((noise[..., :1].abs() - noise.abs()).abs().max() < SHARED):
        raise Wrong("The latents of an image received the same noise.", "Each latent needs a draw of its own.")
    far = math.sqrt(2 * math.log(2 * CLASSES / ALPHA) / (ROWS * Z_DIM))
    for y in range(CLASSES):
        each = noise[:, y]
        if abs(each.mean().item()) > far or not has_unit_variance(each, ALPHA / CLASSES):
            raise Wrong(
                f"For y = {y} the z that you decode, read off how rec depends on x, lie at {each.mean():.2f} ± {each.std():.2f} spreads of q(z|x, y).",
                "They should come from q(z|x, y), with y the class whose term it is: at 0 ± 1.",
            )
    _spread_follows_v(noise)
    _all_are_normal(trial, noise)


def _all_are_normal(trial: Trial, first: Tensor) -> None:
    """The noise of several calls: no twins among images, and a standard normal. False alarms: ALPHA each, `TWINS`, `must_have_tails`."""
    if _twins(first[:, 0]) > TWINS or _twins(first.flatten(0, 1)) > TWINS and not _shared_by_classes(first):
        raise Wrong(
            "Images of a batch got the same noise, or its mirror image.",
            "Each image needs noise of its own: on average the bound is the same, but it jumps from call to call.",
        )
    shared = _shared_by_classes(first)
    calls = [trial.call(told_case().model, told_case().x, seed=70 + i) for i in range(10 if shared else 3)]
    more = [decoded_noise(next(slopes_in_x(call, "3"), None)) for call in calls]
    drawn = [noise[:, :1] if shared else noise for noise in (first, *more) if noise is not None]
    pooled = torch.cat([noise.flatten() for noise in drawn])
    far = math.sqrt(2 * math.log(2 / ALPHA) / len(pooled))
    if (
        abs(pooled.mean().item()) > far
        or not has_unit_variance(pooled, ALPHA)
        or distance_to_standard_normal(pooled) > allowed_distance(len(pooled), ALPHA)
    ):
        raise Wrong(
            f"Over {len(pooled):,} draws your noise, (z − m) / √v, has mean {pooled.mean():.2f} and standard deviation {pooled.std():.2f}.",
            "It should be standard normal: mean 0, standard deviation 1, bell-shaped.",
        )
    must_have_tails(pooled)


def _twins(noise: Tensor) -> int:
    """How many of these rows (rows, latents) lie in a cell with another, up to signs: the cells are as small as noise is known."""
    return len(noise) - len(torch.unique((noise.abs() / CELL).round(), dim=0))


def _shared_by_classes(noise: Tensor) -> bool:
    """Most images' noise is that of their first class, or its mirror image, in several classes."""
    alike = (noise.abs() - noise[:, :1].abs()).abs().amax(-1) < SHARED
    return bool((alike.sum(1) > 1).double().mean() > 0.5)


def _spread_follows_v(noise: Tensor) -> None:
    """The noise is as large where v is large as where it is small; false alarms ALPHA, by the bound of Laurent and Massart (2000, lemma 1).

    Classes of an image that share their noise, or its mirror image, are one draw: it counts with the sum of their weights.
    """
    by, sizes = centred_log_v(), noise.abs()
    alike = (sizes[:, :, None] - sizes[:, None]).abs().amax(-1) < SHARED  # (ROWS, CLASSES, CLASSES)
    together = alike.double() @ by
    excess = (by * (noise.square() - 1)).sum().item()
    spread, largest, x = (by * together).sum().item(), together.abs().max().item(), math.log(2 / ALPHA)
    if abs(excess) > 2 * math.sqrt(spread * x) + 2 * largest * x:
        raise Wrong(
            f"Where v is large your z scatter {'more' if excess > 0 else 'less'}, and where it is small {'less' if excess > 0 else 'more'}, than q(z|x, y) does.",
            "They should lie at m, give or take √v.",
        )
