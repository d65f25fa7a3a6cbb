"""How fast the bound rises, what a count hides, and the gradients' shares (lesson 05b)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def falls_like_one_over_k(draw: random.Random) -> list[Numeric]:
    """The gap at another number of draws."""
    gap, k, wanted = draw.choice(((0.24, 20, 0.03), (0.35, 10, 0.05), (0.48, 50, 0.06)))
    truth = k * gap / wanted
    return [
        numeric(
            "05b.draws-for-a-gap",
            f"The variance of $w$ is finite, and with {k} draws the gap is {gap:g} nats, small enough to fall like $1/k$. With how many draws is it "
            f"{wanted:g} nats?",
            truth,
            f"{gap / wanted:g} times as many: {k} · {gap / wanted:g}.",
            Slip(k * (gap / wanted) ** 2, "Errors of averages fall like 1/√k. The gap falls like 1/k."),
            Slip(gap / wanted, "This is the factor. It multiplies the draws that there are."),
            Slip(k * math.log2(gap / wanted) + k, "Each doubling halves the gap: count doublings as factors of 2."),
            Slip(k * math.sqrt(gap / wanted), "The gap falls like 1/k, not like 1/k²."),
        )
    ]


def moved(draw: random.Random) -> list[Numeric]:
    """The effective share where q is the posterior, moved in each dimension."""
    dims, step = draw.choice((8, 10, 12)), draw.choice((0.3, 0.4, 0.6))
    share = math.exp(-dims * step**2)
    return [
        numeric(
            "05b.moved",
            f"The posterior is $N(0, I)$ in {dims} dimensions, and $q$ is the same bell, moved by {step:g} in each dimension. So $\\log w$ scatters as a "
            "bell. Which share of many draws counts, by the effective sample size?",
            share,
            f"log w is linear in z, with variance {dims} · {step:g}² = {dims * step**2:g}; the share is e to the minus that.",
            Slip(math.exp(-(step**2)), "This is one dimension. The factors of all dimensions multiply."),
            Slip(math.exp(-dims * step**2 / 2), "The exponent is the variance s², not half of it."),
            Slip(math.exp(-dims * step), "The displacement has to be squared."),
            Slip(math.exp(-(dims**2) * step**2), "Variances add up over dimensions, standard deviations do not."),
            Slip(100 * share, "Right in per cent. Give the share itself.", 50),
            Slip(dims * step**2, "This is the variance of log w. The share is e to the minus that."),
        )
    ]


def width(draw: random.Random) -> list[Numeric]:
    """The effective share where q is too wide or too narrow."""
    ratio = draw.choice((0.7, 0.8, 1.5, 3))
    dims = draw.choice((4, 5))
    one = math.sqrt(2 * ratio - 1) / ratio
    return [
        numeric(
            "05b.width",
            f"Posterior and $q$ are centred bells in {dims} independent dimensions; $q$ has {ratio:g} times the posterior's variance in each. In one "
            "dimension $\\mathbb E[w^2] / \\mathbb E[w]^2 = r / \\sqrt{2r - 1}$, where $r$ is that ratio. Which share of many draws counts?",
            one**dims,
            f"(√(2r − 1)/r)^{dims} with r = {ratio:g}.",
            Slip(one, "This is one dimension. The factors of all dimensions multiply."),
            Slip(one**-dims, "Upside down: a share is at most 1."),
            Slip(dims * one, "The factors multiply; they are not added."),
        )
    ]


def squared_shares(draw: random.Random) -> list[Numeric]:
    """With what total weight DReG follows its draws."""
    weights = draw.choice(((4, 3, 2, 1), (6, 2, 1, 1), (5, 2, 2, 1)))
    total = sum(weights)
    squares = sum((w / total) ** 2 for w in weights)
    return [
        numeric(
            "05b.squared-shares",
            f"Four draws of an image have the weights {', '.join(map(str, weights))}. DReG multiplies the path of each draw by its squared share. "
            "What is the sum of these factors?",
            squares,
            f"Σ(w/{total})² = {squares:g}, which is one over the effective sample size.",
            Slip(1, "This is the sum of the shares. DReG's are squared."),
            Slip(1 / squares, "This is the effective sample size. The sum is one over it."),
            Slip(sum(w**2 for w in weights), "The weights have to be divided by their sum before they are squared."),
            Slip((weights[0] / total) ** 2, "This is the best draw alone."),
        )
    ]


def half_an_island(draw: random.Random) -> list[Numeric]:
    """What is missing where q covers a part of the posterior perfectly."""
    covered = draw.choice((0.2, 0.3, 0.6, 0.8))
    return [
        numeric(
            "05b.missed-part",
            f"$q$ equals the posterior on a region that holds {covered:g} of the posterior's mass, made to add up to 1, and is 0 elsewhere. How far does "
            "$\\mathrm{IWAE}_k$ lie below $\\log p(x)$, in nats, for every $k$?",
            -math.log(covered),
            f"Each weight is p(x) · {covered:g}: the gap is −log {covered:g}, and no number of draws closes it.",
            Slip(0, "The weights do not scatter, but their mean is not p(x): q is 0 where the joint is not."),
            Slip(
                -math.log(1 - covered), "This belongs to the mass that q misses. The log is of the mass that it covers."
            ),
            Slip(1 - covered, "This is the mass that is missed. In nats it is a logarithm."),
            Slip(math.log(covered), "The sign: the bound lies below."),
        )
    ]


FAMILIES = (falls_like_one_over_k, moved, width, squared_shares, half_an_island)
