"""An answer that lives in this process."""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vae_course import given, nns
from vae_course.answers.call import BackwardFailed, Call, CallError, Model, TimedOut
from vae_course.answers.isolation import undisturbed, with_globals
from vae_course.answers.reading import describe, read, same
from vae_course.answers.time_limit import within

T = TypeVar("T")
PRIOR = ("z_prior_m", "z_prior_v")


class LocalAnswer:
    """An answer in this process.

    Args:
        obj: a function, a method's function, a class, or a constant.
        method: call this method of the class or, for a function, install it under this name on a model.
        scaffold: right versions of *other* exercises, put in place of the learner's own by name, so that one error is
            paid for once: functions among the answer's globals, methods ("VAE.name") on the model.
        harness: a function (answer, *inputs) -> outputs that plays the call, for answers that take objects.
        seconds: how long one call, or one backward pass through it, may take; None: as long as it likes.

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
        seconds: float | None = None,
    ) -> None:
        self.obj = obj
        self.value = obj
        self._method = method
        self._scaffold = dict(scaffold or {})
        self._harness = harness
        self._seconds = seconds
        self._models: dict[tuple[Any, int, bool], nn.Module] = {}

    def method(self, name: str) -> "LocalAnswer":
        """The same class, called through another of its methods."""
        return self._with(method=name)

    def limited(self, seconds: float) -> "LocalAnswer":
        """The same answer, with a limit for each call."""
        return self._with(seconds=seconds)

    def _with(self, **changes: Any) -> "LocalAnswer":
        own = {"method": self._method, "scaffold": self._scaffold, "harness": self._harness, "seconds": self._seconds}
        answer = LocalAnswer(self.obj, **(own | changes))
        answer._models = self._models if inspect.isclass(self.obj) else {}  # whichever of its methods is called
        return answer

    def call(self, *inputs: Any, seed: int) -> Call:
        """Call the answer on copies of the inputs; whatever it raises comes back as `Call.error`.

        Randomness is seeded with `seed` for the call and for backward passes through it; afterwards everything that
        `undisturbed` names is as before.

        Raises:
            TimedOut: it took longer than its limit.
            KeyboardInterrupt: the learner's own, which ends the check.
        """
        call = self._survive(lambda: self._call(inputs, seed), seed)
        if isinstance(call, CallError):
            return Call(error=call)
        pull = call._pull
        assert pull is not None

        def pull_back(cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
            gradients = self._survive(lambda: pull(cotangents), seed)
            if isinstance(gradients, CallError):
                raise BackwardFailed(gradients)
            return gradients

        return replace(call, _pull=pull_back)

    def _survive(self, work: Callable[[], T], seed: int) -> T | CallError:
        """Run learners' code: what it raises is written down, and all else is as before."""

        def attempt() -> T | CallError:
            try:
                return work()
            except (TimedOut, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - a learner's code may raise anything, SystemExit too
                return describe(error, self._code_file())

        with undisturbed(seed):
            return attempt() if self._seconds is None else within(self._seconds, attempt)

    def _call(self, inputs: tuple[Any, ...], seed: int) -> Call:
        leaves: dict[str, Tensor] = {}
        arguments = [self._prepare(str(i), value, leaves) for i, value in enumerate(inputs)]
        before = _originals(inputs)
        handed = {n: leaf for n, leaf in leaves.items() if n in before and not n.isdigit()}
        handed |= {str(i): a for i, a in enumerate(arguments) if isinstance(a, Tensor)}
        torch.default_generator.manual_seed(seed)  # building a model has drawn from it
        result = self._play(arguments)
        changed = tuple(n for n, tensor in handed.items() if not _unchanged(tensor.detach(), before[n]))
        return read(result, leaves, changed)

    def _play(self, arguments: list[Any]) -> Any:
        if self._harness is not None:
            return self._harness(self.obj, *arguments)
        if self._method:
            return getattr(arguments[0], self._method)(*arguments[1:])
        return with_globals(self.obj, self._functions())(*arguments)

    def _prepare(self, name: str, value: Any, leaves: dict[str, Tensor]) -> Any:
        """A private copy of an input; floating tensors can be differentiated."""
        if isinstance(value, Model):
            model = self._model(value)
            if self._method.startswith("__"):
                return model  # as its constructor left it, which is not `value`
            leaves |= {n: p for n, p in model.named_parameters() if n.startswith(("enc.", "dec."))}
            leaves |= {n: getattr(model, n) for n in PRIOR if isinstance(getattr(model, n, None), Tensor)}
            return model
        if not isinstance(value, Tensor):
            return value
        copy = value.detach().clone()
        if copy.is_floating_point():
            leaves[name] = copy.requires_grad_()
            # No leaf, so that torch lets an answer change its copy in place, and we can say that it did.
            return leaves[name].clone()
        leaves[name] = copy
        return copy

    def _model(self, spec: Model) -> nn.Module:
        """A model of the learner's class (else of the skeleton) with the check's networks, weights and prior."""
        as_built = self._method.startswith("__")
        if (key := (spec.nn, spec.z_dim, as_built)) not in self._models:
            self._models[key] = self._build(spec, as_built)
        return self._models[key] if as_built else _load(self._models[key], spec)

    def _build(self, spec: Model, as_built: bool) -> nn.Module:
        functions = self._functions()
        body: dict[str, Any] = {
            name.removeprefix("VAE."): with_globals(f, functions)
            for name, f in self._scaffold.items()
            if name.startswith("VAE.")
        }
        base: type = given.VAE
        if inspect.isclass(self.obj) and issubclass(self.obj, nn.Module):
            base = self.obj
            # Methods of the learner's own classes see the right versions too; `__init__` is called as it stands.
            own: dict[str, Any] = {}
            for cls in reversed([c for c in base.__mro__ if c.__module__ == base.__module__]):
                own |= {n: f for n, f in vars(cls).items() if isinstance(f, types.FunctionType) and n != "__init__"}
            body = {n: with_globals(f, functions) for n, f in own.items()} | body
        elif self._method:
            body[self._method] = with_globals(self.obj, functions)
        if base is not given.VAE:
            try:
                return type("VAE", (base,), body)(nn=spec.nn, name="vae", z_dim=spec.z_dim)
            except Exception:
                if as_built:
                    raise
        return _twin(_skeleton(spec.nn, spec.z_dim), type("VAE", (given.VAE,), body))

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


@cache
def _skeleton(network: Any, z_dim: int) -> nn.Module:
    return given.VAE(nn=network, name="vae", z_dim=z_dim)


def _twin(module: nn.Module, cls: type[nn.Module]) -> nn.Module:
    """A module of another class with the same parts, without the cost of building it; `_load` gives it its weights."""
    twin = cls.__new__(cls)
    vars(twin).update({n: v.copy() if isinstance(v, dict) else v for n, v in vars(module).items()})
    vars(twin)["_modules"] = {
        n: None if part is None else _twin(part, type(part)) for n, part in module._modules.items()
    }
    return twin


def _load(model: nn.Module, spec: Model) -> nn.Module:
    """The check's networks, weights and prior; the weights are leaves of their own for each call."""
    network = nns.get(spec.nn)
    for part, cls in (("enc", network.Encoder), ("dec", network.Decoder)):
        if type(getattr(model, part, None)) is not cls:  # else its own constructor has built it already
            setattr(model, part, cls(spec.z_dim))
        _put(
            getattr(model, part), {n.removeprefix(part + "."): t for n, t in spec.weights.items() if n.startswith(part)}
        )
    for name in PRIOR:
        prior = spec.weights[name].detach().clone().requires_grad_()
        if name in model._parameters:
            del model._parameters[name]
        if name in model._buffers:
            model._buffers[name] = prior
        else:
            setattr(model, name, prior)
    return model


def _put(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """What `load_state_dict` does with all weights of a network, at a tenth of the cost, and leaving old graphs alone."""
    found = {
        f"{path}.{name}": (module, name) for path, module in network.named_modules() for name in module._parameters
    }
    if found.keys() != weights.keys():
        raise RuntimeError(f"the network has weights {sorted(found)}; the check's are {sorted(weights)}")
    for full, (module, name) in found.items():
        old = module._parameters[name]
        if old is None or old.shape != weights[full].shape:
            raise RuntimeError(
                f"{full} has shape {old if old is None else tuple(old.shape)}, not {tuple(weights[full].shape)}"
            )
        module._parameters[name] = nn.Parameter(weights[full].detach().clone())
