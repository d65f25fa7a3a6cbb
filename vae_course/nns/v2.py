"""The one-layer network of the IWAE paper: two hidden layers of 200 tanh units each way, variance by exp.

Source: Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016, section 5 (there z_dim = 50).
"""

import torch
from torch import Tensor, nn

from vae_course.nns.gaussian import VARIANCE_FLOOR

PIXELS = 784
HIDDEN = 200


class Encoder(nn.Module):
    """x (batch, 784) -> m, v of q(z|x), each (batch, z_dim)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(PIXELS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 2 * z_dim)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        m, log_v = torch.chunk(self.net(x), 2, dim=-1)
        return m, torch.exp(log_v) + VARIANCE_FLOOR


class Decoder(nn.Module):
    """z (..., z_dim) -> logits of p(x|z), (..., 784)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(z_dim, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, PIXELS)
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)
