"""Models for answers to be called with: built once and cheaply, with the check's weights for each call."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from torch import Tensor, nn

from vae_course import given
from vae_course.runner.answers.call import Model

PRIOR = ("z_prior_m", "z_prior_v")
"""What a VAE's state says of its prior."""


@cache
def skeleton(kind: str, network: Any, z_dim: int) -> Any:
    """A model of a class of `given`, with any weights."""
    return getattr(given, kind)(nn=network, name="vae", z_dim=z_dim)


def twin(module: nn.Module, cls: type[nn.Module]) -> nn.Module:
    """A module of another class with the same parts, without the cost of building it; `load` gives it its weights."""
    copy = cls.__new__(cls)
    vars(copy).update({n: v.copy() if isinstance(v, dict) else v for n, v in vars(module).items()})
    vars(copy)["_modules"] = {
        n: None if part is None else twin(part, type(part)) for n, part in module._modules.items()
    }
    return copy


def load(model: nn.Module, spec: Model) -> nn.Module:
    """The check's networks, weights, prior and mode; the weights are leaves of their own for each call."""
    model.train(spec.training)
    right = skeleton(spec.kind, spec.nn, spec.z_dim)
    for part in dict.fromkeys(name.partition(".")[0] for name in spec.weights if "." in name):
        cls = type(getattr(right, part))
        if type(getattr(model, part, None)) is not cls:  # else its own constructor has built it already
            setattr(model, part, twin(getattr(right, part), cls))
        prefix = f"{part}."
        _put(getattr(model, part), {n.removeprefix(prefix): t for n, t in spec.weights.items() if n.startswith(prefix)})
    for name in (name for name in spec.weights if "." not in name):  # the prior
        prior = spec.weights[name].detach().clone().requires_grad_()
        if name in model._buffers or model._parameters.pop(name, None) is not None:
            model._buffers[name] = prior  # what belonged to the model's state does so still
        else:
            setattr(model, name, prior)
    return model


def leaves_of(model: nn.Module, spec: Model) -> dict[str, Tensor]:
    """What `load` put into a model, by its name in `spec.weights`."""
    parameters = dict(model.named_parameters())
    found = {name: parameters.get(name, getattr(model, name, None)) for name in spec.weights}
    return {name: leaf for name, leaf in found.items() if isinstance(leaf, Tensor)}


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
