"""The course's larger network, for its results table: two hidden layers of 500 ELU units each way."""

from torch import Tensor, nn

from vae_course.nns.gaussian import gaussian_parameters

PIXELS = 784
HIDDEN = 500


class Encoder(nn.Module):
    """x (batch, 784) -> m, v of q(z|x), each (batch, z_dim)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(PIXELS, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, 2 * z_dim)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return gaussian_parameters(self.net(x))


class Decoder(nn.Module):
    """z (..., z_dim) -> logits of p(x|z), (..., 784)."""

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(z_dim, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, PIXELS)
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)
