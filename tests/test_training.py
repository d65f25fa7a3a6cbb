"""fit: one loop for any model and objective, seeded, interruptible, resumable bit for bit."""

import inspect
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from vae_course import given, training
from vae_course.data import load_mnist
from vae_course.evaluation import evaluate
from vae_course.teach.reference import VAE
from vae_course.training import Curves, TrainingDiverged, fit, start_at_mean_pixel

QUICK = dict(steps=40, batch_size=20, warmup=10, progress=False)
IMAGES = load_mnist("train").images[:2_000]


def new_model(seed: int = 0) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return VAE(nn="tiny", z_dim=2)


def parameters(model: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten().clone() for value in model.state_dict().values()])


def assert_same_run(one: tuple[nn.Module, Curves], other: tuple[nn.Module, Curves]) -> None:
    assert torch.equal(parameters(one[0]), parameters(other[0]))
    assert one[1].rows == other[1].rows


def run(model: VAE | None = None, **options) -> tuple[VAE, Curves]:
    model = model or new_model()
    return model, fit(model, IMAGES, **(QUICK | options))


def stop_at(last: int):
    def callback(step: int, curves: Curves) -> None:
        if step == last:
            raise KeyboardInterrupt

    return callback


# ---------------------------------------------------------------- the recipe


def rates(**options) -> list[float]:
    """The learning rate of each step: with Adam and a constant gradient of 1, how far the weight moves."""
    model = nn.Linear(1, 1, bias=False)
    places = [model.weight.item()]
    options = {"warmup": 0, "lr": 1.0, "progress": False} | options
    fit(
        model.double(),
        torch.zeros(10, 1, dtype=torch.float64),
        objective=lambda model, x: model.weight.sum(),
        callback=lambda step, curves: places.append(model.weight.item()),
        **options,
    )
    return [before - after for before, after in zip(places, places[1:], strict=False)]


def test_the_rate_rises_by_warmup_and_falls_in_a_straight_line():
    assert rates(steps=4) == pytest.approx([1, 0.75, 0.5, 0.25])
    assert rates(steps=4, warmup=2) == pytest.approx([0.5, 0.75, 0.5, 0.25])


# ---------------------------------------------------------------- it learns


def test_it_learns_mnist_within_a_few_hundred_steps():
    images, test = load_mnist("train"), training.binarize(load_mnist("test").images[:2_000])
    model = new_model()
    start_at_mean_pixel(model, images)
    before = evaluate(model, test).nll
    fit(model, images, steps=300, progress=False)
    assert before > 200
    assert (
        evaluate(model, test).nll < 185
    )  # measured 174; the mean pixel alone is at 206, and this network is the smallest


def test_starting_at_the_mean_pixel_starts_near_206_nats():
    images, test = load_mnist("train"), training.binarize(load_mnist("test").images[:2_000])
    model = VAE(nn="v1", z_dim=20)
    first = next(layer for layer in model.enc.modules() if isinstance(layer, nn.Linear))
    bias = first.bias.detach().clone()
    assert evaluate(model, test).nll > 500  # 784 ln 2 = 543
    start_at_mean_pixel(model, images)
    assert 200 < evaluate(model, test).nll < 215
    mean = images.images.float().mean(0, keepdim=True) / 255
    assert torch.allclose(first(mean)[0], bias, atol=1e-5)  # as if the average image had been subtracted


def test_any_model_and_objective_that_return_a_scalar_will_do():
    """Linear regression on float data: no VAE, no binarization, nothing but a loss."""
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    truth = torch.tensor([1.0, -2.0, 0.5])
    model = nn.Linear(3, 1, bias=False)
    curves = fit(
        model,
        x,
        objective=lambda model, x: (model(x).squeeze(1) - x @ truth).square().mean(),
        steps=500,
        lr=5e-2,
        progress=False,
    )
    assert torch.allclose(model.weight[0], truth, atol=1e-2)
    assert curves.keys() == ["train/loss"]


def test_the_iwae_objective_trains():
    _, curves = run(objective=lambda model, x: model.negative_iwae_bound(x, iw=5)[0], steps=60)
    assert sum(curves["train/loss"][-10:]) < 0.8 * sum(curves["train/loss"][:10])


