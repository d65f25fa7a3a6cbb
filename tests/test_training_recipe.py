"""What each of fit's options does to the steps, seen from outside: clipping, validation, warm-up, batches, Adam, modes."""

import math
import runpy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vae_course import training
from vae_course.data import load_mnist
from vae_course.teach.reference import VAE
from vae_course.training import TrainingDiverged, fit, start_at_mean_pixel


class Numbers(nn.Module):
    """Some numbers as parameters, in double precision."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.parts = nn.ParameterList([nn.Parameter(torch.zeros(size, dtype=torch.float64)) for size in sizes])

    def values(self) -> Tensor:
        return torch.cat([part.detach().clone() for part in self.parts])


def moves(*gradients: Tensor, sizes: tuple[int, ...] = (2,), plain: bool = True, **options: Any) -> list[Tensor]:
    """How far the parameters move in each step, for objectives with these gradients, one a step; by plain gradient descent, or by
    fit's own Adam."""
    model = Numbers(*sizes)
    places = [model.values()]
    left = iter(gradients)

    def objective(model: Numbers, x: Tensor) -> Tensor:
        return (torch.cat(list(model.parts)) * next(left)).sum()

    options = {"progress": False, "steps": len(gradients)} | options
    if plain:
        options["optimizer"] = torch.optim.SGD(model.parameters(), lr=1.0)
    fit(
        model,
        torch.zeros(5, 1),
        objective=objective,
        callback=lambda step, curves: places.append(model.values()),
        **options,
    )
    return [before - after for before, after in zip(places, places[1:], strict=False)]


# ---------------------------------------------------------------- wild gradients


@pytest.mark.parametrize("norm", [1e-3, 1.0, 99.0, 100.0])
def test_a_gradient_of_at_most_100_is_used_as_it_is(norm: float):
    gradient = norm * torch.tensor([0.6, -0.8], dtype=torch.float64)
    assert torch.allclose(moves(gradient)[0], gradient, rtol=1e-6, atol=0)


@pytest.mark.parametrize("norm", [101.0, 150.0, 1e6])
def test_a_wilder_gradient_keeps_its_direction_and_is_cut_to_a_norm_of_100(norm: float):
    direction = torch.tensor([0.6, -0.8], dtype=torch.float64)
    assert torch.allclose(moves(norm * direction)[0], 100 * direction, rtol=1e-6, atol=0)


def test_the_norm_is_that_of_all_parameters_together():
    """Two parameters of norm 80 each: 113 together, although neither is above 100."""
    gradient = torch.tensor([80.0, 0, 0, 80], dtype=torch.float64)
    found = moves(gradient, sizes=(2, 2))[0]
    assert torch.allclose(found, gradient * 100 / math.hypot(80, 80), rtol=1e-6, atol=1e-9)


def test_one_wild_batch_does_not_undo_what_many_healthy_ones_learned():
    """With Adam as it is: after 20 gradients of 1, one of a million is met as one of 100."""
    calm = [torch.ones(1, dtype=torch.float64)] * 20
    adam = {"warmup": 0, "lr": 1.0, "plain": False, "sizes": (1,)}
    wild, cut = (moves(*calm, size * calm[0], *calm, **adam) for size in (1e6, 100.0))
    assert torch.allclose(torch.stack(wild), torch.stack(cut), rtol=1e-6)


# ---------------------------------------------------------------- Adam and the defaults


def by_hand(gradients: list[float], rates: list[float], first: float, second: float, eps: float = 1e-8) -> list[float]:
    """Adam's steps. Source: Kingma & Ba, ICLR 2015, algorithm 1."""
    m = v = 0.0
    steps = []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m, v = first * m + (1 - first) * g, second * v + (1 - second) * g * g
        steps.append(rate * m / (1 - first**t) / (math.sqrt(v / (1 - second**t)) + eps))
    return steps


GRADIENTS = [1.0, 3.0, -2.0, 0.5, 10.0]
ONE_AND_SO_ON = [torch.full((1,), g, dtype=torch.float64) for g in GRADIENTS]


