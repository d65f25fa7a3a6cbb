"""Checks that many exercises share. Each calls the answer through a `Trial` and raises `Wrong` with what it saw.

The order in an exercise is always: does it return the right kind of thing (a gate), then values, then gradients.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.closer_look import DRAWS, closer_look, shown
from vae_course.checks.engine.exercise import Arguments
from vae_course.checks.engine.relations import close, told_apart
from vae_course.checks.engine.trial import Closer, Trial, Wrong
from vae_course.runner.answers import Call, LocalAnswer


def output(call: Call, name: str = "") -> Tensor:
    """One output as a tensor of real floating numbers, or the sentence that says what came back instead.

    Args:
        name: of one output among several; empty where the answer should be a single tensor.

    Raises:
        Wrong: no such output, several where one is asked, or not a real floating tensor.
    """
    returned = call.kinds.get("returned", "")
    if returned == "NoneType":
        raise Wrong("Your function returned None.", "It should return a tensor: is the `return` missing?")
    if not name and returned in ("tuple", "list"):
        comma = " A comma at the end of a line makes a tuple." if returned == "tuple" and len(call.kinds) == 2 else ""
        raise Wrong(
            f"You returned a {returned} of {len(call.kinds) - 1}.", f"It should be one tensor, by itself.{comma}"
        )
    name = name or "0"
    if name not in call.outputs:
        kind = call.kinds.get(name)
        if kind is None:
            raise Wrong(f"You returned {_listed(call)}.", f"There should be an output {name!r}.")
        if kind in ("method", "function", "builtin_function_or_method"):
            raise Wrong(
                f"Output {name} is a function, not its result.",
                "Are the brackets of a call missing? t.mean is the method, t.mean() its result.",
            )
        raise Wrong(f"Output {name} is a {kind}.", "It should be a torch tensor.")
    value = call.outputs[name]
    if call.kinds[name] not in ("Tensor", "Parameter"):
        raise Wrong(f"You returned a {call.kinds[name]}.", "It should be a torch tensor, so that gradients can flow.")
    if value.dtype not in (torch.float32, torch.float64):
        raise Wrong(f"You returned a tensor of {value.dtype}.", "It should be float32, like the inputs.")
    return value


def shape_matches(trial: Trial) -> None:
    """A gate: one tensor with the shape of the truth, and inputs left as they were."""
    call = trial.call()
    value, expected = output(call), trial.truth()
    if value.shape != expected.shape:
        raise Wrong(
            f"You returned shape {tuple(value.shape)} for inputs of shape {shapes(trial.arguments)}.",
            f"The shape should be {tuple(expected.shape)}.{_shape_reason(trial.arguments, value, expected)}",
            partial(closer_look, trial, trial.arguments),
        )
    if call.changed:
        raise Wrong(
            f"Your code changed {_name_of(trial, call.changed[0])} in place.",
            "Inputs should be left as they are: compute into a new tensor.",
        )


def equals_truth(trial: Trial) -> None:
    """The value, on three draws of the arguments; draws differ in batch size, and one is a batch of one if the
    exercise's `arguments` make it so."""
    for i in range(DRAWS):
        arguments = trial.draw(i)
        value = output(trial.call_on_draw(i))
        compare(value, trial.truth(arguments), inputs(trial, arguments), partial(closer_look, trial, arguments))


def gradients_match(trial: Trial) -> None:
    """The gradient of the outputs' sum in every floating input, against the truth's; then that of a random combination of them, in which
    no two outputs can stand for each other."""
    call = trial.call()
    value = output(call)
    if "0" not in call.differentiable:
        raise Wrong(
            "Your result carries no gradient.",
            "It should be differentiable in its inputs: no .item(), numpy, .detach() or torch.no_grad() on the way.",
        )
    closer = partial(closer_look, trial, trial.arguments)
    truth = LocalAnswer(trial.formula.truth).call(*trial.arguments, seed=0)
    weights = torch.randn(value.shape, generator=trial.generator("cotangent"))
    one = "of your result" if value.numel() == 1 else "of the sum of your results"
    for of, cotangent in (
        (one, torch.ones_like(value)),
        ("of a weighted sum of your results, with weights that the check chose,", weights),
    ):
        found = call.pull_back({"0": cotangent})
        expected = truth.pull_back({"0": cotangent.to(truth.outputs["0"].dtype)})
        for name, right in expected.items():
            got = found.get(name)
            if right is None:
                continue
            if got is None:
                raise Wrong(f"No gradient reaches {_name_of(trial, name)}.", "Your result depends on it.", closer)
            if not close(got, right):
                yours, asked = told_apart(*worst(got, right))
                raise Wrong(
                    f"The gradient {of} in {_name_of(trial, name)} is {yours} at one place.",
                    f"It should be {asked} there.",
                    closer,
                )


