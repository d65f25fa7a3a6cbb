"""Exercise 10.6: a step of diffusion with a pencil, where the data are Gaussian."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

DATA, BEFORE, ALPHA_BAR, LAST = 0.5, 0.8, 0.25, 0.05
"""The variance of the data; ᾱ of the step before, of the step, and of the last step. With these no usual mistake comes within 3 % of a right number."""


def marginal(data: float, alpha_bar: float) -> float:
    """The variance of x_t over all data."""
    return alpha_bar * data + 1 - alpha_bar


def error(data: float, alpha_bar: float) -> float:
    """The mean square error of the best prediction of the noise."""
    return alpha_bar * data / marginal(data, alpha_bar)


def weight(before: float, alpha_bar: float) -> float:
    """What the bound multiplies this error by, in nats."""
    return 0.5 * (before / (1 - before) * (1 - alpha_bar) / alpha_bar - 1)


VARIANCE, ERROR, WEIGHT = marginal(DATA, ALPHA_BAR), error(DATA, ALPHA_BAR), weight(BEFORE, ALPHA_BAR)
NATS = WEIGHT * ERROR
COMPLEMENT = 1 - ERROR
OF_THE_DATA = DATA * COMPLEMENT
"""The mean square error of the best guess of x0."""


def end(mean_square: float, alpha_bar: float) -> float:
    """The mean of ½ (v + m² − 1 − ln v) for v = 1 − ᾱ, in nats."""
    return 0.5 * (mean_square - alpha_bar - math.log(1 - alpha_bar))


END = end(LAST * DATA, LAST)
MISTAKES = {
    ("variance-without-noise", "variance", ALPHA_BAR * DATA): "0.125 is what is left of the data, ᾱ λ; the noise adds 1 − ᾱ.",
    ("variance-as-spread", "variance", ALPHA_BAR * DATA**0.5 + 0.75): "0.9268 takes the data's spread, √½, for their variance, ½.",
    ("variance-with-roots", "variance", (ALPHA_BAR * DATA) ** 0.5 + 0.75**0.5): "1.2196 adds up spreads. Variances of independent parts add up.",
    ("variance-squared", "variance", ALPHA_BAR**2 * DATA + 0.75**2): "0.5938 squares the shares: ᾱ and 1 − ᾱ are shares of a variance, squares already.",
    ("variance-kept", "variance", DATA + 0.75): "1.25 has all of the data in it, and 0.75 of the noise. The data fade to ᾱ λ. (λ is their variance already, no standard deviation.)",
    ("variance-of-the-step-before", "variance", marginal(DATA, BEFORE)): "0.6 is the variance of x at the step before.",
    ("variance-one", "variance", 1.0): "1 it would be if the data's own variance were 1, or if √ᾱ of it were left. √ᾱ multiplies x0, so its variance is multiplied by ᾱ.",
    ("variance-of-the-noise-root", "variance", ALPHA_BAR * DATA + 0.75**0.5): "0.9910 has √(1 − ᾱ) of the noise. That is what multiplies ε; its variance is 1 − ᾱ.",
    ("variance-of-one-step", "variance", marginal(DATA, ALPHA_BAR / BEFORE)): "0.8438 has the share that this one step keeps, α = ᾱ_t / ᾱ_{t−1}. Of x0 itself all steps together keep ᾱ_t.",
    ("variance-root", "variance", VARIANCE**0.5): "0.9354 is the standard deviation.",
    ("variance-exchanged", "variance", 0.75 * DATA + ALPHA_BAR): "0.625 keeps 1 − ᾱ of the data. It is ᾱ that is left.",
    ("error-of-nothing-known", "error", 1): "1 is the error of predicting 0. x_t tells something of its noise: how large a part of its variance is noise?",
    ("error-complement", "error", COMPLEMENT): "0.8571 is the part of the noise that x_t explains. The error is the rest.",
    ("error-variance-of-noise", "error", 0.75): "0.75 is 1 − ᾱ, the noise's share. ε itself has the variance 1, and x_t explains a part of it.",
    ("error-share-of-the-data", "error", ALPHA_BAR): "0.25 is ᾱ. Of the variance of x_t the data make ᾱ λ.",
    ("error-not-divided", "error", ALPHA_BAR * DATA): "0.125 is ᾱ λ, the data's part of the variance of x_t. Asked is which fraction of that variance it is.",
    ("error-by-the-noise", "error", ALPHA_BAR * DATA / 0.75): "0.1667 compares the data's part with the noise's. The error is its fraction of the whole variance of x_t.",
    ("error-of-the-step-before", "error", error(DATA, BEFORE)): "0.6667 is the error at the step before, where ᾱ is 0.8.",
    ("error-coefficient", "error", 0.75**0.5 / VARIANCE): "0.9897 is the coefficient of the best guess, ε̂ = 0.9897 x_t. Its error is asked: which part of the variance of x_t is not noise?",
    ("error-root", "error", ERROR**0.5): "0.3780 is the root of the mean square.",
    ("error-of-the-data", "error", OF_THE_DATA): "0.4286 is the error of the best guess of x0, λ (1 − ᾱ) / variance. That of ε is ᾱ λ / variance.",
    ("nats-weight-alone", "nats", WEIGHT): "5.5 is the weight. It multiplies the mean square error of the noise.",
    ("nats-error-alone", "nats", ERROR): "0.1429 is the error. The bound multiplies it by a weight, ½ (SNR before / SNR − 1).",
    ("nats-of-the-complement", "nats", WEIGHT * COMPLEMENT): "4.7143 is the right weight, 5.5, times 0.8571. The error is the *other* part of ε's variance.",
    ("nats-with-the-root", "nats", WEIGHT * ERROR**0.5): "2.0788 is the weight times the root of the mean square. It multiplies the mean square.",
    ("nats-with-the-error-before", "nats", WEIGHT * error(DATA, BEFORE)): "3.6667 is the weight times the error at the step before.",
    ("nats-with-the-error-of-the-data", "nats", WEIGHT * OF_THE_DATA): "2.3571 is the weight of ε's error, 5.5, times the error of x0.",
    ("nats-without-the-half", "nats", 2 * NATS): "1.5714 is twice the right number: the weight has a ½.",
    ("nats-without-minus-one", "nats", 0.5 * 12 * ERROR): "0.8571 lacks the −1 in the weight, ½ (12 − 1).",
    ("nats-of-alphas", "nats", 0.5 * (BEFORE / ALPHA_BAR - 1) * ERROR): "0.1571 divides the ᾱ by each other. The SNR is ᾱ / (1 − ᾱ): 4 before, and ⅓.",
    ("nats-of-the-clean-data", "nats", 0.5 * (4 - 1 / 3) * ERROR): "0.2619 has the weight ½ (SNR before − SNR), which belongs to the error of x0.",
    ("nats-upside-down", "nats", 0.5 * (1 / 12 - 1) * ERROR): "A KL is not negative: the SNR before stands on top.",
    ("nats-in-bits", "nats", NATS / math.log(2)): "1.1335 is in bits.",
    ("end-without-the-log", "last", 0.5 * LAST * (DATA - 1)): "−0.0125 lacks the logarithm, and a KL is not negative: ½ (v + m² − 1 − ln v), with v = 0.95.",
    ("end-of-data-of-variance-1", "last", end(LAST, LAST)): "0.0256 has 1 in the place of λ.",
    ("end-of-the-mean-alone", "last", 0.5 * LAST * DATA): "0.0125 is what the mean costs, ½ ᾱ λ. That the variance is 0.95 and not 1 costs something too.",
    ("end-of-the-spread", "last", end(LAST * DATA**0.5, LAST)): "0.0183 takes the data's spread, √½, for their variance, ½.",
    ("end-with-the-root-of-alpha-bar", "last", end(LAST**0.5 * DATA, LAST)): "0.0565 has √ᾱ λ. The mean is √ᾱ x0, so its mean square is ᾱ λ.",
    ("end-with-another-log", "last", 0.5 * (LAST * DATA - LAST - math.log(LAST))): "1.4854 has the logarithm of ᾱ. The variance of q(x_T|x0) is 1 − ᾱ.",
    ("end-without-the-half", "last", 2 * END): "0.0263 lacks the ½.",
    ("end-of-the-marginal", "last", 0.5 * (0.975 - 1 - math.log(0.975))): "0.00016 is the KL of x_T over *all* data. The bound has the mean KL of q(x_T|x0), for each x0.",
    ("end-without-the-data", "last", end(0, LAST)): "0.00065 forgets the mean √ᾱ x0, whose mean square is ᾱ λ.",
    ("end-sign-of-the-log", "last", 0.5 * (LAST * DATA - LAST + math.log(1 - LAST))): "−0.0381 has + ln v. It is −ln v, and a KL is not negative.",
    ("end-of-the-step", "last", end(ALPHA_BAR * DATA, ALPHA_BAR)): "0.0813 has ᾱ = 0.25, that of the step. At the end it is 0.05.",
    ("end-the-other-way-round", "last", 0.5 * ((1 + LAST * DATA) / (1 - LAST) - 1 + math.log(1 - LAST))): "0.0138 is the KL from N(0, 1) to q. The bound has that from q to the prior.",
    ("end-in-bits", "last", END / math.log(2)): "0.0190 is in bits.",
    ("end-zero", "last", 0): "Nearly, but not 0: a twentieth of the *data's* variance is left.",
}  # fmt: skip

noised_gaussian = Constant(
    name="noised_gaussian",
    lesson="10_towards_diffusion",
    number="10.6",
    title="A step with a pencil",
    minutes=10,
    difficulty=2,
    lines="4 numbers",
    right={
        "variance": VARIANCE,
        "error": ERROR,
        "nats": NATS,
        "last": END,
    },
    checks=(
        Check("the variance of x_t", constant_matches("variance", pointer="Two independent parts."), points=0.5),
        Check(
            "the error of the best prediction",
            constant_matches("error", pointer="Which part of the variance of x_t is noise?"),
            points=0.5,
        ),
        Check(
            "what the step costs",
            constant_matches("nats", pointer="The weight, times the mean square error."),
            points=0.5,
        ),
        Check(
            "what the last step leaves",
            constant_matches("last", pointer="Lesson 02's KL to the prior, averaged over the data."),
            points=0.5,
        ),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "x_t is a sum of two independent parts, so their variances add up: ᾱ λ and 1 − ᾱ.",
        "Of the variance of x_t a certain part is noise. The best linear guess of ε explains just that part of ε's variance, 1. What is left is the error; the "
        "weight is ½ (SNR before / SNR − 1), with SNR = ᾱ / (1 − ᾱ).",
        "error: the data's part of the variance of x_t. nats: SNR is 4 before and ⅓ now, so the weight is 5½; times the error. last: q(x_T|x0) has the variance 0.95 "
        "and the mean √0.05 x0, whose mean square is 0.05 times ½: put both into ½ (v + m² − 1 − ln v).",
    ),
)
