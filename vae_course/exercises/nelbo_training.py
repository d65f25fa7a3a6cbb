"""Exercises 4.2 and 4.3: the loss with its numbers for plots, and one step of training."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_course.answers import Answer
from vae_course.exercises.checks import close, output
from vae_course.exercises.core import Arguments, Check, Exercise, Misconception, Trial, Wrong, generator
from vae_course.exercises.models import Case, apart, kl_terms, rec_without_z

LESSON = "04_nelbo"
KEYS = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")


def right_bound(self: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A right `negative_elbo_bound` for answers that stand on it."""
    m, v = self.enc(x)
    q, p = Normal(m, v.sqrt()), Normal(self.z_prior_m, self.z_prior_v.sqrt())
    kl = kl_divergence(q, p).sum(-1).mean()
    rec = -Bernoulli(logits=self.dec(q.rsample()), validate_args=False).log_prob(x).sum(-1).mean()
    return kl + rec, kl, rec


def draw_apart(rng: Generator) -> Arguments:
    case = apart(rng)
    return case.model, case.x


def loss_first(trial: Trial) -> None:
    """A gate: a pair, the first of which is a scalar that can be differentiated."""
    call = trial.call()
    if call.kinds["returned"] not in ("tuple", "list"):
        raise Wrong(
            f"You returned a {call.kinds['returned']}.", "It should be a pair: the loss, and a dictionary of numbers."
        )
    loss = output(call, "0")
    if loss.numel() != 1 or "0" not in call.differentiable:
        raise Wrong(
            f"Your loss has shape {tuple(loss.shape)} and "
            + ("a gradient." if "0" in call.differentiable else "no gradient."),
            "It should be a scalar with a gradient: training calls loss.backward().",
        )


def numbers_match(expected: Callable[[Trial], dict[str, float]]) -> Callable[[Trial], None]:
    """The loss ("0") and the entries of the dictionary."""

    def test(trial: Trial) -> None:
        call, right = trial.call(), expected(trial)
        for name, value in right.items():
            label = "loss" if name == "0" else f"entry {name!r}"
            if name not in call.outputs:
                found = [n for n in call.kinds if n not in ("returned", "0")]
                raise Wrong(f"There is no entry {name!r}; yours are {found}.", f"It should have {list(KEYS)}.")
            got = call.outputs[name].double()
            if got.numel() != 1 or not close(got.reshape(()), torch.tensor(value).double()):
                raise Wrong(f"Your {label} is {got.mean():.2f}.", f"It should be {value:.2f} here.")

    return test


def _expected_loss(trial: Trial) -> dict[str, float]:
    case = Case(*trial.arguments)
    kl, rec = kl_terms(case)[2].mean().item(), rec_without_z(case).mean().item()
    return {"0": kl + rec, "train/loss": kl + rec, "gen/elbo": -kl - rec, "gen/kl_z": kl, "gen/rec": rec}


def values_on(arguments: Callable[[Generator], Arguments]) -> Callable[[Answer], dict[str, Tensor]]:
    """A fingerprint of values alone: whether numbers for plots carry gradients says nothing about a mistake."""

    def measure(answer: Answer) -> dict[str, Tensor]:
        call = answer.call(*arguments(generator(0, "fingerprint")), seed=0)
        return {n: t.double() for n, t in call.outputs.items()}

    return measure


Summary = tuple[Tensor, dict[str, Any]]


def summed(change: Callable[[Tensor, Tensor, Tensor], Summary]) -> Callable[[Any, Tensor], Summary]:
    """A `loss` that builds its result from the right nelbo, kl, rec."""
    return lambda self, x: change(*self.negative_elbo_bound(x))


def _summary(nelbo: Any, kl: Any, rec: Any) -> dict[str, Any]:
    return {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}


