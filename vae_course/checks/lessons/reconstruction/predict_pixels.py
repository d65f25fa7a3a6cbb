"""Exercise 3.3: three numbers to know by heart."""

import math

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

LN_2 = math.log(2)

MISTAKES = {
    ("uniform-in-bits", "uniform", 784): "784 is right in bits. One bit is ln 2 = 0.693 nats: 784 ln 2.",
    ("uniform-of-one-pixel", "uniform", LN_2): "0.693 is what one pixel costs. The image has 784 of them, and "
    "independent costs add up.",
    ("uniform-as-halves", "uniform", 392): "392 is 784 · ½: the probability of each pixel, added. What adds up is "
    "−log ½.",
    ("uniform-sign", "uniform", -784 * LN_2): "−543.4 is log p(x). Asked is the cost −log p(x), a positive "
    "number of nats.",
    ("uniform-over-grey-levels", "uniform", 784 * math.log(256)): "You give each pixel 256 equally likely grey "
    "levels. Here a pixel is black or white: two values.",
    ("edge-in-bits", "edge logit", 24): "24 is the number of binary digits. The logit enters by exp: e^(−logit) = "
    "2^(−24), so logit = 24 ln 2.",
    ("edge-in-decimal", "edge logit", 24 * math.log10(2)): "7.2 is the number of *decimal* digits, log10 of 2^24. "
    "The logit needs the natural logarithm.",
    ("edge-of-exp", "edge logit", 88.72): "At 88.7 exp itself overflows. 1 − sigmoid is lost much earlier: as soon "
    "as e^(−logit) vanishes beside 1.",
    ("edge-one-digit-early", "edge logit", 23 * LN_2): "15.94 = 23 ln 2 is where the naive loss freezes: its "
    "last finite value. It breaks one halving later.",
    ("edge-sign", "edge logit", -24 * LN_2): "−16.6: there p itself is tiny and float32 keeps it well. 1 − p "
    "is lost on the other side, where p comes near 1.",
    ("beta-counts-latents", "beta", 20): "20 counts latent dimensions. The mean runs over the pixels, and divides by "
    "their number.",
    ("beta-upside-down", "beta", 1 / 784): "1/784 is what the reconstruction is multiplied with. Divide the whole "
    "loss by that: then the KL stands there multiplied with 784.",
    ("beta-one", "beta", 1): "β = 1 would be the ELBO itself. The mean divides the reconstruction, and only the "
    "reconstruction, by 784.",
    ("beta-of-a-side", "beta", 28): "28 is one side of the image; the mean runs over all 28 · 28 pixels.",
}

predict_pixels = Constant(
    name="predict_pixels",
    lesson="03_reconstruction",
    number="3.3",
    title="Three numbers to know by heart",
    minutes=8,
    difficulty=2,
    lines="3 numbers",
    right={"uniform": 784 * LN_2, "edge logit": 24 * LN_2, "beta": 784},
    checks=(
        Check("nats of a model that knows nothing", constant_matches("uniform"), points=0.5),
        Check("the logit at which float32 gives up", constant_matches("edge logit"), points=0.5),
        Check("the β of a mean over pixels", constant_matches("beta"), points=1),
    ),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "Uniform: each pixel is 0 or 1 with probability ½. What is −log of that, in nats, and how many pixels are there?",
        "The edge: sigmoid(a) = 1 / (1 + e^(−a)), and in float32 1 + 2^(−24) is rounded to 1. Which a makes e^(−a) that small?",
        "The edge: e^(−a) = 2^(−24); take the natural logarithm of both sides. β: the loss is kl + rec / 784. By which constant "
        "must all of it be multiplied so that rec stands alone, and what stands before kl then?",
    ),
)
