"""Is a trained model the course's own? By what it computes, so that it matters neither how its numbers are ordered nor that they were nudged."""

from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor, nn

from vae_course import given, load_mnist, weights

IMAGES = 64
ALIKE = 0.25
"""Of two models that were trained apart, encoders and decoders differ by about as much as they say; of the same one, moved by a tenth, by 0.1."""
SAME_PICTURES = 0.01
"""Whatever was done to the latents between, in the same way in both halves: a model's reconstructions stay what they are."""


def course_model(state: Mapping[str, Tensor]) -> str:
    """The name of the course's model that this one is, or an empty string.

    Args:
        state: the weights, "enc.*" and "dec.*".
    """
    return next((name for name in weights.available("VAE") if _is(name, state)), "")


def _is(name: str, state: Mapping[str, Tensor]) -> bool:
    model, own = given.trained(name), given.trained(name).state_dict()
    shapes = {n: t.shape for n, t in own.items() if not n.startswith("z_prior")}
    if {n: t.shape for n, t in state.items() if n in shapes} != shapes:
        return False
    model.load_state_dict({n: state.get(n, t) if n in shapes else t for n, t in own.items()})
    codes, pictures, reconstructions = (_far(a, b) for a, b in zip(_outputs(model), _of_the_course(name), strict=True))
    return max(codes, pictures) < ALIKE or reconstructions < SAME_PICTURES


@cache
def _of_the_course(name: str) -> tuple[Tensor, ...]:
    return _outputs(given.trained(name))


def _outputs(model: nn.Module) -> tuple[Tensor, ...]:
    """m of some test images; the logits of some z; the logits of these m."""
    x = load_mnist("test").images[:IMAGES].float() / 255
    z = torch.randn(IMAGES, int(model.z_dim), generator=torch.Generator().manual_seed(0))  # type: ignore[arg-type]
    with torch.no_grad():
        m, _ = model.enc(x)  # type: ignore[operator]
        return m, model.dec(z), model.dec(m)  # type: ignore[operator]


def _far(a: Tensor, b: Tensor) -> float:
    return float((a - b).square().mean().sqrt() / b.square().mean().sqrt())
