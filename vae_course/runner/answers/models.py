"""Models for answers to be called with: built once and cheaply, with the check's weights for each call."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from torch import Tensor, nn

from vae_course import given, nns
from vae_course.runner.answers.call import Model

PRIOR = ("z_prior_m", "z_prior_v")
_network = cache(nns.get)  # it looks into a folder each time


@cache
def skeleton(network: Any, z_dim: int) -> nn.Module:
    return given.VAE(nn=network, name="vae", z_dim=z_dim)


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
    network = _network(spec.nn)
    model.train(spec.training)
    for part, cls in (("enc", network.Encoder), ("dec", network.Decoder)):
        if type(getattr(model, part, None)) is not cls:  # else its own constructor has built it already
            setattr(model, part, cls(spec.z_dim))
        _put(
            getattr(model, part), {n.removeprefix(part + "."): t for n, t in spec.weights.items() if n.startswith(part)}
        )
    for name in PRIOR:
        prior = spec.weights[name].detach().clone().requires_grad_()
        if name in model._buffers or model._parameters.pop(name, None) is not None:
            model._buffers[name] = prior  # what belonged to the model's state does so still
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
