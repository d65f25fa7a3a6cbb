"""How answers are played that take objects: a model and its optimizer, a network, an implementation to test."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.optim.optimizer import register_optimizer_step_post_hook

from vae_course import nns


def said_of_version(test: "Callable[[Any], Any]", version: str) -> "dict[str, Tensor]":
    """What a learner's test says of one version of kl_normal: 1 accepted, 0 refused, -1 if it returned None.

    Args:
        version: its text, a lambda of qm, qv, pm and pv. Right or wrong, it comes alone: whoever looks around finds no other to compare with.
    """
    said = test(eval(version, {"torch": torch, "Normal": Normal, "kl_divergence": kl_divergence}))
    return {"verdict": torch.tensor(-1.0 if said is None else float(bool(said)))}


def summary(nelbo: Any, kl: Any, rec: Any) -> dict[str, Any]:
    return {"train/loss": nelbo, "gen/elbo": -nelbo, "gen/kl_z": kl, "gen/rec": rec}


class Slope(nn.Module):
    """A model so small that its training steps can be followed by hand: loss(x) = mean (x − w)² / 2."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w.clone())

    def negative_elbo_bound(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        kl, rec = torch.zeros(()), 0.5 * (x - self.w).square().sum(-1).mean()
        return kl + rec, kl, rec

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        nelbo, kl, rec = self.negative_elbo_bound(x)
        return nelbo, summary(nelbo, kl, rec)


RATE = 0.25


def play_steps(training_step: Any, w: Tensor, batches: Tensor) -> dict[str, Any]:
    """Four steps of stochastic gradient descent, each on its own batch: what was returned, and the weights after it.

    Also which of "backward" and "step" the first call reached, and whether "backward first": 1 or 0 each; "steps", how often it
    moved the weights by the optimizer that it was given; and "training": 1 if the model is in training mode afterwards, as before.
    """
    model = Slope(w.detach())
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    events: list[str] = []
    model.w.register_hook(lambda gradient: events.append("backward"))
    optimizer.register_step_pre_hook(lambda *call: events.append("step"))
    seen: dict[str, Any] = {}
    for i, x in enumerate(batches.detach()):
        seen[f"loss {i}"] = training_step(model, x, optimizer)
        seen[f"weights {i}"] = model.w.detach().clone()
        if i == 0:
            seen |= {name: float(name in events) for name in ("backward", "step")}
            seen["backward first"] = float(events[:1] == ["backward"])
            seen["steps"] = float(events.count("step"))
            seen["training"] = float(model.training)
    return seen


class Recorder(nn.Module):
    """A model that writes down what its loss is asked for: 543 + 3w in the first call, and 543 − i, without a slope, in the i-th after it."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))
        self.batches: list[Tensor] = []
        self.losses: list[Tensor] = []

    def loss(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        value = 543.0 - len(self.batches) + (3.0 if not self.batches else 0.0) * self.w.sum()
        self.batches.append(torch.as_tensor(x).detach().clone())
        self.losses.append(value.detach())
        return value, {"train/loss": value.detach()}


def play_loop(training_loop: Any, images: Tensor, steps: int) -> dict[str, Any]:
    """A training loop on a `Recorder`: how often a loss was "asked" for and the weights "moved", the "shapes" of the batches (asked, 2)
    and, where all are alike, the "batches" (asked, rows, pixels); the "weights" after each move, the "losses" that the model gave, the numbers
    "returned", and "nothing": 1 if None came back.
    """
    model = Recorder()
    weights: list[Tensor] = []
    hook = register_optimizer_step_post_hook(lambda *call: weights.append(model.w.detach().clone()))
    try:
        back = training_loop(model, images, int(steps))
    finally:
        hook.remove()
    shapes = [tuple(x.shape) for x in model.batches]
    seen: dict[str, Any] = {"asked": float(len(shapes)), "moved": float(len(weights)), "nothing": float(back is None)}
    seen["shapes"] = torch.tensor([[*shape, 0, 0][:2] for shape in shapes], dtype=torch.float32).reshape(-1, 2)
    if shapes and len(set(shapes)) == 1 and len(shapes[0]) == 2:
        seen["batches"] = torch.stack(model.batches).float()
    seen["weights"] = torch.cat(weights) if weights else torch.zeros(0)
    seen["losses"] = torch.stack(model.losses) if shapes else torch.zeros(0)
    seen["returned"] = _as_numbers(back)
    return seen


def _as_numbers(back: Any) -> Tensor:
    """A list of numbers or of scalar tensors, or a tensor; empty for everything else."""
    try:
        return torch.tensor([float(value) for value in back])
    except (TypeError, ValueError, RuntimeError):
        return torch.tensor([float(back)]) if isinstance(back, int | float) else torch.zeros(0)


def play_network(
    network: Any, z_dim: int, x: Tensor, z: Tensor, stretch: float, more: bool = False, reloaded: bool = False
) -> dict[str, Tensor]:
    """Encode x and decode z with fresh networks whose weights are stretched, so that nothing is near 0 by luck or by design.

    Args:
        more: what becomes of them in a second call, of the third row alone ("alone m", ...), and in training mode ("training m", ...).
        reloaded: by networks built anew, into which the state of those is loaded.

    Returns:
        m, v and logits; with `more`, "again": how far the second call moves them, and "strays": how many tensors gradients reach that
        are not among the networks' parameters.
    """
    encoder, decoder = network.Encoder(z_dim).eval(), network.Decoder(z_dim).eval()
    with torch.no_grad():
        for parameter in [*encoder.parameters(), *decoder.parameters()]:
            if not parameter.any():
                parameter.normal_(std=0.01)  # a layer may start at 0, and learns to be something else
            parameter.mul_(stretch)
    if reloaded:
        encoder, decoder = (_built_anew(type(part), part, z_dim) for part in (encoder, decoder))
    found = _coded(encoder, decoder, x, z)
    if more and all(isinstance(value, Tensor) for value in found.values()):
        known = {id(t) for t in (*encoder.parameters(), *decoder.parameters(), *_leaves(x, z))}
        strays = float(sum(id(leaf) not in known for leaf in _leaves(*found.values())))
        with torch.no_grad():
            second = _coded(encoder, decoder, x, z)
            again = max(float((second[name] - value).abs().max()) for name, value in found.items())
            alone = _coded(encoder, decoder, x[2:3], z[2:3])
        training = _coded(encoder.train(), decoder.train(), x, z)
        found |= {"strays": torch.tensor(strays), "again": torch.tensor(again)}
        found |= {f"alone {name}": value for name, value in alone.items()}
        found |= {f"training {name}": value for name, value in training.items()}
    return found


def _coded(encoder: Any, decoder: Any, x: Tensor, z: Tensor) -> dict[str, Any]:
    encoded = encoder(x)
    m, v = encoded if isinstance(encoded, tuple | list) and len(encoded) == 2 else (encoded, None)
    return {"m": m, "v": v, "logits": decoder(z)}


def _built_anew(part: Any, first: nn.Module, z_dim: int) -> nn.Module:
    other: nn.Module = part(z_dim)
    other.load_state_dict(first.state_dict())
    return other.eval()


def _leaves(*tensors: Tensor) -> list[Tensor]:
    """The tensors at which gradients of these end."""
    found, seen = [], set()
    left = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    while left:
        node = left.pop()
        if node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        left += [before for before, _ in node.next_functions if before is not None]
    return found


ROWS = 250
"""How many rows a network of somebody's own computes at a time: what a convolution needs for them fits into memory."""

_kept: dict[str, Tensor] = {}


def keep_weights(hand_in: Any, first: bool, names: list[str], *weights: Tensor) -> dict[str, Tensor]:
    """The weights for `play_encoder` or `play_decoder`, in as many calls as they take; the first forgets earlier ones."""
    if first:
        _kept.clear()
    _kept.update({name: weight.detach() for name, weight in zip(names, weights, strict=True)})
    return {"kept": torch.tensor(float(len(_kept)))}


def play_encoder(hand_in: Any, x: Tensor) -> dict[str, Tensor]:
    """m and v of images (n, 784), 0 or 1 in any dtype."""
    encoder = _with_weights(hand_in, "Encoder")
    with torch.no_grad():
        pairs = [encoder(images.float()) for images in x.split(ROWS)]
    return {"m": torch.cat([m for m, _ in pairs]), "v": torch.cat([v for _, v in pairs])}


def play_decoder(hand_in: Any, z: Tensor) -> dict[str, Tensor]:
    """The logits (n, 784) of z (n, z_dim)."""
    decoder = _with_weights(hand_in, "Decoder")
    with torch.no_grad():
        return {"logits": torch.cat([decoder(some) for some in z.split(ROWS)])}


def _with_weights(hand_in: Any, part: str) -> Any:
    module = getattr(nns.get(hand_in["nn"]), part)(hand_in["z_dim"])
    module.load_state_dict(_kept)
    return module.eval()
