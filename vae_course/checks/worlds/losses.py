"""The checks of a `loss`: a scalar to minimise and a dictionary of numbers for plots."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close
from vae_course.checks.engine.trial import Trial, Wrong
from vae_course.checks.worlds.bound_tools import part
from vae_course.runner.answers import Call

KEYS = ("train/loss", "gen/elbo", "gen/kl_z", "gen/rec")


def loss_first(trial: Trial) -> None:
    """A gate: a pair, the first of which is a scalar that can be differentiated."""
    call = trial.call()
    if told := _no_such_pair(call):
        raise Wrong(told, "It should be a pair: the loss, and a dictionary of numbers.")
    loss = part(call, "0")
    if loss.numel() != 1 or "0" not in call.differentiable:
        raise Wrong(
            f"Your loss has shape {tuple(loss.shape)} and "
            + ("a gradient." if "0" in call.differentiable else "no gradient."),
            "It should be a scalar with a gradient: training calls loss.backward().",
        )


def _no_such_pair(call: Call) -> str:
    """What came back in place of a loss and a dictionary, by kind, order or count; empty for such a pair."""
    if (returned := call.kinds["returned"]) not in ("tuple", "list"):
        return (
            "You returned None: is the `return` missing?" if returned == "NoneType" else f"You returned a {returned}."
        )
    numbered = [name for name in call.kinds if name.isdigit()]
    # A dictionary's entries stand beside the others.
    if any(name not in ("returned", *numbered) for name in call.kinds):
        if not numbered:
            return f"You returned a dictionary in a {returned}, and no loss."
        wrong_way = "You returned the dictionary first and the loss second."
        count = f"You returned {len(numbered) + 1} values." if numbered[1:] else wrong_way
        return "" if numbered == ["0"] else count
    kind = call.kinds.get("1", "")
    if kind == "set":
        return "The second of your pair is a set: braces make a dictionary only with a colon after each key."
    if len(numbered) == 2:
        return f"The second of your pair is a {kind}."
    if numbered[1:]:
        return f"You returned {len(numbered)} values, none of them a dictionary."
    return (
        "You returned the loss, and no dictionary with entries." if numbered else f"You returned an empty {returned}."
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
                made = _made_of(got.mean().item(), value, right, trial.arguments)
                raise Wrong(f"Your {label} is {got.mean():.2f}.", f"It should be {value:.2f} here.{made}")

    return test


def _made_of(got: float, value: float, right: dict[str, float], arguments: Arguments) -> str:
    """How a wrong number follows from a right one, where it does."""
    counts = {"the number of images": len(arguments[1]), **({"iw": arguments[2]} if len(arguments) > 2 else {})}
    candidates = {"the right one with its sign flipped": -value}
    for what, count in counts.items():
        candidates |= {f"the right one divided by {what}": value / count, f"the right one times {what}": value * count}
    candidates |= {f"what belongs into {name!r}": other for name, other in right.items() if name != "0"}
    candidates |= {f"minus what belongs into {name!r}": -other for name, other in right.items() if name != "0"}
    for words, number in candidates.items():
        if abs(got - number) <= 1e-4 * (1 + abs(number)):
            return f" It is {words}."
    return ""


Summary = tuple[Tensor, dict[str, Any]]
