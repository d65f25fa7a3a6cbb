"""Checks of the sampling methods, each with an exact rate of false alarms; and right versions, as scaffolds."""

from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.around.scaffolds import (
    right_sample_sigmoid,
    right_sample_x,
    right_sample_z,
    right_sigmoid_given,
    right_x_given,
)
from vae_course.checks.engine.checks import output, worst
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.noise import allowed_distance, distance_to_standard_normal, noise_of, rows_agree
from vae_course.checks.engine.relations import close, told_apart
from vae_course.checks.engine.trial import Trial, Wrong, per_trial
from vae_course.checks.worlds import decoders
from vae_course.checks.worlds.decoders import (
    Z_DIM,
    call_images,
    call_twice,
    coins,
    probabilities,
    ruler,
    thermometer,
)
from vae_course.runner.answers import Model

ROWS = 256
CHANCES = 4  # in *coins*: pixels i, i + 4, i + 8, ... share a chance
FOR_Z, FOR_SCALE = 1_024, 512  # images from which z is read, off probabilities and off black and white pixels
TOSS_ANEW = "Each call should toss every coin anew: no rounding, no seed inside."
DRAW_ANEW = "Each call should draw new z: no mean in their place, no seed inside."

seeded = partial(Generator().manual_seed, 0)
"""The generator of a learner who sets a seed inside: it starts again at every call."""

RIGHT = {
    "VAE.sample_z": right_sample_z,
    "VAE.compute_sigmoid_given": right_sigmoid_given,
    "VAE.sample_sigmoid": right_sample_sigmoid,
    "VAE.sample_x_given": right_x_given,
    "VAE.sample_x": right_sample_x,
}


def draw_batch(generator: Generator) -> Arguments:
    """A model and a number of images."""
    return ruler(int(torch.randint(10_000, (), generator=generator))), int(torch.randint(3, 9, (), generator=generator))


def draw_latents(generator: Generator) -> Arguments:
    """A model and z (batch, 2)."""
    model, batch = draw_batch(generator)
    return model, 1.5 * torch.randn(batch, Z_DIM, generator=generator)


def z_shape(trial: Trial) -> None:
    """A gate: (batch, z_dim), for two batch sizes."""
    for i, batch in enumerate((5, 1)):
        z = output(trial.call(trial.arguments[0], batch, seed=i))
        if tuple(z.shape) != (batch, Z_DIM):
            raise Wrong(
                f"You returned shape {tuple(z.shape)} for batch = {batch} and z_dim = {Z_DIM}.",
                f"It should be {(batch, Z_DIM)}. {_on_shape(tuple(z.shape), batch)}",
            )


def _on_shape(shape: tuple[int, ...], batch: int) -> str:
    """What a wrong shape of z says for certain; a batch of one is asked after a batch of five."""
    if batch == 1:
        return "A batch of one keeps its axis."
    if shape == (1,):
        return "The prior's mean and variance have shape (1,): expand both to (batch, self.z_dim) before you draw."
    if len(shape) == 2 and shape[0] == batch:
        return f"The second axis holds the dimensions of z: self.z_dim, which is {Z_DIM} here."
    if shape == (batch,):
        return "That is one number for each image; a z has self.z_dim of them."
    if shape == (Z_DIM,):
        return "That is one z for the whole batch: every image has a row of its own, and nothing is averaged."
    return "Rows are images, columns the dimensions of z."


def z_is_standard_normal(trial: Trial) -> None:
    """2,048 entries are independent N(0, 1). False alarms: at most 1e-7 (Dvoretzky-Kiefer-Wolfowitz)."""
    z, again = (output(trial.call(ruler(0), 1_024, seed=seed)) for seed in (3, 4))
    if torch.equal(z, again):
        raise Wrong("Two calls gave the same z.", "Each call should draw new ones.")
    if rows_agree(z) or rows_agree(z.T):
        what = "images" if rows_agree(z) else "dimensions"
        raise Wrong(f"Several {what} received the same number.", "Each entry of z needs noise of its own.")
    decoders.z_from_prior(z, whose="Your {:,} z")


def z_follows_its_prior(trial: Trial) -> None:
    """With the prior N(3, 9), (z − 3) / 3 is N(0, 1). False alarms: at most 1e-7 (Dvoretzky-Kiefer-Wolfowitz)."""
    z = output(trial.call(ruler(0, 3, 9), 1_024, seed=5))
    noise = noise_of(z, torch.tensor(3.0), torch.tensor(9.0))
    if distance_to_standard_normal(noise) > allowed_distance(noise.numel()):
        mean, spread = z.mean().item(), z.std().item()
        by_hand = abs(mean) < 0.2 and abs(spread - 1) < 0.2  # the draws of the standard prior
        raise Wrong(
            f"For a prior with mean 3 and variance 9 your z have mean {mean:.2f} and standard deviation {spread:.2f}.",
            "They should be bell-shaped, with mean 3 and standard deviation √9 = 3."
            + (" Read mean and variance from self.z_prior." if by_hand else ""),
        )


def sigmoid_gate(trial: Trial) -> None:
    """A gate: (batch, 784) between 0 and 1; z, or the number of images, is the second argument."""
    _gate(trial, "probabilities")


