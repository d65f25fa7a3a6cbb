"""Train the models that the lessons load, and write down how, and how good they are.

    vae-course train                                      every recipe whose weights come with the course
    vae-course train --recipe v1_z20                      one of them
    vae-course train --recipe v2_iwae50_long --device cuda --output folder
    vae-course train --list                               what there is
    vae-course train --measure                            no training: measure the stored models again

A recipe is data: to add a model, add a table to recipes.toml. Training never sees the test images; each run touches them once, for its
figures.
"""

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from vae_course import weights
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import active_units, evaluate, exact_log_likelihood, log_likelihood
from vae_course.teach.authoring.objectives import objective_of
from vae_course.teach.authoring.recipes import Recipe, recipe, recipes
from vae_course.teach.reference import VAE
from vae_course.training import fit, start_at_mean_pixel

NLL_IMAGES = 1_000  # log p(x) is measured on the first so many test images, with NLL_IW draws each
NLL_IW = 5_000
TEST_IMAGES = 10_000
BINARIZATION_SEED = 1  # of the test images' black and white


def train(recipe: Recipe, progress: bool = True, device: str = "cpu") -> VAE:
    """A model made by the recipe: the same recipe gives the same model (same machine, same number of threads)."""
    data = load_mnist(recipe.split)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = VAE(nn=recipe.nn, name=recipe.name, z_dim=recipe.z_dim)
    start_at_mean_pixel(model, data)
    model.to(device)
    for part in recipe.parts():
        fit(model, data, objective=objective_of(part, device), progress=progress, **part.fit_options(model))
    return model.cpu()


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
        if nll_images > NLL_IMAGES:
            found[f"test_nll_iw{NLL_IW}_first_{NLL_IMAGES}"] = -nll.per_image[:NLL_IMAGES].mean().item()
        if model.z_dim <= 2:
            found["test_nll_exact"] = -exact_log_likelihood(model, x[:nll_images]).mean().item()
    return {name: round(value, 4) for name, value in found.items()}


def store(
    model: VAE, recipe: Recipe, made: Mapping[str, Any], folder: Path, nll_images: int | None = None
) -> dict[str, Any]:
    """Write the weights as float16, and measure what was written, not what was trained. `made`: what else is recorded of the training."""
    state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    before = figures(model, nll_images=0)["test_nelbo"]
    model.load_state_dict(state)
    found = figures(model, nll_images)
    write(folder / f"{recipe.name}.safetensors", save(state))
    info = _described(recipe) | {
        "figures": found,
        "float16_costs_nats": round(found["test_nelbo"] - before, 4),
        **made,
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads, torch "
        f"{torch.__version__}",
    }
    record(recipe.name, info, folder)
    return info


def measure(recipe: Recipe) -> dict[str, Any]:
    """Measure a stored model again, for example after `figures` has learned something new."""
    state, info = weights.load(recipe.name)
    model = VAE(nn=recipe.nn, name=recipe.name, z_dim=recipe.z_dim)
    model.load_state_dict(state)
    info |= _described(recipe) | {"figures": figures(model)}
    record(recipe.name, info, weights.FOLDER)
    return info


def _described(recipe: Recipe) -> dict[str, Any]:
    """A recipe as it is recorded beside what it made."""
    found = {name: value for name, value in dataclasses.asdict(recipe).items() if name not in ("what", "stored")}
    return found if recipe.then else {name: value for name, value in found.items() if name != "then"}


def main(argv: Sequence[str] | None = None) -> int:
    stored = [name for name, recipe in recipes().items() if recipe.stored]
    parser = argparse.ArgumentParser(prog="vae-course train", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--recipe",
        action="append",
        metavar="NAME",
        choices=list(recipes()),
        help="one of those that --list shows; may be repeated; default: all stored",
    )
    parser.add_argument("--list", action="store_true", help="show the recipes and train nothing")
    parser.add_argument("--measure", action="store_true", help="train nothing; measure the stored models again")
    parser.add_argument("--output", type=Path, default=weights.FOLDER, help="default: the package's own folder")
    parser.add_argument(
        "--nll-images", type=int, default=None, metavar="N", help=f"test images for log p(x); default {NLL_IMAGES}"
    )
    parser.add_argument("--seed", type=int, help="another seed than the recipe's")
    parser.add_argument("--device", default="cpu", help="where to train, e.g. cuda")
    parser.add_argument(
        "--steps", type=int, help="another number of steps than the recipe's, in each part, e.g. to try it out"
    )
    args = parser.parse_args(argv)
    if args.steps is not None and args.steps < 1:
        parser.error(f"--steps must be at least 1; got {args.steps}")
    if args.nll_images is not None and not 0 <= args.nll_images <= TEST_IMAGES:
        parser.error(f"--nll-images must be from 0 to {TEST_IMAGES:,}, the test images; got {args.nll_images}")
    if problem := _no_device(args.device):
        parser.error(f"--device {args.device}: {problem}")
    if args.list:
        for one in recipes().values():
            print(f"{one.name:16} {one.what}")
        return 0
    chosen = [recipe(name) for name in args.recipe or stored]
    if args.measure:
        for one in chosen:
            print(f"{one.name}: {json.dumps(measure(one)['figures'])}")
        return 0
    changes = {name: value for name in ("steps", "seed") if (value := getattr(args, name)) is not None}
    if args.output == weights.FOLDER and (changes or not all(one.stored for one in chosen)):
        print(
            "The package's own folder keeps the stored models as their recipes describe them: give --output FOLDER for another "
            "model, seed or number of steps.",
            file=sys.stderr,
        )
        return 2
    args.output.mkdir(parents=True, exist_ok=True)
    for one in chosen:
        name = one.name if args.seed is None else f"{one.name}_seed{args.seed}"
        parts = [{**part, "steps": args.steps} for part in one.then] if args.steps else one.then
        one = dataclasses.replace(one, name=name, then=parts, **changes)
        start = time.perf_counter(), time.process_time()
        model = train(one, device=args.device)
        end = time.perf_counter(), time.process_time()
        made = {"seconds": round(end[0] - start[0]), "cpu_seconds": round(end[1] - start[1])}
        made |= {"device": args.device, "bfloat16": one.is_narrow(args.device)}
        count = NLL_IMAGES if args.nll_images is None else args.nll_images
        print(f"{one.name}: trained; measuring it, log p(x) of {count:,} test images above all ...", file=sys.stderr)
        info = store(model, one, made, args.output, args.nll_images)
        print(f"{one.name}: {json.dumps(info['figures'])}")
    return 0


def _no_device(name: str) -> str:
    """Why nothing can be computed there, in a line; empty if it can."""
    try:
        torch.ones(1, device=name)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA says so by an assertion
        return str(error).splitlines()[0]
    return ""


def record(name: str, info: dict[str, Any], folder: Path) -> None:
    """Put what is known of a model into the folder's figures.json, in the place of what stood there of it."""
    path = folder / weights.FIGURES.name
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    known[name] = info
    write(path, (json.dumps(known, indent=2, sort_keys=True) + "\n").encode())


def write(path: Path, data: bytes) -> None:
    """Whoever reads the file sees the old one or the new one, never half of one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


if __name__ == "__main__":
    sys.exit(main())
