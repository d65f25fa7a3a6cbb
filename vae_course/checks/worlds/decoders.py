"""What can be said with certainty about images that a model generates: designed decoders, exact bounds, fingerprints.

Three models whose outputs give away how they were made, all on `nns.tiny`:

* *ruler*: each probability image tells, without noise, which z made it.
* *thermometer*: each binary image tells the same, to 1/392: pixel i is on if z lies above the i-th quantile.
* *coins*: pixel probabilities are known; with `swing`, they depend on the sign of z.
"""

import math
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.diagnosis import InParts, fact
from vae_course.checks.engine.noise import ALPHA, allowed_distance, distance_to_standard_normal, rows_agree
from vae_course.checks.engine.trial import Trial, Wrong, generator
from vae_course.checks.worlds.models import HIDDEN, PIXELS, decode, raw_variance
from vae_course.runner.answers import Answer, Model

Z_DIM = 2
HALF = PIXELS // 2
_SLOPE = 0.25  # hidden unit d of the decoder is tanh(z_d / 4): one-to-one, and far from saturation for |z| < 6
_CONTRAST = 40_000.0


def _model(weight: Tensor, bias: Tensor, m: float = 0, v: float = 1) -> Model:
    """Decoder logits = weight · tanh(z / 4) + bias; the encoder, which no sampling needs, says N(5, 0.01); the prior is N(m, v)."""
    first, second = torch.zeros(HIDDEN, Z_DIM), torch.zeros(PIXELS, HIDDEN)
    first[:Z_DIM] = _SLOPE * torch.eye(Z_DIM)
    second[:, :Z_DIM] = weight
    weights = {
        "enc.net.0.weight": torch.zeros(HIDDEN, PIXELS),
        "enc.net.0.bias": torch.zeros(HIDDEN),
        "enc.net.2.weight": torch.zeros(2 * Z_DIM, HIDDEN),
        "enc.net.2.bias": torch.tensor([5.0] * Z_DIM + [raw_variance(0.01)] * Z_DIM),
        "dec.net.0.weight": first,
        "dec.net.0.bias": torch.zeros(HIDDEN),
        "dec.net.2.weight": second,
        "dec.net.2.bias": bias,
        "z_prior_m": torch.tensor([float(m)]),
        "z_prior_v": torch.tensor([float(v)]),
    }
    return Model("tiny", Z_DIM, weights)


def ruler(seed: int, m: float = 0, v: float = 1) -> Model:
    """Pixel d has logit 4 tanh(z_d / 4); the others mix both with a bias of their own."""
    g = generator(seed, "ruler")
    weight, bias = 3 * torch.randn(PIXELS, Z_DIM, generator=g), torch.randn(PIXELS, generator=g)
    weight[:Z_DIM], bias[:Z_DIM] = 4 * torch.eye(Z_DIM), 0
    return _model(weight, bias, m, v)


def thermometer() -> Model:
    """Pixel i < 392 is on if z_0 exceeds the i-th of 392 quantiles of N(0, 1), all but surely; the rest show z_1."""
    quantiles = torch.special.ndtri((torch.arange(HALF, dtype=torch.float64) + 0.5) / HALF)
    edges = torch.tanh(_SLOPE * quantiles).float()
    weight = torch.zeros(PIXELS, Z_DIM)
    weight[:HALF, 0] = weight[HALF:, 1] = _CONTRAST
    return _model(weight, -_CONTRAST * edges.repeat(2))


