"""A network for checks only: one hidden layer of 32 tanh units, so that a check costs milliseconds.

tanh is smooth, so integrals over a one-dimensional z on a uniform grid are exact to rounding.
"""

from torch import Tensor, nn

from vae_course.nns.gaussian import gaussian_parameters

PIXELS = 784
HIDDEN = 32


class Encoder(nn.Module):
    """x (batch, 784) -> m, v of q(z|x), each (batch, z_dim)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 2 * z_dim))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return gaussian_parameters(self.net(x))


class Decoder(nn.Module):
    """z (..., z_dim) -> logits of p(x|z), (..., 784)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(z_dim, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, PIXELS))

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)
