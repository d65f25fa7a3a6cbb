"""An answer that lives in this process."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vae_course import given, nns
from vae_course.answers.call import Call, Model
from vae_course.answers.isolation import undisturbed, with_globals
from vae_course.answers.reading import describe, read, same

PRIOR = ("z_prior_m", "z_prior_v")


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
        with undisturbed(seed):
            leaves: dict[str, Tensor] = {}
            try:
                arguments = [self._prepare(str(i), value, leaves) for i, value in enumerate(inputs)]
                before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
                handed = {n: leaf for n, leaf in leaves.items() if not n.isdigit()}
                handed |= {str(i): a for i, a in enumerate(arguments) if isinstance(a, Tensor)}
                result = self._play(arguments)
            except Exception as error:  # noqa: BLE001 - a learner's code may raise anything
                return Call(error=describe(error, self._code_file()))
            changed = tuple(n for n, tensor in handed.items() if not same(tensor.detach(), before[n]))
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
    for part, cls in (("enc", network.Encoder), ("dec", network.Decoder)):
        if type(getattr(model, part, None)) is not cls:  # else its own constructor has built it already
            setattr(model, part, cls(spec.z_dim))
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