def test_every_batch_is_black_and_white_and_drawn_afresh():
    seen = []

    def objective(model: VAE, x: Tensor):
        seen.append(x)
        return model.loss(x)

    fit(new_model(), IMAGES[:1], objective=objective, steps=2, batch_size=3, progress=False)
    assert all(x.shape == (3, 784) and set(x.unique().tolist()) == {0.0, 1.0} for x in seen)
    rows = torch.cat(seen)  # six times the same grey image
    assert len(rows.unique(dim=0)) == 6


# ---------------------------------------------------------------- curves


def test_the_curves_are_plain_numbers_for_every_step():
    _, curves = run()
    assert len(curves) == 40
    assert curves.keys() == ["train/loss", "gen/elbo", "gen/kl_z", "gen/rec"]
    for key in curves.keys():
        assert len(curves[key]) == 40 and all(type(value) is float for value in curves[key])
    assert curves.steps("gen/kl_z") == list(range(1, 41))
    sums = [kl + rec for kl, rec in zip(curves["gen/kl_z"], curves["gen/rec"], strict=True)]
    assert curves["train/loss"] == pytest.approx(sums, rel=1e-5)


def test_the_curves_say_what_they_have():
    _, curves = run()
    assert "40 steps" in repr(curves) and "gen/kl_z" in repr(curves)
    with pytest.raises(KeyError, match="gen/rec"):
        curves["gen/reconstruction"]


def test_validation_is_written_at_its_own_steps_and_changes_nothing():
    plain = run()
    model, curves = run(valid=load_mnist("valid").images[:50], valid_every=15)
    assert curves.steps("valid/loss") == [15, 30, 40]
    assert len(curves["valid/loss"]) == 3
    assert torch.equal(parameters(plain[0]), parameters(model))


def test_what_a_callback_draws_changes_nothing():
    assert_same_run(run(), run(callback=lambda step, curves: torch.randn(step)))


# ---------------------------------------------------------------- chance


def test_the_same_seed_gives_the_same_run_and_another_does_not():
    assert_same_run(run(seed=3), run(seed=3))
    assert not torch.equal(parameters(run(seed=3)[0]), parameters(run(seed=4)[0]))


def test_the_learner_s_global_generator_is_left_as_it_was_found():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    run()
    assert torch.equal(torch.get_rng_state(), before)


def test_what_was_drawn_before_does_not_matter():
    torch.manual_seed(1)
    one = run()
    torch.manual_seed(2)
    assert_same_run(one, run())


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_s_mode_is_put_back(mode: bool):
    model = new_model().train(mode)
    run(model)
    assert model.training is mode


# ---------------------------------------------------------------- interrupting and going on


def test_interrupting_keeps_the_model_and_the_curves():
    model = new_model()
    before = parameters(model)
    _, curves = run(model, callback=stop_at(7))
    assert len(curves) == 7
    assert not torch.equal(parameters(model), before)


def test_a_resumed_run_is_the_same_bit_for_bit(tmp_path: Path):
    straight = run()
    file = tmp_path / "run.safetensors"
    first, _ = run(checkpoint=file, checkpoint_every=20, callback=stop_at(20))
    assert not torch.equal(parameters(first), parameters(straight[0]))
    torch.rand(3)  # another process would have another global state
    resumed = run(new_model(seed=99), checkpoint=file, checkpoint_every=20)
    assert_same_run(straight, resumed)


def test_a_run_stopped_between_checkpoints_goes_on_from_the_last_one(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, checkpoint_every=10, callback=stop_at(37))
    seen = []
    resumed = run(new_model(seed=99), checkpoint=file, callback=lambda step, curves: seen.append(step))
    assert seen[0] == 31
    assert_same_run(run(), resumed)