def test_steps_are_adams_with_an_average_over_100_steps():
    found = moves(*ONE_AND_SO_ON, sizes=(1,), lr=0.1, warmup=0, plain=False)
    rates = [0.1 * (1 - step / 5) for step in range(5)]
    assert [step.item() for step in found] == pytest.approx(by_hand(GRADIENTS, rates, 0.9, 0.99), rel=1e-6)


def test_another_optimizer_steps_as_it_is_and_its_rate_is_its_own_affair():
    found = moves(*ONE_AND_SO_ON, sizes=(1,), lr=123.0, warmup=3)
    assert [step.item() for step in found] == pytest.approx(GRADIENTS)


def test_without_options_a_run_has_2400_steps_of_100_images_at_a_rate_that_rises_to_0_005_and_falls_to_0():
    """A constant gradient, for which Adam moves by the rate."""
    sizes, model = set(), Numbers(1)
    places = [0.0]

    def objective(model: Numbers, x: Tensor) -> Tensor:
        sizes.add(len(x))
        return model.parts[0].sum()

    fit(
        model,
        torch.zeros(5, 1),
        objective=objective,
        progress=False,
        callback=lambda step, curves: places.append(model.values().item()),
    )
    rates = [before - after for before, after in zip(places, places[1:], strict=False)]
    right = [5e-3 * min(1, step / 100) * (1 - (step - 1) / 2_400) for step in range(1, 2_401)]
    assert sizes == {100} and len(rates) == 2_400
    assert rates == pytest.approx(right, rel=1e-4)


def test_a_warmup_longer_than_the_run_never_reaches_the_rate():
    found = moves(*[torch.ones(1, dtype=torch.float64)] * 4, sizes=(1,), lr=1.0, warmup=8, plain=False)
    assert [step.item() for step in found] == pytest.approx([1 / 8, 2 / 8 * 3 / 4, 3 / 8 * 2 / 4, 4 / 8 * 1 / 4])


def test_a_parameter_that_wants_no_gradient_stays_as_it_is():
    model = Numbers(2, 2)
    model.parts[1].requires_grad_(False)
    fit(
        model,
        torch.zeros(5, 1),
        objective=lambda model, x: torch.cat(list(model.parts)).sum(),
        steps=3,
        progress=False,
    )
    assert bool((model.parts[0] != 0).all()) and bool((model.parts[1] == 0).all())


# ---------------------------------------------------------------- batches


def test_every_image_is_as_likely_as_any_other_and_batches_are_mixed():
    """20,000 draws of 10 images: each count within 6 standard deviations (42) of 2,000; a right loop misses that at one of 5e7
    seeds, and one that leaves an image out is always seen."""
    seen: list[Tensor] = []

    def objective(model: Numbers, x: Tensor) -> Tensor:
        seen.append(x[:, 0])
        return model.parts[0].sum()

    fit(Numbers(1), torch.arange(10.0)[:, None], objective=objective, steps=200, batch_size=100, progress=False)
    counts = torch.cat(seen).long().bincount(minlength=10)
    assert bool(((counts - 2_000).abs() <= 6 * 42.4).all()), counts
    assert all(len(x.unique()) > 5 for x in seen)


# ---------------------------------------------------------------- validation


def valid_losses(
    images: Tensor, objective: Callable[[Any, Tensor], Any], model: nn.Module, **options: Any
) -> list[float]:
    options = {"steps": 6, "valid_every": 2, "batch_size": 10, "progress": False} | options
    return fit(model, load_mnist("valid").images[:50], objective=objective, valid=images, **options)["valid/loss"]


def small(seed: int = 0) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return VAE(nn="tiny", z_dim=2)


def elbo(model: VAE, x: Tensor) -> Any:
    return model.loss(x)


def test_validation_meets_the_same_draws_every_time_so_that_a_model_that_stands_still_shows_a_flat_curve():
    images = load_mnist("valid").images[100:140]
    found = valid_losses(images, elbo, small(), lr=0.0)
    assert len(found) == 3 and found[0] == found[1] == found[2]
    assert valid_losses(images, elbo, small(), lr=0.0, seed=1)[0] != found[0]  # draws there are


