"""How much is left of the data at a step and at the one before: inputs to ask about."""

import torch
from torch import Generator, Tensor


def draw_steps(batch: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """ᾱ at a step and at the one before it, (batch, 1) each: other ones for every example, neither near 0 nor near 1, not adding up to 1."""
    alpha_bar = 0.1 + 0.45 * torch.rand(batch, 1, generator=generator)
    return alpha_bar, alpha_bar + (1 - alpha_bar) * (0.2 + 0.5 * torch.rand(batch, 1, generator=generator))


def first_of_a_thousand(batch: int) -> tuple[Tensor, Tensor]:
    """ᾱ at the lesson's first step and before it, (batch, 1) each, in double precision: float32 knows 1 − α to three per cent there."""
    ends = torch.tensor([9.0 - 18 / 1000, 9.0], dtype=torch.float64).sigmoid()
    return ends[:1].expand(batch, 1), ends[1:].expand(batch, 1)


def snr(alpha_bar: Tensor) -> Tensor:
    """The signal-to-noise ratio ᾱ / (1 − ᾱ)."""
    return alpha_bar / (1 - alpha_bar)