def test_a_finished_run_is_read_and_not_repeated(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    finished = run(checkpoint=file)
    again = run(new_model(seed=99), checkpoint=file, callback=lambda step, curves: pytest.fail("a step was taken"))
    assert_same_run(finished, again)


def test_resume_false_starts_over(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, checkpoint_every=10, callback=stop_at(20))
    assert_same_run(run(), run(checkpoint=file, resume=False))


def test_a_crash_while_writing_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file, checkpoint_every=20, callback=stop_at(20))
    whole = file.read_bytes()

    def crash(*args):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("vae_course.checkpoints.os.replace", crash)
        with pytest.raises(OSError, match="disk is full"):
            run(new_model(seed=99), checkpoint=file)
    assert file.read_bytes() == whole
    assert_same_run(run(), run(new_model(seed=98), checkpoint=file))


def test_a_checkpoint_of_another_run_is_refused_with_the_difference(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file)
    model = new_model(seed=1)
    before = parameters(model)
    with pytest.raises(ValueError, match=r"another run: lr was 0.005, now 0.01.*resume=False"):
        run(model, checkpoint=file, lr=1e-2)
    assert torch.equal(parameters(model), before)


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file)
    with pytest.raises(ValueError, match="another model"):
        run(VAE(nn="tiny", z_dim=3), checkpoint=file)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", "cut"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes | str):
    file = tmp_path / "run.safetensors"
    run(checkpoint=file)
    file.write_bytes(file.read_bytes()[:-100] if isinstance(content, str) else content)
    with pytest.raises(ValueError, match="not a checkpoint of fit, or it is damaged"):
        run(checkpoint=file)


# ---------------------------------------------------------------- when it goes wrong


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_model():
    calls = []

    def objective(model: VAE, x: Tensor):
        calls.append(x)
        return model.loss(x)[0] * (float("nan") if len(calls) == 6 else 1)

    model = new_model()
    with pytest.raises(TrainingDiverged, match=r"Step 6: the loss is nan.*smaller lr") as caught:
        run(model, objective=objective)
    assert len(caught.value.curves) == 5
    assert_same_run((model, Curves()), (run(callback=stop_at(5))[0], Curves()))


def test_a_gradient_that_is_not_finite_stops_before_it_spoils_the_model():
    """sqrt at 0: the loss is finite, its gradient is not."""
    model = nn.Linear(3, 1)
    before = parameters(model)
    with pytest.raises(TrainingDiverged, match="gradient's norm nan"):
        fit(model, torch.ones(5, 3), objective=lambda model, x: (0 * model(x)).sum().sqrt(), progress=False)
    assert torch.equal(parameters(model), before)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda model, x: model.negative_elbo_bound(x), "returned tuple.*take the first"),
        (lambda model, x: model.loss(x)[0].item(), "must return a scalar tensor.*returned float"),
        (lambda model, x: model.loss(x)[0].detach(), "does not depend on the parameters"),
        (lambda model, x: model.dec(model.enc(x)[0]), r"returned \(20, 784\)"),
    ],
)
def test_an_objective_that_returns_something_else_is_told_what_is_expected(objective, message: str):
    with pytest.raises(TypeError, match=message):
        run(objective=objective)


def test_a_model_without_a_loss_is_told_what_to_train():
    with pytest.raises(TypeError, match=r"VAE has no method loss\(x\).*lesson 04.*objective="):
        fit(given.VAE("v1"), torch.ones(5, 784), steps=1, progress=False)


@pytest.mark.parametrize("options", [{"steps": 0}, {"batch_size": 0}])
def test_counts_below_one_are_refused(options: dict):
    with pytest.raises(ValueError, match="at least 1"):
        run(**options)


class Learners(given.VAE):
    """As a learner writes it: what x must be is not asked first."""

    def loss(self, x: Tensor) -> Tensor:
        m, v = self.enc(x)
        rec = -given.log_bernoulli_with_logits(x, self.dec(given.sample_gaussian(m, v))).mean()
        return given.kl_normal(m, v, *self.z_prior).mean() + rec


