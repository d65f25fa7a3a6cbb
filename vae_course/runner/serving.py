"""The student's side of the protocol: definitions come to life, and are called as the grader asks. Runs in the sandbox.

A student's code shares this process, so nothing that is sent from here is believed beyond what a wrong answer could do.
"""

import gc
import math
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import vae_course
from vae_course import given
from vae_course.runner.answers import BackwardFailed, Call, CallError, LocalAnswer, Model, TimedOut
from vae_course.runner.answers.isolation import alone
from vae_course.runner.answers.time_limit import within
from vae_course.runner.notebooks import Definitions, HandIn, Snippet, answers_in, run_definitions
from vae_course.runner.protocol import NAME, NAMES, TENSORS, Channel, Message, size_of

Reply = tuple[dict[str, Any], dict[str, Tensor]]
MOST_NAMES = 2000
_VERSIONS = 50  # of one answer; so that one that is written very often hides no other
_ENTRIES = 10_000  # of a constant that is a tensor or an array
_COMPLEX = {torch.complex128: torch.complex64}  # safetensors has no wider one


def serve(channel: Channel) -> None:
    """Answer requests until the grader closes the connection."""
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{__package__}.")]:
        del sys.modules[name]  # so that a student's code finds no channel there
    vars(vae_course).pop("runner", None)
    channel.send(Message({"confined": True}))
    submission = _HandedIn()
    while True:
        request = channel.receive()
        facts, tensors = submission.reply(request)
        channel.send(Message(facts | {"id": request.facts["id"]}, tensors))


class _HandedIn:
    """One hand-in's definitions, and the calls whose backward pass may still be asked for."""

    def __init__(self) -> None:
        self._definitions = Definitions({}, {}, {})
        self._exercises: list[str] = []
        self._answers: dict[tuple[str, int, str], dict[str, LocalAnswer]] = {}  # by exercise, which, harness; by method
        self._calls: dict[int, Call] = {}
        self._modules: dict[str, dict[str, Any]] = {given.__name__: vars(given)}

    def reply(self, request: Message) -> Reply:
        facts = request.facts
        for number in facts.get("release", ()):
            self._calls.pop(number, None)
        try:
            if facts["do"] == "define":
                return self._define(facts)
            if facts["do"] == "constant":
                return {"value": encode(self._found(facts))}, {}
            return self._call(request) if facts["do"] == "call" else self._pull(request)
        except TimedOut as late:
            return {"late": str(late)}, {}
        except BackwardFailed as failed:
            return {"error": _error(failed.error)}, {}
        except KeyboardInterrupt:
            return {"error": _error(CallError("KeyboardInterrupt", "your code raised it itself"))}, {}

    def _define(self, facts: dict[str, Any]) -> Reply:
        if self._definitions.namespace:  # the same student's hand-in before this one: nothing of it is left
            sys.modules.pop(str(self._definitions.namespace.get("__name__")), None)
            self._definitions, self._answers, self._calls = Definitions({}, {}, {}), {}, {}
            gc.collect()
        cells = tuple(Snippet(cell["place"], cell["source"], tuple(cell["names"])) for cell in facts["cells"])
        hand_in = HandIn(Path(facts["file"]), "", cells, (), facts["lost"])
        self._definitions = found = run_definitions(hand_in, partial(within, facts["seconds"]))
        self._exercises = facts["exercises"]
        names = [name for name in self._exercises for _ in answers_in(found, name, self._exercises)[:_VERSIONS]]
        failed = {_plain(name): _plain(why, 2000) for name, why in list(found.failed.items())[:MOST_NAMES]}
        return {"names": names[:MOST_NAMES], "failed": failed}, {}

    def _found(self, facts: dict[str, Any]) -> Any:
        """What the hand-in has for an exercise: of several, number `which`; None if there is none."""
        found = answers_in(self._definitions, facts["name"], self._exercises)
        return found[facts["which"]] if facts["which"] < len(found) else None

    def _call(self, request: Message) -> Reply:
        facts = request.facts
        for module, text in facts["modules"].items():
            there = self._modules.setdefault(module, {"__name__": module})
            before = dict(there)
            exec(compile(text, f"<{module}>", "exec", dont_inherit=True), there)
            there.update(before)  # what came with another function keeps its state
        obj = self._found(facts)
        if obj is None:
            missing = CallError("NotImplementedError", f"{facts['name']} is not defined", is_stub=True)
            return _described(Call(error=missing))
        answers, method = (
            self._answers.setdefault((facts["name"], facts["which"], facts["harness"]), {}),
            facts["method"],
        )
        if not answers:
            answers[method] = LocalAnswer(
                obj,
                method=method,
                scaffold={name: self._function(function) for name, function in facts["scaffold"].items()},
                harness=self._function(facts["harness"]) if facts["harness"] else None,
                slopes=facts["slopes"],
                seconds=facts["seconds"],
                around=alone,
            )
        if method not in answers:  # a class's models, which are dear to build, serve all its methods
            answers[method] = next(iter(answers.values())).method(method)
        inputs = [_input(str(i), given, request.tensors) for i, given in enumerate(facts["inputs"])]
        call = answers[method].call(*inputs, seed=facts["seed"], **{k: facts[k] for k in ("twice",) if k in facts})
        if call.differentiable:
            self._calls[facts["call"]] = call
        return _described(call)

    def _function(self, name: str) -> Any:
        """The function "module:function" of a module that was sent, or of `given`."""
        module, _, function = name.partition(":")
        return self._modules[module][function]

    def _pull(self, request: Message) -> Reply:
        names = request.facts["names"]
        call = self._calls[request.facts["call"]]
        gradients = call.pull_back({name: request.tensors[str(i)] for i, name in enumerate(names)})
        found = {name: g for name, g in gradients.items() if g is not None}
        none = [name for name, g in gradients.items() if g is None]
        return {"gradients": list(found), "none": none}, _numbered(found)


