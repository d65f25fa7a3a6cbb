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


def numbers_match(
    expected: Callable[[Trial], dict[str, float]], *, of: tuple[str, ...] = ("0", *KEYS), follows: tuple[str, ...] = ()
) -> Callable[[Trial], None]:
    """The loss ("0") and the entries of the dictionary: all that is wrong is said, and no fault hides another.

    Args:
        expected: what the loss and all entries should be.
        of: which of them are looked at.
        follows: the checks of the loss: an entry 'train/loss' that is the loss is no news where that is wrong.
    """

    def test(trial: Trial) -> None:
        call, right = trial.call(), expected(trial)
        missing = [name for name in of if name not in call.outputs]
        off = {name: call.outputs[name].double() for name in of if name in call.outputs}
        off = {name: got for name, got in off.items() if not _is(got, right[name])}
        loss = call.outputs["0"].double()
        copied = "train/loss" in off and not _is(loss, right["0"]) and _is(off["train/loss"], loss.mean().item())
        others = {name: got for name, got in off.items() if name != "train/loss" or not copied}
        said = [_off(name, got, right, trial) for name, got in others.items()]
        if missing:
            found = [n for n in call.kinds if n not in ("returned", "0")]
            names = ", ".join(map(repr, missing))
            which = f"There is no entry {names}" if len(missing) == 1 else f"There are no entries {names}"
            said.append((f"{which}; yours are {found}.", f"It should have {list(KEYS)}."))
        if not said and copied:
            got = f"Your entry 'train/loss' is {loss.mean():.2f}, as your loss is."
            raise Wrong(got, f"It should be {right['train/loss']:.2f} here.", follows=follows)
        if said:
            (got, should), *rest = said
            more = "".join(f"\n{one} {other}" for one, other in rest)
            unexplained = "0" in off and should.endswith("here.")
            raise Wrong(got, should + more, lambda: _same_for_all_counts(trial) if unexplained else "")

    return test


def _is(got: Tensor, right: float) -> bool:
    return got.numel() == 1 and close(got.reshape(()), torch.tensor(right).double())


def _off(name: str, got: Tensor, right: dict[str, float], trial: Trial) -> tuple[str, str]:
    label = "loss" if name == "0" else f"entry {name!r}"
    made = _made_of(got.mean().item(), right[name], right, trial.arguments)
    if not made and name != "0" and _is(-got, trial.call().outputs["0"].double().mean().item()):
        made = " It is minus your loss."
    return f"Your {label} is {got.mean():.2f}.", f"It should be {right[name]:.2f} here.{made}"


def _same_for_all_counts(trial: Trial) -> str:
    """What is said of a loss that is the same for every iw, where it takes one."""
    if len(trial.arguments) < 3:
        return ""
    model, x, iw = trial.arguments
    fewer = trial.call(model, x, 3, seed=0).outputs.get("0")
    if fewer is None or not torch.equal(fewer, trial.call().outputs["0"]):
        return ""
    return (
        f"With iw = 3 your loss is the same number as with iw = {iw}: it does not depend on iw. "
        "Pass the argument on: negative_iwae_bound(x, iw)."
    )


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