loss = Exercise(
    name="VAE.loss",
    lesson=LESSON,
    number="4.2",
    title="What training minimises",
    points=1,
    minutes=5,
    difficulty=1,
    lines="2 lines",
    arguments=draw_apart,
    scaffold={"VAE.negative_elbo_bound": right_bound},
    fingerprint=values_on(draw_apart),
    checks=(
        Check("a loss and a dictionary", loss_first),
        Check("the numbers", numbers_match(_expected_loss), points=1),
    ),
    misconceptions=(
        Misconception(
            "elbo-with-the-sign-of-nelbo",
            summed(lambda n, kl, rec: (n, _summary(n, kl, rec) | {"gen/elbo": n})),
            "gen/elbo is the ELBO itself, −nelbo: a negative number that rises in training.",
        ),
        Misconception(
            "minimises-the-elbo",
            summed(lambda n, kl, rec: (-n, _summary(n, kl, rec) | {"train/loss": -n})),
            "Your loss is −nelbo, the ELBO: minimising it makes the model worse. Return nelbo.",
        ),
        Misconception(
            "returns-rec",
            summed(lambda n, kl, rec: (rec, _summary(n, kl, rec) | {"train/loss": rec})),
            "Your loss is rec alone; the kl belongs to it: return nelbo.",
        ),
        Misconception(
            "adds-kl-again",
            summed(lambda n, kl, rec: (n + kl, _summary(n, kl, rec) | {"train/loss": n + kl})),
            "nelbo contains kl already: your loss counts it twice.",
        ),
        Misconception(
            "keys-without-prefix",
            summed(lambda n, kl, rec: (n, {"loss": n, "elbo": -n, "kl": kl, "rec": rec})),
            "The keys are renamed. Plots look for train/loss, gen/elbo, gen/kl_z and gen/rec.",
        ),
        Misconception(
            "key-missing",
            summed(lambda n, kl, rec: (n, {"train/loss": n, "gen/kl_z": kl, "gen/rec": rec})),
            "gen/elbo is missing: it is −nelbo.",
        ),
        Misconception(
            "kl-and-rec-swapped",
            summed(lambda n, kl, rec: (n, _summary(n, rec, kl))),
            "kl and rec have changed places: the bound returns nelbo, kl, rec in this order.",
        ),
    ),
    correct={
        "dict display": summed(lambda n, kl, rec: (n, _summary(n, kl, rec))),
        "detached numbers": summed(lambda n, kl, rec: (n, _summary(n.detach(), kl.detach(), rec.detach()))),
        "Python floats in the dictionary": summed(lambda n, kl, rec: (n, _summary(n.item(), kl.item(), rec.item()))),
        "kl + rec": summed(lambda n, kl, rec: (kl + rec, _summary(kl + rec, kl, rec))),
        "one more entry": summed(lambda n, kl, rec: (n, _summary(n, kl, rec) | {"gen/beta": 1.0})),
    },
    hints=(
        "Everything is in negative_elbo_bound already: call it once, on self.",
        "nelbo, kl, rec = self.negative_elbo_bound(x). What is minimised is nelbo; the ELBO is its negative.",
        'Return the pair nelbo, {"train/loss": ..., "gen/elbo": ..., "gen/kl_z": ..., "gen/rec": ...}.',
    ),
)


