"""An answer that lives in this process."""

import inspect
import time
import types
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vae_course import given
from vae_course.runner.answers.call import BackwardFailed, Call, CallError, Model
from vae_course.runner.answers.isolation import undisturbed, with_globals
from vae_course.runner.answers.models import leaves_of, load, skeleton, twin
from vae_course.runner.answers.reading import describe, read, same
from vae_course.runner.answers.time_limit import within
from vae_course.runner.stopped import TimedOut

T = TypeVar("T")

NOT_TAKEN = {"__init__", "__dict__", "__weakref__", "__module__", "__qualname__"}
"""What a copy of a class has of its own. All else comes along: methods of every kind, properties, constants."""


@cache
def _first_backward() -> None:
    """A process's first one with cotangents makes torch import 500 modules: 2 s where none is compiled yet, and not the learner's."""
    one = torch.ones((), requires_grad=True)
    torch.autograd.grad(one * 1, one, torch.ones(()))


class LocalAnswer:
    """An answer in this process.

    Args:
        obj: a function, a method's function, a class, or a constant.
        method: call this method of the class or, for a function, install it under this name on a model.
        scaffold: right versions of *other* exercises, put in place of the learner's own by name, so that one error is
            paid for once: functions among the answer's globals, methods ("CLASS.name") on the model.
        harness: a function (answer, *inputs) -> outputs that plays the call, for answers that take objects.
        slopes: inputs ask for gradients.
        seconds: how long one call, or one backward pass through it, may compute (`time_limit.within`); None: as long as it likes.
        around: what every call happens within; `isolation.alone` where the process has nobody else to disturb.

    A model is built once and serves all calls, as in a lesson, with new weights for each. Its networks and prior are put in
    place where its constructor forgot them; only a question about the class itself (a method "__...__") sees it as built.
    """

    def __init__(
        self,
        obj: Any,
        *,
        method: str = "",
        scaffold: Mapping[str, Callable[..., Any]] | None = None,
        harness: Callable[..., Any] | None = None,
        slopes: bool = True,
        seconds: float | None = None,
        around: Callable[[int], AbstractContextManager[None]] = undisturbed,
    ) -> None:
        self.obj = obj
        self.value = obj
        self._method = method
        self._scaffold = dict(scaffold or {})
        self._harness = harness
        self._slopes = slopes
        self._seconds = seconds
        self._around = around
        self._models: dict[tuple[str, Any, int, bool], nn.Module] = {}

    def method(self, name: str) -> "LocalAnswer":
        """The same class, called through another of its methods."""
        return self._with(method=name)

    def limited(self, seconds: float) -> "LocalAnswer":
        """The same answer, with a limit for each call."""
        return self._with(seconds=seconds)

    def _with(self, **changes: Any) -> "LocalAnswer":
        own = {
            "method": self._method,
            "scaffold": self._scaffold,
            "harness": self._harness,
            "slopes": self._slopes,
            "seconds": self._seconds,
        }
        answer = LocalAnswer(self.obj, **(own | {"around": self._around} | changes))
        answer._models = self._models if inspect.isclass(self.obj) else {}  # whichever of its methods is called
        return answer

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call:
        """Call the answer on copies of the inputs; whatever it raises comes back as `Call.error`.

        Randomness is seeded with `seed` for the call and for backward passes through it; afterwards everything that
        `undisturbed` names is as before.

        Args:
            twice: before, under `torch.no_grad()`, the answer is called on the same inputs; noise goes on where that call left it.

        Raises:
            TimedOut: it took longer than its limit.
            KeyboardInterrupt: the learner's own, which ends the check.
        """
        begun = time.thread_time()
        call = self._survive(lambda: self._call(inputs, seed, twice), seed)
        spent = time.thread_time() - begun
        if isinstance(call, CallError):
            return Call(error=call, cpu=spent)
        pull = call._pull
        assert pull is not None

        def pull_back(cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
            _first_backward()
            gradients = self._survive(lambda: pull(cotangents), seed)
            if isinstance(gradients, CallError):
                raise BackwardFailed(gradients)
            return gradients

        return replace(call, cpu=spent, _pull=pull_back)

    def _survive(self, work: Callable[[], T], seed: int) -> T | CallError:
        """Run learners' code: what it raises is written down, and all else is as before."""

        def attempt() -> T | CallError:
            try:
                return work()
            except (TimedOut, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - a learner's code may raise anything, SystemExit too
                return describe(error, self._code_file())

        with self._around(seed):
            return attempt() if self._seconds is None else within(self._seconds, attempt)

    def _call(self, inputs: tuple[Any, ...], seed: int, twice: bool) -> Call:
        leaves: dict[str, Tensor] = {}
        arguments = [self._prepare(str(i), value, leaves) for i, value in enumerate(inputs)]
        before = _originals(inputs)
        handed = {n: leaf for n, leaf in leaves.items() if n in before and not n.isdigit()}
        handed |= {str(i): a for i, a in enumerate(arguments) if isinstance(a, Tensor)}
        torch.default_generator.manual_seed(seed)  # building a model has drawn from it
        first = self._without_gradients(arguments) if twice else {}
        result = self._play(arguments)
        changed = tuple(n for n, tensor in handed.items() if not _unchanged(tensor.detach(), before[n]))
        changed += tuple(
            f"{n}.grad" for n, leaf in leaves.items() if n in before and not n.isdigit() and leaf.grad is not None
        )
        found = read(result, leaves, changed)
        found.outputs.update(first)
        return found

    def _without_gradients(self, arguments: list[Any]) -> dict[str, Tensor]:
        """The outputs of a call on copies, under `torch.no_grad()`; none if it raises there, as a backward pass inside does."""
        copies = [a.detach().clone() if isinstance(a, Tensor) else a for a in arguments]
        with torch.no_grad():
            try:
                found = read(self._play(copies), {}, ())
            except Exception:  # noqa: BLE001 - a learner's code may raise anything; the call that counts comes after
                return {}
        return {f"first {n}": t for n, t in found.outputs.items()}

    def _play(self, arguments: list[Any]) -> Any:
        if self._harness is not None:
            functions = self._functions()
            return self._harness(with_globals(self.obj, functions) if functions else self.obj, *arguments)
        if self._method:
            found = getattr(arguments[0], self._method)
            return found(*arguments[1:]) if callable(found) else found  # a property is read
        return with_globals(self.obj, self._functions())(*arguments)

    def _prepare(self, name: str, value: Any, leaves: dict[str, Tensor]) -> Any:
        """A private copy of an input; floating tensors can be differentiated."""
        if isinstance(value, Model):
            model = self._model(value)
            if self._method.startswith("__"):
                return model  # as its constructor left it, which is not `value`
            leaves |= leaves_of(model, value)
            return model
        if not isinstance(value, Tensor):
            return value
        copy = value.detach().clone()
        if copy.is_floating_point() and self._slopes:
            leaves[name] = copy.requires_grad_()
            # No leaf, so that torch lets an answer change its copy in place, and we can say that it did.
            return leaves[name].clone()
        leaves[name] = copy
        return copy

    def _model(self, spec: Model) -> nn.Module:
        """A model of the learner's class (else of the skeleton) with the check's networks, weights and prior."""
        as_built = self._method.startswith("__")
        if (key := (spec.kind, spec.nn, spec.z_dim, as_built)) not in self._models:
            self._models[key] = self._build(spec, as_built)
        return self._models[key] if as_built else load(self._models[key], spec)

    def _build(self, spec: Model, as_built: bool) -> nn.Module:
        functions = self._functions()
        body: dict[str, Any] = {
            name.rpartition(".")[2]: with_globals(f, functions) for name, f in self._scaffold.items() if "." in name
        }
        skeletons: type = getattr(given, spec.kind)
        base = skeletons
        if inspect.isclass(self.obj) and issubclass(self.obj, nn.Module):
            base = self.obj
            # Methods of the learner's own classes see the right versions too; `__init__` is called as it stands.
            own: dict[str, Any] = {}
            for cls in reversed([c for c in base.__mro__ if c.__module__ == base.__module__]):
                own |= {n: f for n, f in vars(cls).items() if n not in NOT_TAKEN}
            body = {
                n: with_globals(f, functions) if isinstance(f, types.FunctionType) else f for n, f in own.items()
            } | body
        elif self._method:
            body[self._method] = with_globals(self.obj, functions)
        if base is not skeletons:
            try:
                return type(spec.kind, (base,), body)(nn=spec.nn, name="vae", z_dim=spec.z_dim)
            except Exception:
                if as_built:
                    raise
        return twin(skeleton(spec.kind, spec.nn, spec.z_dim), type(spec.kind, (skeletons,), body))

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {name: f for name, f in self._scaffold.items() if "." not in name}

    def _code_file(self) -> str:
        code = getattr(self.obj, "__code__", None)
        if code is None and inspect.isclass(self.obj):
            functions = [f for f in vars(self.obj).values() if isinstance(f, types.FunctionType)]
            code = functions[0].__code__ if functions else None
        return code.co_filename if code else ""


def _originals(inputs: tuple[Any, ...]) -> dict[str, Tensor]:
    """The inputs' tensors by the names of their copies. The originals are never handed out."""
    found: dict[str, Tensor] = {}
    for i, value in enumerate(inputs):
        if isinstance(value, Model):
            found |= value.weights
        elif isinstance(value, Tensor):
            found[str(i)] = value
    return found


def _unchanged(tensor: Tensor, original: Tensor) -> bool:
    return torch.equal(tensor, original) or same(tensor, original)  # NaN counts as itself