def coins(swing: float = 0) -> Model:
    """Pixel probabilities 0.05, 0.3, 0.7, 0.95 in turn; `swing` moves all logits up for z_0 > 0, down for z_0 < 0."""
    p = torch.tensor([0.05, 0.3, 0.7, 0.95]).repeat(PIXELS // 4)
    weight = torch.zeros(PIXELS, Z_DIM)
    weight[:, 0] = swing
    return _model(weight, torch.logit(p))


def probabilities(model: Model, z: Tensor) -> Tensor:
    """sigmoid(dec(z)) of a tiny decoder, in double precision: (..., z_dim) -> (..., 784)."""
    return torch.sigmoid(decode(model, z))


def z_of_probabilities(p: Tensor) -> Tensor:
    """The z behind probability images of a `ruler`: (batch, 784) -> (batch, 2)."""
    return torch.atanh((torch.logit(p[:, :Z_DIM].double()) / 4).clamp(-1, 1)) / _SLOPE


def z_of_pixels(x: Tensor) -> Tensor:
    """The z behind binary images of a `thermometer`, by the number of pixels that are on: (batch, 784) -> (batch, 2)."""
    share = torch.stack([x[:, :HALF].double().mean(1), x[:, HALF:].double().mean(1)], 1)
    return torch.special.ndtri(share)


def image_gate(value: Tensor, rows: int, kind: str) -> None:
    """Shape (rows, 784); entries between 0 and 1 ("probabilities") or exactly 0 and 1 ("samples")."""
    if tuple(value.shape) != (rows, PIXELS):
        raise Wrong(f"You returned shape {tuple(value.shape)}.", f"It should be ({rows}, {PIXELS}): one row per image.")
    if not bool(((value >= 0) & (value <= 1)).all()):
        low, high = value.min().item(), value.max().item()
        raise Wrong(f"Your pixels run from {low:.2f} to {high:.2f}.", "They should lie between 0 and 1.")
    binary = bool(((value == 0) | (value == 1)).all())
    if kind == "samples" and not binary:
        some = value[(value != 0) & (value != 1)][0].item()
        raise Wrong(f"One of your pixels is {some:.7g}.", "A sample is black or white: every pixel is 0 or 1.")
    if kind == "probabilities" and binary:
        raise Wrong("All your pixels are 0 or 1.", "Asked are the probabilities, which lie between.")


READ_OFF = "Read as sigmoid(dec(z)) of a z of its own each, your {:,} images have z that"


def z_from_prior(z: Tensor, slack: float = 0, whose: str = READ_OFF) -> None:
    """z, returned or behind generated images, are independent draws of N(0, 1).

    False alarms: at most 2 ALPHA = 2e-7: by Dvoretzky-Kiefer-Wolfowitz; and by Bernstein for (Φ(z) − ½)², which lies between 0 and ¼ with mean
    1/12 and variance 1/180. Power: 0.8 z is seen in 2,048 numbers, 0.75 z in 1,024. `slack` allows for z that are read off a scale.
    """
    if not distance_to_standard_normal(z) <= allowed_distance(z.numel()) + slack:
        seen = z[torch.isfinite(z)]
        middle, spread = (seen.mean().item(), seen.std().item()) if seen.numel() > 1 else (math.nan, math.nan)
        raise Wrong(
            f"{whose.format(len(z))} have mean {middle:.2f} and standard deviation {spread:.2f}, {_ends(seen)}.",
            "Each image should come from a z of its own, with mean 0, standard deviation 1 and a bell shape.",
        )
    u, rate = torch.special.ndtr(z.double()), math.log(2 / ALPHA) / z.numel()
    off = (u - 0.5).square().mean().item() - 1 / 12
    if abs(off) > math.sqrt(2 * rate / 180) + rate / 12 + slack / 8:
        seen = z[torch.isfinite(z)]
        raise Wrong(
            f"{whose.format(len(z))} have standard deviation {seen.std().item():.2f}, {_ends(seen)}.",
            "It should be 1, as the prior says: z is neither shrunk nor stretched.",
        )


def _ends(z: Tensor) -> str:
    low, high = (z.min().item(), z.max().item()) if z.numel() else (math.nan, math.nan)
    return f"and lie between {low:.2f} and {high:.2f}".replace("-", "−")


def pixel_chances(x: Tensor, p: Tensor) -> None:
    """Each column of x (n, pixels) has ones with probability p (pixels,), independently.

    False alarms: at most 2 ALPHA = 2e-7, see also `_counts_scatter`. Chernoff: P(n · kl(share, p) > t) ≤ 2 exp(−t) for one column, where kl is the
    divergence of two coins; the union over columns is in t. It is exact for every n.
    """
    n, columns = x.shape
    share = x.double().mean(0)
    _counts_scatter(n, share, p)
    kl = torch.special.xlogy(share, share / p) + torch.special.xlogy(1 - share, (1 - share) / (1 - p))
    worst = int(kl.argmax())
    if n * kl[worst].item() > math.log(2 * columns / ALPHA):
        raise Wrong(
            f"One pixel is 1 in {100 * share[worst].item():.0f} % of {n} samples.",
            f"Its probability is {100 * p[worst].item():.0f} %.",
        )


def _counts_scatter(n: int, share: Tensor, p: Tensor) -> None:
    """Raise `Wrong` if the columns' shares lie nearer to p than the coins of n rows that know nothing of each other.

    With T = n (share − p)² / (p (1 − p)), of mean 1: P(Σ T ≤ columns − t) ≤ exp(−t² / (2 Σ E[T²])), as for any independent T ≥ 0 (Maurer
    2003); E[T²] = 3 + (1 − 6 p (1 − p)) / (n p (1 − p)). False alarms: ALPHA. Few columns are asked nothing.
    """
    spread = p * (1 - p)
    second = (3 + (1 - 6 * spread) / (n * spread)).sum().item()
    least = len(p) - math.sqrt(2 * second * math.log(1 / ALPHA))
    if (n * (share - p).square() / spread).sum().item() < least:
        raise Wrong(
            f"In {n} images each pixel is on almost exactly as often as its probability says.",
            "Coins that know nothing of each other scatter: each image tosses its own.",
        )


def pixels_are_independent(x: Tensor) -> None:
    """Rows of x (n, pixels) with the same chances, whatever these are: none is a copy, and none has far more ones than others.

    False alarms: at most ALPHA = 1e-7, by Hoeffding. A row's number of ones minus the mean over all n rows is a sum of
    independent terms whose squared ranges add up to pixels · (n − 1) / n, so that it exceeds sqrt(pixels · log(2 n / ALPHA)
    / 2) with probability at most ALPHA / n. Copies: two rows of the models here are equal with probability below 1e-50.
    """
    n, pixels = x.shape
    on = x.double().sum(1)
    away = (on - on.mean()).abs().max().item()
    if away > math.sqrt(pixels * math.log(2 * n / ALPHA) / 2):
        raise Wrong(
            f"In one image {away:.0f} pixels more or fewer are on than in the average one, where all have the same chances.",
            "Given z, each pixel is a coin of its own: here something moves all pixels of an image together.",
        )
    if rows_agree(x):
        raise Wrong("Two images came out equal in all their pixels.", "Each image needs tosses of its own.")


def call_images(trial: Trial, *arguments: object, seed: int, rows: int, kind: str) -> Tensor:
    """One call's images, after the gate."""
    call = trial.call(*arguments, seed=seed)
    if kind == "samples" and "0" in call.outputs and call.outputs["0"].dtype is torch.bool:
        raise Wrong(
            "Your pixels are True and False, as a comparison gives them.",
            "An image is float32, 1. where the coin shows True: add .float().",
        )
    value = output(call)
    image_gate(value, rows, kind)
    return value


def call_twice(trial: Trial, *arguments: object, seed: int, rows: int, kind: str, anew: str) -> Tensor:
    """The images of one call, after another call with another seed gave others. A right answer never fails: equal draws
    have probability 0 to rounding.

    Args:
        anew: what each call should do anew, in words.
    """
    x, again = (call_images(trial, *arguments, seed=s, rows=rows, kind=kind) for s in (seed, seed + 10))
    if torch.equal(x, again):
        raise Wrong("Two calls gave the same images, in a model made for this check.", anew)
    return x


def z_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """How a sampler of z spreads and sits under two priors, and what its entries share."""
    found: dict[str, Tensor] = {}
    for name, m, v in (("standard", 0, 1), ("other", 3, 9)):
        first, again = (answer.call(ruler(0, m, v), 2048, seed=s) for s in (1, 2))
        if "0" not in first.outputs or "0" not in again.outputs:
            return {}
        z = first.outputs["0"].double()
        if tuple(z.shape) != (2048, Z_DIM):
            return {"shape": torch.tensor(z.shape, dtype=torch.float64)}
        found["fixed"] = fact(torch.equal(first.outputs["0"], again.outputs["0"]))
        found["rows"], found["columns"] = fact(rows_agree(z)), fact(rows_agree(z.T))
        lone = bool(found["rows"]) and not bool(found["fixed"])  # one random draw says little
        found[f"{name}: mean"] = z.mean() * (0 if lone else 1)
        found[f"{name}: spread"] = z.std() * (0 if lone else 1)
        found[f"{name}: within one sd"] = ((z - z.mean()).abs() < z.std()).double().mean() * (0 if lone else 1)
    return found


def image_parts(answer: Answer, *, given_z: bool) -> Iterator[dict[str, Tensor]]:
    """What generated images show: their range, the coins by group, what images or pixels share, the z behind them."""
    rows = 256
    z = torch.tensor([[1.5, 0.3], [-1.5, 0.8]]).repeat(rows // 2, 1)
    for name, model in (("coins", coins(swing=2 if given_z else 0)), ("thermometer", thermometer())):
        calls = [answer.call(model, z if given_z else rows, seed=seed) for seed in (1, 2)]
        if any("0" not in call.outputs for call in calls):
            return
        first, again = (call.outputs["0"].double() for call in calls)
        if tuple(first.shape) != (rows, PIXELS):
            yield {"shape": torch.tensor(first.shape, dtype=torch.float64)}
            return
        found: dict[str, Tensor] = {}
        binary = bool(((first == 0) | (first == 1)).all())
        alike = [first[0::2], first[1::2]] if given_z else [first]  # images of the same z, if it is given
        same, copies = torch.equal(first, again), any(rows_agree(images) for images in alike)
        found[f"{name}: binary"], found[f"{name}: rows"] = fact(binary), fact(copies)
        found[f"{name}: negative"], found[f"{name}: above 1"] = fact(first.min() < 0), fact(first.max() > 1)
        if name == "coins":
            found["coins: the same in two calls"] = fact(same)
            one_number = binary and not same and bool((first[:, 0::4].std(1) == 0).all())
            found["coins: one number an image"] = fact(one_number)
            # Tosses that images or pixels share, and that differ from call to call, are few: their averages say little.
            keep = 0.0 if one_number or (copies and not same) else 1.0
            for half, images in enumerate(alike):
                found |= {f"coins {half}: pixel {i}": images[:, i::4].clamp(-3, 3).mean() * keep for i in range(4)}
            found["coins: between images"] = first.clamp(-3, 3).mean(1).std() * keep
        elif not given_z:
            first, again = (z_of_pixels(x.clamp(0, 1)).clamp(-3, 3) for x in (first, again))
            lone = bool(first.std(0).max() < 0.05)
            found["z: one for all"] = fact(lone)
            found["z: the same in two calls"] = fact(torch.allclose(first, again, atol=0.05))
            found["z: mean"], found["z: spread"] = (first.mean(), first.std()) if not lone else (fact(0), fact(0))
        yield found


fingerprint_given_z = InParts(partial(image_parts, given_z=True))
fingerprint_given_batch = InParts(partial(image_parts, given_z=False))
