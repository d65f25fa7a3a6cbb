"""Exercise 4.4: in how many ways it may be written right."""

from typing import Any

import torch
from torch import Tensor

from vae_course.checks.around.scaffolds import right_step
from vae_course.checks.lessons.nelbo.training_loop.checks import BATCH, RATE
from vae_course.checks.lessons.nelbo.training_loop.mistakes import loop
from vae_course.data import binarize


def _by_training_step(model: Any, images: Tensor, steps: int) -> Any:
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    batches = (binarize(images[torch.randperm(len(images))[:BATCH]]) for _ in range(steps))
    return torch.tensor([right_step(model, x, optimizer) for x in batches])


CORRECT = {
    "randint": loop(),
    "by training_step, without replacement": _by_training_step,
    "tensors come back": loop(back=lambda losses: [torch.tensor(loss) for loss in losses]),
    "pixels by rand": loop(throw=lambda x: (torch.rand(x.shape) < x / 255).float()),
    "pixels by bernoulli": loop(throw=lambda x: torch.bernoulli(x.float() / 255)),
}

RIGHT = {"training_loop": CORRECT}
