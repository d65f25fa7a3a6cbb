"""A training run on disk: everything that the next step depends on, in one safetensors file.

Parameters and buffers, the optimizer's averages, the state of the random generators, and the curves so far. A run that
goes on from such a file takes the same steps, bit for bit, as one that never stopped (same machine, same threads).
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

Rows = list[dict[str, float]]


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any], rows: Rows
) -> None:
    """Write a run to `path`. Whoever reads the file sees the old run or the new one, never half of one.

    Args:
        path: the file; its folder must exist.
        model, optimizer: as they are after the last step of `rows`.
        settings: numbers and strings that a resumed run must share.
        rows: the curves, one row a step.

    Raises:
        OSError: the file cannot be written.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
    tensors |= _random_state()
    # Clones, because safetensors refuses tensors that share memory (tied weights).
    data = save(
        {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()},
        metadata={"settings": json.dumps(settings), "rows": json.dumps(rows)},
    )
    partial = path.with_name(path.name + ".tmp")
    with open(partial, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
    os.replace(partial, path)


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any]) -> Rows:
    """Put a run back as `save_checkpoint` found it, random generators included, and return its curves.

    Raises:
        ValueError: the file is no checkpoint, or of another run: other settings, other parameters. Nothing is changed.
    """
    advice = "Give another file name, delete this one, or pass resume=False to write over it."
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        saved, rows = json.loads(metadata["settings"]), json.loads(metadata["rows"])
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a checkpoint of fit, or it is damaged ({error}). {advice}") from None
    other = [
        f"{key} was {saved.get(key)!r}, now {settings.get(key)!r}"
        for key in sorted({*saved, *settings})
        if saved.get(key) != settings.get(key)
    ]
    if other:
        raise ValueError(f"{path} is a checkpoint of another run: {'; '.join(other)}. {advice}")
    weights = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    here = {name: value.shape for name, value in model.state_dict().items()}
    if here != {name: value.shape for name, value in weights.items()}:
        raise ValueError(f"{path} is a checkpoint of another model: names or shapes of parameters differ. {advice}")
    model.load_state_dict(weights)
    optimizer.load_state_dict(optimizer.state_dict() | {"state": _optimizer_state(tensors)})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])
    return rows


def _random_state() -> dict[str, Tensor]:
    state = {"random.cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["random.cuda"] = torch.cuda.get_rng_state()
    return state


def _optimizer_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """{"optimizer.3.exp_avg": tensor} -> {3: {"exp_avg": tensor}}, the form that torch's optimizers load."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = value
    return state
