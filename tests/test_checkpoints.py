"""A run on disk: whatever decides its next step is in the file, and a file of another run is refused before anything changes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vae_course.checkpoints import load_checkpoint, save_checkpoint
from vae_course.training import Curves, fit

X = torch.arange(24, dtype=torch.float64).reshape(8, 3) / 10
QUICK: dict[str, Any] = {"steps": 12, "batch_size": 4, "warmup": 3, "progress": False, "checkpoint_every": 4}


class Net(nn.Module):
    """A regression with noise of its own, a buffer that counts, and a weight that two layers share."""

    def __init__(self, seed: int = 0, width: int = 3) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.first, self.second = nn.Linear(3, width), nn.Linear(3, width)
        with torch.no_grad():
            for weight in self.parameters():
                weight.copy_(torch.randn(weight.shape, generator=generator))
        self.second.weight = self.first.weight
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.double()

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        self.seen += len(x)
        kl = self.second(x).square().mean()
        return (self.first(x) + torch.randn_like(x)).square().mean() + kl, {"gen/kl_z": kl}


class Stop:
    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, step: int, curves: Curves) -> None:
        if step == self.at:
            raise KeyboardInterrupt


def run(begin: int = 0, **options: Any) -> tuple[Net, Curves]:
    """A model whose weights are drawn from `begin`, and its curves."""
    model = Net(begin)
    return model, fit(model, X, **(QUICK | options))


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"warmup": 9},
        {"valid": X[:5], "valid_every": 3},
        {"seed": 7, "lr": 0.1},
    ],
    ids=lambda options: next(iter(options), "as it is"),
)
def test_a_run_that_goes_on_takes_the_same_steps_whatever_its_options(tmp_path: Path, options: dict):
    """Parameters, the counter in a buffer, the weight that two layers share, the curves with their validation."""
    straight, curves = run(**options)
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, callback=Stop(6), **options)
    torch.rand(5)
    resumed, again = run(9, checkpoint=file, **options)
    assert same(state(straight), state(resumed)) and resumed.seen >= 48
    assert curves.rows == again.rows
    assert resumed.second.weight is resumed.first.weight


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 13}, "steps was 12, now 13"),
        ({"batch_size": 5}, "batch_size was 4, now 5"),
        ({"lr": 0.1}, "lr was 0.005, now 0.1"),
        ({"warmup": 4}, "warmup was 3, now 4"),
        ({"seed": 1}, "seed was 0, now 1"),
        ({"optimizer": torch.optim.SGD([torch.ones(1)])}, "optimizer was 'Adam', now 'SGD'"),
        ({"data": X[:7]}, "images was 8, now 7"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_setting_that_changes_the_steps_is_compared_and_named(tmp_path: Path, change: dict, words: str):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, callback=Stop(8))
    before, model = file.read_bytes(), Net(5)
    found = state(model)
    with pytest.raises(ValueError, match=rf"another run: {words}\. Give another file name.*resume=False"):
        fit(model, **({"data": X, "checkpoint": file} | QUICK | change))
    assert same(state(model), found) and file.read_bytes() == before


def test_several_differences_are_all_named(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, callback=Stop(4))
    with pytest.raises(
        ValueError, match=r"another run: lr was 0.005, now 0.1; seed was 0, now 2; steps was 12, now 20\."
    ):
        run(checkpoint=file, lr=0.1, seed=2, steps=20)


def test_what_does_not_change_the_steps_may_differ(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    straight, curves = run()
    run(checkpoint=file, callback=Stop(4))
    resumed, again = run(checkpoint=str(file), checkpoint_every=5, progress=False, callback=lambda step, curves: None)
    assert same(state(straight), state(resumed)) and curves.rows == again.rows


@pytest.mark.parametrize(
    "other",
    [
        nn.Linear(3, 3).double(),
        nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)),
        Net(width=4),
        nn.Linear(3, 1),
    ],
    ids=["fewer parameters", "other names", "other shapes", "another class"],
)
def test_a_file_of_another_model_is_refused_and_that_model_is_left_as_it_was(tmp_path: Path, other: nn.Module):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, callback=Stop(4))
    before = state(other)
    torch.manual_seed(3)
    drawn = torch.get_rng_state()
    with pytest.raises(ValueError, match="of another model: names or shapes of parameters differ.*resume=False"):
        fit(other, X, objective=lambda model, x: pytest.fail("a step was taken"), checkpoint=file, **QUICK)
    assert same(state(other), before) and torch.equal(torch.get_rng_state(), drawn)


def test_a_file_is_written_every_so_many_steps_and_at_the_end_and_nothing_else_stays_in_the_folder(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    rows: list[int] = []

    def look(step: int, curves: Curves) -> None:
        if file.exists():
            with safe_open(file, framework="pt") as found:
                rows.append(len(json.loads(found.metadata()["rows"])))
        else:
            rows.append(0)

    run(checkpoint=file, checkpoint_every=5, callback=look)
    assert rows == [0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 12]
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]


def test_without_resume_a_finished_run_is_done_again_and_its_file_written_anew(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file)
    other, _ = run(checkpoint=file, seed=4, resume=False)
    assert other.seen == 48
    again, _ = run(8, checkpoint=file, seed=4)
    assert same(state(again), state(other))


def test_a_folder_that_does_not_exist_is_an_error_of_the_system_and_not_silence(tmp_path: Path):
    with pytest.raises(OSError):
        run(checkpoint=tmp_path / "nowhere" / "run.safetensors")


@pytest.mark.parametrize("missing", ["settings", "rows", "both"])
def test_a_safetensors_file_that_fit_did_not_write_is_no_checkpoint(tmp_path: Path, missing: str):
    """As a model saved by save_file is, which lies in the same folder."""
    file = tmp_path / "model.safetensors"
    metadata = {name: "{}" for name in ("settings", "rows") if missing not in (name, "both")}
    save_file(Net().first.state_dict(), file, metadata=metadata or None)
    with pytest.raises(ValueError, match="is not a checkpoint of fit, or it is damaged.*delete this one"):
        run(checkpoint=file)


def test_loading_gives_back_the_optimizers_averages_and_the_generator(tmp_path: Path):
    def made(seed: int) -> tuple[Net, torch.optim.Optimizer]:
        model = Net(seed)
        return model, torch.optim.Adam(model.parameters(), lr=0.1)

    model, optimizer = made(0)
    for _ in range(3):
        optimizer.zero_grad()
        model.loss(X)[0].backward()
        optimizer.step()
    torch.manual_seed(11)
    rows = [{"train/loss": 1.5}, {"train/loss": 0.5, "valid/loss": 2.0}]
    save_checkpoint(tmp_path / "a", model, optimizer, {"lr": 0.1}, rows)
    right = torch.rand(3)
    other, fresh = made(1)
    torch.manual_seed(12)
    assert load_checkpoint(tmp_path / "a", other, fresh, {"lr": 0.1}) == rows
    assert torch.equal(torch.rand(3), right)
    assert same(state(model), state(other))
    before, after = (o.state_dict()["state"] for o in (optimizer, fresh))
    assert before.keys() == after.keys() and all(same(before[i], after[i]) for i in before)
    assert {float(entry["step"]) for entry in after.values()} == {3.0}