def test_validation_is_the_mean_over_all_its_images_however_they_are_cut():
    """2,500 images: two thousands and a half one, which counts half."""
    images = torch.arange(2_500.0, dtype=torch.float64)[:, None]
    seen: list[int] = []

    def objective(model: Numbers, x: Tensor) -> Tensor:
        seen.append(len(x))
        return model.parts[0].sum() * 0 + (x * x).mean()

    curves = fit(Numbers(1), images[:20], objective=objective, steps=1, batch_size=7, valid=images, progress=False)
    assert curves["valid/loss"] == [pytest.approx((images * images).mean().item(), rel=1e-9)]
    assert seen[0] == 7 and sum(seen[1:]) == 2_500 and max(seen) <= 1_000


def test_validation_binarizes_grey_images_needs_no_gradient_and_is_in_nats_of_the_whole_objective():
    kinds: list[tuple[bool, set[float]]] = []

    def objective(model: VAE, x: Tensor) -> Any:
        kinds.append((torch.is_grad_enabled(), set(x.unique().tolist())))
        return model.loss(x)

    images = load_mnist("valid").images[:300]
    found = valid_losses(images, objective, small(), lr=0.0, steps=1)
    assert kinds == [(True, {0.0, 1.0}), (False, {0.0, 1.0})]
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(5)
        own = small().loss((images / 255).bernoulli())[0].item()
    assert found[0] == pytest.approx(own, abs=2)  # images of 543 ± 15 nats, 300 of them


@pytest.mark.parametrize(("every", "steps"), [(1, [1, 2, 3, 4, 5, 6, 7]), (3, [3, 6, 7]), (7, [7]), (100, [7])])
def test_validation_comes_every_so_many_steps_and_at_the_last(every: int, steps: list[int]):
    images = load_mnist("valid").images[:20]
    curves = fit(
        small(), images, objective=elbo, steps=7, batch_size=5, valid=load_mnist("valid")._replace(images=images),
        valid_every=every, progress=False,
    )  # fmt: skip
    assert curves.steps("valid/loss") == steps


# ---------------------------------------------------------------- modes and generators


def ends_badly(how: str) -> Callable[[Any, Tensor], Any]:
    def objective(model: VAE, x: Tensor) -> Any:
        torch.rand(3)
        assert model.training
        loss, row = model.loss(x)
        if how == "interrupted":
            raise KeyboardInterrupt
        if how == "an error":
            raise ArithmeticError("of my own")
        return loss * {"nan": math.nan, "inf": math.inf}[how], row

    return objective


@pytest.mark.parametrize("how", ["nan", "inf", "interrupted", "an error"])
@pytest.mark.parametrize("mode", [True, False])
def test_however_a_run_ends_the_models_mode_and_the_global_generator_are_put_back(how: str, mode: bool):
    """And within, the model is in training mode: dropout in a learner's network must be on."""
    model = small().train(mode)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    options = {"objective": ends_badly(how), "steps": 3, "progress": False}
    if how == "interrupted":
        assert len(fit(model, load_mnist("valid").images[:20], **options)) == 0  # within the first step: no row
    else:
        with pytest.raises(ArithmeticError):  # of which TrainingDiverged is one
            fit(model, load_mnist("valid").images[:20], **options)
    assert model.training is mode and torch.equal(torch.get_rng_state(), before)


def test_an_infinite_loss_with_a_finite_gradient_stops_the_run_too():
    model = Numbers(1)
    with pytest.raises(TrainingDiverged, match=r"Step 1: the loss is inf and its gradient's norm 1\."):
        fit(model, torch.zeros(5, 1), objective=lambda model, x: model.parts[0].sum() + math.inf, progress=False)
    assert model.values().item() == 0


# ---------------------------------------------------------------- the start at the mean pixel


