"""Other weights with a pencil (lesson 05)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def two_weights(draw: random.Random) -> list[Numeric]:
    """The bound with one draw, with two, and its limit, for two weights that are not equally likely."""
    low, high, share = draw.choice((2, 3)), draw.choice((9, 12, 18)), draw.choice((0.2, 0.25, 0.4))
    mean = (1 - share) * low + share * high
    elbo = (1 - share) * math.log(low) + share * math.log(high)
    mixed = math.log((low + high) / 2)
    two = (1 - share) ** 2 * math.log(low) + 2 * share * (1 - share) * mixed + share**2 * math.log(high)
    world = f"A weight is {low} with probability {1 - share:g} and {high} with probability {share:g}."
    bits = "This is in bits. Nats need the natural logarithm."
    return [
        numeric(
            "05.one-draw",
            f"{world} What is the ELBO, in nats?",
            elbo,
            f"The mean of the logs: {1 - share:g} log {low} + {share:g} log {high}.",
            Slip(math.log(mean), "This is the log of the mean weight, log p(x)."),
            Slip(elbo / math.log(2), bits, 50),
            Slip(-elbo, "This is the NELBO."),
            Slip(0.5 * math.log(low * high), "The two weights are not equally likely."),
            Slip(math.exp(elbo), "This is the exponential of the ELBO."),
            Slip(share * math.log(low) + (1 - share) * math.log(high), "The two probabilities changed places."),
        ),
        numeric(
            "05.two-draws",
            f"{world} What is the bound with $k = 2$ independent draws, in nats?",
            two,
            f"The pairs have the means {low}, {(low + high) / 2:g} and {high}, with probabilities {(1 - share) ** 2:g}, "
            f"{2 * share * (1 - share):g} and {share**2:g}; their logs are averaged.",
            Slip(elbo, "You average the logs of single weights: that is the ELBO."),
            Slip(math.log(mean), "This is the limit of many draws."),
            Slip(two + math.log(2), "You take the sum of the two weights. The bound takes their mean."),
            Slip(two / math.log(2), bits, 50),
            Slip(-two, "This is minus the bound."),
            Slip(
                (1 - share) ** 2 * math.log(low) + share * (1 - share) * mixed + share**2 * math.log(high),
                "There are two mixed pairs: low first, or high first.",
            ),
            Slip(0.25 * math.log(low) + 0.5 * mixed + 0.25 * math.log(high), "The two weights are not equally likely."),
        ),
        numeric(
            "05.limit",
            f"{world} What does the bound tend to as the number of draws grows, in nats?",
            math.log(mean),
            f"To the log of the mean weight, log {mean:g}.",
            Slip(mean, "This is the mean weight. The bound tends to its log."),
            Slip(elbo, "This is the ELBO, where the bound begins."),
            Slip(math.log(high), "This is the log of the largest weight. The mean settles at the average one."),
            Slip(mixed, "This is a mean with equal chances. The two weights are not equally likely."),
            Slip(math.log2(mean), bits, 50),
            Slip(-math.log(mean), "This is what minus the bound tends to."),
        ),
    ]


def draws_that_count(draw: random.Random) -> list[Numeric]:
    """The effective sample size of a few weights."""
    weights = draw.choice(((6, 3, 1), (8, 4, 2, 2), (5, 5, 1, 1), (9, 2, 2, 1)))
    total, squares = sum(weights), sum(w**2 for w in weights)
    k = len(weights)
    return [
        numeric(
            "05.effective-size",
            f"The weights of {k} draws are {', '.join(map(str, weights))}. What is the effective sample size?",
            total**2 / squares,
            f"(Σw)²/Σw² = {total}²/{squares}.",
            Slip(squares / total**2, "This is the sum of the squared shares. One over it counts the draws."),
            Slip(total**2 / squares / k, f"This is the share of the draws. Asked is their number: {k} times this."),
            Slip(k, "So many draws there are. They do not count alike."),
            Slip(total / squares, "The sum has to be squared."),
            Slip(total / max(weights), "This is one over the largest share. The squares of all shares are summed."),
        )
    ]


def bell_of_logs(draw: random.Random) -> list[Numeric]:
    """The gap of the ELBO where log w is a bell."""
    s = draw.choice((0.8, 1.2, 1.5, 2))
    gap = s**2 / 2
    return [
        numeric(
            "05.bell-gap",
            f"The log weights of an image scatter as a bell $N(a, s^2)$ with $s = {s:g}$. How far does the ELBO lie below $\\log p(x)$, in nats? "
            "(The mean of $e^y$ for $y \\sim N(0, s^2)$ is $e^{s^2/2}$.)",
            gap,
            f"The ELBO is a, and log E[w] = a + s²/2: the gap is half the variance of log w, {gap:g}.",
            Slip(s**2, "The ½ is missing: log E[w] = a + s²/2."),
            Slip(s / 2, "s is the standard deviation. The variance enters."),
            Slip(-gap, "The sign: the ELBO lies below."),
            Slip(math.exp(gap), "This is the factor in p(x). Asked are nats, its logarithm."),
            Slip(math.exp(-(s**2)), "This is the share of the draws that counts."),
        )
    ]


FAMILIES = (two_weights, draws_that_count, bell_of_logs)
