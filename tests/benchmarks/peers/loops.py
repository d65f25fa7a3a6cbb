"""Training loops as others write them, on the course's data: each yields after every epoch, so that the clock can be stopped.

All train the course's network by the same objective on black and white pixels; what differs is the loop, which is what is compared.
"""

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from vae_course.data import MNIST
from vae_course.teach.reference import VAE


class AsTorchvision(Dataset[Tensor]):
    """Image by image, as torchvision's MNIST with the transform ToTensor does it."""

    def __init__(self, data: MNIST) -> None:
        self.images = data.images.view(-1, 28, 28)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        picture = Image.fromarray(self.images[index].numpy(), mode="L")
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        return pixels.view(28, 28, 1).permute(2, 0, 1).contiguous().to(torch.get_default_dtype()).div(255)


def cs236(model: VAE, data: MNIST) -> Iterator[VAE]:
    """The loop of Stanford's CS236 homework: batches of 100 from a DataLoader, binarized in the loop, Adam at 1e-3."""
    loader = DataLoader(AsTorchvision(data), batch_size=100, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while True:
        for images in loader:
            optimizer.zero_grad()
            x = torch.bernoulli(images.view(images.size(0), -1))
            loss, _ = model.loss(x)
            loss.backward()
            optimizer.step()
        yield model


def pytorch_example(model: VAE, data: MNIST) -> Iterator[VAE]:
    """The loop of PyTorch's example `vae`: batches of 128, sigmoid and binary cross-entropy summed over the batch, Adam at 1e-3."""
    loader = DataLoader(AsTorchvision(data), batch_size=128, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while True:
        for images in loader:
            optimizer.zero_grad()
            x = torch.bernoulli(images.view(-1, 784))
            mu, variance = model.enc(x)
            logvar = variance.log()
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            bce = F.binary_cross_entropy(torch.sigmoid(model.dec(z)), x, reduction="sum")
            kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            (bce + kld).backward()
            optimizer.step()
        yield model
