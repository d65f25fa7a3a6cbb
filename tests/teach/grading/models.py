"""A trained model that is not the course's own: its latents in another order and with other signs, and all its numbers moved."""

import torch
from torch import Tensor

from vae_course import given

MOVED = 0.1
"""It costs about four nats; the encoder's means of images, turned back, are then a tenth away from the course's."""


def trained_apart(z_dim: int = 20, moved: float = MOVED) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    state = {
        name: tensor * (1 + moved * torch.randn(tensor.shape, generator=generator))
        for name, tensor in given.trained(f"v1_z{z_dim}").state_dict().items()
        if not name.startswith("z_prior")
    }
    order = torch.arange(z_dim).flip(0)
    both = torch.cat([order, z_dim + order])
    for name in ("enc.net.4.weight", "enc.net.4.bias"):
        state[name] = state[name][both].clone()
        state[name][:z_dim] *= -1
    state["dec.net.0.weight"] = -state["dec.net.0.weight"][:, order]
    return {name: tensor.contiguous() for name, tensor in state.items()}
