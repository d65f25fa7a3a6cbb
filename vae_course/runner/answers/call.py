"""What goes into a call of an answer, and what comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Model:
    """An input that stands for a model: a network's name and its weights, under `state_dict()`'s names.

    `training`: the mode it is in; a right bound is the same in both.
    `kind`: the class of `given` whose model it is.
    """

    nn: str
    z_dim: int
    weights: Mapping[str, Tensor]
    training: bool = True
    kind: str = "VAE"


@dataclass(frozen=True)
class CallError:
    """What an answer raised, and on which of its own lines: number and text, or the number alone where there is no source.

    Empty where none of its lines ran: the call itself did not fit.
    """

    type: str
    message: str
    line: str = ""
    is_stub: bool = False  # raised by a body that is only `raise NotImplementedError`


class BackwardFailed(Exception):
    """The backward pass through an answer raised: a hook or a backward function of its own, or a tensor changed in place."""

    def __init__(self, error: CallError) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Call:
    """One call of an answer.

    Attributes:
        outputs: the tensors that came back, by name: "0", "1", ... or a dictionary's keys. Numbers count as tensors.
        kinds: what each output really was ("Tensor", "float", "ndarray", "NoneType", ...), and "returned": the type of
            the whole. An output with a kind but no tensor could not be read as numbers.
        differentiable: the outputs that carry a gradient.
        changed: the inputs that the answer changed in place; "NAME.grad" where it left a gradient in a parameter.
        error: what it raised, or None.
        cpu: seconds of CPU time that it took.

    Where an answer was called twice in a row, the outputs of the first call, made without gradients, are there as "first 0", ..., unless it raised
    """

    outputs: dict[str, Tensor] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    differentiable: frozenset[str] = frozenset()
    changed: tuple[str, ...] = ()
    error: CallError | None = None
    cpu: float = 0.0
    _pull: Callable[[dict[str, Tensor]], dict[str, Tensor | None]] | None = None

    def pull_back(self, cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        """The gradient of Σ output · cotangent in every input of the same forward pass.

        Inputs are addressed by position ("0", "1", ...); a model's weights by their names in `Model.weights`. None: no gradient flows there.

        Raises:
            BackwardFailed: the learner's code raised on the way back.
        """
        usable = {name: c for name, c in cotangents.items() if name in self.differentiable}
        if self._pull is None or not usable:
            return {}
        return self._pull(usable)

    @cached_property
    def slopes(self) -> dict[str, Tensor | None]:
        """The gradient of output "0", summed over its entries, in every input; empty where it carries none."""
        return self.pull_back({"0": torch.ones_like(self.outputs["0"])}) if "0" in self.outputs else {}


class Answer(Protocol):
    """What a check holds: something to call (a function or method) or to read (a constant)."""

    value: Any

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call: ...

    def method(self, name: str) -> "Answer": ...