def sigmoid_value(trial: Trial) -> None:
    """sigmoid(dec(z)), exactly, and finite where logits are ±10,000."""
    model, z = trial.arguments
    value, right = output(trial.call(model, z, seed=2)), probabilities(model, z)
    if not close(value, right):
        got, expected = told_apart(*worst(value, right))
        raise Wrong(f"You returned {got} for one pixel.", f"Its probability is {expected}.")
    sure = output(trial.call(thermometer(), z, seed=3))
    if not bool(torch.isfinite(sure).all()):
        raise Wrong(
            "For logits of ±10,000 one of your probabilities is NaN.",
            "It should be 0 or 1 to rounding: exp(a) / (1 + exp(a)) is inf / inf from a = 89 on, torch.sigmoid is safe.",
        )


def one_decode_per_image(trial: Trial) -> None:
    """All pixels of a row are the probabilities for one and the same z. Exact, up to rounding."""
    p, right = _as_decoded(trial)
    if not close(p, right, 5e-3):
        got, expected = worst(p, right.nan_to_num(0.5))
        raise Wrong(
            f"One pixel is {got:.3f} where the others of its image say {expected:.3f}.",
            "Every image should be sigmoid(dec(z)) of one z.",
        )


@per_trial
def _as_decoded(trial: Trial) -> tuple[Tensor, Tensor]:
    """Probability images, and those of the z that their first pixels tell."""
    model = trial.arguments[0]
    p = call_images(trial, model, ROWS, seed=1, rows=ROWS, kind="probabilities")
    return p, probabilities(model, decoders.z_of_probabilities(p))


def _decodes_once(trial: Trial) -> bool:
    return close(*_as_decoded(trial), 5e-3)


def probability_z_from_prior(trial: Trial) -> None:
    """The z behind the images are N(0, 1): see `decoders.z_from_prior`."""
    model = trial.arguments[0]
    if not _decodes_once(trial):
        return  # then these are no images of one z, and another check says so
    p = call_twice(trial, model, FOR_Z, seed=1, rows=FOR_Z, kind="probabilities", anew=DRAW_ANEW)
    decoders.z_from_prior(decoders.z_of_probabilities(p))


def samples_gate(trial: Trial) -> None:
    """A gate: (batch, 784) of 0 and 1; z, or the number of images, is the second argument."""
    _gate(trial, "samples")


def _gate(trial: Trial, kind: str) -> None:
    model, second = trial.arguments
    counted = isinstance(second, int)
    call_images(trial, model, second, seed=0, rows=second if counted else len(second), kind=kind)
    call_images(trial, model, 1 if counted else second[:1], seed=1, rows=1, kind=kind)


def given_chances(trial: Trial) -> None:
    """For two z in turn, each pixel has its probability given z: see `_chances` (at most 8e-7)."""
    model, z = _two_z()
    x = call_images(trial, model, z, seed=2, rows=ROWS, kind="samples")
    for i in range(2):
        images = x[i::2]
        # Tosses shared by all images count once.
        _chances(images[:1] if bool((images == images[0]).all()) else images, probabilities(model, z[i]))


def _chances(x: Tensor, p: Tensor) -> None:
    """Each pixel of a `coins` has its chance; and so have all pixels of one chance together, if each is tossed on its own: see
    `decoders.pixel_chances`."""
    if len(x) > 1:
        decoders.pixel_chances(x, p)
    try:
        decoders.pixels_are_independent(x)
    except Wrong:
        return  # another check says so
    decoders.pixel_chances(x.reshape(-1, CHANCES), p[:CHANCES])


def given_independence(trial: Trial) -> None:
    """For two z in turn, coins that are tossed anew, each on its own, whatever their chances: see
    `decoders.pixels_are_independent` (at most 2e-7)."""
    model, z = _two_z()
    x = call_twice(trial, model, z, seed=2, rows=ROWS, kind="samples", anew=TOSS_ANEW)
    for i in range(2):
        decoders.pixels_are_independent(x[i::2])


def _two_z() -> tuple[Model, Tensor]:
    return coins(swing=4), torch.tensor([[1.5, 0.3], [-1.5, 0.8]]).repeat(ROWS // 2, 1)


def model_chances(trial: Trial) -> None:
    """With a decoder that ignores z, pixels are coins of known chances, independent (at most 5e-7 in all)."""
    model = coins()
    x = call_twice(trial, model, ROWS, seed=2, rows=ROWS, kind="samples", anew=TOSS_ANEW)
    decoders.pixels_are_independent(x)
    _chances(x, probabilities(model, torch.zeros(Z_DIM)))


def sample_z_from_prior(trial: Trial) -> None:
    """The z behind binary images are N(0, 1), read off to 1/392 (slack 0.01): see `decoders.z_from_prior`."""
    x = call_twice(trial, thermometer(), FOR_SCALE, seed=3, rows=FOR_SCALE, kind="samples", anew=DRAW_ANEW)
    decoders.z_from_prior(decoders.z_of_pixels(x), slack=0.01)


STANDS_ON = {
    "VAE.sample_sigmoid": ("VAE.sample_z", "VAE.compute_sigmoid_given"),
    "VAE.sample_x_given": ("VAE.sample_z", "VAE.compute_sigmoid_given", "VAE.sample_sigmoid"),
    "VAE.sample_x": ("VAE.sample_z", "VAE.compute_sigmoid_given", "VAE.sample_x_given", "VAE.sample_sigmoid"),
}
"""Sampling methods that another one may call. No more is lent: a right version lies within reach of the code that it is lent to."""


def others(name: str) -> dict[str, Any]:
    """Right versions of the sampling methods on which one stands."""
    return {other: RIGHT[other] for other in STANDS_ON.get(name, ())}
