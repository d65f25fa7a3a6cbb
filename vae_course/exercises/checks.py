"""Checks that many exercises share. Each calls the answer through a `Trial` and raises `Wrong` with what it saw.

The order in an exercise is always: does it return the right kind of thing (a gate), then values, then gradients.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.answers import Call, LocalAnswer
from vae_course.exercises.core import Arguments, Trial, Wrong, generator
from vae_course.exercises.diagnosis import plain, same_constant

TOLERANCE = 1e-4  # relative to 1 + |expected|: float32 sums of 784 terms lie well inside


def output(call: Call, name: str = "0") -> Tensor:
    """One output as a tensor of real floating numbers, or the sentence that says what came back instead.

    Raises:
        Wrong: no such output, or not a real floating tensor.
    """
    if call.kinds.get("returned") == "NoneType":
        raise Wrong("Your function returned None.", "It should return a tensor: is the `return` missing?")
    if name not in call.outputs:
        kind = call.kinds.get(name)
        if kind is None:
            raise Wrong(f"You returned {_listed(call)}.", f"There should be an output {name!r}.")
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
    value, expected = output(call), truth_of(trial)
    if value.shape != expected.shape:
        raise Wrong(
            f"You returned shape {tuple(value.shape)} for inputs of shape {shapes(trial.arguments)}.",
            f"The shape should be {tuple(expected.shape)}.{_shape_reason(value, expected)}",
        )
    if call.changed:
        raise Wrong(
            f"Your code changed its input number {call.changed[0]} in place.",
            "Inputs should be left as they are: compute into a new tensor.",
        )


def equals_truth(trial: Trial) -> None:
    """The value, on three draws of the arguments; draws differ in batch size, and one is a batch of one if the
    exercise's `arguments` make it so."""
    for i in range(3):
        arguments = trial.arguments if i == 0 else draw(trial, i)
        call = trial.call() if i == 0 else trial.call(*arguments, seed=i)
        compare(output(call), truth_of(trial, arguments), arguments)


def gradients_match(trial: Trial) -> None:
    """The gradient of a random combination of the outputs in every floating input, against the truth's."""
    call = trial.call()
    value = output(call)
    if "0" not in call.differentiable:
        raise Wrong(
            "Your result carries no gradient.",
            "It should be differentiable in its inputs: no .item(), numpy, .detach() or torch.no_grad() on the way.",
        )
    cotangent = torch.randn(value.shape, generator=trial.generator("cotangent"))
    found = call.pull_back({"0": cotangent})
    truth = LocalAnswer(trial.exercise.truth).call(*trial.arguments, seed=0)
    expected = truth.pull_back({"0": cotangent.to(truth.outputs["0"].dtype)})
    for name, right in expected.items():
        got = found.get(name)
        if right is None:
            continue
        if got is None:
            raise Wrong(f"No gradient reaches input number {int(name) + 1}.", "Your result depends on it.")
        if not close(got, right):
            raise Wrong(
                f"The gradient in input number {int(name) + 1} is {worst(got, right)[0]:.4g} at one place.",
                f"It should be {worst(got, right)[1]:.4g} there.",
            )


def stays_finite(cases: Callable[[], list[Arguments]]) -> Callable[[Trial], None]:
    """The value at extreme inputs, where a careless formula overflows, underflows or loses all digits."""

    def test(trial: Trial) -> None:
        for i, arguments in enumerate(cases()):
            value = output(trial.call(*arguments, seed=100 + i))
            if not bool(torch.isfinite(value).all()):
                bad = value[~torch.isfinite(value)].flatten()[0].item()
                raise Wrong(f"You returned {bad} for {shown(arguments)}.", "The right value is finite there.")
            compare(value, truth_of(trial, arguments), arguments)

    return test


def constant_matches(key: str, tolerance: float = 0.01) -> Callable[[Trial], None]:
    """One entry of a dictionary answer (key "": the whole answer) equals the truth's, numbers to 1 %."""

    def test(trial: Trial) -> None:
        value, right = trial.answer.value, trial.exercise.truth()  # type: ignore[misc]
        if key:
            if not isinstance(value, dict):
                raise Wrong(
                    f"Your answer is a {type(value).__name__}.", f"It should be a dictionary with {list(right)}."
                )
            if key not in value:
                raise Wrong(f"Your answer has no entry {key!r}.", f"It should have {list(right)}.")
            value, right = value[key], right[key]
        if not same_constant(value, right, tolerance):
            raise Wrong(_not_it(key or "answer", plain(value), right))

    return test


