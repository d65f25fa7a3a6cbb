"""Exercise 7.2: wrong networks with the sentence for each."""

from typing import Any

import torch
from torch import Tensor, nn

from vae_course.checks.engine.exercise import Misconception
from vae_course.nns import gaussian_parameters

PIXELS = 784


def network(
    split: Any = gaussian_parameters,
    last: Any = None,
    shape: Any = None,
    z_dim: int | None = None,
    outputs: Any = lambda size: 2 * size,
    start: Any = None,
) -> type:
    """A small network of its own kind, or with one thing done in another way."""

    class Encoder(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(PIXELS, 40), nn.Tanh(), nn.Linear(40, outputs(z_dim or size)))

        def forward(self, x: Tensor) -> Any:
            return split(self.net(x))

    class Decoder(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(z_dim or size, 40), nn.Tanh(), nn.Linear(40, PIXELS))
            if start:
                start(self.net[-1])

        def forward(self, z: Tensor) -> Tensor:
            z = shape(z) if shape else z
            return last(self.net(z)) if last else self.net(z)

    return type("MyNetwork", (), {"Encoder": Encoder, "Decoder": Decoder})


def _one_variance(h: Tensor) -> tuple[Tensor, Tensor]:
    m, _ = h.chunk(2, -1)
    return m, torch.ones_like(m)


def wide(make: Any, call: Any = lambda layer, h: layer(h)) -> type:
    """A network with one more layer in its encoder, made and called in a way of its own."""

    class Encoder(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(PIXELS, 40), nn.Linear(40, 2 * size)
            self.between = make()

        def forward(self, x: Tensor) -> Any:
            return gaussian_parameters(self.last(torch.tanh(call(self.between, self.first(x)))))

    return type("MyNetwork", (), {"Encoder": Encoder, "Decoder": network().Decoder})  # type: ignore[attr-defined]


def _halves_by_view(h: Tensor) -> tuple[Tensor, Tensor]:
    m, raw = h.view(2, len(h), -1)
    return m, nn.functional.softplus(raw)


def _drawn(h: Tensor) -> tuple[Tensor, Tensor]:
    m, v = gaussian_parameters(h)
    return m + v.sqrt() * torch.randn_like(m), v


MISTAKES = (
    Misconception(
        "variance-not-positive",
        network(lambda h: h.chunk(2, -1)),
        "Your variance is a bare output of the last layer and may be negative (or is it a log-variance?). Make it "
        "positive: gaussian_parameters does.",
    ),
    Misconception(
        "one-variance-for-all",
        network(_one_variance),
        "The variance is the same for every image, so that q cannot say how sure it is: it should follow from x, as m should.",
    ),
    Misconception(
        "mean-and-variance-swapped",
        network(lambda h: gaussian_parameters(h)[::-1]),
        "Your encoder returns (v, m): what should be the mean is always positive. The order is (m, v).",
    ),
    Misconception(
        "one-output",
        network(lambda h: h),
        "Your encoder returns one tensor. Split it: gaussian_parameters(h) gives the mean and a positive variance.",
    ),
    Misconception(
        "half-the-outputs",
        network(outputs=lambda size: size),
        "gaussian_parameters splits its input into mean and variance, each half as wide: your encoder's last layer needs "
        "2 * z_dim outputs.",
    ),
    Misconception(
        "z-dim-written-into-the-encoder",
        network(outputs=lambda size: 80),
        "Your encoder's output is equally wide for every z_dim: a number is written into its last layer where 2 * z_dim "
        "belongs.",
    ),
    Misconception(
        "z-dim-written-in",
        network(z_dim=40),
        "Your network works for one z_dim only. Is the number of latents written into a layer? Use the argument z_dim.",
    ),
    Misconception(
        "images",
        network(last=lambda logits: logits.view(-1, 28, 28)),
        "Your decoder returns images of 28 by 28. Asked are the 784 logits side by side, (..., 784): leave out the last view, "
        "or flatten the two axes of the image again.",
    ),
    Misconception(
        "probabilities",
        network(last=torch.sigmoid),
        "Your decoder returns numbers between 0 and 1, as a sigmoid, a softmax or a clamp does: logits may be any real "
        "number. End with the bare linear layer; the course's loss takes logits, and applies the sigmoid itself.",
    ),
    Misconception(
        "one-sign",
        network(last=torch.relu),
        "Your decoder's outputs have one sign, as after a ReLU, so that no pixel can have a probability on the other side of "
        "½. End with the bare linear layer.",
    ),
    Misconception(
        "tanh-at-the-end",
        network(last=torch.tanh),
        "Your decoder's outputs are bounded, as after a tanh: no pixel can be surely black or surely white. End with the "
        "bare linear layer.",
    ),
    Misconception(
        "relu-after-the-last-layer",
        network(lambda h: gaussian_parameters(torch.relu(h))),
        "Your mean is never negative, as after a ReLU (or an exp, a sigmoid) on the encoder's last layer: leave the last layer bare; only the "
        "variance goes through softplus or exp.",
    ),
    Misconception(
        "variance-with-a-floor",
        network(lambda h: (h.chunk(2, -1)[0], nn.functional.softplus(h.chunk(2, -1)[1]) + 0.1)),
        "Your variance has a floor. gaussian_parameters adds 1e-8, which keeps log v finite and lets q be narrow.",
    ),
    Misconception(
        "input-changed",
        network(lambda h: gaussian_parameters(h), shape=lambda z: z.mul_(2)),
        "Your network writes into the tensor that it was given, and the caller's data change: no mul_, no +=, no inplace=True on the input.",
    ),
    Misconception(
        "noise-in-the-network",
        network(_drawn),
        "Your network gives other numbers each time: does it draw something, or remember earlier calls? z is drawn outside, by "
        "sample_gaussian(m, v), and dropout ends in eval mode: nn.Dropout does that.",
    ),
    Misconception(
        "batch-normalisation",
        wide(lambda: nn.BatchNorm1d(40)),
        "Only in training mode your rows depend on each other, as with batch normalisation. nn.LayerNorm and nn.GroupNorm normalise "
        "each image by itself.",
    ),
    Misconception(
        "rows-mixed",
        network(_halves_by_view),
        "Your rows are mixed: something runs along the batch. A view cuts rows into pieces where a chunk along the last axis is meant; a "
        "mean without dim, or nn.GRU without batch_first, goes along the batch too.",
    ),
    Misconception(
        "layers-in-a-list",
        wide(lambda: [nn.Linear(40, 40)], lambda layers, h: layers[0](h)),
        "A layer in a plain list, in the class body or made inside forward is unknown to the module: nn.ModuleList holds several, and a "
        "tensor of your own is known as nn.Parameter.",
    ),
    Misconception(
        "axes-flattened",
        network(shape=lambda z: z.reshape(-1, z.shape[-1])),
        "Your decoder flattens the axes in front and does not put them back. nn.Linear needs no flattening; a "
        "convolution does, and then a view back to z.shape[:-1].",
    ),
    Misconception(
        "one-axis-in-front",
        network(shape=lambda z: z.view(len(z), -1)),
        "Your decoder takes z of shape (batch, z_dim) only. Where a layer needs that, flatten the axes in front before it, "
        "and put them back at the end: logits.view(*z.shape[:-1], 784).",
    ),
)
