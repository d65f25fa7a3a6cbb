"""Exercises 2.3, 3.2, 4b.1 and 5.3: in which orders, and in how many forms, a derivation may be written right."""

from vae_course.checks.engine.lines import Lines
from vae_course.checks.lessons.collapse import derivation
from vae_course.checks.lessons.iwae import bound_derivation
from vae_course.checks.lessons.kl_divergence import kl_derivation
from vae_course.checks.lessons.reconstruction import softplus_derivation


def forms(lines: Lines) -> dict[str, object]:
    return {"a string": lines.order, "a tuple": tuple(lines.order), "small letters": list(lines.order.lower())}


RIGHT = {
    "kl_derivation": forms(kl_derivation.LINES)
    | {"the averages first": "JFADHBG", "the square before the variance": "DHBFJAG"},
    "softplus_derivation": forms(softplus_derivation.LINES)
    | {"the sigmoid first": "CFAIBHE", "softplus first": "BCIAFHE"},
    "derivation": forms(derivation.LINES),
    "bound_derivation": forms(bound_derivation.LINES) | {"Jensen first": "DGBIAE", "Jensen in the middle": "GDBIAE"},
}
