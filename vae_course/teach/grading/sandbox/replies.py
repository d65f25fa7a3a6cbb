"""Calls of an answer as messages, and what a student's process replied as a `Call`, after a look at every part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Size, Tensor

from vae_course.runner.answers import Call, CallError, Model, OutOfMemory
from vae_course.runner.protocol import Message, ProtocolError, text, texts, texts_by_name

NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "bad_alloc", "not enough memory")


def inputs_of(inputs: tuple[Any, ...]) -> Message:
    """The arguments of a call."""
    facts: list[dict[str, Any]] = []
    tensors: dict[str, Tensor] = {}
    for i, value in enumerate(inputs):
        if isinstance(value, Model):
            model = {"nn": value.nn, "z_dim": value.z_dim, "training": value.training, "kind": value.kind}
            facts.append({"model": model})
            tensors |= {f"{i}/{name}": weight for name, weight in value.weights.items()}
        elif isinstance(value, Tensor):
            facts.append({"tensor": True})
            tensors[str(i)] = value
        else:
            facts.append({"value": value})
    return Message({"inputs": facts}, tensors)


def shapes_of(inputs: tuple[Any, ...]) -> dict[str, Size]:
    """The shapes of the inputs' tensors, under the names by which `Call` knows them."""
    found: dict[str, Size] = {}
    for i, value in enumerate(inputs):
        tensors = value.weights if isinstance(value, Model) else {str(i): value} if isinstance(value, Tensor) else {}
        found |= {name: tensor.shape for name, tensor in tensors.items()}
    return found


def call_in(reply: Message, inputs: Mapping[str, Size]) -> Call:
    """What came back from a call, without its backward pass.

    Raises:
        ProtocolError: it is no such thing.
        OutOfMemory: the answer wanted too much.
    """
    facts = reply.facts
    cpu = facts.get("cpu", 0.0)
    if not isinstance(cpu, float) or not 0 <= cpu < 1e6:  # who reports too little meets the wall clock
        raise ProtocolError("no CPU time")
    if facts.get("error") is not None:
        return Call(error=error_in(facts), cpu=cpu)
    outputs = _named(reply, "outputs")
    differentiable, changed = texts(facts, "differentiable"), texts(facts, "changed")
    if (
        not set(differentiable) <= outputs.keys()
        or not {name.removesuffix(".grad") for name in changed} <= inputs.keys()
    ):
        raise ProtocolError("a gradient of no output, or a change of no input")
    return Call(outputs, texts_by_name(facts, "kinds"), frozenset(differentiable), tuple(changed), cpu=cpu)


def gradients_in(reply: Message, inputs: Mapping[str, Size]) -> dict[str, Tensor | None]:
    """What came back from a backward pass; raises as `call_in` does."""
    found = _named(reply, "gradients")
    none = texts(reply.facts, "none")
    if not found.keys() | set(none) <= inputs.keys():
        raise ProtocolError("a gradient in no input")
    if any(g.shape != inputs[name] or not g.is_floating_point() for name, g in found.items()):
        raise ProtocolError("a gradient of another shape than its input's")
    return {name: None for name in none} | found


def error_in(facts: Mapping[str, Any]) -> CallError:
    """What an answer raised.

    Raises:
        ProtocolError: this is no error.
        OutOfMemory: it was a lack of memory.
    """
    error = facts.get("error")
    if not isinstance(error, dict):
        raise ProtocolError("an error that is no object")
    found = CallError(
        text(error, "type", 200), text(error, "message"), text(error, "line"), error.get("is_stub") is True
    )
    if found.type == "MemoryError" or any(words in found.message for words in NO_MEMORY):
        raise OutOfMemory(
            "Your code wanted more memory than the grader gives (1 GB). A right answer needs a few MB: look for a list that "
            f"grows, or a shape with one axis too many. {found.line}".strip()
        )
    return found


def _named(reply: Message, key: str) -> dict[str, Tensor]:
    names = texts(reply.facts, key)
    if len(set(names)) != len(names) or reply.tensors.keys() != {str(i) for i in range(len(names))}:
        raise ProtocolError(f"other tensors than its {key!r} are")
    return {name: reply.tensors[str(i)] for i, name in enumerate(names)}


@dataclass(frozen=True)
class Other:
    """A constant that is no number, word, list or dictionary."""

    kind: str


def constant_in(value: Any) -> Any:
    """A constant as Python knows it; see `serving.encode`.

    Raises:
        ProtocolError: it is none.
    """
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ProtocolError("a bare list for a constant")
        return value
    if len(value) != 1:
        raise ProtocolError("a constant with several kinds")
    [(kind, inner)] = value.items()
    if kind == "float" and inner in ("nan", "inf", "-inf"):
        return float(inner)
    if kind == "list" and isinstance(inner, list):
        return [constant_in(part) for part in inner]
    if kind == "kind" and isinstance(inner, str):
        return Other(inner[:200])
    if kind == "dict" and isinstance(inner, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in inner):
        keys = [constant_in(key) for key, _ in inner]
        if any(isinstance(key, list | dict) for key in keys):
            raise ProtocolError("a dictionary's key that is none")
        return dict(zip(keys, (constant_in(part) for _, part in inner), strict=True))
    raise ProtocolError(f"a constant of the kind {kind[:50]!r}")
