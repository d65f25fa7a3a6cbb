"""Trained models: one safetensors file each, and `figures.json`, which says how each was made and how good it is.

All of it is written by `vae-course train`, and what belongs to "ssvae" by `python -m vae_course.teach.authoring.classes_data`; nothing here is
edited by hand.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

FOLDER = Path(__file__).parent
FIGURES = FOLDER / "figures.json"


def available(kind: str = "") -> list[str]:
    """The names that `load` accepts; `kind`: only models of this class of `given`, as "VAE"."""
    return sorted(name for name, info in _figures().items() if kind in ("", info.get("kind", "VAE")))


def load(name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state dict of a trained model, and what is known about it.

    Args:
        name: one of `available()`, e.g. "v1_z20".

    Returns:
        state: float32 tensors for `model.load_state_dict`.
        info: the recipe ("nn", "z_dim", "steps", "seed", ...) and, under "figures", what the model reaches, in nats.

    Raises:
        ValueError: there is no trained model of that name.
        FileNotFoundError: its file is missing.
    """
    figures = _figures()
    if name not in figures:
        raise ValueError(f"There is no trained model {name!r}. Those that exist: {', '.join(sorted(figures))}.")
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file():
        raise FileNotFoundError(f"The trained model is missing: {path}. Get it back with git, or install again.")
    # Stored as float16, which halves the files and moves no figure by 0.05 nats.
    return {key: value.float() for key, value in load_file(path).items()}, figures[name]


def _figures() -> dict[str, Any]:
    return json.loads(FIGURES.read_text(encoding="utf-8"))
