"""Exercise 5b.3: the doubly reparameterized gradient."""

from vae_course.checks.around import FORMULAS
from vae_course.checks.engine.diagnosis import InParts
from vae_course.checks.engine.exercise import Check, Method
from vae_course.checks.lessons.limits.dreg_loss.checks import (
    VALUE,
    decoder_keeps_its_gradient,
    doubly_reparameterized,
    dreg_fingerprint,
    value_of_the_bound,
)
from vae_course.checks.lessons.limits.dreg_loss.mistakes import MISCONCEPTIONS
from vae_course.checks.worlds.iwae import draw_still

dreg_loss = Method(
    name="dreg_loss",
    lesson="05b_limits",
    number="5b.3",
    title="The doubly reparameterized gradient",
    minutes=30,
    difficulty=4,
    lines="8 lines",
    optional=True,
    arguments=draw_still,
    parameters=("model", "x", "iw"),
    scaffold=FORMULAS,
    checks=(
        Check(VALUE[0], value_of_the_bound),
        Check("the gradient to the encoder", doubly_reparameterized),
        Check("the gradient to the decoder", decoder_keeps_its_gradient),
    ),
    fingerprint=InParts(dreg_fingerprint),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "The gradient in the encoder's weights should flow through z alone. Where else do m and v enter log w?",
        "Detach m and v inside log q. The path through z then needs the weight w̃², and the bound itself brings one w̃.",
        "With w̃ = softmax(log w, dim=1), detached, z.register_hook(lambda g: g * w̃.unsqueeze(-1)) multiplies the path by the missing "
        "w̃: the slope g at z is (batch, iw, z_dim), and w̃ is (batch, iw).",
    ),
)
