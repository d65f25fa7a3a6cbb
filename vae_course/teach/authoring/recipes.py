"""How models are made, as data: `recipes.toml`, one table a model."""

import itertools
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from vae_course.evaluation import BOUNDS
from vae_course.teach.authoring.narrow import is_faster
from vae_course.training import ADAM


def falling(done: float) -> float:
    """From 1 in a straight line to 0."""
    return 1 - done


def staged(done: float) -> float:
    """Eight stages of 1, 3, 9, ... 2187 parts, each at a rate 10^(1/7) times below the one before.

    Source: Burda, Grosse & Salakhutdinov, ICLR 2016, section 5: 3,280 passes through the data.
    """
    stage = next(i for i in range(8) if i == 7 or done * 3_280 < (3 ** (i + 1) - 1) / 2)
    return 10 ** (-stage / 7)


FILE = Path(__file__).with_name("recipes.toml")
SCHEDULES: Mapping[str, Callable[[float], float]] = {"falling": falling, "staged": staged}
CHOICES: Mapping[str, Collection[Any]] = {"schedule": SCHEDULES, "bound": BOUNDS, "bfloat16": (True, False, "auto")}


@dataclass(frozen=True)
class Recipe:
    """How a model is made.

    Args:
        what: what it is for.
        nn, z_dim: the network and its latents.
        bound: "elbo" or "iwae", what is trained by.
        iw: draws of z per image: in the IWAE bound, or averaged over in the ELBO (the "VAE, k = 5" of the IWAE paper).
        steps, batch_size, lr, warmup: see `training.fit`.
        kl_warmup: for so many steps the KL counts less, by a weight that rises from 0 to 1.
        schedule: by which the rate falls, a name in `SCHEDULES`.
        adam: other options of torch.optim.Adam than `training.ADAM`.
        bfloat16: narrow products, see `narrow`: true, false, or "auto": where the processor is quicker with them.
        split: of MNIST.
        then: what is done with the model afterwards, in turn: what each further part of the training does otherwise. Part i has
            the seed `seed + i`.
        stored: its weights come with the course.
    """

    name: str
    nn: str
    z_dim: int
    steps: int
    what: str = ""
    batch_size: int = 100
    lr: float = 3e-3
    warmup: int = 100
    kl_warmup: int = 0
    schedule: str = "falling"
    adam: Mapping[str, Any] | None = None
    bfloat16: bool | str = "auto"
    bound: str = "elbo"
    iw: int = 1
    seed: int = 0
    split: str = "train"
    stored: bool = False
    then: Sequence[Mapping[str, Any]] = ()

    def parts(self) -> list["Recipe"]:
        """The trainings that make the model, one after the other."""
        alone = replace(self, then=())
        return [alone, *(replace(alone, seed=self.seed + i, **part) for i, part in enumerate(self.then, 1))]

    def is_narrow(self, device: str = "cpu") -> bool:
        """Whether its products are narrow on this device."""
        return is_faster(device) if self.bfloat16 == "auto" else bool(self.bfloat16)

    def fit_options(self, model: torch.nn.Module) -> dict[str, Any]:
        """What `fit` is told for this model, but for the objective. For one whole run: the rate counts steps from here, so no checkpoint is resumed."""
        return {name: getattr(self, name) for name in ("steps", "batch_size", "seed")} | {
            "optimizer": self._adam(model)
        }

    def _adam(self, model: torch.nn.Module) -> torch.optim.Adam:
        adam = torch.optim.Adam(model.parameters(), lr=self.lr, **{**ADAM, **(self.adam or {})})
        schedule, done = SCHEDULES[self.schedule], itertools.count()

        def set_rate(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            step = next(done)
            for group in optimizer.param_groups:
                group["lr"] = self.lr * min(1, (step + 1) / max(1, self.warmup)) * schedule(step / self.steps)

        adam.register_step_pre_hook(set_rate)
        return adam


@cache
def recipes() -> dict[str, Recipe]:
    """All recipes by name.

    Raises:
        ValueError: a table says something that no recipe has, or lacks what every one needs.
    """
    found = {}
    for name, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        try:
            found[name] = Recipe(name, **table)
            parts = found[name].parts()
        except TypeError as error:
            raise ValueError(f"{FILE.name}, [{name}]: {str(error).removeprefix('Recipe.__init__() ')}") from None
        for key, choices in CHOICES.items():
            if any(getattr(part, key) not in choices for part in parts):
                raise ValueError(f"{FILE.name}, [{name}]: {key} is one of {', '.join(map(str, choices)).lower()}")
    return found


def recipe(name: str) -> Recipe:
    """One of them; raises `ValueError` with the names that there are."""
    if name not in recipes():
        raise ValueError(f"There is no recipe {name!r}. Those that exist: {', '.join(recipes())}.")
    return recipes()[name]
