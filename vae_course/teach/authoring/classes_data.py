"""Train the model "ssvae" that lesson 09 loads, and make the recordings behind its figures.

    python -m vae_course.teach.authoring.classes_data                everything: about a quarter of an hour on one idle core
    python -m vae_course.teach.authoring.classes_data --controls     the controls alone: two minutes

Writes vae_course/weights/ssvae.safetensors, its entry in figures.json, and vae_course/figures/data/classes.npz. Everything is seeded; on
another machine the last digits differ, as with every training.
"""

import argparse
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn.functional import cross_entropy

from vae_course import given, weights
from vae_course.curves import Curves
from vae_course.data import binarize, load_mnist
from vae_course.evaluation import evaluate
from vae_course.figures import classes as shown
from vae_course.figures.generation import neighbours_vote
from vae_course.teach.authoring.train_weights import BINARIZATION_SEED, record, write
from vae_course.teach.reference import VAE
from vae_course.training import fit

NAME = "ssvae"
RECIPE: dict[str, Any] = {
    "kind": "SSVAE",
    "nn": "v1",
    "z_dim": 64,
    "steps": 14_000,
    "batch_size": 100,
    "lr": 1e-3,
    "weight": 100.0,
    "seed": 0,
}
LOOKS = (0, 50, 100, 200, 500, *range(1_000, 14_001, 1_000))
"""Steps at which it is counted how many test images are named rightly."""
KNOWN, ASKED = 5_000, 2_000  # images by whose z, or for whose z, a neighbour votes
STARTS = 5  # of k-means
CONTROL_STEPS = 1_200
TRIAL = 2_000  # steps with a small weight


