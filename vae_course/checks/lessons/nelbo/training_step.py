"""Exercise 4.3: one step of training."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from vae_course.checks.around.harnesses import RATE, play_steps
from vae_course.checks.engine.exercise import Arguments, Check, Misconception, Played
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong, generator
from vae_course.runner.answers import Answer


def first_optimizer() -> None:
    """A warm-up."""
    # A process's first optimizer makes torch import its compiler, which takes seconds: not the learner's seconds.
    torch.optim.SGD([torch.zeros(1)], lr=RATE)


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
    """The loss of the batch, before the step, as a tensor or a number: at the weights that the answer's own steps led to."""
    call = trial.call()
    kind = call.kinds.get("loss 0", "nothing")
    if kind == "NoneType":
        raise Wrong("Your function returned None.", "It should return the loss, a scalar.")
    if "loss 0" not in call.outputs or call.outputs["loss 0"].numel() != 1:
        raise Wrong(f"Your function returned a {kind}.", "It should return the loss, a scalar.")
    w, batches = (t.double() for t in trial.arguments)
    for i, x in enumerate(batches):
        right = 0.5 * (x - w).square().sum(-1).mean().item()
        w = call.outputs[f"weights {i}"].double()
        got = call.outputs[f"loss {i}"].double().mean().item()
        if not abs(got - right) <= 1e-4 * (1 + abs(right)):
            raise Wrong(f"Step {i + 1} returned {got:.3f}.", f"The loss of its batch is {right:.3f}.")


def leaves_evaluation_mode(trial: Trial) -> str:
    """A note: the model was handed in in training mode."""
    if trial.call().outputs["training"].item():
        return ""
    return (
        "Your step leaves the model in evaluation mode. This one does not mind; in another, dropout would be off from the next step "
        "on, and batch normalisation would use its running averages. model.train() puts it back."
    )


def step_fingerprint(answer: Answer) -> dict[str, Tensor]:
    """Losses and weights; whether nothing came back; where the weights stand still, which of the calls were reached.

    Several steps in a call, and weights that move without the optimizer, are known by this alone, at whatever rate.
    """
    arguments = draw_steps(generator(0, "fingerprint"))
    call = answer.call(*arguments, seed=0)
    found = {n: t.double() for n, t in call.outputs.items() if n.startswith(("loss", "weights"))}
    if not found:
        return {}
    still = all(close(call.outputs[f"weights {i}"], arguments[0]) for i in range(len(arguments[1])))
    if (steps := call.outputs["steps"].item()) > 1:
        return {"several steps": torch.ones(())}
    if not steps and not torch.equal(call.outputs["weights 0"], arguments[0]):
        return {"another optimizer": torch.ones(())}
    found["nothing"] = torch.tensor(float(call.kinds.get("loss 0") == "NoneType"))
    if still:
        found |= {name: call.outputs[name] for name in ("backward", "step", "backward first")}
    return found


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


def _with_an_optimizer_of_its_own(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    own = torch.optim.Adam(model.parameters(), lr=1e-3)
    return step_of("zero", "backward", "step")(model, x, own)


def _several_steps(model: Any, x: Tensor, optimizer: Any) -> Tensor:
    for _ in range(10):
        value = step_of("zero", "backward", "step")(model, x, optimizer)
    return value


MISTAKES = {
    ("gradients-pile-up", "backward", "step"): "The first step is right, later ones are not: backward *adds* to the "
    "gradients that are there. Clear them with optimizer.zero_grad().",
    ("clears-before-the-step", "backward", "zero", "step"): "The weights never move: the gradients are cleared "
    "between backward() and step(). Clear them before backward().",
    ("no-step", "zero", "backward"): "The weights never move: optimizer.step() is not called. It comes after "
    "backward().",
    ("no-backward", "zero", "step"): "The weights never move: step() finds no gradients, because loss.backward() is "
    "not called. It comes before step().",
    ("neither-backward-nor-step", "zero"): "The weights never move: neither loss.backward() nor optimizer.step() is "
    "called.",
    ("clears-then-steps-before-backward", "zero", "step", "backward"): "The weights never move: step() comes before "
    "backward(), so it finds no gradients. backward() makes them: it comes before step().",
    ("step-before-backward", "step", "zero", "backward"): "Each step uses the gradient of the batch before: "
    "backward() comes before step().",
    ("step-before-backward-and-gradients-pile-up", "step", "backward"): "Two things: step() comes before backward(), "
    "so it uses gradients of earlier batches; and these pile up, because nothing clears them. The order is "
    "optimizer.zero_grad(), loss.backward(), optimizer.step().",
    ("climbs", "zero", "climb", "step"): "The weights move uphill. The optimizer goes *down* the gradient by itself: "
    "loss.backward(), without a minus.",
}
"""(name, what is done in which order) -> what is said of it."""

training_step = Played(
    name="training_step",
    lesson="04_nelbo",
    number="4.3",
    title="One step of training",
    minutes=12,
    difficulty=2,
    lines="5 lines",
    warm_up=first_optimizer,
    arguments=draw_steps,
    parameters=("model", "x", "optimizer"),
    harness=play_steps,
    fingerprint=step_fingerprint,
    notes=(leaves_evaluation_mode,),
    checks=(
        Check("the first step", lambda trial: _weights(trial, 0), points=1),
        Check("steps that follow", lambda trial: _weights(trial, 3), points=1),
        Check("returns the loss", returns_loss, points=1),
    ),
    misconceptions=(
        *(Misconception(name, step_of(*order), message) for (name, *order), message in MISTAKES.items()),
        Misconception(
            "an-optimizer-of-its-own",
            _with_an_optimizer_of_its_own,
            "The weights move, and the optimizer that was handed in takes no step. Did you make one inside? It would begin anew "
            "at every call (Adam keeps running averages). Use the argument: optimizer.step().",
        ),
        Misconception(
            "several-steps",
            _several_steps,
            "One call takes several steps. It should take one, on the batch that it is given: the loop stands outside.",
        ),
        Misconception(
            "returns-the-loss-after",
            step_of("zero", "backward", "step", returned="after"),
            "The loss you return is computed again after the step. Return the one that was differentiated.",
        ),
        Misconception(
            "returns-nothing",
            step_of("zero", "backward", "step", returned="nothing"),
            "The step itself is right, and nothing comes back: is the `return` missing? Return the loss.",
        ),
        Misconception(
            "returns-the-dictionary",
            step_of("zero", "backward", "step", returned="summaries"),
            "The step itself is right. What comes back is not the loss: model.loss(x) gives a pair, return its first.",
        ),
    ),
    hints=(
        "Four things: the loss, clean gradients, new gradients, a step. In which order?",
        "model.loss(x) returns a pair. backward() adds to whatever gradients are there, so they are cleared first.",
        "Four calls: model.loss, loss.backward, and two of the optimizer, which clears and which moves. The gradients must be "
        "clean before backward and still be there when the optimizer moves.",
    ),
)
