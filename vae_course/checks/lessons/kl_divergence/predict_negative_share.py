"""Exercise 2.4: how often an estimate of the KL is negative."""

from vae_course.checks.engine.constants import constant_matches, mistakes_of
from vae_course.checks.engine.exercise import Check, Constant

MISTAKES = {
    ("never-negative", "", 0.0): "The KL is never negative, and neither is the *mean* of the estimates. A single log "
    "ratio is negative wherever p(z) > q(z).",
    ("one-half", "", 0.5): "½ would be right if the estimates were centred at 0. Their mean is the KL, ½.",
    ("compares-z-with-zero", "", 0.1587): "0.159 is the chance that z itself is negative. The estimate is z − ½: it "
    "is negative already below z = ½.",
    ("other-side", "", 0.6915): "0.69 is the share of *positive* estimates; it is also the negative share when z is "
    "drawn from p. The draws come from q = N(1, 1), and asked is the negative share.",
    ("sign-of-one-half", "", 0.0668): "0.067 is P(z < −½), as if the estimate were z + ½. Work out log N(z; 1, 1) − "
    "log N(z; 0, 1) again: the squares cancel, and −½ stays.",
    ("from-the-middle", "", 0.1915): "0.19 is the normal's area between 0 and ½, or −½ and 0. Asked is all that lies "
    "below −½.",
    ("per-cent", "", 30.85): "The number is right in per cent. Give the share itself, between 0 and 1.",
}

predict_negative_share = Constant(
    name="predict_negative_share",
    lesson="02_kl_divergence",
    number="2.4",
    title="How often is the estimate negative?",
    minutes=4,
    difficulty=2,
    lines="1 number",
    right=0.3085,
    checks=(Check("the share", constant_matches(""), points=1),),
    misconceptions=mistakes_of(MISTAKES),
    hints=(
        "Write log N(z; 1, 1) − log N(z; 0, 1) and simplify: what is left is a straight line in z.",
        "It is z − ½, and z comes from q = N(1, 1). So: how often is a N(1, 1) draw below ½?",
        "z = 1 + ε, so the estimate is negative when ε < −½: the standard normal's area left of −½, "
        "which torch.special.ndtr gives.",
    ),
)
