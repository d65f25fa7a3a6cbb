"""Narrow products: what they narrow, and who decides whether they are used."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.test_training import run
from vae_course import given
from vae_course.teach.authoring import narrow, objectives, train_weights
from vae_course.teach.authoring.objectives import objective_of
from vae_course.teach.authoring.recipes import Recipe, recipes
from vae_course.teach.reference import VAE

NUMBER = torch.full((1, 1), 1 + 2**-12)  # bfloat16 keeps 8 binary digits: it becomes 1


def products_are_narrow() -> bool:
    return bool(F.linear(NUMBER, torch.ones(1, 1)) == 1)


def test_they_narrow_the_products_of_the_networks_and_nothing_else():
    """What the networks hand on is float32, a bound's own products and what a callback computes are as they were, and it learns as well."""
    seen: dict[str, set[bool]] = {"networks": set(), "elsewhere": set()}

    def objective(model: VAE, x: Tensor) -> Tensor:
        m, v = model.enc(x)
        assert m.dtype == v.dtype == model.dec(m).dtype == torch.float32 and not products_are_narrow()
        z = given.sample_gaussian(m, v)
        rec = -given.log_bernoulli_with_logits(x, model.dec(z))
        return (given.kl_normal(m, v, *model.z_prior) + rec).mean()

    def watched(model: VAE, x: Tensor) -> Tensor:
        hooks = [
            net.register_forward_hook(lambda *_: seen["networks"].add(products_are_narrow()))
            for net in (model.enc, model.dec)
        ]
        try:
            return narrow.narrowed(objective)(model, x)
        finally:
            for hook in hooks:
                hook.remove()

    _, curves = run(objective=watched, callback=lambda step, curves: seen["elsewhere"].add(products_are_narrow()))
    assert seen == {"networks": {True}, "elsewhere": {False}} and not products_are_narrow()
    _, wide = run(objective=objective)
    assert curves["train/loss"] != wide["train/loss"]
    assert curves["train/loss"] == pytest.approx(wide["train/loss"], rel=0.03)


def test_a_models_own_loss_has_narrow_products_too():
    torch.manual_seed(0)
    model, x = VAE(nn="tiny", z_dim=2), torch.rand(20, 784).round()

    def loss(of: Callable[[VAE, Tensor], Any]) -> Any:
        torch.manual_seed(1)
        return of(model, x)[0].item()

    def own(model: VAE, x: Tensor) -> Any:
        return model.loss(x)

    assert loss(own) == pytest.approx(loss(objectives.elbo(1)), abs=1e-3)
    assert loss(own) != loss(narrow.narrowed(own)) == pytest.approx(loss(narrow.narrowed(objectives.elbo(1))), abs=1e-3)


def test_the_quicker_product_is_chosen(monkeypatch: pytest.MonkeyPatch):
    def slow(*arguments: Tensor) -> Tensor:
        for _ in range(20):
            result = F.linear(*arguments)
        return result

    monkeypatch.setattr(narrow, "_narrow_linear", slow)
    assert narrow.is_faster.__wrapped__() is False
    monkeypatch.setattr(narrow, "_narrow_linear", F.linear)
    monkeypatch.setattr(narrow, "F", type("Slow", (), {"linear": staticmethod(slow)}))
    assert narrow.is_faster.__wrapped__() is True


def test_without_the_processors_instructions_products_stay_wide():
    masked = os.environ | {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    code = "from vae_course.teach.authoring.narrow import is_faster; print(is_faster())"
    done = subprocess.run([sys.executable, "-c", code], env=masked, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_every_recipe_asks_the_processor_but_those_whose_weights_come_with_the_course():
    assert {name for name, recipe in recipes().items() if recipe.bfloat16 != "auto"} == {
        name for name, recipe in recipes().items() if recipe.stored
    }


@pytest.mark.parametrize("faster", [True, False])
def test_a_recipe_is_trained_as_the_processor_says_and_the_record_says_which(faster: bool, tmp_path: Path, monkeypatch):
    seen = []
    monkeypatch.setattr("vae_course.teach.authoring.recipes.is_faster", lambda device: seen.append(device) or faster)
    objective = objective_of(Recipe("any", nn="tiny", z_dim=2, steps=1))

    class Probe(nn.Module):
        z_prior_m, z_prior_v = torch.zeros(1), torch.ones(1)

        def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
            assert products_are_narrow() is faster
            return torch.zeros(len(x), 2), torch.ones(len(x), 2)

        def dec(self, z: Tensor) -> Tensor:
            return torch.zeros(*z.shape[:-1], 784)

    objective(Probe(), torch.zeros(3, 784))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    options = ["--steps", "2", "--nll-images", "0", "--output", str(tmp_path)]
    assert train_weights.main(["--recipe", "glimpse", *options]) == 0
    [info] = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8")).values()
    assert info["bfloat16"] is faster and info["device"] == "cpu" and set(seen) == {"cpu"}
