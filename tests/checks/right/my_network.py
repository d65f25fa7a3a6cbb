"""Exercise 7.2: in how many ways it may be written right."""

from typing import Any

import torch
from torch import Tensor, nn

from vae_course import nns
from vae_course.checks.lessons.capstone.my_network.mistakes import network, wide


def _exp_variance(h: Tensor) -> tuple[Tensor, Tensor]:
    m, log_v = h.chunk(2, -1)
    return m, log_v.clamp(-20, 20).exp()


CORRECT: dict[str, Any] = {
    "layer norm and dropout": wide(lambda: nn.Sequential(nn.LayerNorm(40), nn.Dropout(0.2))),
    "a list of modules": wide(lambda: nn.ModuleList([nn.Linear(40, 40)]), lambda layers, h: layers[0](h)),
    "a tensor of its own": wide(lambda: nn.Parameter(torch.ones(40)), lambda scale, h: scale * h),
    "softplus": network(),
    "exp": network(_exp_variance),
    "last weights start at 0": network(start=lambda last: nn.init.zeros_(last.weight)),
    "all starts at 0": network(start=lambda last: (nn.init.zeros_(last.weight), nn.init.zeros_(last.bias))),
    "rare ink": network(start=lambda last: nn.init.constant_(last.bias, -3)),
    "capped at 10": network(last=lambda logits: 10 * torch.tanh(logits / 10)),
    "v1": type("MyNetwork", (), {"Encoder": nns.get("v1").Encoder, "Decoder": nns.get("v1").Decoder}),
    "view back": network(shape=lambda z: z.reshape(-1, z.shape[-1]).view(z.shape)),
}

RIGHT = {"MyNetwork": CORRECT}
