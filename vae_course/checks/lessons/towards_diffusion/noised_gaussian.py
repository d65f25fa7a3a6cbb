"""Exercise 10.6: a step of diffusion with a pencil, where the data are Gaussian."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

DATA, BEFORE, ALPHA_BAR, LAST = 5.0, 0.5, 0.2, 0.01
"""The variance of the data; ᾱ of the step before, of the step, and of the last step."""


def marginal(data: float, alpha_bar: float) -> float:
    """The variance of x_t over all data."""
    return alpha_bar * data + 1 - alpha_bar


def error(data: float, alpha_bar: float) -> float:
    """The mean square error of the best prediction of the noise."""
    return alpha_bar * data / marginal(data, alpha_bar)


def weight(before: float, alpha_bar: float) -> float:
    """What the bound multiplies this error by, in nats."""
    return 0.5 * (before / (1 - before) * (1 - alpha_bar) / alpha_bar - 1)


NATS = weight(BEFORE, ALPHA_BAR) * error(DATA, ALPHA_BAR)
END = 0.5 * (LAST * DATA - LAST - math.log(1 - LAST))
MISTAKES = {
    ("variance-without-noise", "variance", 1.0): "1 is what is left of the data, ᾱ λ; the noise adds 1 − ᾱ. (The variance would stay 1 if the data's own were 1.)",
    ("variance-as-spread", "variance", 0.2 * 5**0.5 + 0.8): "1.2472 takes the data's spread, √5, for their variance, 5.",
    ("variance-with-roots", "variance", 1 + 0.8**0.5): "1.8944 adds up spreads. Variances of independent parts add up.",
    ("variance-squared", "variance", 0.04 * 5 + 0.64): "0.84 squares the shares: ᾱ and 1 − ᾱ are shares of a variance, squares already.",
    ("variance-kept", "variance", 5.8): "5.8 has 5 of the data in it, and 0.8 of the noise. The data fade to ᾱ λ = 1. (λ is their variance already, no standard deviation.)",
    ("variance-of-the-step-before", "variance", BEFORE * DATA + 1 - BEFORE): "3 is the variance of x at the step before.",
    ("variance-of-the-roots", "variance", 0.2**0.5 * DATA + 0.8): "3.036 keeps √ᾱ of the variance. √ᾱ multiplies x0, so its variance is multiplied by ᾱ.",
    ("variance-root", "variance", 1.8**0.5): "1.3416 is the standard deviation.",
    ("variance-exchanged", "variance", 0.8 * 5 + 0.2): "4.2 keeps 1 − ᾱ of the data. It is ᾱ that is left.",
    ("error-of-nothing-known", "error", 1): "1 is the error of predicting 0. x_t tells something of its noise: how large a part of its variance is noise?",
    ("error-complement", "error", 0.8 / 1.8): "0.4444 is the part of the noise that x_t explains. The error is the rest.",
    ("error-variance-of-noise", "error", 0.8): "0.8 is 1 − ᾱ, the noise's share. ε itself has the variance 1, and x_t explains a part of it.",
    ("error-of-the-step-before", "error", error(DATA, BEFORE)): "0.8333 is the error at the step before, where ᾱ is 0.5.",
    ("error-coefficient", "error", 0.8**0.5 / 1.8): "0.4969 is the coefficient of the best guess, ε̂ = 0.4969 x_t. Its error is asked: which part of the variance of x_t is not noise?",
    ("error-root", "error", (1 / 1.8) ** 0.5): "0.7454 is the root of the mean square.",
    ("error-of-the-data", "error", 4 / 1.8): "2.2222 is the error of the best guess of x0, λ (1 − ᾱ) / variance. That of ε is ᾱ λ / variance.",
    ("nats-weight-alone", "nats", 1.5): "1.5 is the weight. It multiplies the mean square error of the noise.",
    ("nats-of-the-complement", "nats", 1.5 * 0.8 / 1.8): "0.6667 is the right weight, 1.5, times 0.4444. The error is the *other* part of ε's variance.",
    ("nats-with-the-error-of-the-data", "nats", 1.5 * 4 / 1.8): "3.3333 is the weight of ε's error, 1.5, times the error of x0.",
    ("nats-without-the-half", "nats", 2 * NATS): "1.6667 is twice the right number: the weight has a ½.",
    ("nats-without-minus-one", "nats", 0.5 * 4 / 1.8): "1.1111 lacks the −1 in the weight, ½ (4 − 1).",
    ("nats-of-alphas", "nats", 0.5 * (0.5 / 0.2 - 1) / 1.8): "0.4167 divides the ᾱ by each other. The SNR is ᾱ / (1 − ᾱ): 1 before, and ¼.",
    ("nats-of-the-clean-data", "nats", 0.5 * (1 - 0.25) / 1.8): "0.2083 has the weight ½ (SNR before − SNR), which belongs to the error of x0.",
    ("nats-upside-down", "nats", 0.5 * (0.25 - 1) / 1.8): "A KL is not negative: the SNR before stands on top.",
    ("nats-in-bits", "nats", NATS / math.log(2)): "1.2022 is in bits.",
    ("end-without-the-log", "last", 0.5 * LAST * (DATA - 1)): "0.02 lacks the logarithm: KL = ½ (v + m² − 1 − ln v), with v = 0.99.",
    ("end-of-data-of-variance-1", "last", 0.5 * (LAST - LAST - math.log(1 - LAST))): "0.0050 has 1 in the place of λ.",
    ("end-with-another-log", "last", 0.5 * (LAST * DATA - LAST - math.log(LAST))): "2.3226 has the logarithm of ᾱ. The variance of q(x_T|x0) is 1 − ᾱ.",
    ("end-without-the-half", "last", 2 * END): "0.0501 lacks the ½.",
    ("end-of-the-marginal", "last", 0.5 * (0.04 - math.log(1.04))): "0.00039 is the KL of x_T over *all* data. The bound has the mean KL of q(x_T|x0), for each x0.",
    ("end-without-the-data", "last", 0.5 * (-0.01 - math.log(0.99))): "0.000025 forgets the mean √ᾱ x0, whose mean square is ᾱ λ.",
    ("end-sign-of-the-log", "last", 0.5 * (LAST * DATA - LAST + math.log(1 - LAST))): "0.0150 has + ln v. It is −ln v.",
    ("end-of-the-step", "last", 0.5 * (ALPHA_BAR * DATA - ALPHA_BAR - math.log(1 - ALPHA_BAR))): "0.5116 has ᾱ = 0.2, that of the step. At the end it is 0.01.",
    ("end-in-bits", "last", END / math.log(2)): "0.0361 is in bits.",
    ("end-zero", "last", 0): "Nearly, but not 0: a hundredth of the *data's* variance is left.",
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
        "variance": marginal(DATA, ALPHA_BAR),
        "error": error(DATA, ALPHA_BAR),
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
        "error: the data's part of the variance of x_t. nats: SNR is 1 before and ¼ now, so the weight is 1½; times the error. last: q(x_T|x0) has the variance 0.99 "
        "and the mean 0.1 x0, whose mean square is 0.01 times 5: put both into ½ (v + m² − 1 − ln v).",
    ),
)
