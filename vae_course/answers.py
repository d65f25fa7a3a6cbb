"""Calling a learner's answer, and writing down what came back. The one place where learners' code is run.

An `Answer` may live in this process (`LocalAnswer`, as in a notebook) or behind a pipe in a sandbox; a check cannot tell.
Nothing here knows what is right.
"""

import contextlib
import inspect
import io
import random
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from vae_course import given, nns

PRIOR = ("z_prior_m", "z_prior_v")


@dataclass(frozen=True, eq=False)
class Model:
    """An input that stands for a model: a network's name and its weights, under `VAE.state_dict()`'s names."""

    nn: str
    z_dim: int
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class CallError:
    """What an answer raised, and on which of its own lines (text, or empty where there is no source)."""

    type: str
    message: str
    line: str = ""
    not_written: bool = False  # a NotImplementedError: perhaps the untouched stub


@dataclass
class Call:
    """One call of an answer.

    Attributes:
        outputs: the tensors that came back, by name: "0", "1", ... or a dictionary's keys. Numbers count as tensors.
        kinds: what each output really was ("Tensor", "float", "ndarray", "NoneType", ...), and "returned": the type of
            the whole. An output with a kind but no tensor could not be read as numbers.
        differentiable: the outputs that carry a gradient.
        changed: the inputs that the answer changed in place.
        error: what it raised, or None.
    """

    outputs: dict[str, Tensor] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    differentiable: frozenset[str] = frozenset()
    changed: tuple[str, ...] = ()
    error: CallError | None = None
    _pull: Callable[[dict[str, Tensor]], dict[str, Tensor | None]] | None = None

    def pull_back(self, cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        """The gradient of Σ output · cotangent in every input of the same forward pass.

        Inputs are addressed by position ("0", "1", ...); a model's parameters as "enc.*", "dec.*", its prior as
        "z_prior_m", "z_prior_v". None: no gradient flows there.
        """
        usable = {name: c for name, c in cotangents.items() if name in self.differentiable}
        if self._pull is None or not usable:
            return {}
        return self._pull(usable)


class Answer(Protocol):
    """What a check holds: something to call (a function or method) or to read (a constant)."""

    value: Any

    def call(self, *inputs: Any, seed: int) -> Call: ...

    def method(self, name: str) -> "Answer": ...


class LocalAnswer:
    """An answer in this process.

    Args:
        obj: a function, a method's function, a class, or a constant.
        method: call this method of the class or, for a function, install it under this name on a model.
        scaffold: right versions of *other* exercises, put in place of the learner's own by name, so that one error is
            paid for once: functions among the answer's globals, methods ("VAE.name") on the model.
        harness: a function (answer, *inputs) -> outputs that plays the call, for answers that take objects.
    """

    def __init__(
        self,
        obj: Any,
        *,
        method: str = "",
        scaffold: Mapping[str, Callable[..., Any]] | None = None,
        harness: Callable[..., Any] | None = None,
    ) -> None:
        self.obj = obj
        self.value = obj
        self._method = method
        self._scaffold = dict(scaffold or {})
        self._harness = harness

    def method(self, name: str) -> "LocalAnswer":
        """The same class, called through another of its methods."""
        return LocalAnswer(self.obj, method=name, scaffold=self._scaffold, harness=self._harness)

    def call(self, *inputs: Any, seed: int) -> Call:
        """Call the answer on copies of the inputs; whatever it raises comes back as `Call.error`.

        Randomness is seeded with `seed` for the call; the caller's random state, grad mode, default dtype and standard
        output are as before afterwards.
        """
        with _undisturbed(seed):
            leaves: dict[str, Tensor] = {}
            try:
                arguments = [self._prepare(str(i), value, leaves) for i, value in enumerate(inputs)]
                before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
                result = self._play(arguments)
            except Exception as error:
                return Call(error=_describe(error, self._code_file()))
            changed = tuple(n for n, leaf in leaves.items() if not _same(leaf.detach(), before[n]))
            return _read(result, leaves, changed)

    def _play(self, arguments: list[Any]) -> Any:
        if self._harness is not None:
            return self._harness(self.obj, *arguments)
        if self._method:
            return getattr(arguments[0], self._method)(*arguments[1:])
        return _with_globals(self.obj, self._functions())(*arguments)

    def _prepare(self, name: str, value: Any, leaves: dict[str, Tensor]) -> Any:
        """A private copy of an input; floating tensors can be differentiated."""
        if isinstance(value, Model):
            model = self._model(value)
            leaves |= {n: p for n, p in model.named_parameters() if n.startswith(("enc.", "dec."))}
            leaves |= {n: getattr(model, n) for n in PRIOR if isinstance(getattr(model, n, None), Tensor)}
            return model
        if not isinstance(value, Tensor):
            return value
        copy = value.detach().clone()
        if copy.is_floating_point():
            leaves[name] = copy.requires_grad_()
            # A view, so that an answer may change its copy in place and we can see that it did.
            return leaves[name].view_as(copy)
        leaves[name] = copy
        return copy

    def _model(self, spec: Model) -> nn.Module:
        """A model of the learner's class (else of the skeleton) with the check's networks, weights and prior."""
        functions = self._functions()
        body: dict[str, Any] = {
            name.removeprefix("VAE."): _with_globals(f, functions)
            for name, f in self._scaffold.items()
            if name.startswith("VAE.")
        }
        base: type = given.VAE
        if inspect.isclass(self.obj) and issubclass(self.obj, nn.Module):
            base = self.obj
            for cls in reversed([c for c in base.__mro__ if c.__module__ not in ("builtins",) and c is not nn.Module]):
                own = {n: f for n, f in vars(cls).items() if isinstance(f, types.FunctionType)}
                learners = {n: f for n, f in own.items() if f.__module__ == base.__module__ and not _uses_super(f)}
                body = {n: _with_globals(f, functions) for n, f in learners.items() if n not in body} | body
        elif self._method:
            body[self._method] = _with_globals(self.obj, functions)
        checked = type("VAE", (base,), body)
        try:
            model = checked(nn=spec.nn, name="vae", z_dim=spec.z_dim)
        except Exception:
            if base is given.VAE or self._method == "__init__":
                raise
            model = type("VAE", (given.VAE,), body)(nn=spec.nn, name="vae", z_dim=spec.z_dim)
        return _load(model, spec)

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {name: f for name, f in self._scaffold.items() if "." not in name}

    def _code_file(self) -> str:
        code = getattr(self.obj, "__code__", None)
        if code is None and inspect.isclass(self.obj):
            functions = [f for f in vars(self.obj).values() if isinstance(f, types.FunctionType)]
            code = functions[0].__code__ if functions else None
        return code.co_filename if code else ""


def _load(model: nn.Module, spec: Model) -> nn.Module:
    network = nns.get(spec.nn)
    model.enc, model.dec = network.Encoder(spec.z_dim), network.Decoder(spec.z_dim)
    for part in ("enc", "dec"):
        state = {n.removeprefix(part + "."): t for n, t in spec.weights.items() if n.startswith(part + ".")}
        getattr(model, part).load_state_dict(state)
    for name in PRIOR:
        prior = spec.weights[name].detach().clone().requires_grad_()
        if name in model._parameters:
            del model._parameters[name]
        if name in model._buffers:
            model._buffers[name] = prior
        else:
            setattr(model, name, prior)
    dtype = next(iter(spec.weights.values())).dtype
    return model.to(dtype) if dtype != torch.float32 else model


def _uses_super(function: types.FunctionType) -> bool:
    # A zero-argument super() needs its own class cell, which a copy keeps; only `__init__` must stay where it was.
    return function.__name__ == "__init__"


def _with_globals(f: Any, functions: Mapping[str, Callable[..., Any]]) -> Any:
    """A copy of a function that sees right versions of other exercises; the learner's namespace stays untouched."""
    if not isinstance(f, types.FunctionType) or not functions.keys() & f.__globals__.keys() - {f.__name__}:
        return f
    names = {n: g for n, g in functions.items() if n != f.__name__}
    # Helpers of the learner's own call the other exercises too: one namespace for all.
    shared: dict[str, Any] = dict(f.__globals__)
    shared.update({n: g for n, g in names.items() if n in shared})
    for name, helper in list(shared.items()):
        if (
            isinstance(helper, types.FunctionType)
            and helper.__globals__ is f.__globals__
            and name not in names
            and helper is not f
        ):
            shared[name] = _rebind(helper, shared)
    copy = _rebind(f, shared)
    shared[f.__name__] = copy
    return copy


def _rebind(f: types.FunctionType, namespace: dict[str, Any]) -> types.FunctionType:
    copy = types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__dict__.update(f.__dict__)
    return copy


@contextlib.contextmanager
def _undisturbed(seed: int) -> Iterator[None]:
    """Seed every generator for one call, silence prints, and put everything back."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype = torch.get_default_dtype()
    threads = torch.get_num_threads()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.default_generator.manual_seed(seed)
        with torch.enable_grad(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def _read(result: Any, leaves: dict[str, Tensor], changed: tuple[str, ...]) -> Call:
    """Turn whatever came back into named tensors and facts."""
    kinds = {"returned": type(result).__name__}
    if isinstance(result, dict):
        parts = {str(k): v for k, v in result.items()}
    elif isinstance(result, tuple | list):
        # (nelbo, {"train/loss": ...}) is one flat list of names.
        parts = {}
        for i, v in enumerate(result):
            parts |= {str(k): w for k, w in v.items()} if isinstance(v, dict) else {str(i): v}
    else:
        parts = {"0": result}
    outputs: dict[str, Tensor] = {}
    for name, value in parts.items():
        kinds[name] = type(value).__name__
        with contextlib.suppress(Exception):
            outputs[name] = _as_tensor(value)
    live = {n: t for n, t in outputs.items() if t.requires_grad}
    inputs = {n: leaf for n, leaf in leaves.items() if leaf.requires_grad}

    def pull(cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        grads = torch.autograd.grad(
            [live[n] for n in cotangents],
            list(inputs.values()),
            [c.to(live[n].dtype) for n, c in cotangents.items()],
            retain_graph=True,
            allow_unused=True,
        )
        return dict(zip(inputs, grads, strict=True))

    return Call({n: t.detach() for n, t in outputs.items()}, kinds, frozenset(live), changed, None, pull)


def _as_tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        # A subclass may redefine equality or arithmetic; read its numbers as a plain tensor.
        return value if type(value) in (Tensor, nn.Parameter) else value.as_subclass(Tensor)
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        return torch.as_tensor(value)
    raise TypeError(f"{type(value).__name__} is not a tensor or a number")


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))


def _describe(error: Exception, code_file: str) -> CallError:
    """Type, message and the learner's own line; torch's frames and ours say nothing to them."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code_file and frame.filename == code_file]
    where = f"line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
    return CallError(type(error).__name__, str(error), where, isinstance(error, NotImplementedError))