def _input(name: str, given: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    if "model" in given:
        weights = {n.removeprefix(f"{name}/"): t for n, t in tensors.items() if n.startswith(f"{name}/")}
        model = given["model"]
        return Model(model["nn"], model["z_dim"], weights, bool(model["training"]), model["kind"])
    return tensors[name] if "tensor" in given else given["value"]


def _described(call: Call) -> Reply:
    """A call as facts and tensors; results too large to send are an error of the answer."""
    if len(call.kinds) > NAMES or size_of(call.outputs) > TENSORS // 2:
        count = sum(t.numel() for t in call.outputs.values())
        said = f"your result has {len(call.kinds)} parts and {count:,} numbers, which is too much to be looked at"
        call = Call(error=CallError("ResultTooLarge", said))
    facts = {
        "outputs": [_plain(name) for name in call.outputs],
        "kinds": {_plain(name): _plain(kind) for name, kind in call.kinds.items()},
        "differentiable": [_plain(name) for name in call.differentiable],
        "changed": list(call.changed),
        "error": _error(call.error) if call.error else None,
        "cpu": call.cpu,
    }
    return facts, _numbered(call.outputs)


def _numbered(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        str(i): t.resolve_conj().resolve_neg().to(_COMPLEX.get(t.dtype, t.dtype))
        for i, t in enumerate(tensors.values())
    }


def _error(error: CallError) -> dict[str, Any]:
    return {
        "type": _plain(error.type),
        "message": _plain(error.message, 2000),
        "line": _plain(error.line, 1000),
        "is_stub": error.is_stub,
    }


def _plain(text: object, longest: int = NAME) -> str:
    return str(text)[:longest].encode("utf-8", "replace").decode()


def encode(value: Any, depth: int = 5) -> Any:
    """A constant as JSON: numbers and words as they are, all else in an object that says what it is. See `remote.decode`."""
    if isinstance(value, Tensor | np.ndarray | np.generic):
        if isinstance(value, Tensor):
            value = value.detach()
        size = math.prod(value.shape)
        value = value.item() if size == 1 else value.tolist() if size <= _ENTRIES else object()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain(value, 100_000)
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": str(float(value))}
    if depth and isinstance(value, list | tuple) and len(value) <= _ENTRIES:
        return {"list": [encode(part, depth - 1) for part in value]}
    if depth and isinstance(value, dict) and len(value) <= _ENTRIES:
        return {"dict": [[encode(key, 0), encode(part, depth - 1)] for key, part in value.items()]}
    return {"kind": _plain(type(value).__name__)}
