"""Make the data behind lesson 07's figure of models trained with one k and evaluated with another.

    python -m vae_course.teach.authoring.crossing_data

Writes vae_course/figures/data/train_by_evaluate.json. Two seeds, four trainings, about 8 minutes of one core. Everything is
seeded; on another machine the last digits differ, as with every training.
"""

import dataclasses
import json
import time

import torch

from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.figures.capstone_comparisons import STORED
from vae_course.teach.authoring.recipes import Recipe
from vae_course.teach.authoring.train_weights import BINARIZATION_SEED, train

TRAINED_WITH, EVALUATED_WITH, SEEDS = (1, 10), (1, 10, 100, 1000), (0, 1)
TEST_IMAGES = 1_000


def recipe(iw: int, seed: int) -> Recipe:
    """The same network and number of steps for every k."""
    bound = "iwae" if iw > 1 else "elbo"
    return Recipe(f"iw{iw}_seed{seed}", nn="v2", z_dim=20, steps=3_000, warmup=200, bound=bound, iw=iw, seed=seed)


def main() -> None:
    torch.set_num_threads(1)
    x = binarize(load_mnist("test").images, torch.Generator().manual_seed(BINARIZATION_SEED))[:TEST_IMAGES]
    rows = []
    for iw in TRAINED_WITH:
        for seed in SEEDS:
            begun = time.process_time()  # not the wall clock: other work on the machine does not count
            model = train(recipe(iw, seed), progress=False)
            seconds = time.process_time() - begun
            bounds = {str(k): round(evaluate(model, x, "iwae", k).nll, 2) for k in EVALUATED_WITH}
            rows.append({"recipe": dataclasses.asdict(recipe(iw, seed)), "seconds": round(seconds), "nats": bounds})
            print(f"k = {iw}, seed {seed}: {seconds:.0f} s, {bounds}", flush=True)
    text = json.dumps({"test_images": TEST_IMAGES, "binarization_seed": BINARIZATION_SEED, "rows": rows}, indent=1)
    STORED.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
