"""Exercise 4.4: how it goes wrong, each mistake written as the one part of a right loop that differs."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception
from vae_course.checks.lessons.nelbo.training_loop.checks import BATCH, RATE
from vae_course.data import binarize


def loop(
    *,
    pick: Callable[[Tensor, int], Tensor] = lambda images, step: images[torch.randint(len(images), (BATCH,))],
    throw: Callable[[Tensor], Tensor] = binarize,
    before: Callable[[Tensor], Tensor] = lambda images: images,
    optimizer: Callable[[Any], Any] = lambda p: torch.optim.Adam(p, lr=RATE),
    anew: bool = False,
    clear: bool = True,
    extra: int = 0,
    back: Callable[[list[Any]], Any] = lambda losses: losses,
) -> Callable[..., Any]:
    """A loop, right but for the part that is given."""

    def training_loop(model: Any, images: Tensor, steps: int) -> Any:
        images = before(images)
        mover, losses = optimizer(model.parameters()), []
        for step in range(steps + extra):
            mover = optimizer(model.parameters()) if anew else mover
            loss, _ = model.loss(throw(pick(images, step)))
            if clear:
                mover.zero_grad()
            loss.backward()
            mover.step()
            losses.append(loss.item())
        return back(losses)

    return training_loop


def _one_batch(model: Any, images: Tensor, steps: int) -> Any:
    x = images[torch.randint(len(images), (BATCH,))]
    return loop(pick=lambda images, step: x)(model, images, steps)


def _shared_throw(x: Tensor) -> Tensor:
    return (torch.rand(x.shape[1]) < x / 255).float()


MISTAKES = (
    Misconception(
        "a-new-optimizer-every-step",
        loop(anew=True),
        "The optimizer is made inside the loop, so Adam forgets at every step what it has learned of the slopes. Make it once, "
        "above the loop.",
    ),
    Misconception(
        "gradients-pile-up",
        loop(clear=False),
        "The slopes of earlier steps are still there: backward() adds. Call optimizer.zero_grad() in each step, or your training_step.",
    ),
    Misconception(
        "one-batch-for-all-steps",
        _one_batch,
        "The batch is drawn once, above the loop: the model learns these 100 images by heart. Draw inside the loop.",
    ),
    Misconception(
        "the-first-hundred",
        loop(pick=lambda images, step: images[:BATCH]),
        "Every step sees the first 100 images, images[:100]. torch.randint(len(images), (100,)) gives 100 random places.",
    ),
    Misconception(
        "in-order",
        loop(pick=lambda images, step: images[(torch.arange(BATCH) + BATCH * step) % len(images)]),
        "The batches go through the images in order. Where a file is sorted, a batch would hold one kind only: draw at random.",
    ),
    Misconception(
        "bytes",
        loop(throw=lambda x: x.float()),
        "The pixels go into the model as bytes, 0 to 255. binarize(batch) makes zeros and ones of them.",
    ),
    Misconception(
        "grey",
        loop(throw=lambda x: x / 255),
        "The pixels are grey, between 0 and 1. Grey values in the Bernoulli formula are no likelihood (lesson 03): binarize(batch).",
    ),
    Misconception(
        "rounded",
        loop(throw=lambda x: (x > 90).float()),
        "Grey pixels are cut at a threshold. They should be thrown, black with the chance that is their brightness: binarize(batch).",
    ),
    Misconception(
        "thrown-once",
        loop(before=binarize, throw=lambda x: x),
        "binarize stands above the loop, so that each image is one fixed pattern. Inside the loop it is thrown anew at every step.",
    ),
    Misconception(
        "one-throw-for-the-batch",
        loop(throw=_shared_throw),
        "The random numbers have one entry for each pixel and none for the image, so the whole batch shares them. binarize(batch) "
        "throws each pixel of each image.",
    ),
    Misconception(
        "one-step-too-many",
        loop(extra=1),
        "The loop runs once too often: range(steps) counts from 0 and gives exactly steps rounds.",
    ),
    Misconception(
        "plain-gradient-descent",
        loop(optimizer=lambda p: torch.optim.SGD(p, lr=RATE)),
        "The optimizer is SGD. Asked for is torch.optim.Adam, with lr=1e-3: it chooses a rate for each parameter.",
    ),
    Misconception(
        "returns-nothing",
        loop(back=lambda losses: None),
        "The training itself is right, and nothing comes back: return the list of losses.",
    ),
    Misconception(
        "returns-the-last",
        loop(back=lambda losses: losses[-1]),
        "The training itself is right. What comes back is the last loss alone: collect all of them in a list.",
    ),
)