def compare(value: Tensor, expected: Tensor, inputs: str, closer: Closer | None = None) -> None:
    """Raise `Wrong` where a value differs from the truth, showing the entry that differs most.

    Args:
        inputs: completes "You returned ... for ...".
        closer: see `Wrong`.
    """
    if value.shape != expected.shape:
        raise Wrong(
            f"You returned shape {tuple(value.shape)} for {inputs}.",
            f"The shape should be {tuple(expected.shape)}.",
            closer,
        )
    if not close(value, expected):
        got, right = told_apart(*worst(value, expected))
        what = f"Entry {_place_of_worst(value, expected)} of your result is" if value.numel() > 1 else "You returned"
        raise Wrong(f"{what} {got} for {inputs}.", f"It should be {right}.", closer)


def worst(value: Tensor, expected: Tensor) -> tuple[float, float]:
    """The pair of entries that differ most."""
    distance = torch.nan_to_num((value.double() - expected.double()).abs(), nan=torch.inf).flatten()
    i = int(distance.argmax()) if distance.numel() else 0
    return value.flatten()[i].item(), expected.flatten()[i].item()


def _place_of_worst(value: Tensor, expected: Tensor) -> str:
    distance = torch.nan_to_num((value.double() - expected.double()).abs(), nan=torch.inf)
    place = [int(i) for i in torch.unravel_index(distance.argmax(), distance.shape)]
    return str(place[0]) if len(place) == 1 else str(tuple(place))


def shapes(arguments: Arguments) -> str:
    """The tensors' shapes in words: "(3, 4)" if all are alike, else "(3, 4), (3, 4) and (4,)"."""
    found = [str(tuple(a.shape)) for a in arguments if isinstance(a, Tensor)]
    if len(set(found)) <= 1:
        return found[0] if found else "()"
    return f"{', '.join(found[:-1])} and {found[-1]}"


def inputs(trial: Trial, arguments: Arguments) -> str:
    """The arguments by name and in full when they are small, else their shapes."""
    tensors = [a for a in arguments if isinstance(a, Tensor)]
    if sum(a.numel() for a in tensors) > 24:
        return f"inputs of shape {shapes(arguments)}"
    return ", ".join(f"{name} = {shown(a)}" for name, a in trial.named(arguments).items())


def _name_of(trial: Trial, index: str) -> str:
    """The argument at "0", "1", ... by its name."""
    return trial.formula.parameters[int(index)]


def _listed(call: Call) -> str:
    kinds: dict[str, Any] = {n: k for n, k in call.kinds.items() if n != "returned"}
    return ", ".join(f"{n}: {k}" for n, k in kinds.items()) or call.kinds.get("returned", "nothing")


def _shape_reason(arguments: Arguments, value: Tensor, expected: Tensor) -> str:
    if value.numel() == expected.numel() and value.ndim == expected.ndim + 1:
        return " An axis of length 1 is left over: sum without keepdim."
    if value.ndim == 0 and expected.ndim > 0:
        stay = "the axis" if expected.ndim == 1 else "the axes"
        return f" You reduced every axis: {stay} of length {' and '.join(map(str, expected.shape))} should stay."
    if value.ndim > expected.ndim:
        if any(isinstance(a, Tensor) and a.shape == value.shape for a in arguments):
            return " An axis is still there that should be summed."
        return " There is an axis too many: were two parts of different shapes added, so that they broadcast?"
    return ""
