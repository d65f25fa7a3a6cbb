"""Train the models that the lessons load, and write down how, and how good they are.

    vae-course train                     every recipe
    vae-course train --recipe v1_z20     one of them
    vae-course train --list              what there is
    vae-course train --measure           no training: measure the stored models again

A recipe is data: to add a model, add a line to RECIPES. Training never sees the test images; each recipe touches them
once, for its figures.
"""

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from vae_course import weights
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import active_units, evaluate, exact_log_likelihood, log_likelihood
from vae_course.reference import VAE
from vae_course.training import fit, start_at_mean_pixel


@dataclass(frozen=True)
class Recipe:
    """How a model is made. `iw` 1 trains by the NELBO, more by the IWAE bound with that many draws."""

    name: str
    nn: str
    z_dim: int
    steps: int
    batch_size: int = 100
    lr: float = 3e-3
    warmup: int = 200
    iw: int = 1
    seed: int = 0
    split: str = "train+valid"


RECIPES = (
    Recipe("v1_z20", nn="v1", z_dim=20, steps=16_000, lr=3e-3),
    Recipe("v1_z2", nn="v1", z_dim=2, steps=16_000, lr=2e-3),
)

NLL_IMAGES = 1_000  # log p(x) is measured on the first so many test images, with NLL_IW draws each
NLL_IW = 5_000
BINARIZATION_SEED = 1  # of the test images' black and white


def train(recipe: Recipe, progress: bool = True) -> VAE:
    """A model made by the recipe: the same recipe gives the same model (same machine, same number of threads)."""
    data = load_mnist(recipe.split)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = VAE(nn=recipe.nn, name=recipe.name, z_dim=recipe.z_dim)
    start_at_mean_pixel(model, data)
    fit(
        model,
        data,
        objective=None if recipe.iw == 1 else lambda model, x: model.negative_iwae_bound(x, recipe.iw)[0],
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        lr=recipe.lr,
        warmup=recipe.warmup,
        seed=recipe.seed,
        progress=progress,
    )
    return model


def figures(model: VAE, nll_images: int | None = None) -> dict[str, float]:
    """What the model reaches on the test images, in nats per image; the seeds are fixed, so the figures are too."""
    nll_images = NLL_IMAGES if nll_images is None else nll_images
    generator = torch.Generator().manual_seed(BINARIZATION_SEED)
    x = binarize(load_mnist("test").images, generator)  # (10000, 784)
    elbo = evaluate(model, x)
    found = {
        "test_nelbo": elbo.nll,
        "test_nelbo_standard_error": elbo.standard_error,
        "test_kl": elbo.kl,
        "test_rec": elbo.rec,
        "active_units": active_units(model, x),
    }
    if nll_images:
        nll = log_likelihood(model, x[:nll_images], NLL_IW)
        found |= {
            f"test_nll_iw{NLL_IW}": nll.nll,
            f"test_nll_iw{NLL_IW}_standard_error": nll.standard_error,
            "test_nll_images": nll_images,
        }
        if model.z_dim <= 2:
            found["test_nll_exact"] = -exact_log_likelihood(model, x[:nll_images]).mean().item()
    return {name: round(value, 4) for name, value in found.items()}


def store(model: VAE, recipe: Recipe, seconds: float, folder: Path) -> dict[str, Any]:
    """Write the weights as float16, and measure what was written, not what was trained."""
    state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    before = figures(model, nll_images=0)["test_nelbo"]
    model.load_state_dict(state)
    found = figures(model)
    _write(folder / f"{recipe.name}.safetensors", save(state))
    info = dataclasses.asdict(recipe) | {
        "figures": found,
        "float16_costs_nats": round(found["test_nelbo"] - before, 4),
        "seconds": round(seconds),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
    }
    _record(recipe.name, info, folder)
    return info


def measure(name: str) -> dict[str, Any]:
    """Measure a stored model again, for example after `figures` has learned something new."""
    state, info = weights.load(name)
    model = VAE(nn=info["nn"], name=name, z_dim=info["z_dim"])
    model.load_state_dict(state)
    info["figures"] = figures(model)
    _record(name, info, weights.FOLDER)
    return info


def main(argv: Sequence[str] | None = None) -> int:
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(prog="vae-course train", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", action="append", choices=names, help="may be repeated; default: all")
    parser.add_argument("--list", action="store_true", help="show the recipes and train nothing")
    parser.add_argument("--measure", action="store_true", help="train nothing; measure the stored models again")
    parser.add_argument("--output", type=Path, default=weights.FOLDER, help="default: the package's own folder")
    parser.add_argument("--steps", type=int, help="another number of steps than the recipe's, e.g. to try it out")
    args = parser.parse_args(argv)
    chosen = [recipe for recipe in RECIPES if recipe.name in (args.recipe or names)]
    if args.list:
        for recipe in chosen:
            print(recipe)
        return 0
    if args.measure:
        for recipe in chosen:
            print(f"{recipe.name}: {json.dumps(measure(recipe.name)['figures'])}")
        return 0
    if args.steps is not None and args.output == weights.FOLDER:
        print("--steps makes a model that its recipe does not describe: give --output too.", file=sys.stderr)
        return 2
    for recipe in chosen:
        if args.steps is not None:
            recipe = dataclasses.replace(recipe, steps=args.steps)
        start = time.perf_counter()
        model = train(recipe)
        info = store(model, recipe, time.perf_counter() - start, args.output)
        print(f"{recipe.name}: {json.dumps(info['figures'])}")
    return 0


def _record(name: str, info: dict[str, Any], folder: Path) -> None:
    path = folder / weights.FIGURES.name
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    known[name] = info
    _write(path, (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())


def _write(path: Path, data: bytes) -> None:
    """Whoever reads the file sees the old one or the new one, never half of one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


if __name__ == "__main__":
    sys.exit(main())