class Slope(nn.Module):
    """A model so small that its training steps can be followed by hand: loss(x) = mean (x − w)² / 2."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w.clone())

    def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        kl, rec = torch.zeros(()), 0.5 * (x - self.w).square().sum(-1).mean()
        return kl + rec, kl, rec

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, _summary(nelbo, kl, rec)


RATE = 0.25


def play_steps(training_step: Any, w: Tensor, batches: Tensor) -> dict[str, Any]:
    """Four steps of stochastic gradient descent, each on its own batch: what was returned, and the weights after it."""
    model = Slope(w.detach())
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    seen: dict[str, Any] = {}
    for i, x in enumerate(batches.detach()):
        seen[f"loss {i}"] = training_step(model, x, optimizer)
        seen[f"weights {i}"] = model.w.detach().clone()
    return seen


def draw_steps(rng: Generator) -> Arguments:
    """Weights (3,) and four batches (4, 6, 3)."""
    return 2 * torch.randn(3, generator=rng), 1 + torch.randn(4, 6, 3, generator=rng)


def _by_hand(trial: Trial) -> list[tuple[float, Tensor]]:
    w, batches = (t.double() for t in trial.arguments)
    steps = []
    for x in batches:
        value = 0.5 * (x - w).square().sum(-1).mean().item()
        w = w - RATE * (w - x.mean(0))
        steps.append((value, w))
    return steps


def _weights(trial: Trial, step: int) -> None:
    got, right = trial.call().outputs[f"weights {step}"], _by_hand(trial)[step][1]
    if not close(got, right):
        raise Wrong(
            f"After {'one step' if step == 0 else f'{step + 1} steps'} the weights are {[round(v, 3) for v in got.tolist()]}.",
            f"They should be {[round(v, 3) for v in right.tolist()]}: each step moves w by −rate · gradient of its own batch.",
        )


def returns_loss(trial: Trial) -> None:
    """The loss of the batch, before the step, as a tensor or a number."""
    call = trial.call()
    kind = call.kinds.get("loss 0", "nothing")
    if "loss 0" not in call.outputs or call.outputs["loss 0"].numel() != 1:
        raise Wrong(f"Your function returned a {kind}.", "It should return the loss, a scalar.")
    for i, (right, _) in enumerate(_by_hand(trial)):
        got = call.outputs[f"loss {i}"].double().mean().item()
        if not abs(got - right) <= 1e-4 * (1 + abs(right)):
            raise Wrong(f"Step {i + 1} returned {got:.3f}.", f"The loss of its batch is {right:.3f}.")


def step_of(*order: str, returned: str = "loss") -> Callable[..., Any]:
    """A training step that does these things in this order."""

    def step(model: Any, x: Tensor, optimizer: Any) -> Any:
        loss, summaries = model.loss(x)
        actions = {
            "zero": optimizer.zero_grad,
            "backward": lambda: loss.backward(),
            "climb": lambda: (-loss).backward(),
            "step": optimizer.step,
        }
        for name in order:
            actions[name]()
        later = {"after": lambda: model.loss(x)[0], "nothing": lambda: None, "summaries": lambda: summaries}
        return later.get(returned, lambda: loss.item() if returned == "float" else loss)()

    return step


training_step = Exercise(
    name="training_step",
    lesson=LESSON,
    number="4.3",
    title="One step of training",
    points=3,
    minutes=12,
    difficulty=2,
    lines="5 lines",
    arguments=draw_steps,
    harness=play_steps,
    fingerprint=values_on(draw_steps),
    checks=(
        Check("the first step", lambda trial: _weights(trial, 0), points=1),
        Check("steps that follow", lambda trial: _weights(trial, 3), points=1),
        Check("returns the loss", returns_loss, points=1),
    ),
    misconceptions=(
        Misconception(
            "gradients-pile-up",
            step_of("backward", "step"),
            "The first step is right, later ones are not: backward *adds* to the gradients that are there. Clear them with "
            "optimizer.zero_grad().",
        ),
        Misconception(
            "clears-before-the-step",
            step_of("backward", "zero", "step"),
            "The weights never move: the gradients are cleared between backward() and step(). Clear them before backward().",
            family="weights stand still",
        ),
        Misconception(
            "no-step",
            step_of("zero", "backward"),
            "The weights never move: is optimizer.step() called, after backward()?",
            family="weights stand still",
        ),
        Misconception(
            "no-backward",
            step_of("zero", "step"),
            "The weights never move: is loss.backward() called, before optimizer.step()?",
            family="weights stand still",
        ),
        Misconception(
            "step-before-backward",
            step_of("step", "zero", "backward"),
            "Each step uses the gradient of the batch before: backward() comes before step().",
        ),
        Misconception(
            "climbs",
            step_of("zero", "climb", "step"),
            "The weights move uphill. The optimizer goes *down* the gradient by itself: loss.backward(), without a minus.",
        ),
        Misconception(
            "returns-the-loss-after",
            step_of("zero", "backward", "step", returned="after"),
            "The loss you return is computed again after the step. Return the one that was differentiated.",
        ),
        Misconception(
            "returns-nothing",
            step_of("zero", "backward", "step", returned="nothing"),
            "The step itself is right. What comes back is not the loss: model.loss(x) gives a pair, return its first.",
            family="returns no loss",
        ),
        Misconception(
            "returns-the-dictionary",
            step_of("zero", "backward", "step", returned="summaries"),
            "The step itself is right. What comes back is not the loss: model.loss(x) gives a pair, return its first.",
            family="returns no loss",
        ),
    ),
    correct={
        "zero, backward, step": step_of("zero", "backward", "step"),
        "zero at the end": step_of("backward", "step", "zero"),
        "a float": step_of("zero", "backward", "step", returned="float"),
        "model.zero_grad": lambda model, x, optimizer: _with_model_zero_grad(model, x, optimizer),
    },
    hints=(
        "Four things: the loss, clean gradients, new gradients, a step. In which order?",
        "model.loss(x) returns a pair. backward() adds to whatever gradients are there, so they are cleared first.",
        "loss, _ = model.loss(x); then optimizer.zero_grad(), loss.backward(), optimizer.step(), each once; return the loss.",
    ),
)


def _with_model_zero_grad(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    model.zero_grad()
    value = model.loss(x)[0]
    value.backward()
    optimizer.step()
    return value.detach()