def terms(model: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """kl_z, kl_y and rec of each image, (batch,)."""
    k = model.y_dim
    xs, y = x[:, None].expand(-1, k, -1), torch.eye(k).expand(len(x), -1, -1)
    m, v = model.enc(xs, y)
    log_q = model.cls(x).log_softmax(-1)
    q = log_q.exp()
    rec = -given.log_bernoulli_with_logits(xs, model.dec(given.sample_gaussian(m, v), y))
    kl_z = given.kl_normal(m, v, *model.z_prior)
    return (q * kl_z).sum(-1), (q * log_q).sum(-1) + math.log(k), (q * rec).sum(-1)


@torch.no_grad()
def named_rightly(classifier: Any) -> float:
    """The share of the test images, in black and white, that get their own name."""
    test = load_mnist("test")
    x = binarize(test.images, torch.Generator().manual_seed(BINARIZATION_SEED))
    return (classifier(x).argmax(-1) == test.labels).double().mean().item()


def trained(with_images: bool, **changes: Any) -> tuple[Any, list[float]]:
    """A model, and its accuracy at `LOOKS`. Without images nothing but the classifier learns. `changes`: of RECIPE."""
    recipe = RECIPE | changes
    train = load_mnist("train+valid")
    which = shown.ten_of_each(train.labels)
    images, labels = train.images[which], train.labels[which]
    torch.manual_seed(recipe["seed"])
    model = given.SSVAE(nn=recipe["nn"], name=NAME, z_dim=recipe["z_dim"])
    accuracy = [named_rightly(model.cls)]

    def loss(model: Any, x: Tensor) -> Tensor:
        surprise = cross_entropy(model.cls(binarize(images)), labels)
        bound = sum(terms(model, x)).mean() if with_images else 0.0  # type: ignore[union-attr]
        return bound + recipe["weight"] * surprise

    def look(step: int, curves: Curves) -> None:
        if step in LOOKS:
            accuracy.append(named_rightly(model.cls))
            print(
                f"step {step}: loss {curves.rows[-1]['train/loss']:.1f}, named rightly {accuracy[-1]:.4f}", flush=True
            )

    adam = torch.optim.Adam(model.parameters() if with_images else model.cls.parameters(), lr=recipe["lr"])
    options = {name: recipe[name] for name in ("steps", "batch_size", "seed")}
    fit(model, train, objective=loss, optimizer=adam, callback=look, progress=False, **options)
    return model, accuracy


@torch.no_grad()
def figures(model: Any) -> dict[str, float]:
    """What a model reaches on the test images: nats per image; shares."""
    test = load_mnist("test")
    x = binarize(test.images, torch.Generator().manual_seed(BINARIZATION_SEED))
    torch.manual_seed(0)
    parts = [torch.stack(terms(model, some)) for some in x.split(500)]
    kl_z, kl_y, rec = torch.cat(parts, 1).mean(1).tolist()
    found = {"test_nelbo": kl_z + kl_y + rec, "test_kl_z": kl_z, "test_kl_y": kl_y, "test_rec": rec}
    found["test_accuracy"] = named_rightly(model.cls)
    return {name: round(value, 4) for name, value in found.items()}


@torch.no_grad()
def digit_in_z(encode: Any) -> float:
    """How many test images are named rightly by the votes of the five nearest z among those of training images."""
    train, test = load_mnist("train"), load_mnist("test")
    known, asked = (
        encode(binarize(one.images[:count], torch.Generator().manual_seed(BINARIZATION_SEED)))
        for one, count in ((train, KNOWN), (test, ASKED))
    )
    return neighbours_vote(known, train.labels[:KNOWN], asked, test.labels[:ASKED])


def style_of(model: Any) -> Any:
    """x -> the mean of q(z|x, y), with y as the classifier has it."""

    def encode(x: Tensor) -> Tensor:
        own = torch.nn.functional.one_hot(model.cls(x).argmax(-1), model.y_dim).float()
        m: Tensor = model.enc(x, own)[0]
        return m

    return encode


def centres(points: Tensor, labels: Tensor) -> list[float]:
    """The purity of ten groups by k-means, from STARTS starts."""
    found = []
    for seed in range(STARTS):
        generator = torch.Generator().manual_seed(seed)
        at = points[torch.randperm(len(points), generator=generator)[: shown.CLASSES]].clone()
        for _ in range(50):
            groups = torch.cdist(points, at).argmin(1)
            at = torch.stack([points[groups == j].mean(0) for j in range(len(at))])
        found.append(shown.purity(groups, labels))
    return found


def controls() -> dict[str, np.ndarray]:
    """The plain VAE of the plane, and what k-means calls by its name."""
    test = load_mnist("test")
    x = binarize(test.images, torch.Generator().manual_seed(BINARIZATION_SEED))
    torch.manual_seed(0)
    plain = VAE(nn="v1", z_dim=2)
    fit(plain, load_mnist("train"), steps=CONTROL_STEPS, progress=False)
    found = evaluate(plain, x)
    with torch.no_grad():
        m, _ = plain.enc(x)
    _, cheap = trained(with_images=True, weight=1.0, steps=TRIAL)
    return {
        "plain": np.array([found.kl, found.rec]),
        "with a weight of 1": np.array(cheap),
        "k-means on pixels": np.array(centres(x, test.labels)),
        "k-means on z": np.array(centres(m, test.labels)),
        "digit in the plain model's z": np.array(digit_in_z(lambda x: given.trained("v1_z20").enc(x)[0].detach())),
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--controls", action="store_true", help="train nothing but the controls")
    args = parser.parse_args(argv)
    torch.set_flush_denormal(True)  # q(y|x) falls below 1e-38, where arithmetic takes three times as long
    arrays = dict(np.load(shown.FILE)) if shown.FILE.exists() else {}
    if not args.controls:
        begun = time.perf_counter()
        model, both = trained(with_images=True)
        seconds = round(time.perf_counter() - begun)
        _, alone = trained(with_images=False)
        state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
        model.load_state_dict(state)
        write(weights.FOLDER / f"{NAME}.safetensors", save(state))
        found = figures(model) | {"labels": len(shown.ten_of_each(load_mnist("train").labels))}
        record(NAME, RECIPE | {"name": NAME, "figures": found, "seconds": seconds}, weights.FOLDER)
        arrays |= {"steps": np.array(LOOKS), "labels alone": np.array(alone), "labels and images": np.array(both)}
        arrays["digit in z"] = np.array(digit_in_z(style_of(model)))
        print(found, flush=True)
    arrays |= controls()
    np.savez_compressed(shown.FILE, **arrays)
    print({name: array.round(4).tolist() for name, array in arrays.items() if array.size < 10})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