GREY = IMAGES[:50]
FLOAT = training.binarize(GREY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DataLoader(TensorDataset(FLOAT), batch_size=10), r"got a DataLoader.*torch\.cat\("),
        (TensorDataset(FLOAT), "got a TensorDataset"),
        (FLOAT.numpy(), r"got a ndarray.*torch\.from_numpy"),
        (list(FLOAT), "got a list"),
        (None, "got a NoneType"),
    ],
    ids=["loader", "dataset", "array", "list", "none"],
)
@pytest.mark.parametrize("argument", ["data", "valid"])
def test_what_is_no_tensor_is_told_what_fit_takes(argument: str, data, message: str):
    if argument == "valid" and data is None:
        return
    with pytest.raises(TypeError, match=f"^{argument} must be a split of load_mnist or one tensor.*{message}"):
        fit(new_model(), **({"data": GREY, argument: data} | QUICK))


def test_what_is_advised_for_a_dataloader_trains():
    loader = DataLoader(TensorDataset(FLOAT, torch.zeros(50)), batch_size=7)
    assert len(fit(new_model(), torch.cat([x for x, *_ in loader]), **QUICK)) == 40


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (GREY.view(-1, 28, 28), r"\(20, 28, 28\).*Hand over data\.flatten\(1\)\.$"),
        (FLOAT.view(-1, 1, 28, 28), r"\(20, 1, 28, 28\).*Hand over data\.flatten\(1\)\.$"),
        (GREY[:, :700], r"\(20, 700\).*rows of 784 pixels, \(n, 784\)"),
        (GREY.T, r"\(20, 50\).*rows of 784 pixels"),
        (FLOAT.double(), r"torch\.float64.*Hand over data\.to\(torch\.float32\)\.$"),
        (FLOAT.long(), r"torch\.int64.*Hand over data\.to\(torch\.float32\)\.$"),
        (GREY.long(), r"torch\.int64.*Hand over data\.to\(torch\.uint8\)\.$"),
        (FLOAT.bool().view(-1, 28, 28), r"torch\.bool.*Hand over data\.flatten\(1\)\.to\(torch\.float32\)\.$"),
        (GREY[:0], r"at least one example.*\(0, 784\)"),
        (torch.tensor(1.0), r"at least one example.*\(\)"),
    ],
)
def test_images_of_another_shape_or_dtype_are_told_by_theirs(data: Tensor, message: str):
    with pytest.raises(ValueError, match=message):
        fit(Learners("tiny"), data, **QUICK)


@pytest.mark.parametrize(
    "data", [GREY.view(-1, 28, 28).flatten(1), FLOAT.long().to(torch.float32), GREY.long().to(torch.uint8)]
)
def test_what_is_advised_for_them_trains(data: Tensor):
    assert len(fit(Learners("tiny"), data, **QUICK)) == 40


def test_an_error_of_the_objective_s_own_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        run(objective=lambda model, x: model.enc(x)[0] @ torch.ones(3, 1))


def test_validation_images_of_another_shape_are_told_before_the_first_step():
    with pytest.raises(ValueError, match=r"valid has examples of shape \(28, 28\), and data of \(784,\)"):
        run(valid=GREY.view(-1, 28, 28), callback=lambda step, curves: pytest.fail("a step was taken"))


def test_a_frozen_model_is_told_how_it_learns_again():
    model = new_model().requires_grad_(False)
    with pytest.raises(ValueError, match=r"No parameter of this VAE requires a gradient.*requires_grad_\(True\)"):
        run(model)
    before = parameters(model)
    run(model.requires_grad_(True))
    assert not torch.equal(parameters(model), before)


def test_of_a_model_that_is_frozen_in_part_the_other_part_learns():
    model = new_model()
    model.dec.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    run(model)
    moved = {name.split(".")[0] for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"enc"}


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (VAE, TypeError, r"got a class VAE: make one, as VAE\(\)"),
        (lambda x: x, TypeError, "got a function"),
        (nn.Identity(), ValueError, "Identity has no parameters"),
    ],
)
def test_what_is_no_model_that_can_learn_is_told_so(model, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        fit(model, GREY, **QUICK)


# ---------------------------------------------------------------- what a learner sees


def test_the_bar_shows_steps_and_loss_and_can_be_silent(capfd):
    run(progress=False)
    assert capfd.readouterr() == ("", "")
    run(progress=True)
    assert "40/40" in capfd.readouterr().err


def test_a_learner_can_read_the_loop():
    assert len(inspect.getsource(fit).splitlines()) < 120
