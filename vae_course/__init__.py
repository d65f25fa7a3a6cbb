"""Learn the variational autoencoder by writing it. This is the learner's door.

    from vae_course import check, hint, predict, progress, puzzle, solved, solution   # answers
    from vae_course import binarize, evaluate, fit, load_images, load_mnist   # data and training

Formulas of earlier lessons are in `vae_course.given`, figures in `vae_course.figures`.
Names are loaded when they are first used, so that importing the package costs nothing.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_WHERE = {
    "check": "checks.learning",
    "hint": "checks.learning",
    "predict": "checks.learning",
    "progress": "checks.learning",
    "puzzle": "checks.learning",
    "solution": "checks.learning",
    "solved": "checks.learning",
    "binarize": "data",
    "load_images": "data",
    "load_mnist": "data",
    "fit": "training",
    "evaluate": "evaluation",
}

__all__ = [
    "binarize",
    "check",
    "evaluate",
    "fit",
    "hint",
    "load_images",
    "load_mnist",
    "predict",
    "progress",
    "puzzle",
    "solution",
    "solved",
]

if "torch" in sys.modules:  # as in a lesson: torch counts processors that a container may not use
    import_module("vae_course.threads")


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"vae_course has no name {name!r}. It offers: {', '.join(__all__)}.")
    module = _WHERE[name]
    if module.startswith("checks.") and find_spec("vae_course.checks") is None:
        module = "unchecked"  # an edition for an exam, or a place where hand-ins are run, not learned from
    value = getattr(import_module(f"vae_course.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
