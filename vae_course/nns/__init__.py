"""Encoders and decoders, chosen by name: `VAE(nn="v1")` takes `vae_course.nns.v1`.

A network is one file with two classes, and adding a file adds a name:

    Encoder(z_dim): x (batch, 784)   -> (m, v), each (batch, z_dim), v > 0
    Decoder(z_dim): z (..., z_dim)   -> logits (..., 784)

Start from `v1.py`, the shortest complete example.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from vae_course.nns.gaussian import gaussian_parameters

__all__ = ["available", "gaussian_parameters", "get"]


def available() -> list[str]:
    """The names that `VAE(nn=...)` accepts."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in ("gaussian", "labelled"))


def get(nn: Any) -> Any:
    """The network called `nn`; anything that has `Encoder` and `Decoder` is returned as it is.

    Raises:
        ValueError: there is no network of that name.
        TypeError: the object lacks `Encoder` or `Decoder`.
    """
    if isinstance(nn, str):
        if nn not in available():
            raise ValueError(
                f"There is no network {nn!r}. Those that exist: {', '.join(available())}. "
                "A new one is a file vae_course/nns/NAME.py, or any object with Encoder(z_dim) and Decoder(z_dim)."
            )
        return import_module(f"vae_course.nns.{nn}")
    missing = [part for part in ("Encoder", "Decoder") if not callable(getattr(nn, part, None))]
    if missing:
        raise TypeError(
            f"nn must be a name ({', '.join(available())}) or an object with Encoder(z_dim) and Decoder(z_dim); "
            f"{nn!r} has no {' and no '.join(missing)}."
        )
    return nn