def _not_it(name: str, value: Any, right: Any) -> str:
    """What is wrong with one constant, without giving it away."""
    if value is None:
        return f"Your {name} is still empty."
    if isinstance(right, int | float) and not isinstance(value, int | float):
        return f"Your {name} is a {type(value).__name__}. It should be a number."
    if not isinstance(value, int | float) or isinstance(right, str):
        return f"Your {name} is {value!r}, and that is not it."
    if abs(value - right) <= 0.05 * abs(right):
        return f"Your {name} is {value:.6g}: close, and right to 1 % is asked."
    return f"Your {name} is {value:.6g}, and that is not it."


def compare(value: Tensor, expected: Tensor, arguments: Arguments) -> None:
    """Raise `Wrong` where a value differs from the truth, showing the entry that differs most."""
    if value.shape != expected.shape:
        raise Wrong(
            f"You returned shape {tuple(value.shape)} for inputs of shape {shapes(arguments)}.",
            f"The shape should be {tuple(expected.shape)}.",
        )
    if not close(value, expected):
        got, right = worst(value, expected)
        what = f"Entry {_place_of_worst(value, expected)} of your result is" if value.numel() > 1 else "You returned"
        raise Wrong(f"{what} {got:.4g} for {shown(arguments)}.", f"It should be {right:.4g}.")


def close(value: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> bool:
    """Every entry agrees, relative to 1 + |expected|; NaN agrees with nothing."""
    if value.shape != expected.shape:
        return False
    return bool(((value.double() - expected.double()).abs() <= tolerance * (1 + expected.double().abs())).all())


def worst(value: Tensor, expected: Tensor) -> tuple[float, float]:
    """The pair of entries that differ most."""
    distance = torch.nan_to_num((value.double() - expected.double()).abs(), nan=torch.inf).flatten()
    i = int(distance.argmax()) if distance.numel() else 0
    return value.flatten()[i].item(), expected.flatten()[i].item()


def _place_of_worst(value: Tensor, expected: Tensor) -> str:
    distance = torch.nan_to_num((value.double() - expected.double()).abs(), nan=torch.inf)
    place = [int(i) for i in torch.unravel_index(distance.argmax(), distance.shape)]
    return str(place[0]) if len(place) == 1 else str(tuple(place))


def draw(trial: Trial, index: int) -> Arguments:
    """Another draw of the exercise's arguments."""
    assert trial.exercise.arguments is not None
    return trial.exercise.arguments(generator(trial.seed, f"arguments {index}"))


def truth_of(trial: Trial, arguments: Arguments | None = None) -> Tensor:
    """The truth at some arguments, in double precision."""
    assert trial.exercise.truth is not None
    arguments = trial.arguments if arguments is None else arguments
    doubles = [a.double() if isinstance(a, Tensor) and a.is_floating_point() else a for a in arguments]
    return trial.exercise.truth(*doubles)


def shapes(arguments: Arguments) -> str:
    """The tensors' shapes in words: "(3, 4) and (3, 4)"."""
    return " and ".join(str(tuple(a.shape)) for a in arguments if isinstance(a, Tensor))


def shown(arguments: Arguments) -> str:
    """The arguments, in full when they are small, else their shapes."""
    parts = []
    for a in arguments:
        if isinstance(a, Tensor):
            small = a.numel() <= 4
            parts.append(str([round(v, 4) for v in a.flatten().tolist()]) if small else f"a tensor {tuple(a.shape)}")
        elif isinstance(a, int | float | str):
            parts.append(repr(a))
    return ", ".join(parts)


def _listed(call: Call) -> str:
    kinds: dict[str, Any] = {n: k for n, k in call.kinds.items() if n != "returned"}
    return ", ".join(f"{n}: {k}" for n, k in kinds.items()) or call.kinds.get("returned", "nothing")


def _shape_reason(value: Tensor, expected: Tensor) -> str:
    if value.numel() == expected.numel() and value.ndim == expected.ndim + 1:
        return " An axis of length 1 is left over: sum without keepdim."
    if value.ndim == 0 and expected.ndim > 0:
        return " You reduced every axis: some should stay, as the card says."
    if value.ndim > expected.ndim:
        return " An axis is still there that should be summed."
    return ""