@pytest.mark.parametrize("kind", ["an MNIST split", "uint8", "float"])
def test_a_decoder_that_starts_at_the_mean_pixel_gives_every_pixel_its_share_of_ink(kind: str):
    split = load_mnist("valid")
    share = split.images.double().mean(0) / 255
    model = small()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    data = {"an MNIST split": split, "uint8": split.images, "float": split.images.float() / 255}[kind]
    start_at_mean_pixel(model, data)
    bias = model.dec.net[-1].bias.detach().double()
    inside = (share > 1e-3) & (share < 1 - 1e-3)
    assert torch.allclose(torch.sigmoid(bias)[inside], share[inside], atol=1e-6)
    # A pixel that is never inked would have −∞; it has logit(0.001) = −6.9, and no pixel has less.
    never = share == 0
    assert bool(never.any()) and torch.allclose(bias[never], torch.full_like(bias[never], math.log(0.001 / 0.999)))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"enc.net.0.bias", "dec.net.2.bias"}
    shift = before["enc.net.0.bias"] - model.enc.net[0].bias.detach()
    assert torch.allclose(shift.double(), before["enc.net.0.weight"].double() @ share, atol=1e-5)


# ---------------------------------------------------------------- the bar


@pytest.mark.parametrize("name", ["TQDM_DISABLE", "VAE_COURSE_STATIC"])
def test_either_variable_of_the_environment_hides_all_bars(name: str, monkeypatch, capfd):
    """Read when the module is loaded: it is loaded here once with the variable and once without."""
    for value, shown in (("1", False), (None, True)):
        for other in ("TQDM_DISABLE", "VAE_COURSE_STATIC"):
            monkeypatch.delenv(other, raising=False)
        if value:
            monkeypatch.setenv(name, value)
        loaded = runpy.run_path(training.__file__)
        loaded["fit"](Numbers(1), torch.zeros(5, 1), objective=lambda model, x: model.parts[0].sum(), steps=4)
        assert ("4/4" in capfd.readouterr().err) is shown


def test_the_bar_of_a_run_that_goes_on_begins_where_it_stopped(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(training, "NO_BARS", False)

    def stop(step: int, curves: Any) -> None:
        if step == 6:
            raise KeyboardInterrupt

    options = {
        "objective": lambda model, x: model.parts[0].sum(),
        "steps": 8,
        "checkpoint": tmp_path / "run.safetensors",
        "checkpoint_every": 2,
    }
    fit(Numbers(1), torch.zeros(5, 1), callback=stop, **options)
    assert "5/8" in capfd.readouterr().err  # the sixth step was not counted
    fit(Numbers(1), torch.zeros(5, 1), **options)
    shown = capfd.readouterr().err
    assert "6/8" in shown and "8/8" in shown and "0/8" not in shown


# ---------------------------------------------------------------- the smallest runs


def test_one_step_with_one_image_is_a_run_and_its_numbers_may_be_plain():
    """A summary may hold tensors and Python's numbers."""
    summary = {"a": torch.tensor([2.0]), "b": 3, "c": 0.5}
    curves = fit(
        Numbers(1),
        torch.zeros(1, 1),
        objective=lambda model, x: (model.parts[0].sum() + len(x), summary),
        steps=1,
        batch_size=1,
        progress=False,
    )
    assert curves.rows == [{"train/loss": 1.0, "a": 2.0, "b": 3.0, "c": 0.5}]


def test_without_options_validation_and_checkpoints_come_every_200_steps_and_a_run_goes_on_from_its_file(tmp_path):
    seen: list[int] = []

    def callback(step: int, curves: Any) -> None:
        seen.append(step)
        if step == 399 and len(seen) == 399:
            raise KeyboardInterrupt

    options = {"objective": lambda model, x: model.parts[0].sum() + x.mean(), "steps": 450, "progress": False}
    options |= {"checkpoint": tmp_path / "run.safetensors", "callback": callback, "valid": torch.ones(3, 1)}
    fit(Numbers(1), torch.zeros(5, 1), **options)
    curves = fit(Numbers(1), torch.zeros(5, 1), **options)
    assert seen[399] == 201 and seen[-1] == 450
    assert curves.steps("valid/loss") == [200, 400, 450]
