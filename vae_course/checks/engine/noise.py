"""What can be said with certainty about an answer's noise: exact finite-sample statistics, and fingerprints."""

import math
from functools import partial

import torch
from torch import Tensor

from vae_course.checks.engine.checks import output
from vae_course.checks.engine.diagnosis import fact
from vae_course.checks.engine.spread import law
from vae_course.checks.engine.trial import Closer, Trial, Wrong
from vae_course.runner.answers import Answer, Call

ALPHA = 1e-7
"""The chance that a right answer fails one statistical check."""
TAIL, ONE_TAIL = 3.02, 2.75
"""Beyond the first on either side, and beyond the second on each, lies at least one of 8,192 normal draws, but for a chance of 1e-9."""
ALIKE = 0.95
"""Above this correlation, two rows of 64 draws are copies or mirror images."""


def noise_of(z: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """ε = (z − m) / sqrt(v), in double precision: what a right answer added."""
    return (z.double() - m.double()) / v.double().sqrt()


def distance_to_standard_normal(noise: Tensor) -> float:
    """Kolmogorov's distance sup |F_n − Φ| of the entries' empirical distribution."""
    return distance_to_uniform(torch.special.ndtr(noise.double().flatten()))


def distance_to_uniform(u: Tensor) -> float:
    """Kolmogorov's distance of numbers (n,) between 0 and 1, which a distribution function has carried there."""
    u, n = u.sort().values, len(u)
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    return float(torch.maximum((steps[1:] - u).max(), (u - steps[:-1]).max()))


def allowed_distance(n: int, alpha: float = ALPHA) -> float:
    """P(distance > this) ≤ alpha for n independent draws, whatever n.

        sqrt( log(2 / alpha) / (2 n) )

    Source: the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant (1990).
    """
    return math.sqrt(math.log(2 / alpha) / (2 * n))


def has_unit_variance(noise: Tensor, alpha: float = ALPHA, *, paired: bool = False) -> bool:
    """True if the mean of ε² over n independent standard normal draws is 1, up to chance.

        P(mean of ε² − 1 outside [−2 sqrt(t / n), 2 sqrt(t / n) + 2 t / n]) ≤ alpha,   t = log(2 / alpha)

    `paired`: mirrored pairs are allowed, which have the same ε²: n / 2 draws. Source: Laurent & Massart (2000), lemma 1.
    """
    rate = math.log(2 / alpha) / (noise.numel() / (2 if paired else 1))
    off = noise.double().square().mean().item() - 1
    return -2 * math.sqrt(rate) <= off <= 2 * math.sqrt(rate) + 2 * rate


def noise_is_standard_normal(trial: Trial) -> None:
    """(z − m) / sqrt(v) is N(0, 1) over 8,192 entries with variances from 1e-4 to 100.

    False alarms: at most 2e-7, by Dvoretzky-Kiefer-Wolfowitz (`allowed_distance`) and by Laurent & Massart
    (`has_unit_variance`, which sees a spread that is a tenth off, as the first does not).
    """
    generator = trial.generator("many")
    m = 3 * torch.randn(64, 128, generator=generator)
    v = 10 ** (6 * torch.rand(64, 128, generator=generator) - 4)
    z = output(trial.call(m, v, seed=5))
    noise = noise_of(z, m, v)
    if not bool(torch.isfinite(noise).all()):
        raise Wrong("Some of your z are not finite.", "Every z should be a finite number.")
    # Rows or columns that share their noise are one draw each, and another check says so.
    noise = noise[:1] if rows_agree(noise) else noise[:, :1] if rows_agree(noise.T) else noise
    if distance_to_standard_normal(noise) > allowed_distance(noise.numel()) or not has_unit_variance(noise):
        raise Wrong(
            f"Your noise, (z − m) / √v, has mean {noise.mean():.2f} and standard deviation {noise.std():.2f}"
            f" over {noise.numel():,} draws.",
            "It should be standard normal: mean 0, standard deviation 1, bell-shaped.",
            partial(law, trial, shape=abs(noise.mean().item()) < 0.5 and 0.5 < noise.std().item() < 2),
        )
    must_have_tails(noise)


def must_have_tails(noise: Tensor, closer: Closer | None = None) -> None:
    """Raise `Wrong` if none of 8,000 draws or more lies far out. False alarms: see `TAIL`. `closer`: see `Wrong`."""
    above, below = noise.max().item(), -noise.min().item()
    if noise.numel() > 8_000 and (max(above, below) < TAIL or min(above, below) < ONE_TAIL):
        raise Wrong(
            f"Of {noise.numel():,} draws of your noise none lies below {-below:.2f} or above {above:.2f}.",
            "A standard normal leaves ±3 in one draw of 370: nothing should be cut off.",
            closer,
        )


def noise_is_fresh(trial: Trial) -> None:
    """Two calls give different noise, one right after the other too, and one without gradients. A right answer never fails: equal
    draws have probability 0 to rounding."""
    m, v = torch.full((4, 8), 2.0), torch.ones(4, 8)  # noise that m multiplies is noise, too
    call = trial.call(m, v, seed=1, twice=True)
    z, before = output(call), call.outputs.get("first 0", m + torch.nan)
    if torch.equal(z, before) or torch.equal(z, output(trial.call(m, v, seed=2))):
        raise Wrong(
            "Two calls gave the same z.",
            "Each call should draw new noise: no seed inside, no fixed ε, none kept, the generator left to go on.",
        )
    if torch.equal(before, m):
        raise Wrong(
            "Under torch.no_grad() your z is m itself.",
            "A draw is asked for then too: a trained model is judged by its draws.",
        )


def noise_is_independent(trial: Trial) -> None:
    """No two rows and no two columns share their noise, nor is one the mirror image of another.

    False alarms: 64 independent pairs correlate by more than ALIKE with probability below 1e-30, and there are 4,032 pairs.
    """
    m, v = torch.zeros(64, 64), torch.ones(64, 64)
    z = output(trial.call(m, v, seed=3))
    both = ((z, "rows of your batch", "example"), (z.mT, "dimensions of an example", "dimension"))
    for noise, which, each in both:
        if rows_agree(noise):
            raise Wrong(
                f"Several {which} received the same noise.", f"Each {each} needs noise of its own.", partial(law, trial)
            )
    for noise, which, each in both:
        if most_alike(noise) > ALIKE:
            raise Wrong(
                f"Two {which} received the same noise, or its mirror image.", f"Each {each} needs a draw of its own."
            )


def noise_is_not_normalised(trial: Trial) -> None:
    """No mean is taken off the noise and no spread divided out, along either axis or over all entries.

    False alarms: a mean or a spread of 12 draws lies within 1e-5 of 0 or 1 with probability below 5e-5, in both calls below 3e-9.
    """
    calls = [output(trial.call(torch.zeros(3, 4), torch.ones(3, 4), seed=70 + i)).double() for i in range(2)]
    for axes, where in (((0,), "over the batch"), ((1,), "over each example"), ((0, 1), "over a call")):
        for what, values in (
            ("add up to 0", [z.mean(axes) for z in calls]),
            ("have spread 1", [z.std(axes) - 1 for z in calls]),
            ("have spread 1", [z.std(axes, correction=0) - 1 for z in calls]),
        ):
            if all(bool((value.abs() < 1e-5).all()) for value in values):
                raise Wrong(
                    f"Your draws {what} {where}, exactly, in every call.",
                    "Each entry should have a draw of its own, which knows nothing of the others: take off no mean, divide by no spread.",
                )


def rows_agree(z: Tensor) -> bool:
    """True if any two neighbouring rows are equal to rounding."""
    return bool(((z[1:] - z[:-1]).abs().amax(-1) < 1e-5).any())


def most_alike(z: Tensor) -> float:
    """The largest |correlation| of two rows: each less its mean, which is no noise."""
    rows = _centred(z)
    return float((rows @ rows.T).fill_diagonal_(0).abs().max())


def _centred(z: Tensor) -> Tensor:
    """Rows of mean 0 and length 1; what does not vary along a row, to rounding, is 0."""
    rows = z.double() - z.double().mean(-1, keepdim=True)
    still = rows.abs().amax(-1, keepdim=True) <= 1e-5 * (1 + z.double().abs().amax(-1, keepdim=True))
    return torch.nn.functional.normalize(rows.masked_fill(still, 0), dim=-1)


def copies(z: Tensor) -> bool:
    """True if two rows are equal, up to their means and a factor above 0."""
    rows = _centred(z)
    return float((rows @ rows.T).fill_diagonal_(0).max()) > ALIKE


def sampler_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """How far z spreads and where it sits for three variances, how gradients relate to the noise, what is shared."""
    found: dict[str, Tensor] = {}
    first = answer.call(torch.zeros(8, 8), torch.ones(8, 8), seed=1)
    again = answer.call(torch.zeros(8, 8), torch.ones(8, 8), seed=2)
    if "0" not in first.outputs or "0" not in again.outputs:
        return {}
    found["fixed"] = fact(torch.equal(first.outputs["0"], again.outputs["0"]))
    many = answer.call(torch.zeros(64, 64), torch.ones(64, 64), seed=4).outputs.get("0")
    if many is None or many.shape != (64, 64) or not many.is_floating_point():
        return {}
    found["alike"] = fact(most_alike(many) > ALIKE)
    found["mirrored"] = fact(most_alike(many) > ALIKE and not copies(many))
    alone = answer.call(torch.zeros(1, 8), torch.ones(1, 8), seed=5).outputs.get("0")
    found["a batch of one is lost"] = fact(alone is not None and alone.shape == (8,))
    found["an edge"] = fact(int((many >= many.max() - 1e-6).sum()) > 5)
    few = [answer.call(torch.zeros(3, 4), torch.ones(3, 4), seed=6 + i).outputs.get("0") for i in range(2)]
    found["adds up"] = fact(all(z is not None and abs(float(z.double().mean())) < 1e-6 for z in few))
    for v in (0.25, 1.0, 9.0):
        m = torch.linspace(-1, 1, 96).repeat(96, 1)
        call = answer.call(m, torch.full((96, 96), v), seed=3)
        z = call.outputs.get("0")
        if z is None or z.shape != m.shape or not z.is_floating_point():
            return {}
        found["rows"], found["columns"] = fact(rows_agree(z - m)), fact(rows_agree((z - m).T))
        shared = bool(found["rows"]) or bool(found["columns"])
        # Shared noise leaves few distinct draws, whose spread says little.
        residual = (z - m).double() * (0 if shared else 1)
        scale = residual.std()
        found[f"{v}: shift"] = residual.mean() / math.sqrt(v)
        found[f"{v}: spread"] = scale / math.sqrt(v)
        for name, part in (("one sd", 1.0), ("half a sd", 0.5)):  # a bell, a box and a coin differ in both
            found[f"{v}: within {name}"] = ((residual - residual.mean()).abs() < part * scale).double().mean()
        found |= {f"{v}: {n}": g for n, g in _gradient_ratios(call, z, m, v).items()}
    return found


def _gradient_ratios(call: Call, z: Tensor, m: Tensor, v: float) -> dict[str, Tensor]:
    grads = call.pull_back({"0": torch.ones_like(z)})
    dm, dv = grads.get("0"), grads.get("1")
    relation = torch.zeros(()) if dv is None else (dv.double() * 2 * v / (z - m).double()).median()
    return {"dz/dm": torch.zeros(()) if dm is None else dm.mean(), "dz/dv relation": relation}
