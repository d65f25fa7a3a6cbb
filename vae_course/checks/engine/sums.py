"""How a sum over the last axis goes wrong: the mistakes that closed forms share."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_course.checks.engine.exercise import Misconception

Reduce = Callable[[Tensor], Tensor]


def wrongly_summed(
    each: Callable[..., Tensor], number: str, example: str, dimensions: str, front: str = "k draws"
) -> list[Misconception]:
    """What people do to a number for each dimension, (batch, dim), in place of summing its last axis.

    Args:
        each: these numbers.
        number, example, dimensions, front: what the exercise calls the sum, a row, what is summed, and an axis before the batch.
    """
    mistakes: dict[str, tuple[Reduce, str]] = {
        "sums-the-batch-too": (
            torch.sum,
            f"You sum every axis, the batch too. Sum the last axis only, .sum(-1): one {number} per {example}.",
        ),
        "averages-the-batch": (
            lambda t: t.sum(-1).mean(),
            f"You average over the batch. Return one {number} per {example}; the batch is averaged later, in one place only.",
        ),
        "sums-the-batch-axis": (
            lambda t: t.sum(0),
            f"You sum axis 0, the batch, and keep the {dimensions}. It is the other way round: sum the last axis, .sum(-1).",
        ),
        "first-axis-is-the-batch": (
            lambda t: t.sum(1),
            f"You sum axis 1. With {front} in front, (k, batch, dim), axis 1 is the batch. The {dimensions} are always the *last* "
            "axis: .sum(-1).",
        ),
        "axis-kept": (
            lambda t: t.sum(-1, keepdim=True),
            "keepdim leaves an axis of length 1, and (batch, 1) + (batch,) later becomes (batch, batch) without a word: "
            "sum without keepdim.",
        ),
        "bare-squeeze": (
            lambda t: t.sum(-1, keepdim=True).squeeze(),
            f"squeeze() without an axis drops the batch as well when it holds one {example}. Sum without keepdim, or squeeze(-1).",
        ),
    }

    def wrong(reduce: Reduce) -> Callable[..., Tensor]:
        return lambda *inputs: reduce(each(*inputs))

    return [Misconception(name, wrong(reduce), message) for name, (reduce, message) in mistakes.items()]
