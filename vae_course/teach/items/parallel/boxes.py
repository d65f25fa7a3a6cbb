"""Two boxes with other probabilities (lesson 00)."""

import itertools
import math
import random

from vae_course.teach.items.bank import Numeric, Slip, numeric


def two_boxes(draw: random.Random) -> list[Numeric]:
    """Evidence, posterior, gap and best ELBO, where the boxes are not equally likely before."""
    # None of these worlds has a marked answer, and those that are left have a gap of which 1 % can be told.
    worlds = itertools.product((0.3, 0.4, 0.6, 0.7), (0.15, 0.25, 0.4), (0.55, 0.6, 0.85))
    clear = [(p, low, high) for p, low, high in worlds if not 0.5 < p * high / ((1 - p) * low) < 2]
    prior, red_0, red_1 = draw.choice(clear)
    joint_0, joint_1 = (1 - prior) * red_0, prior * red_1
    evidence = joint_0 + joint_1
    posterior = joint_1 / evidence
    half = 0.5 * math.log(joint_1 / 0.5) + 0.5 * math.log(joint_0 / 0.5)
    gap = math.log(evidence) - half
    other = posterior * math.log(posterior / 0.5) + (1 - posterior) * math.log((1 - posterior) / 0.5)
    world = (
        f"Box 1 is chosen with probability {prior:g}, box 0 with probability {1 - prior:g}. A ball from box 1 is red with probability "
        f"{red_1:g}, from box 0 with probability {red_0:g}."
    )
    return [
        numeric(
            "00.evidence",
            f"{world} What is $p(\\text{{red}})$?",
            evidence,
            f"The joint probabilities of the column: {joint_0:g} + {joint_1:g}.",
            Slip(red_0 + red_1, "The two likelihoods are added. Each box counts with the chance that it is chosen."),
            Slip((red_0 + red_1) / 2, "Both boxes count alike here. Each counts with its own chance of being chosen."),
            Slip(joint_1, "This is one of two terms: a red ball may also come from box 0."),
            Slip(red_0 * red_1, "As if both boxes had to give red. Only one is opened: the terms are added."),
            Slip(1 - evidence, "This is the chance of a ball that is not red."),
            Slip(100 * evidence, "Right in per cent. Give it between 0 and 1.", 50),
        ),
        numeric(
            "00.posterior",
            f"{world} The ball is red. What is the probability that it came from box 1?",
            posterior,
            f"The joint probability {joint_1:g}, divided by the evidence {evidence:g}.",
            Slip(red_1, "This is p(red | box 1). The question turns it round: the chance of box 1 if it was red."),
            Slip(joint_1, "This is the joint probability of box 1 and red. Divide it by p(red)."),
            Slip(1 - posterior, "This is the posterior of box 0."),
            Slip(prior, "This is the prior: what was known before the ball."),
            Slip(red_1 / (red_0 + red_1), "This is right for boxes that are chosen equally often. These are not."),
            Slip(100 * posterior, "Right in per cent. Give it between 0 and 1.", 50),
        ),
        numeric(
            "00.gap",
            f"{world} The ball is red, and the guess $q$ gives each box ½. How far does its ELBO lie below $\\log p(\\text{{red}})$, in nats?",
            gap,
            f"log {evidence:g} = {math.log(evidence):.4f}; the ELBO is ½ log({joint_1:g}/½) + ½ log({joint_0:g}/½) = {half:.4f}.",
            Slip(gap / math.log(2), "You used log2, which gives bits. Nats need the natural logarithm.", 50),
            Slip(math.log(evidence) - 2 * half, "Your ELBO adds the two logs. It averages them, each with ½ here."),
            Slip(other, "This is KL(posterior ‖ q). The gap is KL(q ‖ posterior): the average is under q."),
            Slip(gap + math.log(2), "Your ELBO has the log of the joint alone. The guess stands below the line."),
            Slip(half, "This is the ELBO itself. Asked is how far it lies below log p(red)."),
            Slip(-gap, "The sign is flipped: the ELBO lies below log p(red)."),
        ),
        numeric(
            "00.best-elbo",
            f"{world} The ball is red. What is the highest ELBO that any guess reaches, in nats?",
            math.log(evidence),
            f"At the posterior the gap is 0, so it is log p(red) = log {evidence:g}.",
            Slip(evidence, "This is p(red). The ELBO is a bound on its logarithm."),
            Slip(half, "This is the ELBO of the guess ½; another guess gives more."),
            Slip(
                math.log(joint_1),
                "This is the ELBO of the sure guess. The best is the posterior, which leaves box 0 a chance.",
            ),
            Slip(math.log10(evidence), "This is made with log10. Nats need the natural logarithm.", 50),
            Slip(math.log2(evidence), "This is made with log2, in bits. Nats need the natural logarithm.", 50),
            Slip(-math.log(evidence), "The sign: the logarithm of a probability is never above 0."),
        ),
    ]


def sure_guess(draw: random.Random) -> list[Numeric]:
    """How much better one guess is than another, by the joint probabilities alone."""
    joint_1, joint_0 = draw.choice(((0.36, 0.04), (0.42, 0.06), (0.45, 0.09), (0.35, 0.05)))
    a = draw.choice((0.6, 0.7, 0.8))
    elbo = a * math.log(joint_1 / a) + (1 - a) * math.log(joint_0 / (1 - a))
    return [
        numeric(
            "00.elbo-of-a-guess",
            f"For what was seen, the joint probability of $x$ and box 1 is {joint_1:g}, that of $x$ and box 0 is {joint_0:g}. What is the ELBO "
            f"of the guess that gives box 1 the probability {a:g}, in nats?",
            elbo,
            f"{a:g} log({joint_1:g}/{a:g}) + {1 - a:g} log({joint_0:g}/{1 - a:g}).",
            Slip(elbo / math.log(2), "This is in bits. Nats need the natural logarithm.", 50),
            Slip(-elbo, "This is the NELBO: the sign is turned."),
            Slip(math.log(joint_0 + joint_1), "This is log p(x), which only the posterior reaches."),
            Slip(
                a * math.log(joint_1) + (1 - a) * math.log(joint_0),
                "The guess is missing below the line: the log is of joint / q.",
            ),
            Slip(
                (1 - a) * math.log(joint_1 / (1 - a)) + a * math.log(joint_0 / a),
                "The two boxes changed places in your guess.",
            ),
            Slip(
                math.log(joint_1 / a) + math.log(joint_0 / (1 - a)),
                "The logs are added. They are averaged, each with its share in the guess.",
            ),
        )
    ]


FAMILIES = (two_boxes, sure_guess)
