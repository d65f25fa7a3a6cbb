"""Mixtures and classes (lesson 09)."""

import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def plane(draw: random.Random) -> list[Numeric]:
    """The density of a mixture at a point of the plane, and which Gaussian the point came from."""
    first, second, z = draw.choice(
        (
            (((0, 2), (1, 4)), ((-1, 1), (1, 0.25)), (0, 1)),
            (((1, -1), (4, 1)), ((3, 1), (0.25, 4)), (2, 0)),
            (((-2, 0), (1, 1)), ((1, 1), (4, 0.25)), (-1, 1)),
            (((0, 0), (0.25, 4)), ((2, -1), (4, 1)), (1, -1)),
        )
    )
    each = [_log_normal(z, *first), _log_normal(z, *second)]
    log_p = _log_mean_exp(each)
    apart = sum(
        _log_mean_exp([_log_normal(z[d : d + 1], m[d : d + 1], v[d : d + 1]) for m, v in (first, second)])
        for d in range(2)
    )
    as_deviations = _log_mean_exp([_log_normal(z, m, (v[0] ** 2, v[1] ** 2)) for m, v in (first, second)])
    share = math.exp(each[0] - log_p) / 2
    one, other = (f"means {m[0]:g} and {m[1]:g} and variances {v[0]:g} and {v[1]:g}" for m, v in (first, second))
    where = (
        "The prior of two latents is a mixture of two Gaussians with equal shares, each with independent dimensions: the first with "
        f"{one}, the second with {other}."
    )
    point = f"$z = ({z[0]:g}, {z[1]:g})$"
    densities = f"The two densities are {math.exp(each[0]):.5f} and {math.exp(each[1]):.5f}"
    return [
        numeric(
            "09.mixture-density",
            f"{where} What is $\\log p(z)$ at {point}, in nats?",
            log_p,
            f"{densities}; the log of their mean.",
            Slip(log_p + math.log(2), "The densities are added up. Each counts by its share, ½."),
            Slip(sum(each) / 2, "This is the mean of the logs. The mean is taken inside the log."),
            Slip(apart, "One Gaussian is picked for both dimensions: add over the dimensions first, then mix."),
            Slip(as_deviations, "The numbers given are variances, not standard deviations."),
            Slip(log_p + math.log(2 * math.pi), "2π is missing in the densities."),
            Slip(math.exp(log_p), "This is p(z). Its log is asked."),
            Slip(log_p / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        ),
        numeric(
            "09.picked",
            f"{where} Somebody picked one of them, drew {point} from it, and does not say which. With what probability was it the first?",
            share,
            f"{densities}; as both shares are ½, the first divided by the sum.",
            Slip(1 - share, "This is the probability of the second."),
            Slip(0.5, "This is the chance before z was seen."),
            Slip(math.exp(each[0]), "This is the density of z under the first. Divide by the sum of both."),
            Slip(
                math.exp(each[0] - each[1]), "These are the odds, first to second. A probability is a part of the sum."
            ),
            Slip(each[0] / sum(each), "The logs are divided. Divide the densities."),
            Slip(100 * share, "Right in per cent. Give it between 0 and 1.", 50),
        ),
    ]


def three_classes(draw: random.Random) -> list[Numeric]:
    """Evidence, posterior, bound and gap, with a class of three values summed out."""
    given = draw.choice(((0.12, 0.03, 0.06), (0.24, 0.09, 0.15), (0.04, 0.28, 0.16), (0.36, 0.09, 0.06)))
    q = draw.choice(((0.2, 0.5, 0.3), (0.3, 0.3, 0.4), (0.25, 0.25, 0.5)))
    joint = [one / 3 for one in given]
    evidence = sum(joint)
    posterior = [one / evidence for one in joint]
    nelbo = sum(a * math.log(a / p) for a, p in zip(q, joint, strict=True))
    gap = nelbo + math.log(evidence)
    surprise = -sum(a * math.log(p) for a, p in zip(q, joint, strict=True))
    other = sum(p * math.log(p / a) for a, p in zip(q, posterior, strict=True))
    world = (
        "A class $y$ has three values, each with $p(y) = \\frac13$. For one image $p(x|y)$ is "
        f"{given[0]:g} for the first class, {given[1]:g} for the second and {given[2]:g} for the third."
    )
    guess = f"A guess $q(y)$ gives the three classes {q[0]:g}, {q[1]:g} and {q[2]:g}."
    return [
        numeric(
            "09.class-evidence",
            f"{world} What is $p(x)$?",
            evidence,
            "Each p(x|y) counts by its p(y) = ⅓: their mean.",
            Slip(sum(given), "The three are added up. Each counts by its prior, ⅓."),
            Slip(max(joint), "This is the likeliest class alone. Whoever does not know the class adds all three."),
            Slip(math.prod(given), "The three are multiplied. The image has one class or another: add."),
            Slip(math.log(evidence), "This is log p(x). Asked is p(x)."),
        ),
        numeric(
            "09.class-posterior",
            f"{world} What is $p(y|x)$ of the first class?",
            posterior[0],
            f"Its joint probability {joint[0]:.4g}, divided by p(x) = {evidence:.4g}.",
            Slip(joint[0], "This is p(x, y). Divide by p(x)."),
            Slip(given[0], "This is p(x|y): how likely the image is if the class is known."),
            Slip(1 - posterior[0], "This is the other two together."),
            Slip(1 / 3, "This is the prior, before the image was seen."),
            Slip(100 * posterior[0], "Right in per cent. Give it between 0 and 1.", 50),
        ),
        numeric(
            "09.class-bound",
            f"{world} {guess} How large is the bound on $-\\log p(x)$ for this guess, in nats?",
            nelbo,
            "The mean under q of log q(y) − log p(x, y).",
            Slip(-math.log(evidence), "This is −log p(x), which only the posterior reaches. The guess is another."),
            Slip(surprise, "log q(y) is missing: its mean makes the bound smaller."),
            Slip(nelbo - math.log(3), "The prior p(y) = ⅓ is missing."),
            Slip(-nelbo, "This is the ELBO. The bound on −log p(x) has the other sign."),
            Slip(gap, "This is how far the bound lies above −log p(x)."),
            Slip(
                -math.log(sum(a * p for a, p in zip(q, given, strict=True))),
                "The guess is averaged inside the log. It stands outside, and log q(y) − log p(y) besides.",
            ),
            Slip(nelbo / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        ),
        numeric(
            "09.class-gap",
            f"{world} {guess} How far does its bound lie above $-\\log p(x)$, in nats?",
            gap,
            f"The bound is {nelbo:.4f}, −log p(x) is {-math.log(evidence):.4f}. The difference is KL(q ‖ posterior).",
            Slip(other, "This is KL(posterior ‖ q). The average is under q."),
            Slip(nelbo, "This is the bound itself."),
            Slip(nelbo - gap, "This is −log p(x)."),
            Slip(-gap, "The sign is turned: the bound lies above."),
            Slip(gap / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        ),
    ]


def two_in_question(draw: random.Random) -> list[Numeric]:
    """The best q(y|x) where two of ten classes cost about the same, and how far above the cheaper one's cost the bound then lies."""
    low, apart = draw.choice((88.4, 96.1, 103.7)), draw.choice((0.6, 1.1, 1.7))
    odds = math.exp(-apart)
    best = 1 / (1 + odds)
    above = math.log(10) - math.log1p(odds)
    world = (
        f"A model has ten classes with $p(y) = \\frac1{{10}}$ each. For one image kl_z + rec is {low:.1f} nats under class 4, {low + apart:.1f} nats "
        "under class 9, and more than 150 nats under each of the others. Encoder and decoder stay; $q(y|x)$ is the best for the bound "
        "without a label."
    )
    return [
        numeric(
            "09.best-guess",
            f"{world} What does it give class 4?",
            best,
            f"Proportional to e to the minus cost: 1 / (1 + e^−{apart:g}).",
            Slip(1 - best, "This is class 9. The cheaper class gets more."),
            Slip(1, "The best guess is not sure: the second class costs little more."),
            Slip(0.5, "As if both cost the same."),
            Slip((low + apart) / (2 * low + apart), "The costs themselves are divided. q goes with e^−cost."),
            Slip(odds, "These are the odds, class 9 to class 4."),
            Slip(100 * best, "Right in per cent. Give it between 0 and 1.", 50),
        ),
        numeric(
            "09.above-the-cheapest",
            f"{world} How far does the bound lie above class 4's {low:.1f} nats?",
            above,
            f"The bound is −log of the mean of e^−cost over ten classes: log 10 − log(1 + e^−{apart:g}) above the cheapest.",
            Slip(math.log(10), "That is for a guess that is sure of class 4. The best one costs less."),
            Slip((1 - best) * apart, "This is what the mean cost rises by. kl_y is missing."),
            Slip(above - (1 - best) * apart, "This is kl_y alone. The mean cost under q lies above class 4's, too."),
            Slip(-math.log1p(odds), "log 10, of the prior, is missing."),
            Slip(above / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        ),
    ]


def split_guess(draw: random.Random) -> list[Numeric]:
    """kl_y of a guess with three classes left."""
    a, b, c = draw.choice(((0.5, 0.3, 0.2), (0.6, 0.3, 0.1), (0.7, 0.2, 0.1), (0.8, 0.15, 0.05)))
    entropy = -sum(q * math.log(q) for q in (a, b, c))
    kl_y = math.log(10) - entropy
    return [
        numeric(
            "09.kl-y",
            f"Ten classes have $p(y) = \\frac1{{10}}$ each. For one image $q(y|x)$ is {a:g} for class 7, {b:g} for class 9, {c:g} for class 4, and 0 for the "
            "others. What is kl_y, in nats?",
            kl_y,
            f"Σ q log(10 q) = log 10 − {entropy:.4f}; a class with q = 0 adds nothing.",
            Slip(-entropy, "This is Σ q log q, minus the entropy. log 10 is missing."),
            Slip(entropy, "This is the entropy of q. The KL to 1/10 is log 10 less that."),
            Slip(math.log(10), "That is for a guess that is sure."),
            Slip(math.log(3) - entropy, "The prior is 1/10, not 1/3: it has ten classes, even where q has three."),
            Slip(sum(math.log(10 * q) for q in (a, b, c)), "The logs are added. Each counts by its q."),
            Slip(kl_y / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
        )
    ]


def few_labels(draw: random.Random) -> list[Numeric]:
    """The loss with a handful of labels."""
    nelbo, weight = draw.choice((104.6, 112.3, 121.8)), draw.choice((50, 80, 100))
    said = draw.choice(((0.9, 0.6, 0.2, 0.8), (0.7, 0.95, 0.3, 0.5), (0.4, 0.85, 0.9, 0.25)))
    surprise = -sum(math.log(p) for p in said) / 4
    return [
        numeric(
            "09.few-labels",
            f"A batch of images without labels has a NELBO of {nelbo} nats. Four images have a label, and $q(y|x)$ gives their labels {said[0]:g}, "
            f"{said[1]:g}, {said[2]:g} and {said[3]:g}. What is the loss, with weight {weight} for the labels, in nats?",
            nelbo + weight * surprise,
            f"The mean of −log q of the labels is {surprise:.4f}; times {weight}, and the NELBO is added.",
            Slip(nelbo + 4 * weight * surprise, "The surprises are added up. The loss has their mean."),
            Slip(nelbo + surprise, "The weight is missing."),
            Slip(nelbo - weight * surprise, "The sign: a label that surprises raises the loss."),
            Slip(
                nelbo - weight * math.log(sum(said) / 4), "This is the log of the mean. The mean of the logs is asked."
            ),
            Slip(nelbo + weight * (1 - sum(said) / 4), "A surprise is −log q, not 1 − q."),
            Slip(weight * (nelbo + surprise), "The weight stands before the labels' term alone."),
            Slip(weight * surprise, "This is the labels' term alone. The images without labels count, too."),
        )
    ]


def _log_normal(z: tuple[float, ...], m: tuple[float, ...], v: tuple[float, ...]) -> float:
    return sum(-0.5 * (math.log(2 * math.pi * c) + (a - b) ** 2 / c) for a, b, c in zip(z, m, v, strict=True))


def _log_mean_exp(logs: list[float]) -> float:
    return math.log(sum(map(math.exp, logs)) / len(logs))


FAMILIES = (plane, three_classes, two_in_question, split_guess, few_labels)
